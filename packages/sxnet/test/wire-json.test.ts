import fc from "fast-check";
import { expect, it } from "vitest";
import { joinBody, toWireJson, WireJson } from "../src/wire-json.js";

it.each([
  ["plain", '"plain"'],
  ["\uD83D", '"\uFFFD"'],
  ["\uDE42x\uD83D", '"\uFFFDx\uFFFD"'],
  ["🙂", '"🙂"'],
  ["\\ud83d", '"\\\\ud83d"'],
  ["\\\uD83D", '"\\\\\uFFFD"'],
  ["\u0000\n", '"\\u0000\\n"'],
])("toWireJson(%j) is %s", (value, json) => {
  expect(toWireJson(value)).toBe(json);
});

it("toWireJson agrees with toWellFormed about any text", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("\uD83D", "\uDE42", "\\", "u", "d83d", '"', "a", "\\ud")), (parts) => {
      const value = parts.join("");
      expect(toWireJson({ [value]: value })).toBe(JSON.stringify({ [value.toWellFormed()]: value.toWellFormed() }));
    }),
  );
});

it("joins a body from values and from text that is JSON already", () => {
  const body = joinBody({ model: "m", input: new WireJson("[1,2]"), store: false, tools: undefined });
  expect(body).toBe('{"model":"m","input":[1,2],"store":false}');
});
