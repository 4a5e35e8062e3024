import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildHunks } from "../../../src/files/line-hunks.js";
import { wholeChange } from "../../../src/files/text-change.js";
import { createDiffBudget, type DiffLine, linesOfChange, linesOfHunks } from "../../../src/ui/chat/diff-lines.js";
import { paintDiffLine } from "../../../src/ui/chat/diff-words.js";

const budget = createDiffBudget(() => 0);

function linesOf(before: string, after: string): readonly DiffLine[] {
  return linesOfHunks(buildHunks(before, after, wholeChange(before, after)), (line) => line, budget);
}

function shown(lines: readonly DiffLine[]): readonly string[] {
  return lines.map(({ mark, text, number }) => (mark === "gap" ? "gap" : `${number}${mark}${text}`));
}

const numbers = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

it("shows of a rewritten file what changed, with three lines around it", () => {
  const before = numbers(1, 40);
  const after = before.map((line) => (line === "line 5" ? "five" : line === "line 30" ? "thirty" : line));
  expect(shown(linesOf(`${before.join("\n")}\n`, `${after.join("\n")}\n`))).toEqual([
    "2 line 2",
    "3 line 3",
    "4 line 4",
    "5-line 5",
    "5+five",
    "6 line 6",
    "7 line 7",
    "8 line 8",
    "gap",
    "27 line 27",
    "28 line 28",
    "29 line 29",
    "30-line 30",
    "30+thirty",
    "31 line 31",
    "32 line 32",
    "33 line 33",
  ]);
});

it("says where a last line has no end", () => {
  expect(shown(linesOf("a\nb", "a\nb\n"))).toEqual(["1 a", "2-b (no line end)", "2+b"]);
});

it("gives all of a change back when there is no time to compare", () => {
  const none = { leftMs: () => -1 };
  const [before, after] = [numbers(1, 400).join("\n"), numbers(200, 600).toReversed().join("\n")];
  const lines = linesOfChange(before, after, none);
  expect(
    lines
      .filter(({ mark }) => mark !== "+")
      .map(({ text }) => text)
      .join("\n"),
  ).toBe(before);
  expect(
    lines
      .filter(({ mark }) => mark !== "-")
      .map(({ text }) => text)
      .join("\n"),
  ).toBe(after);
});

it("holds both texts of any change", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "", " "), { maxLength: 8 }).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = linesOfChange(before, after, budget);
      const side = (without: string): string =>
        lines.flatMap((line) => (line.mark === without ? [] : [line.text])).join("\n");
      const end = before.endsWith("\n") && after.endsWith("\n") ? "\n" : "";
      const isSame = (joined: string, whole: string): boolean => joined === whole || `${joined}\n` === whole;
      expect(isSame(side("+"), before)).toBe(true);
      expect(isSame(side("-"), after)).toBe(true);
      expect(end.length).toBeLessThan(2);
    }),
  );
});

describe("words", () => {
  const marked = (text: string, twin: string): string =>
    paintDiffLine({ mark: "+", text, number: 1, twin }, budget)
      .map((part) => (part.style.paints.includes("underline") ? `[${part.text}]` : part.text))
      .join("");

  it.each([
    { text: "const limit = 200;", twin: "const limit = 10;", shown: "const limit = [200];" },
    { text: "return text.trim();", twin: "return text;", shown: "return text[.trim()];" },
    { text: "entirely new words", twin: "not the same", shown: "entirely new words" },
    {
      text: `${"x".repeat(2_000)}new${"y".repeat(2_000)}`,
      twin: `${"x".repeat(2_000)}old${"y".repeat(2_000)}`,
      shown: `${"x".repeat(2_000)}[new]${"y".repeat(2_000)}`,
    },
  ])("$shown", ({ text, twin, shown: expected }) => {
    expect(marked(text, twin)).toBe(expected);
  });

  it("never cuts a character in two", () => {
    const long = "z".repeat(1_100);
    expect(marked(`${long}😀`, `${long}😁`)).toBe(`${long}[😀]`);
  });
});
