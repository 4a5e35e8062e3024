import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { keyReferenceMarkdown } from "../src/key-reference.js";

const PAGE = new URL("../../../docs/configuration.md", import.meta.url);
const START = "<!-- keys: start -->\n";
const END = "\n<!-- keys: end -->";

// SX_UPDATE_DOCS=1 writes the page instead of comparing it.
test("docs/configuration.md lists the keys as the table has them", async () => {
  const page = await readFile(PAGE, "utf8");
  const [before, rest] = [page.slice(0, page.indexOf(START) + START.length), page.slice(page.indexOf(END))];
  const wanted = before + keyReferenceMarkdown() + rest;
  if (process.env["SX_UPDATE_DOCS"] === "1") await writeFile(PAGE, wanted);
  else expect(page).toBe(wanted);
});
