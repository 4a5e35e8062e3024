import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { Lexer } from "marked";
import { afterEach, describe, expect, test, vi } from "vitest";
import { cellWidth } from "../../../src/ui/cell-width.js";
import { openHighlighter } from "../../../src/ui/markdown/code-colors.js";
import { colorTheme, openStream, plainTheme, rowsOf, textOf } from "./rows.js";

const sample = await readFile(new URL("golden/sample.md", import.meta.url), "utf8");

/** Parts of markdown that mean something where they meet. */
const PARTS = [
  "# ",
  "## ",
  "- ",
  "* ",
  "1. ",
  "9) ",
  "> ",
  "    ",
  "  ",
  "\t",
  "[ ] ",
  "[x] ",
  "---",
  "===",
  "***",
  "\n",
  "\n\n",
  "```",
  "```ts\n",
  "~~~py\n",
  "`",
  "``",
  "|",
  "| a | b |\n",
  "|---|:-:|\n",
  "\\",
  "<b>",
  "<div>\n",
  "<!-- ",
  "-->",
  "*",
  "**",
  "_",
  "~~",
  "~",
  "[",
  "](",
  "](http://a.b/c)",
  ")",
  "![",
  "<http://a.b>",
  "www.a.b",
  "&amp;",
  "&#27;",
  "&#x202e;",
  "&#9;",
  "word",
  "two words ",
  "const x = `a ${b}`;\n",
  "/* ",
  " */",
  '"""',
  "日本語",
  "👩‍👩‍👧‍👦",
  "e\u0301",
  "\u200d",
  "\u202e",
  "\r\n",
  "\u001b[31m",
  "\u001b]0;t\u0007",
  "\u{e0041}",
  "\ud83d",
  "\ude00",
  "x".repeat(90),
  "averylongword".repeat(300),
];
const markdown = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 40 }).map((parts) => parts.join("")),
  fc.constantFrom(...sample.split(/\n(?=\n)/), sample),
);
/** Places to cut at, as parts of the whole. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });
const columns = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 31, max: 500 }));

function split(text: string, at: readonly number[]): readonly string[] {
  const places = [0, ...at.map((part) => Math.floor(part * text.length)).sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, index) => text.slice(places[index], end));
}

/** The style and the link that a row leaves open. */
function openAtEnd(row: string): string {
  const links = [...row.matchAll(/\u001b\]8;;([^\u001b]*)\u001b\\/g)].at(-1)?.[1] ?? "";
  const codes = [...row.matchAll(/\u001b\[(\d+)m/g)].map(([, code]) => Number(code));
  const open = new Set<string>();
  const closes: Readonly<Record<number, string>> = {
    22: "bold",
    23: "italic",
    24: "underline",
    29: "strike",
    39: "color",
  };
  const opens: Readonly<Record<number, string>> = { 1: "bold", 2: "bold", 3: "italic", 4: "underline", 9: "strike" };
  for (const code of codes) {
    const closed = closes[code];
    if (closed === undefined) open.add(opens[code] ?? "color");
    else open.delete(closed);
  }
  return [...open, links].filter((one) => one !== "").join(" ");
}

