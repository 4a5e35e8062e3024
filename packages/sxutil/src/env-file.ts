import { Buffer, isUtf8 } from "node:buffer";
import { ConfigurationError } from "./failure.js";
import { oneLine, quoted } from "./one-line.js";

/** One `KEY=VALUE` line that counts. */
export interface EnvEntry {
  readonly key: string;
  readonly value: string;
  /** 1 is the first line. */
  readonly line: number;
}

export interface EnvDuplicate {
  readonly key: string;
  /** Every line that sets the key, first to last; the last one counts. */
  readonly lines: readonly number[];
}

export interface ParsedEnvFile {
  /** In the order of the file, each key once. */
  readonly entries: readonly EnvEntry[];
  readonly duplicates: readonly EnvDuplicate[];
}

const KEY = /^[A-Z][A-Z0-9_]*$/;
const ASSIGNMENT = /[ \t]*([A-Z][A-Z0-9_]*)[ \t]*=[ \t]*/y;
const BOM = "\uFEFF";
/** Lines; a project's file is read before anybody trusts it, and each line takes memory. */
const MAX_LINES = 100_000;
const ALLOWED = "write KEY=VALUE, a # comment, or nothing";

/**
 * The grammar of `scorpiox-env.txt`: `KEY=VALUE`, `#` comment lines, blank lines. Spaces and tabs around key and value
 * do not count; one pair of matching quotes around a value is removed; nothing is expanded and no comment follows a
 * value. UTF-8, with or without a byte-order mark, LF or CRLF. The last of several equal keys counts.
 *
 * `shown` is how messages name the file. @throws ConfigurationError with the line, never with a value.
 */
export function parseEnvFile(input: Uint8Array | string, path: string, shown: string = path): ParsedEnvFile {
  const text = typeof input === "string" ? input : decodeEnvFile(input, path, shown);
  const found = new Map<string, EnvEntry>();
  const repeated = new Map<string, number[]>();
  if (hasTooManyLines(text)) {
    const message = `${oneLine(shown, 300)} has more than ${MAX_LINES} lines; a configuration file is a small text file`;
    throw new ConfigurationError(message, { path });
  }
  const lines = scanLines(text);
  for (let index = 0; index < lines.length; index++) {
    const { start, end } = lines[index]!;
    const line = index + 1;
    const first = skipBlanks(text, start, end);
    if (first === end || text[first] === "#") continue;
    const match = matchAssignment(text, start, end);
    if (match === undefined) throw brokenLine(text.slice(first, end), path, shown, line);
    const value = unquote(text, match.valueStart, end);
    if (/[\0\r]/.test(value)) {
      const what = value.includes("\0") ? "a NUL character" : "a carriage return inside the line";
      throw new ConfigurationError(`${oneLine(shown, 300)} line ${line} has ${what} in ${match.key}; ${ALLOWED}`, {
        path,
        line,
      });
    }
    const earlier = found.get(match.key);
    if (earlier !== undefined) {
      const known = repeated.get(match.key);
      if (known === undefined) repeated.set(match.key, [earlier.line, line]);
      else known.push(line);
      found.delete(match.key);
    }
    found.set(match.key, { key: match.key, value, line });
  }
  return {
    entries: [...found.values()],
    duplicates: Array.from(repeated, ([key, keyLines]) => ({ key, lines: keyLines })),
  };
}

