import { graphemeEnd } from "./graphemes.js";

/** How text becomes rows. The same object for the same width: a change of `columns` is what makes rows anew. */
export interface Wrap {
  /** Cells in a row, at least 1. */
  readonly columns: number;
  /** Cells that a character takes: none, or up to `columns`. */
  cells(grapheme: string): number;
}

const PLAIN = /^[\u0020-\u007e]*$/;
/** An edit can move the ends of rows before its own: a shorter word goes back up. */
const ROWS_BACK = 3;

/**
 * One line of the text and the rows it takes. Rows are found only as far as somebody asks, and an edit forgets only
 * those around and after it, so that a key in the middle of a very long line stays cheap.
 */
export class TextLine {
  #text: string;
  #columns = 0;
  /** Where rows begin, as far as known. */
  #starts: number[] = [0];
  #isWhole = false;

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }

  replace(from: number, to: number, text: string): void {
    this.#text = this.#text.slice(0, from) + text + this.#text.slice(to);
    this.#starts.length = Math.max(1, this.#find(from) - ROWS_BACK + 1);
    this.#isWhole = false;
  }

  /** The row that holds the place `at`; between two rows it is the later one. */
  rowAt(at: number, wrap: Wrap): number {
    this.#use(wrap);
    while (!this.#isWhole && (this.#starts.at(-1) ?? 0) <= at) this.#extend(wrap);
    return this.#find(at);
  }

  /** Where a row begins and ends; `undefined` when there are not so many. */
  row(index: number, wrap: Wrap): { readonly start: number; readonly end: number } | undefined {
    this.#use(wrap);
    while (!this.#isWhole && this.#starts.length <= index + 1) this.#extend(wrap);
    const start = this.#starts[index];
    return start === undefined ? undefined : { start, end: this.#starts[index + 1] ?? this.#text.length };
  }

  /** The number of the last row. Needs all of them. */
  lastRow(wrap: Wrap): number {
    this.#use(wrap);
    while (!this.#isWhole) this.#extend(wrap);
    return this.#starts.length - 1;
  }

  #use({ columns }: Wrap): void {
    if (columns === this.#columns) return;
    this.#columns = columns;
    this.#starts = [0];
    this.#isWhole = false;
  }

  /** The last known row that begins at or before `at`. */
  #find(at: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #extend(wrap: Wrap): void {
    const next = nextRow(this.#text, this.#starts.at(-1) ?? 0, wrap);
    if (next === undefined) this.#isWhole = true;
    else this.#starts.push(next);
  }
}

/** Where the row after the one at `start` begins: behind a space or beside a wide character, else in the word. */
function nextRow(text: string, start: number, wrap: Wrap): number | undefined {
  const { columns } = wrap;
  const near = text.slice(start, start + columns + 1);
  if (PLAIN.test(near)) {
    if (near.length <= columns) return undefined;
    const behind = near.lastIndexOf(" ", columns - 1) + 1;
    // A row of nothing but the indent would be wasted.
    return start + (near.slice(0, behind).trim() === "" ? columns : behind);
  }
  let cells = 0;
  let breakAt = start;
  let hasInk = false;
  let mayBreak = false;
  for (let at = start; at < text.length;) {
    const end = graphemeEnd(text, at);
    const grapheme = text.slice(at, end);
    const width = wrap.cells(grapheme);
    if (hasInk && (mayBreak || width > 1)) breakAt = at;
    if (cells + width > columns && at > start) return breakAt > start ? breakAt : at;
    cells += width;
    hasInk ||= grapheme !== " ";
    mayBreak = grapheme === " " || width > 1;
    at = end;
  }
  return undefined;
}
