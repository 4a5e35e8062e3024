import { cellWidth } from "../cell-width.js";
import type { Align } from "./block-lines.js";
import { type Line, PLAIN, type Span, within } from "./spans.js";
import { wrapWords } from "./wrap-cells.js";

/** A cell may have several lines: `<br>` ends one. */
export type Cell = readonly Line[];

/** What the columns of a table are cut by. It is taken from its first rows, so that the rest can be shown at once. */
export interface TableShape {
  readonly head: readonly Cell[];
  readonly columns: readonly ColumnShape[];
}

interface ColumnShape {
  readonly align: Align;
  /** Cells that the column would like. */
  readonly natural: number;
  /** Cells of its longest word. */
  readonly word: number;
}

/** Some rows of a table. */
export interface TablePart {
  readonly shape: TableShape;
  readonly rows: readonly (readonly Cell[])[];
  /** The head stands above these rows. */
  readonly isStart: boolean;
}

const BETWEEN: Span = { text: " │ ", style: within(PLAIN, "dim") };
/** Columns narrower than this, when they would like more, are hard to read: the table is stacked instead. */
const MIN_CELLS = 8;
/** No word holds out for more. */
const MAX_WORD_CELLS = 14;
const MAX_RULE_CELLS = 24;

export interface TableSample {
  readonly aligns: readonly Align[];
  readonly head: readonly Cell[];
  readonly rows: readonly (readonly Cell[])[];
}

/** @param slack cells that each column gets beyond what the sample needs. */
export function shapeOf({ aligns, head, rows }: TableSample, slack: number): TableShape {
  const columns = aligns.map((align, index) => {
    const lines = [head, ...rows].flatMap((row) => row[index] ?? []);
    const natural = Math.max(1, ...lines.map(lineCells));
    return { align, natural: natural + slack, word: Math.max(1, ...lines.map(longestWord)) + slack };
  });
  return { head, columns };
}

/** The rows of the screen for some rows of a table, in columns or, when that is too narrow to read, field by field. */
export function tableRows({ shape, rows, isStart }: TablePart, room: number): readonly Line[] {
  const widths = fitColumns(shape.columns, room);
  if (widths === undefined) return rows.flatMap((row, index) => stackedRow(shape, row, room, isStart && index === 0));
  const rule = [ruleOf(widths)];
  const total = shape.columns.reduce((sum, { natural }) => sum + natural, 0) + 3 * (widths.length - 1);
  // With cells of several rows nobody would see where one row of the table ends.
  const between = total > room ? rule : [];
  const body = rows.flatMap((row, index) => [
    ...(isStart && index === 0 ? [] : between),
    ...columnRow(shape, row, widths),
  ]);
  return isStart ? [...columnRow(shape, shape.head, widths), ...rule, ...body] : body;
}

/** Cells for each column, together at most `room`; `undefined` when the table cannot be read in so little. */
function fitColumns(columns: readonly ColumnShape[], room: number): readonly number[] | undefined {
  const available = room - 3 * (columns.length - 1);
  const naturals = columns.map(({ natural }) => natural);
  if (sum(naturals) <= available) return naturals;
  const least = columns.map(({ natural, word }) =>
    Math.min(natural, Math.max(MIN_CELLS, Math.min(word, MAX_WORD_CELLS))),
  );
  const spare = available - sum(least);
  if (spare < 0) return undefined;
  // What is left goes to all that would like more, in equal parts.
  const widths = [...least];
  for (let left = spare; left > 0;) {
    const growing = widths.flatMap((width, index) => (width < (naturals[index] ?? 0) ? [index] : []));
    const part = Math.max(1, Math.floor(left / growing.length));
    for (const index of growing) {
      const width = widths[index] ?? 0;
      const more = Math.min(part, left, (naturals[index] ?? 0) - width);
      widths[index] = width + more;
      left -= more;
    }
  }
  return widths;
}

function columnRow(shape: TableShape, row: readonly Cell[], widths: readonly number[]): readonly Line[] {
  const cells = widths.map((width, index) => (row[index] ?? []).flatMap((line) => wrapWords(line, width)));
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, at) =>
    widths.flatMap((width, index) => {
      const line = cells[index]?.[at] ?? [];
      const padded = pad(line, width, shape.columns[index]?.align ?? "left");
      return index === 0 ? padded : [BETWEEN, ...padded];
    }),
  );
}

function pad(line: Line, width: number, align: Align): Line {
  const spare = Math.max(0, width - lineCells(line));
  const before = align === "left" ? 0 : align === "right" ? spare : Math.floor(spare / 2);
  return [blanks(before), ...line, blanks(spare - before)];
}

function stackedRow(shape: TableShape, row: readonly Cell[], room: number, isFirst: boolean): readonly Line[] {
  // What goes on below its label is set in, so that labels stay at the margin.
  const inner = room > MIN_CELLS ? 2 : 0;
  const fields = shape.columns.flatMap((_, index) => {
    const label = (shape.head[index] ?? []).flat();
    const [first = [], ...more] = row[index] ?? [];
    const lead: Line = label.length === 0 ? [] : [...label, { text: ": ", style: PLAIN }];
    const line = [...lead, ...first];
    if (line.length === 0 && more.length === 0) return [];
    const whole = wrapWords(line, room);
    const hanging = whole.length === 1 ? whole : setIn(line, room, inner, 1);
    return [...hanging, ...more.flatMap((next) => setIn(next, room, inner, 0))];
  });
  const rule = { text: "─".repeat(Math.min(room, MAX_RULE_CELLS)), style: BETWEEN.style };
  return isFirst ? fields : [[rule], ...fields];
}

/** Rows that are set in, but for the first `out`. */
function setIn(line: Line, room: number, inner: number, out: number): readonly Line[] {
  return wrapWords(line, room - inner).map((row, index) => (index < out ? row : [blanks(inner), ...row]));
}

function ruleOf(widths: readonly number[]): Line {
  return [{ text: widths.map((width) => "─".repeat(width)).join("─┼─"), style: BETWEEN.style }];
}

function blanks(count: number): Span {
  return { text: " ".repeat(count), style: PLAIN };
}

function lineCells(line: Line): number {
  return line.reduce((cells, { text }) => cells + cellWidth(text), 0);
}

function longestWord(line: Line): number {
  const words = line
    .map(({ text }) => text)
    .join("")
    .split(" ");
  // Text in wide characters may be cut anywhere.
  return Math.max(
    0,
    ...words.map((word) => (/^[\u0020-\u04ff]*$/.test(word) ? word.length : Math.min(4, cellWidth(word)))),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
