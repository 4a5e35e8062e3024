import { cellWidth } from "../ui/cell-width.js";

/** Rows of cells as lines with the columns under each other; what is empty everywhere takes no room. */
export function tableRows(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => cellWidth(row[at] ?? ""))));
  return rows.map((row) =>
    row
      .flatMap((cell, at) => {
        const width = widths[at] ?? 0;
        return width === 0 ? [] : [cell + " ".repeat(width - cellWidth(cell))];
      })
      .join("  ")
      .trimEnd(),
  );
}
