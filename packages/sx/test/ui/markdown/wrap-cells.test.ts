import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellWidth } from "../../../src/ui/cell-width.js";
import { glyphsOf } from "../../../src/ui/markdown/glyphs.js";
import { type Line, PLAIN } from "../../../src/ui/markdown/spans.js";
import { wrapAnywhere, wrapWords } from "../../../src/ui/markdown/wrap-cells.js";

function textsOf(rows: readonly Line[]): readonly string[] {
  return rows.map((row) => row.map(({ text }) => text).join(""));
}

function lineOf(...texts: readonly string[]): Line {
  return texts.map((text) => ({ text, style: PLAIN }));
}

test.each([
  { name: "words", line: lineOf("one two three"), columns: 7, rows: ["one two", "three"] },
  { name: "exactly full", line: lineOf("one two"), columns: 7, rows: ["one two"] },
  { name: "a word of several looks", line: lineOf("one t", "w", "o three"), columns: 6, rows: ["one", "two", "three"] },
  { name: "a word that is too long", line: lineOf("a abcdefgh b"), columns: 3, rows: ["a", "abc", "def", "gh", "b"] },
  { name: "blanks at a row's end", line: lineOf("one     two"), columns: 5, rows: ["one", "two"] },
  { name: "blanks inside a row", line: lineOf("a   b"), columns: 5, rows: ["a   b"] },
  { name: "wide characters", line: lineOf("日本語です"), columns: 5, rows: ["日本", "語で", "す"] },
  { name: "wide characters and words", line: lineOf("日本abc語"), columns: 5, rows: ["日本", "abc語"] },
  { name: "marks that begin no row", line: lineOf("日本、語"), columns: 5, rows: ["日", "本、", "語"] },
  { name: "marks that end no row", line: lineOf("日「本語"), columns: 4, rows: ["日", "「本", "語"] },
  { name: "combining marks", line: lineOf("e\u0301e\u0301e\u0301"), columns: 2, rows: ["e\u0301e\u0301", "e\u0301"] },
  { name: "a family", line: lineOf("a👩‍👩‍👧‍👦b"), columns: 2, rows: ["a", "👩‍👩‍👧‍👦", "b"] },
  { name: "nothing", line: lineOf(), columns: 5, rows: [""] },
  { name: "wide characters where none fits", line: lineOf("a日b"), columns: 1, rows: ["a", "…", "b"] },
])("$name", ({ line, columns, rows }) => {
  expect(textsOf(wrapWords(line, columns))).toEqual(rows);
});

test.each([
  { name: "blanks count", line: lineOf("    a  b"), columns: 5, rows: ["    a", "  b"] },
  { name: "wide characters", line: lineOf("ab日本"), columns: 3, rows: ["ab", "日", "本"] },
  { name: "several looks", line: lineOf("abc", "def"), columns: 4, rows: ["abcd", "ef"] },
  { name: "nothing", line: lineOf(), columns: 4, rows: [""] },
])("anywhere: $name", ({ line, columns, rows }) => {
  expect(textsOf(wrapAnywhere(line, columns))).toEqual(rows);
});

describe("of any text", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc
      .array(fc.constantFrom("a", "é", "e\u0301", "日", "、", "👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", " ", "ⅳ", "한", "क्षि", "ﷺ"))
      .map((all) => all.join("")),
  );

  test("glyphs are its characters, and as wide together", () => {
    fc.assert(
      fc.property(text, (whole) => {
        const glyphs = [...glyphsOf(whole)];
        expect(glyphs.map((glyph) => glyph.text).join("")).toBe(whole);
        expect(glyphs.reduce((sum, { cells }) => sum + cells, 0)).toBe(cellWidth(whole));
      }),
    );
  });

  test("rows fit and lose nothing but blanks", () => {
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 2, max: 30 }), (texts, columns) => {
        for (const wrap of [wrapWords, wrapAnywhere]) {
          const rows = textsOf(wrap(lineOf(...texts), columns));
          for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(columns);
          expect(rows.join("").replaceAll(" ", "")).toBe(texts.join("").replaceAll(" ", ""));
        }
      }),
    );
  });

  test("what is stacked without end is cut", () => {
    const [row = ""] = textsOf(wrapWords(lineOf(`a${"\u0301".repeat(5000)}`), 10));
    expect(row.length).toBeLessThan(50);
  });
});
