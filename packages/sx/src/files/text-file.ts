import { isUtf8 } from "node:buffer";
import { FileFailure } from "./file-failure.js";

/** Largest file that is read, edited or searched as text. */
export const MAX_TEXT_BYTES = 16_000_000;

/** How much of a file decides whether it is text. */
export const SNIFF_BYTES = 4096;

export type TextEncoding = "utf8" | "utf16le" | "utf16be" | "latin1";

export interface TextFormat {
  /** `latin1` stands for every text that is not valid UTF-8: a character is a byte, so nothing is lost. */
  readonly encoding: TextEncoding;
  readonly bom: boolean;
}

export interface DecodedText {
  /** Without the byte-order mark; line endings as they are. */
  readonly text: string;
  readonly format: TextFormat;
}

/** Plain UTF-8, what a new file gets. */
export const NEW_FILE_FORMAT: TextFormat = { encoding: "utf8", bom: false };

/**
 * The text of a file, such that `encodeText` gives back the same bytes, or `undefined` when it is not text: a NUL or
 * many control characters in its first 4 KB, or half a UTF-16 unit at its end.
 */
export function decodeText(bytes: Buffer): DecodedText | undefined {
  const wide = wideMark(bytes);
  if (wide !== undefined) return bytes.length % 2 === 0 ? decodeWide(bytes, wide) : undefined;
  if (looksBinary(bytes.subarray(0, SNIFF_BYTES))) return undefined;
  if (!isUtf8(bytes)) return { text: bytes.toString("latin1"), format: { encoding: "latin1", bom: false } };
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return { text: bytes.toString("utf8", bom ? 3 : 0), format: { encoding: "utf8", bom } };
}

/**
 * The bytes of a text in a file's own format.
 * @throws FileFailure `unencodable` for a character that the format lacks, instead of writing a `?`.
 */
export function encodeText(text: string, format: TextFormat): Buffer {
  switch (format.encoding) {
    case "utf8":
      return Buffer.from(format.bom ? `\ufeff${text}` : text, "utf8");
    case "utf16le":
      return Buffer.from(`\ufeff${text}`, "utf16le");
    case "utf16be":
      return Buffer.from(`\ufeff${text}`, "utf16le").swap16();
    case "latin1": {
      const beyond = /[^\u0000-\u00ff]/u.exec(text);
      if (beyond !== null) {
        throw new FileFailure(
          "unencodable",
          `the file is not UTF-8 and is kept byte by byte (latin-1), which has no ${JSON.stringify(beyond[0])}`,
        );
      }
      return Buffer.from(text, "latin1");
    }
    default:
      return format.encoding satisfies never;
  }
}

/** What is worth knowing about a format, or an empty string for plain UTF-8. */
export function describeFormat(format: TextFormat): string {
  switch (format.encoding) {
    case "utf8":
      return format.bom ? "UTF-8 with a byte-order mark" : "";
    case "utf16le":
      return "UTF-16 little-endian";
    case "utf16be":
      return "UTF-16 big-endian";
    case "latin1":
      return "not UTF-8, shown as latin-1";
    default:
      return format.encoding satisfies never;
  }
}

/** The lines of a text without their endings (LF or CRLF); what follows the last ending counts unless it is empty. */
export function splitLines(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}

/** Text that can be sent: half a surrogate pair, which JSON for a service must not hold, becomes U+FFFD. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, "\ufffd");
}

/** The first `length` UTF-16 units of a text, less one where that would cut a character in two. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

function wideMark(bytes: Buffer): "utf16le" | "utf16be" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf16be";
  return undefined;
}

function decodeWide(bytes: Buffer, encoding: "utf16le" | "utf16be"): DecodedText | undefined {
  const little = encoding === "utf16le" ? bytes : Buffer.from(bytes).swap16();
  const text = little.toString("utf16le", 2);
  // U+0000 in the sniffed part: UTF-32, or no text at all.
  if (text.slice(0, SNIFF_BYTES / 2).includes("\0")) return undefined;
  return { text, format: { encoding, bom: true } };
}

/** True for bytes with a NUL, or with more than one control character in ten that text does not use. */
export function looksBinary(head: Uint8Array): boolean {
  let odd = 0;
  for (const byte of head) {
    if (byte === 0) return true;
    // Tab to carriage return, backspace and escape occur in logs and sources.
    if (byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b) odd += 1;
  }
  return odd * 10 > head.length;
}