function expectRow(row: string, width: number): void {
  const text = textOf(row);
  expect(cellWidth(text), JSON.stringify(row)).toBeLessThanOrEqual(width);
  expect(text, JSON.stringify(row)).not.toMatch(
    /\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/u,
  );
  expect(text.isWellFormed()).toBe(true);
  expect(openAtEnd(row), JSON.stringify(row)).toBe("");
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("whatever the text, wherever it is cut", () => {
  test("the finished rows are those of the text pushed whole", () => {
    fc.assert(
      fc.property(markdown, cuts, columns, fc.boolean(), (text, at, width, isColored) => {
        const theme = isColored ? colorTheme : plainTheme;
        const stream = openStream(width, theme);
        const rows: string[] = [];
        for (const part of split(text, at)) {
          stream.push(part);
          rows.push(...stream.takeFinished());
          stream.live();
        }
        stream.end();
        rows.push(...stream.takeFinished());
        expect(rows).toEqual(rowsOf(text, width, theme));
        expect(stream.live()).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("every row fits, finished or live, leaves nothing open and holds nothing unseen", () => {
    fc.assert(
      fc.property(markdown, cuts, columns, columns, (text, at, width, later) => {
        const stream = openStream(width, colorTheme);
        const parts = split(text, at);
        for (const [index, part] of parts.entries()) {
          const now = index * 2 < parts.length ? width : later;
          stream.resize(now);
          stream.push(part);
          for (const row of [...stream.takeFinished(), ...stream.live()]) expectRow(row, now);
        }
        stream.resize(later);
        stream.end();
        for (const row of stream.takeFinished()) expectRow(row, later);
      }),
      { numRuns: 150 },
    );
  });

  test("text of any characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), cuts, columns, (text, at, width) => {
        const stream = openStream(width, colorTheme);
        for (const part of split(text, at)) stream.push(part);
        for (const row of stream.live()) expectRow(row, width);
        stream.end();
        const rows = stream.takeFinished();
        for (const row of rows) expectRow(row, width);
        expect(rows).toEqual(rowsOf(text, width, colorTheme));
      }),
      { numRuns: 150 },
    );
  });

  test("no word is lost", () => {
    const words = fc.stringMatching(/^[a-z]{1,8}$/);
    const marks = fc.constantFrom("", "# ", "- ", "1. ", "> ", "    ", "| ", "```\n", "~~~\n", "**", "`", "<div>\n");
    const lines = fc.array(
      fc.tuple(marks, fc.array(words, { minLength: 1, maxLength: 8 }), fc.constantFrom("\n", "\n\n")),
    );
    fc.assert(
      fc.property(lines, (parts) => {
        const text = parts.map(([mark, all, end]) => mark + all.join(" ") + end).join("");
        const shown = rowsOf(text, 500).join(" ");
        for (const [mark, all] of parts) {
          // The first word behind a fence says what its code is.
          const own = mark === "```\n" || mark === "~~~\n" ? [] : all;
          for (const word of own) expect(shown).toContain(word);
        }
      }),
    );
  });
});

describe("what is finished", () => {
  test.each([
    { name: "a paragraph, with the empty line after it", before: "one\ntwo", after: "\n\n", rows: ["one", "two"] },
    { name: "a paragraph, with the block after it", before: "one", after: "\n# ", rows: [] },
    { name: "a heading, with its line", before: "# one", after: "\n", rows: ["# one"] },
    { name: "a line of code, with its end", before: "```\none", after: "\n", rows: ["  one"] },
    { name: "a line of code in an item", before: "- a\n\n  ```\n  one", after: "\n", rows: ["", "    one"] },
    { name: "a line of HTML", before: "<div>", after: "\n", rows: ["<div>"] },
    { name: "an item, with the next one", before: "- one\n- t", after: "wo\n- ", rows: ["• one"] },
    { name: "a table, with the line after it", before: "| a |\n|---|\n| b |", after: "\n\n", rows: ["a", "─", "b"] },
  ])("$name", ({ before, after, rows }) => {
    const stream = openStream();
    stream.push(before);
    stream.takeFinished();
    expect(stream.live()).not.toEqual([]);
    stream.push(after);
    expect(stream.takeFinished()).toEqual(rows);
  });

  test("a long block of code streams row by row, and nothing of it stays behind", () => {
    const stream = openStream(80, colorTheme);
    stream.push("```ts\n");
    for (let line = 0; line < 2000; line += 1) {
      stream.push(`const value${line} = \`a\n`);
      expect(stream.takeFinished()).toHaveLength(1);
      stream.push("b`;");
      expect(stream.live()).toHaveLength(1);
      stream.push(" /* c */\n");
      expect(stream.takeFinished()).toHaveLength(1);
      expect(stream.live()).toHaveLength(0);
    }
  });

  test("a long table is shown row by row once its shape is known, and its columns stay where they are", () => {
    const stream = openStream(60);
    stream.push("| a | b |\n|---|---|\n");
    let rows = 0;
    for (let line = 0; line < 300; line += 1) {
      stream.push(`| ${line} | ${"words ".repeat(line % 20)}|\n`);
      const finished = stream.takeFinished();
      rows += finished.length;
      for (const row of finished) expect(row.charAt(7) === "│" || row.charAt(7) === "┼", row).toBe(true);
      expect(stream.live().length).toBeLessThan(200);
    }
    expect(rows).toBeGreaterThan(300);
    expect(stream.live()).toEqual([]);
  });

  test("a paragraph without an end is shown in parts, none of which repeats or loses a word", () => {
    const stream = openStream();
    const words = Array.from({ length: 5000 }, (_, index) => `w${index}`);
    const rows: string[] = [];
    for (const word of words) {
      stream.push(`${word} `);
      rows.push(...stream.takeFinished());
      expect(stream.live().length).toBeLessThan(45);
    }
    stream.end();
    rows.push(...stream.takeFinished());
    expect(rows.join(" ").split(" ")).toEqual(words);
  });

  test.each([
    { name: "of words", text: "some words ".repeat(700) },
    { name: "of one word", text: "x".repeat(7001) },
    { name: "of characters in two halves", text: `a${"😀".repeat(3500)}` },
    { name: "of code", text: `\`\`\`\n${"some code ".repeat(700)}\nend` },
    { name: "of a list", text: `- ${"some words ".repeat(700)}\n- end` },
    { name: "of a table", text: `| a |\n|---|\n| ${"some words ".repeat(700)}|\n| end |` },
    { name: "of blanks", text: `a${" ".repeat(7000)}b` },
  ])("a long line $name is cut at the same places, however it comes", ({ text }) => {
    const whole = rowsOf(text);
    for (const size of [1, 7, 1999, 2000, 2001, 5000]) {
      const stream = openStream();
      const rows: string[] = [];
      for (let at = 0; at < text.length; at += size) {
        stream.push(text.slice(at, at + size));
        rows.push(...stream.takeFinished());
      }
      stream.end();
      expect([...rows, ...stream.takeFinished()]).toEqual(whole);
    }
    expect(whole.join("").replace(/[^a-z😀]/gu, "")).toBe(text.replace(/[^a-z😀]/gu, ""));
  });

  test("a new width holds for what is asked for afterwards", () => {
    const stream = openStream(80);
    stream.push("one two three\n\n```\nfour five six");
    stream.resize(9);
    expect(stream.takeFinished()).toEqual(["one two", "three"]);
    expect(stream.live()).toEqual(["", "four five", " six"]);
    stream.resize(80);
    expect(stream.live()).toEqual(["", "  four five six"]);
  });
});

/** How many characters were lexed or coloured while an answer was shown delta by delta. */
function charactersWorked(text: string, delta: number): number {
  let characters = 0;
  const lexInline = Lexer.lexInline.bind(Lexer);
  vi.spyOn(Lexer, "lexInline").mockImplementation((source, options) => {
    characters += source.length;
    return lexInline(source, options);
  });
  const highlighter = openHighlighter();
  const highlight = highlighter.highlight.bind(highlighter);
  vi.spyOn(highlighter, "highlight").mockImplementation((...all: Parameters<typeof highlight>) => {
    characters += all[0].length;
    return highlight(...all);
  });
  const stream = openStream(80, colorTheme);
  for (let at = 0; at < text.length; at += delta) {
    stream.push(text.slice(at, at + delta));
    stream.takeFinished();
    stream.live();
  }
  stream.end();
  vi.restoreAllMocks();
  return characters;
}

test.each([
  { name: "the sample", text: sample, most: 400 },
  {
    name: "a block of code that does not end",
    text: `\`\`\`ts\n${"const a = `x\ny`; /* c\nd */\n".repeat(40)}`,
    most: 40,
  },
  { name: "code that nests ever deeper", text: `\`\`\`ts\n${"f(`${{ a: [\n".repeat(100)}`, most: 40 },
  { name: "a paragraph that does not end", text: "some words and more, with a `code`\n".repeat(400), most: 2000 },
  { name: "a line that does not end", text: "some words and more, with a `code` ".repeat(400), most: 2000 },
  { name: "a table that does not end", text: `| a | b |\n|---|---|\n${"| *x* | y |\n".repeat(100)}`, most: 40 },
  { name: "a list that does not end", text: "- an *item*\n".repeat(100), most: 40 },
  { name: "quotes that do not end", text: "> a *quote*\n>\n".repeat(100), most: 40 },
])("the work for a delta does not grow with the answer: $name", ({ text, most }) => {
  const delta = most > 1000 ? 64 : 16;
  const once = charactersWorked(text, delta) / (text.length / delta);
  const fourTimes = charactersWorked(text.repeat(4), delta) / ((text.length * 4) / delta);
  expect(fourTimes).toBeLessThan(most);
  expect(fourTimes).toBeLessThan(once * 1.2);
});
