import { ProviderError } from "./errors.js";

/** One server-sent event that carries data. */
export interface SseFrame {
  /** The `event:` field; `undefined` when there was none, or an empty one. */
  readonly event: string | undefined;
  /** The `data:` lines, joined by LF. */
  readonly data: string;
  /**
   * The body left the event format here: `data` is everything from a line that begins with `{` or `[`, which no field
   * does, to the end of the body. Services write an error that way into a stream that has begun.
   */
  readonly bare?: true;
}

/** Bytes in, frames out. One parser reads one body; it knows no JSON and no vendor. */
export interface SseParser {
  /**
   * The frames that these bytes complete. The bytes are not kept.
   * @throws ProviderError `protocol` for a frame beyond the limit; frames that were complete before it come first.
   */
  push(bytes: Uint8Array): readonly SseFrame[];
  /**
   * For a body that ended properly: the last frame, when it has data and only its empty line is missing (servers do
   * that, although the standard would drop the frame), and what stood bare at the end.
   */
  end(): readonly SseFrame[];
}

const LF = 10;
const SPACE = 32;
const COLON = 58;
const LOWER_D = 100;
const LOWER_E = 101;
const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;
const DEFAULT_MAX_FRAME_CHARS = 32 * 1024 * 1024;

/**
 * Yields the same frames however the bytes are cut, with LF, CR or CRLF, and with a byte-order mark. Work is linear
 * in the input. `maxFrameChars` (default 32 Mi UTF-16 units) bounds one line plus the data lines before it.
 * Source: HTML standard, 9.2.6 "Interpreting an event stream", read 2026-11-20. Bare JSON after good events: recorded
 * streams of one service, read 2026-11-20.
 */
export function createSseParser(options: { readonly maxFrameChars?: number } = {}): SseParser {
  return new Parser(options.maxFrameChars ?? DEFAULT_MAX_FRAME_CHARS);
}

class Parser implements SseParser {
  readonly #maxFrameChars: number;
  readonly #decoder = new TextDecoder();
  /** Without state: only for chunks that begin and end between characters. Much faster than the streaming one. */
  readonly #wholeDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** True after a chunk whose last byte was ASCII, so that the streaming decoder holds nothing back. */
  #betweenChars = false;

  /** The beginning of a line that has not ended yet, in the pieces that arrived. */
  #pending: string[] = [];
  #pendingChars = 0;
  /** The last line ended in CR as the very last character: a LF that comes next belongs to it. */
  #skipLf = false;

  #event: string | undefined;
  #data: string | undefined;
  #dataChars = 0;

  /** What stands bare, in the pieces that arrived; from its first line on nothing is a field any more. */
  #bare: string[] | undefined;
  #bareChars = 0;

  #frames: SseFrame[] = [];
  #failure: ProviderError | undefined;

  constructor(maxFrameChars: number) {
    this.#maxFrameChars = maxFrameChars;
  }

  push(bytes: Uint8Array): readonly SseFrame[] {
    return bytes.length === 0 ? [] : this.#run(this.#decode(bytes), false);
  }

  end(): readonly SseFrame[] {
    return this.#run(this.#decoder.decode(), true);
  }

  #decode(bytes: Uint8Array): string {
    const began = this.#betweenChars;
    this.#betweenChars = (bytes[bytes.length - 1] ?? 0) < 0x80;
    return began && this.#betweenChars
      ? this.#wholeDecoder.decode(bytes)
      : this.#decoder.decode(bytes, { stream: true });
  }

  #run(text: string, last: boolean): readonly SseFrame[] {
    if (this.#failure === undefined) {
      this.#readLines(text);
      if (last) this.#readRest();
    }
    const frames = this.#frames;
    this.#frames = [];
    if (this.#failure !== undefined && frames.length === 0) throw this.#failure;
    return frames;
  }

  /** Only the new text is searched, and each line end is looked for once: a long line costs nothing twice. */
  #readLines(text: string): void {
    if (this.#bare !== undefined) {
      this.#addBare(text);
      return;
    }
    let start = this.#skipLf && text.charCodeAt(0) === LF ? 1 : 0;
    this.#skipLf = false;
    let lf = text.indexOf("\n", start);
    let cr = text.indexOf("\r", start);
    while (lf !== -1 || cr !== -1) {
      const endsInCr = cr !== -1 && (lf === -1 || cr < lf);
      const end = endsInCr ? cr : lf;
      if (this.#pending.length === 0) this.#readLine(text, start, end);
      else this.#readPendingLine(text.slice(start, end));
      if (this.#failure !== undefined) return;
      if (this.#bare !== undefined) {
        this.#addBare(text.slice(end));
        return;
      }
      start = end + 1;
      if (endsInCr) {
        if (start === text.length) this.#skipLf = true;
        else if (lf === start) start++;
        cr = text.indexOf("\r", start);
      }
      if (lf !== -1 && lf < start) lf = text.indexOf("\n", start);
    }
    if (start === text.length) return;
    this.#pending.push(start === 0 ? text : text.slice(start));
    this.#pendingChars += text.length - start;
    this.#checkSize(this.#pendingChars);
  }

  #readPendingLine(rest: string): void {
    this.#pending.push(rest);
    const line = this.#pending.join("");
    this.#pending = [];
    this.#pendingChars = 0;
    this.#readLine(line, 0, line.length);
  }

  #readRest(): void {
    if (this.#pending.length > 0) this.#readPendingLine("");
    if (this.#failure !== undefined) return;
    this.#closeFrame();
    if (this.#bare !== undefined) this.#frames.push({ event: undefined, data: this.#bare.join(""), bare: true });
    this.#bare = undefined;
  }

  #addBare(text: string): void {
    this.#bareChars += text.length;
    if (this.#checkSize(this.#bareChars)) this.#bare?.push(text);
  }

  #readLine(text: string, start: number, end: number): void {
    if (start === end) {
      this.#closeFrame();
      return;
    }
    if (!this.#checkSize(end - start)) return;
    const first = text.charCodeAt(start);
    if (first === LOWER_D && isField(text, start, end, "data")) {
      const value = fieldValue(text, start + 4, end);
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
      this.#dataChars += end - start;
    } else if (first === LOWER_E && isField(text, start, end, "event")) {
      this.#event = fieldValue(text, start + 5, end) || undefined;
    } else if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      // Whatever event was open has its data, and only its empty line is missing.
      this.#closeFrame();
      this.#bare = [text.slice(start, end)];
      this.#bareChars = end - start;
    }
    // Comments, `id`, `retry` and unknown fields mean nothing to an answer that is never resumed.
  }

  #closeFrame(): void {
    if (this.#data !== undefined) this.#frames.push({ event: this.#event, data: this.#data });
    this.#event = undefined;
    this.#data = undefined;
    this.#dataChars = 0;
  }

  #checkSize(lineChars: number): boolean {
    if (this.#dataChars + lineChars <= this.#maxFrameChars) return true;
    this.#failure = new ProviderError(
      "protocol",
      `the answer holds an event of more than ${this.#maxFrameChars} characters; the service or a proxy is broken`,
    );
    this.#pending = [];
    this.#data = undefined;
    this.#bare = undefined;
    return false;
  }
}

function isField(text: string, start: number, end: number, name: string): boolean {
  if (!text.startsWith(name, start)) return false;
  const after = start + name.length;
  return after === end || text.charCodeAt(after) === COLON;
}

/** `colon` is where the colon is, or the end of a line that is only a field name. */
function fieldValue(text: string, colon: number, end: number): string {
  return text.slice(text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1, end);
}
