import { describe, expect, it } from "vitest";
import { hasObjectRoot, isStrictSchema } from "../src/strict-schema.js";
import type { JsonSchema } from "../src/types.js";

const closed = (properties: JsonSchema, required = Object.keys(properties), rest: JsonSchema = {}): JsonSchema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
  ...rest,
});
const TEXT = { type: "string" };
const nest = (depth: number): JsonSchema => (depth === 0 ? TEXT : closed({ a: nest(depth - 1) }));

describe("isStrictSchema", () => {
  it.each<[name: string, schema: JsonSchema]>([
    ["no properties", closed({})],
    ["properties, all required", closed({ a: TEXT, b: { type: ["integer", "null"] } })],
    ["objects inside, closed", closed({ a: closed({ b: TEXT }) })],
    ["lists of closed objects", closed({ a: { type: "array", items: closed({ b: TEXT }) } })],
    ["a choice of closed objects", closed({ a: { anyOf: [closed({ b: TEXT }), { type: "null" }] } })],
    ["a definition that refers to itself", closed({ a: { $ref: "#/$defs/n" } }, ["a"], { $defs: { n: closed({}) } })],
    ["a property that is called like a word", closed({ default: TEXT, not: TEXT })],
    ["ten levels", nest(9)],
  ])("takes %s", (_name, schema) => {
    expect(isStrictSchema(schema)).toBe(true);
  });

  it.each<[name: string, schema: JsonSchema]>([
    ["nothing", {}],
    ["a list at the root", { type: "array", items: TEXT }],
    ["a choice at the root", { ...closed({}), anyOf: [closed({})] }],
    ["an open object", { type: "object", properties: {}, required: [] }],
    ["an object open by a schema", closed({}, [], { additionalProperties: TEXT })],
    ["an optional property", closed({ a: TEXT, b: TEXT }, ["a"])],
    ["no list of what is required", { type: "object", properties: { a: TEXT }, additionalProperties: false }],
    ["something required that is no property", closed({ a: TEXT }, ["a", "b"])],
    ["an open object inside", closed({ a: { type: "object", properties: {} } })],
    ["an open object without a type", closed({ a: { properties: {} } })],
    ["an open object in a list", closed({ a: { type: "array", items: { type: "object" } } })],
    ["an open object in a choice", closed({ a: { anyOf: [{ type: "object" }] } })],
    ["an open definition", closed({ a: { $ref: "#/$defs/n" } }, ["a"], { $defs: { n: { type: "object" } } })],
    ["an object that may be null, open", closed({ a: { type: ["object", "null"] } })],
    ["a word that is refused", closed({ a: { allOf: [TEXT] } })],
    ["a default", closed({ a: { type: "string", default: "x" } })],
    ["a property that is no schema", closed({ a: true })],
    ["eleven levels", nest(10)],
  ])("refuses %s", (_name, schema) => {
    expect(isStrictSchema(schema)).toBe(false);
  });
});

it("knows an object at the root", () => {
  expect(hasObjectRoot({ type: "object" })).toBe(true);
  expect(hasObjectRoot({ type: "array" })).toBe(false);
  expect(hasObjectRoot({ type: "object", anyOf: [] })).toBe(false);
});
