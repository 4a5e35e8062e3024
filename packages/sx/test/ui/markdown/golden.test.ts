import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { cellWidth } from "../../../src/ui/cell-width.js";
import { colorTheme, plainTheme, readable, rowsOf, textOf } from "./rows.js";

function golden(name: string): URL {
  return new URL(`golden/${name}`, import.meta.url);
}

// SX_UPDATE_GOLDEN=1 writes the pages instead of comparing them.
test.each([
  { columns: 40, colors: "plain", theme: plainTheme },
  { columns: 80, colors: "plain", theme: plainTheme },
  { columns: 200, colors: "plain", theme: plainTheme },
  { columns: 40, colors: "color", theme: colorTheme },
  { columns: 80, colors: "color", theme: colorTheme },
  { columns: 200, colors: "color", theme: colorTheme },
])("the sample at $columns columns, $colors", async ({ columns, colors, theme }) => {
  const rows = rowsOf(await readFile(golden("sample.md"), "utf8"), columns, theme);
  const page = golden(`sample-${columns}-${colors}.txt`);
  const text = `${rows.map(readable).join("\n")}\n`;
  if (process.env["SX_UPDATE_GOLDEN"] === "1") await writeFile(page, text);
  expect(text).toBe(await readFile(page, "utf8"));
  for (const row of rows) expect(cellWidth(textOf(row)), row).toBeLessThanOrEqual(columns);
});
