import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oneLine, quoted } from "../src/one-line.js";

describe("oneLine", () => {
  it.each([
    ["plain text, även så", "plain text, även så"],
    [" several\r\n\tlines\n", "several lines"],
    ["clear \x1b[2J and \x9b2J", "clear \\u001b[2J and \\u009b2J"],
    ["turned \u202eround", "turned \\u202eround"],
    ["next\u2028line", "next line"],
    ["no\u200bwidth \u00ad\ufeff\u2060", "no\\u200bwidth \\u00ad\\ufeff\\u2060"],
    ["right\u200fto\u061cleft", "right\\u200fto\\u061cleft"],
    ["hidden\u{e0041}\u{e0100}", "hidden\\u{e0041}\\u{e0100}"],
    ["warned \u26a0\ufe0f", "warned \u26a0\ufe0f"],
  ])("%j", (text, expected) => {
    expect(oneLine(text)).toBe(expected);
  });

  it("cuts long text, not a character", () => {
    expect(oneLine("abc😀def", 4)).toBe("abc…");
    expect(oneLine("abc😀def", 5)).toBe("abc😀…");
  });

  it("leaves nothing that a terminal acts on", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(oneLine(text) + quoted(text)).not.toMatch(
          /[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069]/,
        );
      }),
    );
  });
});

describe("quoted", () => {
  it.each([
    ["abc", '"abc"'],
    ['say "hi"\n', '"say \\"hi\\"\\n"'],
    ["\x9b2J", '"\\u009b2J"'],
  ])("%j", (text, expected) => {
    expect(quoted(text)).toBe(expected);
  });
});
