import { TerminalText } from "../terminal-text.js";
import type { Theme } from "../theme.js";
import { BlockParser, MAX_PARAGRAPH_CHARS } from "./block-parser.js";
import { type Piece, pieceRows } from "./pieces.js";
import { paintRow } from "./spans.js";

export interface RenderOptions {
  /** Cells of a row; less than 1 counts as 1. */
  readonly columns: number;
  readonly theme: Theme;
}

/** Shows markdown as it is written. Text goes in as it comes, rows for a terminal come out. */
export interface MarkdownStream {
  /** More of the answer, as the model wrote it: nothing of it reaches the rows but what can be seen. */
  push(text: string): void;
  /**
   * Rows that are finished since the last call and will never change again; each fits `columns`, ends without a line
   * feed, and leaves no open style. However the text was cut, together they are the same.
   */
  takeFinished(): readonly string[];
  /** The rows of what is not finished yet. Bounded work: only the open block is rendered. */
  live(): readonly string[];
  /** Everything left becomes finished. Nothing is pushed afterwards. */
  end(): void;
  /** Holds for all rows that are asked for from now on. */
  resize(columns: number): void;
}

/** A longer line is taken in parts, so that a text without line ends is not kept whole. */
const MAX_LINE_CHARS = MAX_PARAGRAPH_CHARS;
const TAB_CELLS = 4;
/** What may still become a list, a heading, a rule, a fence or a table's second row, and is nothing yet. */
const UNDECIDED = /^[ >]*(?:-+|=+|\*{1,3}|_{1,3}|\+|#{1,6}|`+|~+|\|?[ :|-]*) *$/;

export function createMarkdownStream(options: RenderOptions): MarkdownStream {
  return new RenderedStream(options);
}

class RenderedStream implements MarkdownStream {
  readonly #theme: Theme;
  readonly #clean = new TerminalText();
  readonly #parser: BlockParser;
  #columns: number;
  /** The line that has no end yet. */
  #line = "";
  /** The line is the rest of one that was too long. */
  #isRest = false;
  /** Finished, but nobody has asked for it yet. */
  #finished: Piece[] = [];
  #live: readonly string[] | undefined;

  constructor({ columns, theme }: RenderOptions) {
    this.#theme = theme;
    this.#columns = atLeastOne(columns);
    this.#parser = new BlockParser(!theme.isColored);
  }

  push(text: string): void {
    const [first = "", ...more] = this.#clean.clean(text).split("\n");
    this.#live = undefined;
    this.#add(first);
    for (const part of more) {
      this.#endLine();
      this.#add(part);
    }
    this.#finished.push(...this.#parser.take());
  }

  takeFinished(): readonly string[] {
    const rows = this.#rows(this.#finished);
    this.#finished = [];
    return rows;
  }

  live(): readonly string[] {
    this.#live ??= this.#renderLive();
    return this.#live;
  }

  end(): void {
    this.#live = undefined;
    if (this.#line !== "" || this.#isRest) this.#endLine();
    this.#parser.end();
    this.#finished.push(...this.#parser.take());
  }

  resize(columns: number): void {
    this.#columns = atLeastOne(columns);
    this.#live = undefined;
  }

  #add(part: string): void {
    this.#line += part;
    while (this.#line.length > MAX_LINE_CHARS) {
      const at = cutAt(this.#line);
      const rest = this.#line.slice(at);
      this.#line = this.#line.slice(0, at);
      this.#give(this.#parser);
      this.#parser.cutLine();
      this.#line = rest;
      this.#isRest = true;
    }
  }

  #endLine(): void {
    this.#give(this.#parser);
    this.#line = "";
    this.#isRest = false;
  }

  #give(parser: BlockParser): void {
    if (this.#isRest) parser.moreOfLine(this.#line.replaceAll("\t", " ".repeat(TAB_CELLS)));
    else parser.line(expandTabs(this.#line));
  }

  #renderLive(): readonly string[] {
    const trial = this.#parser.trial();
    if (this.#isRest || !this.#isUndecided()) this.#give(trial);
    trial.end();
    return this.#rows(trial.take());
  }

  #isUndecided(): boolean {
    const { fence } = this.#parser;
    const text = this.#line.trim();
    if (fence === undefined) return UNDECIDED.test(this.#line);
    return text === "" || text === fence.charAt(0).repeat(text.length);
  }

  #rows(pieces: readonly Piece[]): readonly string[] {
    return pieces.flatMap((piece) => pieceRows(piece, this.#columns).map((row) => paintRow(row, this.#theme)));
  }
}

/** Where a line that is too long is cut: at a blank if there is one near, never inside a character. */
function cutAt(line: string): number {
  const blank = line.lastIndexOf(" ", MAX_LINE_CHARS - 1);
  if (blank >= MAX_LINE_CHARS / 2) return blank + 1;
  const last = line.charCodeAt(MAX_LINE_CHARS - 1);
  return last >= 0xd800 && last <= 0xdbff ? MAX_LINE_CHARS - 1 : MAX_LINE_CHARS;
}

function expandTabs(line: string): string {
  if (!line.includes("\t")) return line;
  let expanded = "";
  for (const [index, part] of line.split("\t").entries()) {
    if (index > 0) expanded += " ".repeat(TAB_CELLS - (expanded.length % TAB_CELLS));
    expanded += part;
  }
  return expanded;
}

function atLeastOne(columns: number): number {
  return Math.max(1, Math.floor(columns));
}