/** Bytes to text; a byte-order mark is kept, so that a rewrite keeps it too. @throws ConfigurationError with the line. */
export function decodeEnvFile(bytes: Uint8Array, path: string, shown: string = path): string {
  const nul = bytes.indexOf(0);
  if (nul !== -1) throw badByte("a NUL byte", countLines(bytes, nul), path, shown);
  if (isUtf8(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  throw badByte("bytes that are not UTF-8", findInvalidLine(bytes), path, shown);
}

function hasTooManyLines(text: string): boolean {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1 && count <= MAX_LINES; at = text.indexOf("\n", at + 1)) count++;
  return count > MAX_LINES;
}

/** LF is never a part of a longer character, so every line can be judged alone. */
function findInvalidLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(10, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

/**
 * The text with `key` set to `value`: one line changed (the last that has the key) or one line added at the end; every
 * other character stays, also broken lines. Reading the result gives exactly `value`.
 * @throws ConfigurationError for a key outside the grammar or a value that no line can hold.
 */
export function setKey(text: string, key: string, value: string): string {
  if (!KEY.test(key)) throw new ConfigurationError(`${quoted(key)} is no key; keys are capital letters, digits and _`);
  if (/[\0\r\n]/.test(value) || !isWellFormed(value)) {
    throw new ConfigurationError(
      `the value for ${key} has a line break, a NUL or half a character; a line cannot hold it`,
    );
  }
  const lines = scanLines(text);
  for (let index = lines.length - 1; index >= 0; index--) {
    const { start, end } = lines[index]!;
    const match = matchAssignment(text, start, end);
    if (match?.key !== key) continue;
    const quote = quoteAround(text, match.valueStart, trimEnd(text, match.valueStart, end));
    return text.slice(0, match.valueStart) + writeValue(value, quote) + text.slice(end);
  }
  const line = `${key}=${writeValue(value, "")}`;
  const body = text.startsWith(BOM) ? text.slice(1) : text;
  const eol = /\r?\n/.exec(body)?.[0] ?? "\n";
  if (body === "" || body.endsWith("\n")) return text + line + eol;
  // A file without a newline at its end stays one.
  return text + eol + line;
}

/** The text without the lines that set `key`; every other character stays. The same text when there is none. */
export function unsetKey(text: string, key: string): string {
  const lines = scanLines(text);
  let result = text.startsWith(BOM) ? BOM : "";
  let removedLast = false;
  for (const { start, end, next } of lines) {
    const matches = matchAssignment(text, start, end)?.key === key;
    removedLast = matches && next === end;
    if (!matches) result += text.slice(start, next);
  }
  // The last line had no newline of its own: the one before it goes instead.
  return removedLast ? result.replace(/\r?\n$/, "") : result;
}

interface Line {
  readonly start: number;
  /** Where the line ends, without its line ending. */
  readonly end: number;
  /** Where the next line starts; equal to `end` at the end of a file without a final newline. */
  readonly next: number;
}

function scanLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let start = text.startsWith(BOM) ? 1 : 0;
  while (start < text.length) {
    const feed = text.indexOf("\n", start);
    if (feed === -1) {
      lines.push({ start, end: text.length, next: text.length });
      break;
    }
    const end = feed > start && text[feed - 1] === "\r" ? feed - 1 : feed;
    lines.push({ start, end, next: feed + 1 });
    start = feed + 1;
  }
  return lines;
}

function matchAssignment(text: string, start: number, end: number): { key: string; valueStart: number } | undefined {
  ASSIGNMENT.lastIndex = start;
  const match = ASSIGNMENT.exec(text);
  // None of the pattern's parts matches a line ending, so a match never reaches into the next line.
  if (match === null || match[1] === undefined || ASSIGNMENT.lastIndex > end) return undefined;
  return { key: match[1], valueStart: ASSIGNMENT.lastIndex };
}

function unquote(text: string, start: number, end: number): string {
  const last = trimEnd(text, start, end);
  return quoteAround(text, start, last) === "" ? text.slice(start, last) : text.slice(start + 1, last - 1);
}

function quoteAround(text: string, start: number, end: number): "" | '"' | "'" {
  const first = text[start];
  if (end - start < 2 || text[end - 1] !== first) return "";
  return first === '"' || first === "'" ? first : "";
}

/** Any value between quotes comes back as it is, because exactly one pair is removed and nothing is escaped. */
function writeValue(value: string, quote: "" | '"' | "'"): string {
  if (quote !== "") return quote + value + quote;
  const blankEdge = /^[ \t]|[ \t]$/.test(value);
  return blankEdge || quoteAround(value, 0, value.length) !== "" ? `"${value}"` : value;
}

function skipBlanks(text: string, start: number, end: number): number {
  let index = start;
  while (index < end && (text[index] === " " || text[index] === "\t")) index++;
  return index;
}

function trimEnd(text: string, start: number, end: number): number {
  let index = end;
  while (index > start && (text[index - 1] === " " || text[index - 1] === "\t")) index--;
  return index;
}

/** Says what a broken line looks like without showing what may be a pasted secret: a short name, or four characters. */
function brokenLine(content: string, path: string, shown: string, line: number): ConfigurationError {
  const equals = content.indexOf("=");
  const name = equals === -1 ? "" : content.slice(0, equals).trimEnd();
  const showName = /^[A-Za-z0-9_.\- ]{1,24}$/.test(name);
  const start = `${oneLine(shown, 300)} line ${line} has`;
  if (equals === -1)
    return new ConfigurationError(`${start} ${quoted(content, 4)} and no = sign; ${ALLOWED}`, { path, line });
  if (name === "") return new ConfigurationError(`${start} no key before the = sign; ${ALLOWED}`, { path, line });
  const hint = name.startsWith("export ")
    ? "leave out export"
    : "keys are capital letters, digits and _, and start with a letter";
  return new ConfigurationError(`${start} the key ${quoted(name, showName ? 24 : 4)}; ${hint}`, { path, line });
}

function badByte(what: string, line: number, path: string, shown: string): ConfigurationError {
  return new ConfigurationError(`${oneLine(shown, 300)} line ${line} has ${what}; save the file as UTF-8 text`, {
    path,
    line,
  });
}

function countLines(bytes: Uint8Array, before: number): number {
  let line = 1;
  for (let index = bytes.indexOf(10); index !== -1 && index < before; index = bytes.indexOf(10, index + 1)) line++;
  return line;
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
