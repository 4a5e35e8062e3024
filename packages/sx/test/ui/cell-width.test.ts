import { expect, test } from "vitest";
import { cellWidth, fitCells } from "../../src/ui/cell-width.js";

test.each([
  { text: "", cells: 0 },
  { text: "abc", cells: 3 },
  { text: "日本語", cells: 6 },
  { text: "한글", cells: 4 },
  { text: "Ａ（", cells: 4 },
  { text: "e\u0301", cells: 1 },
  { text: "👩‍👩‍👧‍👦", cells: 2 },
  { text: "🇩🇪", cells: 2 },
  { text: "✔\ufe0f", cells: 2 },
  { text: "привет", cells: 6 },
  { text: "a\u200bb", cells: 2 },
  { text: "\u1112\u1161\u11ab", cells: 2 },
  { text: "می\u200cخواهم", cells: 7 },
  { text: "a\u200db", cells: 2 },
  { text: "👍🏽", cells: 2 },
  { text: "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", cells: 2 },
  { text: "│ • ☑ …", cells: 7 },
  { text: "a\tb", cells: 2 },
])("$text is $cells wide", ({ text, cells }) => {
  expect(cellWidth(text)).toBe(cells);
});

test.each([
  { text: "short", room: 20, fits: "short" },
  { text: "exactly ten", room: 11, fits: "exactly ten" },
  { text: "exactly ten", room: 10, fits: "exactly t…" },
  { text: "日本語です", room: 10, fits: "日本語です" },
  { text: "日本語です", room: 9, fits: "日本語で…" },
  { text: "ab👩‍👩‍👧‍👦cd", room: 4, fits: "ab…" },
  { text: "abce\u0301", room: 4, fits: "abce\u0301" },
])("$text in $room cells", ({ text, room, fits }) => {
  expect(fitCells(text, room)).toBe(fits);
});

test("a megabyte is not looked at whole", () => {
  const fits = fitCells("日".repeat(1_000_000), 20);
  expect(fits).toBe(`${"日".repeat(9)}…`);
});
