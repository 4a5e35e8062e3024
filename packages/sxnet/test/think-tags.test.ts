import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TaggedPiece, ThinkTags } from "../src/think-tags.js";

/** What the pieces say together: thinking, then text. */
function read(pieces: readonly string[]): { readonly thinking: string; readonly text: string } {
  const tags = new ThinkTags();
  const out: TaggedPiece[] = [];
  for (const piece of pieces) out.push(...tags.push(piece));
  out.push(...tags.end());
  expect(out.every(({ text }) => text !== "")).toBe(true);
  const of = (type: TaggedPiece["type"]) => out.map((piece) => (piece.type === type ? piece.text : "")).join("");
  expect(out.findLastIndex(({ type }) => type === "thinking")).toBeLessThan(
    out.findIndex(({ type }) => type === "text") + (of("text") === "" ? out.length + 1 : 0),
  );
  return { thinking: of("thinking"), text: of("text") };
}

const ROWS: readonly (readonly [name: string, answer: string, thinking: string, text: string])[] = [
  ["reasoning, then text", "<think>why</think>because", "why", "because"],
  ["white space around the tags", "\n <think>\n\nwhy\n\n</think>\n\nbecause\n", "why", "because\n"],
  ["white space inside is kept", "<think>a\n\n b</think>c", "a\n\n b", "c"],
  ["no reasoning", "<think></think>\n\nbecause", "", "because"],
  ["a tag in the text", "so <think>why</think>", "", "so <think>why</think>"],
  ["a second tag", "<think>a</think>b<think>c</think>", "a", "b<think>c</think>"],
  ["text that begins like the tag", "<thing>", "", "<thing>"],
  ["half a tag", "<thi", "", "<thi"],
  ["half a closing tag", "<think>a</thi", "a</thi", ""],
  ["what looks like a closing tag", "<think>a</thing></think>b", "a</thing>", "b"],
  ["reasoning that never ends", "<think>a b", "a b", ""],
  ["white space alone", "  \n", "", "  \n"],
  ["text after white space", " hi", "", " hi"],
  ["a closing tag alone", "a</think>b", "", "a</think>b"],
  ["nothing", "", "", ""],
];

describe("ThinkTags", () => {
  it.each(ROWS)("reads %s, whole and cut anywhere", (_name, answer, thinking, text) => {
    expect(read([answer])).toEqual({ thinking, text });
    expect(read(answer.split(""))).toEqual({ thinking, text });
    for (let cut = 1; cut < answer.length; cut += 1) {
      expect(read([answer.slice(0, cut), answer.slice(cut)]), `cut at ${cut}`).toEqual({ thinking, text });
    }
  });

  it("loses no word, and reads the same however the text is cut", () => {
    const part = fc.constantFrom("<think>", "</think>", "<", "</", "think>", " ", "\n", "a", "b c");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const whole = read([parts.join("")]);
        expect(read(parts)).toEqual(whole);
        const words = (value: string): string => value.replaceAll(/[^abc]/g, "");
        expect(words(whole.thinking + whole.text)).toBe(words(parts.join("")));
      }),
    );
  });

  it("shows text at once, and holds white space back only for a while", () => {
    const tags = new ThinkTags();
    expect(tags.push("hi")).toEqual([{ type: "text", text: "hi" }]);
    expect(tags.push("<think>")).toEqual([{ type: "text", text: "<think>" }]);
    expect(new ThinkTags().push(" ".repeat(2000))).toEqual([{ type: "text", text: " ".repeat(2000) }]);
    const open = new ThinkTags();
    open.push("<think>a");
    expect(open.push(" ".repeat(2000))).toHaveLength(1);
  });

  it("looks for no tags once it is stopped, and gives back what it held", () => {
    const tags = new ThinkTags();
    tags.push(" <thi");
    expect(tags.stop()).toEqual([{ type: "text", text: " <thi" }]);
    expect(tags.push("<think>a")).toEqual([{ type: "text", text: "<think>a" }]);
  });
});
