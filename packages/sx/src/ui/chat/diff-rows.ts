import { countWords } from "./count-words.js";
import type { DiffBudget, DiffLine } from "./diff-lines.js";
import { paintDiffLine } from "./diff-words.js";
import type { Paper } from "./part.js";
import { span, wrapLine } from "./rows.js";

export interface DiffRowsOptions {
  readonly budget: DiffBudget;
  readonly indent: string;
  /** As wide as `indent`, before the further rows of a line. Default: blanks. */
  readonly indentOn?: string;
  /** Rows after which the rest is only counted. */
  readonly maxRows: number;
  /** Rows of one line, after which it is cut with a mark. */
  readonly maxRowsOfLine: number;
}

/** A diff with its numbers. What is folded away is counted in the last row. */
export function diffRows(
  lines: readonly DiffLine[],
  { columns, theme }: Paper,
  options: DiffRowsOptions,
): readonly string[] {
  const { budget, indent, indentOn = " ".repeat(indent.length), maxRows, maxRowsOfLine } = options;
  const digits = lines.reduce(
    (most, { number }) => Math.max(most, number === undefined ? 0 : String(number).length),
    0,
  );
  const width = digits === 0 ? 0 : digits + 1;
  const rows: string[] = [];
  for (const [index, line] of lines.entries()) {
    const { mark, number } = line;
    if (mark === "gap") {
      rows.push(...wrapLine([span(`${indent}${" ".repeat(width)}⋮`, "dim")], { columns, theme, anywhere: true }));
      continue;
    }
    const color = mark === "-" ? "removed" : mark === "+" ? "added" : "dim";
    const gutter = width === 0 ? "" : `${String(number ?? "").padStart(digits)} `;
    const lead = {
      first: [span(indent + gutter, "dim"), span(`${mark} `, color)],
      rest: [span(indentOn + " ".repeat(width + 2), "dim")],
    };
    const next = wrapLine(paintDiffLine(line, budget), {
      columns,
      theme,
      lead,
      anywhere: true,
      maxRows: maxRowsOfLine,
    });
    if (rows.length > 0 && rows.length + next.length > maxRows) {
      const rest = lines.slice(index).filter((each) => each.mark !== "gap").length;
      const more = `${indent}… ${countWords(rest, "more line")}, Ctrl+O`;
      return [...rows, ...wrapLine([span(more, "dim")], { columns, theme })];
    }
    rows.push(...next);
  }
  return rows;
}

/** Lines that a diff adds and removes. */
export function countChanges(lines: readonly DiffLine[]): { readonly added: number; readonly removed: number } {
  const count = (mark: string): number => lines.reduce((sum, line) => sum + (line.mark === mark ? 1 : 0), 0);
  return { added: count("+"), removed: count("-") };
}
