import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstDifference } from "../src/json-difference.js";

const LONG = "x".repeat(100);

describe("firstDifference", () => {
  it.each<[unknown, unknown, unknown]>([
    [{ a: 1 }, { a: 1 }, undefined],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, undefined],
    [{ a: [1, { b: "x" }] }, { a: [1, { b: "y" }] }, { path: "a[1].b", wanted: '"x"', got: '"y"' }],
    [{ a: 1 }, {}, { path: "a", wanted: "1", got: "nothing" }],
    [{}, { a: 1 }, { path: "a", wanted: "nothing", got: "1" }],
    [[1], [1, 2], { path: "[1]", wanted: "nothing", got: "2" }],
    [[1, 2], [1], { path: "[1]", wanted: "2", got: "nothing" }],
    [[], {}, { path: "", wanted: "a list of 0", got: "an object" }],
    [null, false, { path: "", wanted: "null", got: "false" }],
    [`${LONG}a`, `${LONG}b`, { path: "", wanted: `…"${"x".repeat(20)}a"`, got: `…"${"x".repeat(20)}b"` }],
    ["key [redacted] end", "key anything at all end", undefined],
    ["[redacted]", "", undefined],
    ["a [redacted] b [redacted]", "a 1 b 2", undefined],
    ["a [redacted] a", "a", { path: "", wanted: '"a [redacted] a"', got: '"a"' }],
    ["key [redacted]", "lock", { path: "", wanted: '"key [redacted]"', got: '"lock"' }],
  ])("%j and %j", (wanted, got, difference) => {
    expect(firstDifference(wanted, got)).toEqual(difference);
  });

  it("finds none between a value and its copy", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(firstDifference(value, structuredClone(value))).toBeUndefined();
      }),
    );
  });
});
