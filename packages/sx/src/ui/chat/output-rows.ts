import { countWords } from "./count-words.js";
import type { Paper } from "./part.js";
import { indented, span, wrapLine } from "./rows.js";

/** Before each line that a call printed. */
export const OUTPUT_INDENT = "    ";
/** Rows of one line of output that are shown unasked. */
const MAX_ROWS_OF_LINE = 2;

/** The last lines of what a call printed; how many stand before them is said first. */
export function lastOutputRows(lines: readonly string[], count: number, { columns, theme }: Paper): readonly string[] {
  const shown = lines.filter((line) => line.trim() !== "").slice(-count);
  const hidden = lines.length - shown.length;
  const lead = indented(span(OUTPUT_INDENT));
  const more = hidden > 0 && shown.length > 0 ? [`… ${countWords(hidden, "more line")}, Ctrl+O`] : [];
  return [
    ...more.flatMap((line) => wrapLine([span(line, "dim")], { columns, theme, lead })),
    ...shown.flatMap((line) =>
      wrapLine([span(line, "dim")], { columns, theme, lead, anywhere: true, maxRows: MAX_ROWS_OF_LINE }),
    ),
  ];
}

/** A whole output, up to a bound that it names. */
export function allOutputRows(
  lines: readonly string[],
  maxLines: number,
  { columns, theme }: Paper,
): readonly string[] {
  const lead = indented(span(OUTPUT_INDENT));
  const rest = lines.length - maxLines;
  const end = rest > 0 ? [`… ${countWords(rest, "more line")}`] : [];
  return [
    ...lines
      .slice(0, maxLines)
      .flatMap((line) => wrapLine([span(line, "dim")], { columns, theme, lead, anywhere: true, maxRows: 50 })),
    ...end.flatMap((line) => wrapLine([span(line, "dim")], { columns, theme, lead })),
  ];
}
