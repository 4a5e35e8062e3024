import { describeBinary } from "../files/file-kind.js";
import { SNIFF_BYTES } from "../files/text-file.js";

/**
 * What a binary output is, in two words, or undefined for text. Judged by its first bytes only (`SNIFF_BYTES`).
 * Single NULs between valid text, as `find -print0` gives, are still text.
 */
export function binaryKind(start: Uint8Array): string | undefined {
  const bytes = Buffer.from(start.subarray(0, SNIFF_BYTES));
  const text = bytes.toString("latin1");
  const kind = describeBinary(bytes);
  const limit = bytes.length / 10;
  const zeros = text.includes("\0\0") ? count(text, /\0/g) : 0;
  const controls = count(text, /[\x01-\x06\x0e-\x1a\x1c-\x1f\x7f]/g);
  const broken = count(bytes.toString("utf8"), /\ufffd/g);
  const suspicious = zeros > limit || controls > limit || broken > Math.max(4, limit);
  if (!suspicious && !(broken > 1 && text.includes("\0"))) return kind === "PDF document" ? kind : undefined;
  return kind;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/**
 * Sequences that a terminal would obey: CSI; the strings OSC, DCS, SOS, PM, APC with their end; two-byte escapes; also
 * their C1 spellings. A string without an end loses its opening only, so that it can hide nothing. No body may hold an
 * opening, which keeps the search linear.
 */
const SEQUENCE =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f\n]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]/g;

/**
 * Output bytes as plain text for a model: UTF-8, with what is not replaced (a run of it by one U+FFFD); no escape
 * sequences; a line that was redrawn with carriage returns as it looked last; overstrikes resolved; a run of NULs as
 * `\0`; no other control characters than newline and tab. Linear in its input.
 */
export function readableText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  if (!/[\0-\x08\x0b-\x1f\x7f-\x9f\ufffd]/.test(text)) return text;
  return text
    .replaceAll(SEQUENCE, "")
    .split("\n")
    .map(lastState)
    .join("\n")
    .replaceAll(/[^\b\n]\x08/gu, "")
    .replaceAll(/\0+/g, "\\0")
    .replaceAll(/[\x01-\x08\x0b-\x1f\x7f-\x9f]+/g, "")
    .replaceAll(/\ufffd{2,}/g, "\ufffd");
}

/** What a terminal would show last of a line that returned to its start. */
function lastState(line: string): string {
  let length = line.length;
  while (line[length - 1] === "\r") length--;
  const end = line.slice(0, length);
  return end.slice(end.lastIndexOf("\r") + 1);
}
