import { expect, test } from "vitest";
import { cellWidth } from "../../../src/ui/cell-width.js";
import { rowsOf } from "./rows.js";

test.each([
  // Paragraphs and what ends them.
  { name: "a paragraph keeps its line ends", text: "a\nb", rows: ["a", "b"] },
  { name: "paragraphs stand apart", text: "a\n\n\n\nb", rows: ["a", "", "b"] },
  { name: "blanks around lines go", text: "  a  \n   b\\\nc", rows: ["a", "b", "c"] },
  { name: "nothing", text: "", rows: [] },
  { name: "nothing but blanks", text: " \n\t\n", rows: [] },
  { name: "a heading in a paragraph", text: "a\n# b\nc", rows: ["a", "", "# b", "", "c"] },
  { name: "no heading", text: "#a\n\n####### b", rows: ["#a", "", "####### b"] },
  { name: "a heading that is closed", text: "## a ##", rows: ["## a"] },
  { name: "underlined headings", text: "a\n===\n\nb\n---", rows: ["# a", "", "## b"] },
  { name: "rules", text: "a\n\n---\n* * *\n___", rows: ["a", "", rule(60), "", rule(60), "", rule(60)] },
  // Lists.
  { name: "a list below its paragraph", text: "a\n- b\n- c", rows: ["a", "• b", "• c"] },
  { name: "a loose list", text: "- a\n\n- b\n", rows: ["• a", "", "• b"] },
  { name: "a list of items by number is counted", text: "1. a\n1. b\n1. c", rows: ["1. a", "2. b", "3. c"] },
  { name: "a list that begins later", text: "7. a\n8. b\n10. c", rows: ["7. a", "8. b", "10. c"] },
  { name: "a list that is broken by code", text: "1. a\n\n```\nx\n```\n\n2. b", rows: ["1. a", "", "  x", "", "2. b"] },
  { name: "a number in a paragraph", text: "a\n2. b", rows: ["a", "2. b"] },
  { name: "a year in a paragraph", text: "It was in\n1986. A good year", rows: ["It was in", "1986. A good year"] },
  { name: "nested lists", text: "- a\n  1. b\n     - c\n- d", rows: ["• a", "  1. b", "     ▪ c", "• d"] },
  { name: "paragraphs of an item", text: "- a\n\n  b\n\nc", rows: ["• a", "", "  b", "", "c"] },
  { name: "an item that goes on without blanks", text: "- a\nb", rows: ["• a", "  b"] },
  {
    name: "tasks",
    text: "- [ ] a\n- [x] b\n1. [X] c\n- [ ]\n- [y] d",
    rows: ["[ ] a", "[x] b", "1. [x] c", "• [ ]", "• [y] d"],
  },
  { name: "empty items", text: "-\n- a\n-", rows: ["•", "• a", "•"] },
  { name: "code in an item", text: "- a\n  ```\n  b\n   c\n  ```\n  d", rows: ["• a", "    b", "     c", "  d"] },
  {
    name: "code in an item that is set in too little",
    text: "1. a\n   ```\nb\n  c\n```\n2. d",
    rows: ["1. a", "     b", "     c", "2. d"],
  },
  { name: "indented code in an item", text: "-     a", rows: ["•   a"] },
  { name: "a quote in an item", text: "- > a\n  > b", rows: ["• │ a", "  │ b"] },
  // Quotes.
  { name: "a quote", text: "> a\n>\n> b\nc\n\nd", rows: ["│ a", "│", "│ b", "│ c", "", "d"] },
  { name: "quotes in quotes", text: "> a\n> > b\n> c", rows: ["│ a", "│", "│ │ b", "│ │ c"] },
  { name: "code in a quote", text: "> ```\n> a\nb", rows: ["│   a", "", "b"] },
  // Code.
  { name: "a fence", text: "```ts\na\n\n  b\n```\nc", rows: ["  a", "", "    b", "", "c"] },
  { name: "a fence that is not closed", text: "```\na\n", rows: ["  a"] },
  { name: "an empty fence", text: "a\n```\n```\nb", rows: ["a", "", "b"] },
  { name: "longer fences", text: "````\n```\n````\n~~~\n```\n~~~", rows: ["  ```", "", "  ```"] },
  { name: "a fence that is set in", text: "  ```\n   a\n  b\n c\n  ```", rows: ["   a", "  b", "  c"] },
  { name: "what a fence says about its language", text: "``` ts title=a\nb\n```", rows: ["  b"] },
  { name: "no fence", text: "``` a`b", rows: ["``` a`b"] },
  { name: "indented code", text: "    a\n\n      b\n\n\nc", rows: ["  a", "", "    b", "", "c"] },
  { name: "no indented code in a paragraph", text: "a\n    b", rows: ["a", "b"] },
  { name: "tabs", text: "\ta\tb\n\n-\tc", rows: ["  a   b", "", "• c"] },
  // HTML.
  { name: "HTML", text: "<div>\n*a*\n</div>\n\nb", rows: ["<div>", "*a*", "</div>", "", "b"] },
  { name: "a comment", text: "<!-- a\n\nb --> c\nd", rows: ["<!-- a", "", "b --> c", "", "d"] },
  { name: "a script", text: "<script>\n\n# a\n</script>\n# b", rows: ["<script>", "", "# a", "</script>", "", "# b"] },
  {
    name: "a tag in a line",
    text: "a <b>c</b> Array<string>\n<i>d</i>",
    rows: ["a <b>c</b> Array<string>", "<i>d</i>"],
  },
  // Tables.
  { name: "a table", text: "|a|b|\n|-|-|\n|1|2|", rows: ["a │ b", "──┼──", "1 │ 2"] },
  {
    name: "a table without bars around it",
    text: "a | b\n--- | ---\n1 | 2\n\n3",
    rows: ["a │ b", "──┼──", "1 │ 2", "", "3"],
  },
  { name: "a table below text", text: "x\n|a|b|\n|-|-|", rows: ["x", "", "a │ b", "──┼──"] },
  { name: "no table", text: "|a|b|\n|-|", rows: ["|a|b|", "|-|"] },
  {
    name: "cells too few and too many",
    text: "|a|b|\n|-|-|\n|1|\n|1|2|3|",
    rows: ["a │ b", "──┼──────", "1 │", "1 │ 2 | 3"],
  },
  { name: "a table ends with the next block", text: "|a|\n|-|\n|1|\n# b", rows: ["a", "─", "1", "", "# b"] },
  {
    name: "alignment",
    text: "|long|long|long|\n|:-|-:|:-:|\n|a|b|c|",
    rows: ["long │ long │ long", "─────┼──────┼─────", "a    │    b │  c"],
  },
  { name: "a table in an item", text: "- |a|b|\n  |-|-|\n  |1|2|", rows: ["• a │ b", "  ──┼──", "  1 │ 2"] },
])("$name", ({ text, rows }) => {
  expect(rowsOf(text)).toEqual(rows);
});

test("containers that nest without end are text at some depth", () => {
  expect(rowsOf(`${"> ".repeat(1000)}a`, 80)[0]).toMatch(/^(?:│ ){12}(?:> )+>?$/);
  expect(rowsOf(`${"- ".repeat(1000)}a`, 80).length).toBeLessThan(60);
});

test.each([1, 2, 3, 5, 8, 10, 12, 20])("in %i columns a text can still be read", (columns) => {
  const rows = rowsOf(
    "- one\n  - two\n    > three\n\n| four | five |\n|---|---|\n| six | 七 |\n\n```\neight\n```",
    columns,
  );
  const text = rows.join("").replace(/[^a-z七…]/g, "");
  expect(text).toContain("onetwothree");
  expect(text).toContain("eight");
  for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(columns);
});

function rule(cells: number): string {
  return "─".repeat(cells);
}
