import { cellWidth } from "../cell-width.js";
import type { Size } from "../screen/live-region.js";
import type { PaintName, Theme } from "../theme.js";
import { type Line, paintRow, PLAIN, type Span } from "../markdown/spans.js";
import { wrapAnywhere, wrapWords } from "../markdown/wrap-cells.js";

/** What is stacked higher than this in one cell may be cut off. */
const CHARS_A_CELL = 8;

/** Cells for text in a row. The last one stays empty: a row that is full to its end comes apart on a change of width. */
export function textColumns(size: Size): number {
  return Math.max(1, size.columns - 1);
}

/** A stretch of clean text with its looks, the innermost first. */
export function span(text: string, ...paints: readonly PaintName[]): Span {
  return { text, style: paints.length === 0 ? PLAIN : { paints } };
}

/** What stands before the text of a row. */
export interface Lead {
  readonly first: Line;
  /** Before every further row; as wide as `first`. */
  readonly rest: Line;
}

const NO_LEAD: Lead = { first: [], rest: [] };

/** A mark, and as many blanks under it. */
export function hanging(...mark: Line): Lead {
  return { first: mark, rest: [span(" ".repeat(cellsOf(mark)))] };
}

/** The same before each row. */
export function indented(...mark: Line): Lead {
  return { first: mark, rest: mark };
}

export interface WrapOptions {
  readonly columns: number;
  readonly theme: Theme;
  readonly lead?: Lead;
  /** For text whose blanks mean something. */
  readonly anywhere?: boolean;
  /** More rows than these become `…` at the end of the last one. Never used for what somebody agrees to. */
  readonly maxRows?: number;
}

/** A line of clean text as painted rows. */
export function wrapLine(line: Line, options: WrapOptions): readonly string[] {
  const { columns, theme, lead = NO_LEAD, anywhere = false, maxRows = Number.POSITIVE_INFINITY } = options;
  const leadCells = cellsOf(lead.first);
  const hasRoom = columns - leadCells >= 4;
  const room = Math.max(1, hasRoom ? columns - leadCells : columns);
  const near = maxRows === Number.POSITIVE_INFINITY ? line : firstChars(line, room * (maxRows + 1) * CHARS_A_CELL);
  const rows = anywhere ? wrapAnywhere(near, room) : wrapWords(near, room);
  return rows.slice(0, maxRows).map((row, index) => {
    const isCut = index === maxRows - 1 && rows.length > maxRows;
    const before = !hasRoom ? [] : index === 0 ? lead.first : lead.rest;
    const kept = room > 1 ? (wrapAnywhere(row, room - 1)[0] ?? []) : [];
    const fitted = isCut ? [...kept, span("…", "dim")] : row;
    return paintRow([...before, ...fitted], theme);
  });
}

/** Each line of a clean text by itself; `lead.first` stands before the first row of all. */
export function wrapText(text: string, paints: readonly PaintName[], options: WrapOptions): readonly string[] {
  const { lead = NO_LEAD } = options;
  return text.split("\n").flatMap((line, index) =>
    wrapLine([span(line, ...paints)], {
      ...options,
      lead: index === 0 ? lead : { first: lead.rest, rest: lead.rest },
    }),
  );
}

/** One row, whatever the text: what does not fit is cut, and `…` says so. */
export function oneRow(line: Line, columns: number, theme: Theme): string {
  return wrapLine(line, { columns, theme, anywhere: true, maxRows: 1 })[0] ?? "";
}

/** Nothing behind these can be seen, and a line may have a megabyte. */
function firstChars(line: Line, count: number): Line {
  let left = count;
  const near: Span[] = [];
  for (const part of line) {
    if (left <= 0) break;
    near.push(part.text.length <= left ? part : { ...part, text: part.text.slice(0, left).toWellFormed() });
    left -= part.text.length;
  }
  return near;
}

function cellsOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + cellWidth(text), 0);
}
