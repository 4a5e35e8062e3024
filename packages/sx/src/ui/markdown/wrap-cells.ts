import { type Glyph, glyphsOf } from "./glyphs.js";
import type { Line, Span, Style } from "./spans.js";

const ASCII = /^[\u0020-\u007e]*$/;
/** What does not begin a row after a wide character. */
const CLINGS = /^[.,:;!?)\]}…、。，．：；！？）」』】〕〉》’”ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]/;

/** What does not end a row before a wide character. */
const OPENS = /[([{「『【〔〈《‘“（]$/;

/**
 * Cuts a line to rows of at most `columns` cells, between words. A word longer than a row is cut anywhere, text in wide
 * characters between any two; a wide character in a row of one cell becomes `…`. There is at least one row.
 * @param columns less than 1 counts as 1.
 */
export function wrapWords(line: Line, columns: number): readonly Line[] {
  const rows = new RowFiller(columns);
  for (const { text, style } of line) {
    for (const [part] of text.matchAll(/ +|[^ ]+/g)) {
      if (part.startsWith(" ")) rows.addBlanks(part.length, style);
      else if (ASCII.test(part)) rows.addToWord(part, part.length, style);
      else addGlyphs(rows, part, style);
    }
  }
  return rows.end();
}

/** Cuts a line to rows wherever a row is full: for text whose blanks mean something. There is at least one row. */
export function wrapAnywhere(line: Line, columns: number): readonly Line[] {
  const rows = new RowFiller(columns);
  for (const { text, style } of line) rows.fill(text, style);
  return rows.end();
}

function addGlyphs(rows: RowFiller, part: string, style: Style): void {
  let run = "";
  let cells = 0;
  let isAfterWide = false;
  for (const glyph of glyphsOf(part)) {
    const isWide = glyph.cells >= 2;
    if ((isWide || isAfterWide) && !CLINGS.test(glyph.text) && !OPENS.test(run)) {
      if (run !== "") rows.addToWord(run, cells, style);
      rows.endWord();
      run = "";
      cells = 0;
    }
    run += glyph.text;
    cells += glyph.cells;
    isAfterWide = isWide;
  }
  rows.addToWord(run, cells, style);
}

class RowFiller {
  readonly #columns: number;
  readonly #rows: Line[] = [];
  #row: Span[] = [];
  #cells = 0;
  /** A word may have several looks, so it is known to be whole only when a blank comes. */
  #word: Span[] = [];
  #wordCells = 0;
  #blanks: Span[] = [];
  #blankCells = 0;

  constructor(columns: number) {
    this.#columns = Math.max(1, columns);
  }

  addToWord(text: string, cells: number, style: Style): void {
    this.#word.push({ text, style });
    this.#wordCells += cells;
  }

  addBlanks(cells: number, style: Style): void {
    this.endWord();
    this.#blanks.push({ text: " ".repeat(cells), style });
    this.#blankCells += cells;
  }

  /** A row may end here. */
  endWord(): void {
    if (this.#word.length === 0) return;
    const needed = this.#blankCells + this.#wordCells;
    if (this.#cells > 0 && this.#cells + needed > this.#columns) this.#endRow();
    else if (needed <= this.#columns) {
      this.#row.push(...this.#blanks);
      this.#cells += this.#blankCells;
    }
    if (this.#wordCells > this.#columns) for (const { text, style } of this.#word) this.fill(text, style);
    else {
      this.#row.push(...this.#word);
      this.#cells += this.#wordCells;
    }
    this.#word = [];
    this.#wordCells = 0;
    this.#blanks = [];
    this.#blankCells = 0;
  }

  /** Appends text glyph by glyph; ends rows as they are full. */
  fill(text: string, style: Style): void {
    if (ASCII.test(text)) {
      for (let at = 0; at < text.length;) {
        if (this.#cells >= this.#columns) this.#endRow();
        const part = text.slice(at, at + this.#columns - this.#cells);
        this.#row.push({ text: part, style });
        this.#cells += part.length;
        at += part.length;
      }
      return;
    }
    let run = "";
    for (const glyph of glyphsOf(text)) {
      const fitting: Glyph = glyph.cells > this.#columns ? { text: "…", cells: 1 } : glyph;
      if (this.#cells + fitting.cells > this.#columns) {
        this.#row.push({ text: run, style });
        this.#endRow();
        run = "";
      }
      run += fitting.text;
      this.#cells += fitting.cells;
    }
    this.#row.push({ text: run, style });
  }

  end(): readonly Line[] {
    this.endWord();
    if (this.#row.length > 0 || this.#rows.length === 0) this.#endRow();
    return this.#rows;
  }

  #endRow(): void {
    this.#rows.push(this.#row);
    this.#row = [];
    this.#cells = 0;
  }
}
