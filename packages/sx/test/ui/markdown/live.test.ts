import { describe, expect, test } from "vitest";
import { openStream } from "./rows.js";

/** What a person sees after each character of a text. */
function seen(text: string, columns = 80): readonly string[] {
  const stream = openStream(columns);
  const finished: string[] = [];
  return Array.from(text, (character) => {
    stream.push(character);
    finished.push(...stream.takeFinished());
    return [...finished, ...stream.live()].join("⏎");
  });
}

/** The same without repetitions. */
function steps(text: string): readonly string[] {
  return seen(text).filter((step, index, all) => step !== all[index - 1]);
}

describe("a text that is being written", () => {
  test.each([
    { name: "strong words", text: "a **bc** d", shown: ["a", "a **b**", "a **bc**", "a **bc** d"] },
    { name: "code", text: "a `bc` d", shown: ["a", "a `b`", "a `bc`", "a `bc` d"] },
    {
      name: "a link",
      text: "a [b c](http://d.e) f",
      shown: ["a", "a b", "a b c", "a b c (http://d.e)", "a b c (http://d.e) f"],
    },
    { name: "an image", text: "![b](http://d.e)", shown: ["!", "", "b", "b (http://d.e)"] },
    { name: "brackets behind a word", text: "a[0] b", shown: ["a", "a[", "a[0", "a[0]", "a[0] b"] },
    { name: "a list below a paragraph", text: "ab:\n- c\n- d", shown: ["a", "ab", "ab:", "ab:⏎• c", "ab:⏎• c⏎• d"] },
    { name: "a heading", text: "## ab\nc", shown: ["", "## a", "## ab", "## ab⏎⏎c"] },
    { name: "a fence", text: "```ts\na\n```\nb", shown: ["", "  a", "  a⏎⏎b"] },
    { name: "a rule", text: "a\n\n---\n", shown: ["a", `a⏎⏎${"─".repeat(60)}`] },
    { name: "an escape", text: "a \\*b", shown: ["a", "a *", "a *b"] },
    {
      name: "a table",
      text: "| a | b |\n|---|---|\n| 1 |\n",
      shown: ["", "a⏎─", "a │ b⏎──┼──", "a │ b⏎──┼──⏎1 │"],
    },
  ])("$name", ({ text, shown }) => {
    expect(steps(text)).toEqual(shown);
  });

  test("emphasis never shows its marks alone, and what is shown never shrinks", () => {
    const text = "one *two* three **four _five_ six** `seven` ~~eight~~ nine [ten](http://eleven.org/twelve) end";
    let before = 0;
    for (const step of seen(text)) {
      expect(step).not.toMatch(/(?:^| )[*_`~[\]()]+$/);
      const letters = step.replace(/[^a-z]/g, "").length;
      expect(letters).toBeGreaterThanOrEqual(before);
      before = letters;
    }
  });

  test("numbers and names that look like markup stay", () => {
    expect(seen("2 * 3 * 4 snake_case_name 5*6").at(-1)).toBe("2 * 3 * 4 snake_case_name 5*6");
    for (const step of seen("2 * 3 * snake_case_name")) expect(step).not.toMatch(/\*\*|_\*|_$/);
  });

  test("only the open block is in what is live", () => {
    const stream = openStream();
    stream.push("# one\n\ntwo\n\n- three\n- four\n  five");
    expect(stream.takeFinished()).toEqual(["# one", "", "two", "", "• three"]);
    expect(stream.live()).toEqual(["• four", "  five"]);
    expect(stream.live()).toBe(stream.live());
  });

  test("the end finishes what was undecided", () => {
    for (const [text, rows] of [
      ["a\n-", ["## a"]],
      ["a **b", ["a **b"]],
      ["[a](b", ["[a](b"]],
      ["| a |", ["| a |"]],
      ["`", ["`"]],
      ["#", ["#"]],
    ] as const) {
      const stream = openStream();
      stream.push(text);
      stream.end();
      expect(stream.takeFinished(), text).toEqual(rows);
      expect(stream.live()).toEqual([]);
    }
  });
});
