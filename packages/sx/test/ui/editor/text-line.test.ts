import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellWidth } from "../../../src/ui/cell-width.js";
import { TextLine, type Wrap } from "../../../src/ui/editor/text-line.js";

function wrapAt(columns: number): Wrap {
  return { columns, cells: (grapheme) => Math.min(columns, cellWidth(grapheme)) };
}

function rowsOf(line: TextLine, wrap: Wrap): readonly string[] {
  const rows: string[] = [];
  for (let row = 0; ; row += 1) {
    const span = line.row(row, wrap);
    if (span === undefined) return rows;
    rows.push(line.text.slice(span.start, span.end));
  }
}

test.each([
  ["", 5, [""]],
  ["abc", 5, ["abc"]],
  ["abcde", 5, ["abcde"]],
  ["abcdef", 5, ["abcde", "f"]],
  ["ab cdef", 5, ["ab ", "cdef"]],
  ["ab cd ef", 5, ["ab ", "cd ef"]],
  ["ab cd  ef", 6, ["ab cd ", " ef"]],
  ["   abcdefgh", 5, ["   ab", "cdefg", "h"]],
  ["世界世界", 5, ["世界", "世界"]],
  ["ab 世界世", 6, ["ab 世", "界世"]],
  ["abc世", 4, ["abc", "世"]],
  ["é é é é", 4, ["é é ", "é é"]],
  ["👩‍👩‍👧👩‍👩‍👧", 2, ["👩‍👩‍👧", "👩‍👩‍👧"]],
  ["世", 1, ["世"]],
])("%j in %i columns", (text, columns, rows) => {
  expect(rowsOf(new TextLine(text), wrapAt(columns))).toEqual(rows);
});

describe("rows", () => {
  const texts = fc
    .array(fc.constantFrom("a", "bc", " ", "  ", "é", "世", "\u0301", "👩‍👩‍👧", "wording", "x".repeat(30)), {
      maxLength: 40,
    })
    .map((parts) => parts.join(""));
  const edits = fc.array(fc.tuple(fc.nat(200), fc.nat(12), texts), { maxLength: 8 });

  test("are the same after edits as when they are made anew, whatever was asked before", () => {
    fc.assert(
      fc.property(texts, edits, fc.integer({ min: 1, max: 20 }), fc.nat(200), (text, changes, columns, asked) => {
        const wrap = wrapAt(columns);
        const line = new TextLine(text);
        for (const [from, length, inserted] of changes) {
          line.rowAt(Math.min(asked, line.text.length), wrap);
          const start = Math.min(from, line.text.length);
          line.replace(start, Math.min(start + length, line.text.length), inserted);
        }
        const fresh = new TextLine(line.text);
        expect(rowsOf(line, wrap)).toEqual(rowsOf(fresh, wrap));
        expect(line.lastRow(wrap)).toBe(rowsOf(fresh, wrap).length - 1);
      }),
      { numRuns: 500 },
    );
  });

  test("hold the whole text, fit, and are found by place", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 20 }), (text, columns) => {
        const wrap = wrapAt(columns);
        const rows = rowsOf(new TextLine(text), wrap);
        expect(rows.join("")).toBe(text);
        for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(columns);
        const line = new TextLine(text);
        let start = 0;
        for (const [index, row] of rows.entries()) {
          expect(line.rowAt(start, wrap)).toBe(index);
          start += row.length;
        }
        expect(line.rowAt(text.length, wrap)).toBe(rows.length - 1);
      }),
    );
  });
});

test("an edit in a very long line asks for few widths", () => {
  let asked = 0;
  const wrap: Wrap = {
    columns: 80,
    cells: () => {
      asked += 1;
      return 1;
    },
  };
  const line = new TextLine("é".repeat(100_000));
  line.lastRow(wrap);
  asked = 0;
  line.replace(50_000, 50_000, "x");
  line.row(line.rowAt(50_001, wrap) + 10, wrap);
  expect(asked).toBeLessThan(80 * 20);
});
