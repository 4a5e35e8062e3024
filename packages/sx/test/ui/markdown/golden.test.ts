import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { cellWidth } from "../../../src/ui/cell-width.js";
import { openVirtualTerminal } from "../../terminal/virtual-terminal.js";
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

test.each([20, 40, 80, 200])("a terminal of %i columns shows the rows as they are", async (columns) => {
  const terminal = openVirtualTerminal(columns, 50);
  const hostile =
    "\n\nx\u001b[2J\u001b]0;title\u0007 &#27;[H \u009b1A `\u001b[1A` [a\u001b[2K](http://b.c/\u001b\\d)\n";
  const rows = rowsOf((await readFile(golden("sample.md"), "utf8")) + hostile, columns, colorTheme);
  await terminal.write(rows.join("\r\n"));
  expect(terminal.all()).toEqual(rows.map((row) => textOf(row).trimEnd()));
  terminal.dispose();
});
