import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cellWidth } from "../../../src/ui/cell-width.js";
import type { Theme } from "../../../src/ui/theme.js";
import { COLORED, PLAIN } from "./chat-harness.js";
import { readable, textOf } from "../markdown/rows.js";
import { SCENES } from "./scenes.js";

// SX_UPDATE_GOLDEN=1 writes the pages instead of comparing them.

describe.each([
  { look: "plain", theme: PLAIN },
  { look: "color", theme: COLORED },
])("$look", ({ look, theme }: { look: string; theme: Theme }) => {
  it.each(
    Object.entries(SCENES).flatMap(([name, scene]) => [40, 80, 200].map((columns) => ({ name, scene, columns }))),
  )("$name at $columns columns", async ({ name, scene, columns }) => {
    const rows = scene(theme, { columns, rows: 40 });
    for (const row of rows) {
      if (!row.startsWith("---")) expect(cellWidth(textOf(row)), row).toBeLessThan(columns);
      expect(textOf(row)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }
    const text = `${rows.map(readable).join("\n")}\n`;
    const page = fileURLToPath(new URL(`golden/${name.replaceAll(" ", "-")}-${columns}-${look}.txt`, import.meta.url));
    if (process.env["SX_UPDATE_GOLDEN"] === "1") {
      await mkdir(dirname(page), { recursive: true });
      await writeFile(page, text);
    }
    expect(text).toBe(await readFile(page, "utf8"));
  });
});
