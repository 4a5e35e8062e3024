import { expect, it } from "vitest";
import { cutInput, parseInput } from "../src/call-input.js";

it.each([
  ['{"a":1}', { input: { a: 1 } }],
  ["", { input: {} }],
  [" \n", { input: {} }],
  ["[1]", { input: {}, inputError: "the arguments are not a JSON object", rawInput: "[1]" }],
  ["null", { input: {}, inputError: "the arguments are not a JSON object", rawInput: "null" }],
  ['{"a', { input: {}, inputError: "the arguments are not valid JSON", rawInput: '{"a' }],
])("reads %j", (raw, input) => {
  expect(parseInput(raw)).toEqual(input);
});

it("keeps what was cut, and runs nothing of it", () => {
  expect(cutInput("")).toEqual({ input: {}, inputError: "the arguments were cut off", rawInput: "" });
});
