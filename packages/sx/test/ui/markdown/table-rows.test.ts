import { describe, expect, test } from "vitest";
import { rowsOf } from "./rows.js";

const TABLE = `| Name | What it does |
| --- | --- |
| one | something that is rather long to say |
| another | short |`;

describe("a table", () => {
  test.each([
    {
      columns: 80,
      rows: [
        "Name    │ What it does",
        "────────┼─────────────────────────────────────",
        "one     │ something that is rather long to say",
        "another │ short",
      ],
    },
    {
      columns: 30,
      rows: [
        "Name    │ What it does",
        "────────┼─────────────────────",
        "one     │ something that is",
        "        │ rather long to say",
        "────────┼─────────────────────",
        "another │ short",
      ],
    },
    {
      columns: 18,
      rows: [
        "Name: one",
        "What it does:",
        "  something that",
        "  is rather long",
        "  to say",
        "─".repeat(18),
        "Name: another",
        "What it does:",
        "  short",
      ],
    },
  ])("in $columns columns", ({ columns, rows }) => {
    expect(rowsOf(TABLE, columns)).toEqual(rows);
  });

  test("of many columns is stacked where they would be too narrow to read", () => {
    const head = `|${" a |".repeat(9)}\n|${"---|".repeat(9)}\n`;
    const text = `${head}|${" some words |".repeat(9)}`;
    expect(rowsOf(text, 40)).toEqual(Array.from({ length: 9 }, () => "a: some words"));
    expect(rowsOf(text, 200)).toHaveLength(3);
  });

  test("with cells of several lines", () => {
    expect(rowsOf("| a | b |\n|---|---|\n| 1<br>2 | **3** |", 80)).toEqual(["a │ b", "──┼──────", "1 │ **3**", "2 │"]);
  });

  test("with bars and code in cells", () => {
    expect(rowsOf("| a |\n|---|\n| `x \\| y` \\| z |")).toEqual(["a", "───────────", "`x | y` | z"]);
  });
});
