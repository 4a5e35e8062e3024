import { countNewlines } from "./newline-count.js";
import type { OutputSpill } from "./output-spill.js";

/** What there is to show of an output: all of it, or its two ends. */
export interface OutputView {
  /** Everything, or the start when `tail` is set. */
  readonly head: Uint8Array;
  /** The end; undefined when nothing was left out. */
  readonly tail: Uint8Array | undefined;
  /** Exact counts of the whole output. A last line without a newline counts as one. */
  readonly bytes: number;
  readonly lines: number;
  /** Exact counts of what is in neither end. */
  readonly omittedBytes: number;
  readonly omittedLines: number;
}

const NEWLINE = 10;
/** A program that writes byte by byte makes as many chunks; beyond this number they are joined. */
const MAX_PIECES = 256;

/**
 * Takes an output of any size and keeps its first and last bytes. As soon as something would be lost, all of it goes
 * to the spill as well.
 */
export class OutputWindow {
  bytes = 0;
  #newlines = 0;
  #endsOpen = false;
  /** All chunks, until they are more than both ends hold. */
  #whole: Uint8Array[] | undefined = [];
  #head: Uint8Array = new Uint8Array(0);
  #ring: Uint8Array = new Uint8Array(0);
  #ringEnd = 0;

  constructor(
    private readonly headBytes: number,
    private readonly tailBytes: number,
    private readonly spill: OutputSpill,
  ) {}

  /** Takes over `chunk`, which must not change afterwards. False: pause until the spill has drained. */
  push(chunk: Uint8Array): boolean {
    if (chunk.length === 0) return true;
    this.bytes += chunk.length;
    this.#newlines += countNewlines(chunk);
    this.#endsOpen = chunk[chunk.length - 1] !== NEWLINE;
    if (this.#whole === undefined) {
      this.#keepTail(chunk);
      return this.spill.add(chunk);
    }
    if (this.#whole.push(chunk) > MAX_PIECES) this.#whole = [Buffer.concat(this.#whole)];
    return this.bytes <= this.headBytes + this.tailBytes || this.spillAll();
  }

  /** From now on everything goes to the spill, also what came before. False: pause until it has drained. */
  spillAll(): boolean {
    if (this.#whole === undefined) return true;
    const all = Buffer.concat(this.#whole);
    this.#whole = undefined;
    this.#head = all.subarray(0, this.headBytes);
    this.#ring = new Uint8Array(this.tailBytes);
    this.#keepTail(all.subarray(this.#head.length));
    return this.spill.add(all);
  }

  /** The first bytes, up to `count`, for telling what kind of output this is. */
  start(count: number): Uint8Array {
    return (this.#whole === undefined ? this.#head : Buffer.concat(this.#whole)).subarray(0, count);
  }

  /** What can be shown now; a copy that later output does not change. */
  view(): OutputView {
    const counts = { bytes: this.bytes, lines: this.#newlines + (this.#endsOpen ? 1 : 0) };
    if (this.#whole !== undefined) {
      return { ...counts, head: Buffer.concat(this.#whole), tail: undefined, omittedBytes: 0, omittedLines: 0 };
    }
    const tail = this.#readTail();
    if (this.#head.length + tail.length === this.bytes) {
      return { ...counts, head: Buffer.concat([this.#head, tail]), tail: undefined, omittedBytes: 0, omittedLines: 0 };
    }
    const head = cutEnd(this.#head);
    const end = cutStart(tail);
    return {
      ...counts,
      head,
      tail: end,
      omittedBytes: this.bytes - head.length - end.length,
      omittedLines: this.#newlines - countNewlines(head) - countNewlines(end),
    };
  }

  #keepTail(chunk: Uint8Array): void {
    const size = this.#ring.length;
    if (size === 0) return;
    const kept = chunk.subarray(Math.max(0, chunk.length - size));
    const at = this.#ringEnd % size;
    const first = kept.subarray(0, size - at);
    this.#ring.set(first, at);
    this.#ring.set(kept.subarray(first.length), 0);
    // Counts all bytes ever kept, so that a ring that is not full yet can be told from a full one.
    this.#ringEnd += kept.length;
  }

  #readTail(): Uint8Array {
    const size = this.#ring.length;
    if (this.#ringEnd <= size) return this.#ring.slice(0, this.#ringEnd);
    const at = this.#ringEnd % size;
    return Buffer.concat([this.#ring.subarray(at), this.#ring.subarray(0, at)]);
  }
}

/** Ends after a whole line where that costs less than half, else before a character that is not whole. */
function cutEnd(bytes: Uint8Array): Uint8Array {
  const newline = bytes.lastIndexOf(NEWLINE);
  if (newline >= bytes.length / 2) return bytes.slice(0, newline + 1);
  // A UTF-8 character has at most four bytes: its first one, if cut off from its rest, is among the last three.
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return bytes.slice(0, wanted > back ? bytes.length - back : bytes.length);
    }
  }
  return bytes.slice();
}

/** Begins with a whole line where that costs less than half, else with a whole character. */
function cutStart(bytes: Uint8Array): Uint8Array {
  const newline = bytes.indexOf(NEWLINE);
  if (newline !== -1 && newline < bytes.length / 2) return bytes.slice(newline + 1);
  let start = 0;
  while (start < Math.min(3, bytes.length) && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.slice(start);
}
