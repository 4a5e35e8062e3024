import { describe, expect, it } from "vitest";
import { SchemaAllowance } from "../src/wire-messages-schema.js";

const object = (properties: object, rest: object = {}) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...rest,
});
const text = { type: "string" };

describe("a schema that goes over the wire", () => {
  it.each<[name: string, schema: Record<string, unknown>]>([
    ["an object", object({ a: text, b: { type: "integer", description: "d", title: "t", default: 1 } })],
    ["nothing in it", object({})],
    [
      "arrays, choices and constants",
      object({ a: { type: "array", items: text, minItems: 1 }, b: { enum: ["x", 1, null] }, c: { const: 1 } }),
    ],
    ["formats it knows", object({ a: { type: "string", format: "date-time" } })],
    ["alternatives", object({ a: { anyOf: [text, { type: "null" }] }, b: { type: ["string", "null"] } })],
    [
      "references",
      object({ a: { $ref: "#/$defs/A" }, b: { $ref: "#/$defs/A" } }, { $defs: { A: object({ c: text }) } }),
    ],
  ])("%s", (_name, schema) => {
    expect(new SchemaAllowance().take(schema)).toEqual(schema);
  });

  it("loses the name of its dialect", () => {
    expect(new SchemaAllowance().take({ $schema: "s", ...object({ a: text }) })).toEqual(object({ a: text }));
  });
});

describe("a schema that stays here", () => {
  const loop = object({ a: { $ref: "#/$defs/A" } }, { $defs: { A: object({ next: { $ref: "#/$defs/A" } }) } });

  it.each<[name: string, schema: Record<string, unknown>]>([
    ["no object", text],
    ["open", { type: "object", properties: { a: text } }],
    ["open inside", object({ a: { type: "object", properties: {} } })],
    ["open in a list", object({ a: { type: "array", items: { type: "object" } } })],
    ["a map", object({ a: { type: "object", additionalProperties: text } })],
    ["bounds of numbers", object({ a: { type: "number", minimum: 0 } })],
    ["bounds of text", object({ a: { type: "string", maxLength: 3 } })],
    ["a pattern", object({ a: { type: "string", pattern: "^a" } })],
    ["a format it does not know", object({ a: { type: "string", format: "regex" } })],
    ["many items", object({ a: { type: "array", items: text, minItems: 2 } })],
    ["objects to choose from", object({ a: { enum: [{}] } })],
    ["a loop", loop],
    ["a reference to elsewhere", object({ a: { $ref: "https://example.org/s" } })],
    ["a reference to nothing", object({ a: { $ref: "#/$defs/B" } }, { $defs: {} })],
    ["something bad in an alternative", object({ a: { anyOf: [{ type: "number", maximum: 1 }] } })],
    ["no schema at all", object({ a: true })],
  ])("%s", (_name, schema) => {
    expect(new SchemaAllowance().take(schema)).toBeUndefined();
  });

  it("or goes, without reading a part twice", () => {
    const pair = (name: string) => object({ a: { $ref: `#/$defs/${name}` }, b: { $ref: `#/$defs/${name}` } });
    const levels = (last: string) =>
      Object.fromEntries(Array.from({ length: 28 }, (_, at) => [`L${at}`, pair(at === 27 ? last : `L${at + 1}`)]));
    expect(new SchemaAllowance().take({ ...pair("L0"), $defs: { ...levels("End"), End: object({}) } })).toBeDefined();
    expect(new SchemaAllowance().take({ ...pair("L0"), $defs: levels("L0") })).toBeUndefined();
  });

  it("optional and united beyond what one request may hold, together", () => {
    const optional = (count: number) => ({
      ...object(Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, text]))),
      required: [],
    });
    const allowance = new SchemaAllowance();
    expect(allowance.take(optional(20))).toBeDefined();
    expect(allowance.take(optional(5))).toBeUndefined();
    expect(allowance.take(optional(4))).toBeDefined();
    const unions = object(
      Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`p${at}`, { type: ["string", "null"] }])),
    );
    expect(new SchemaAllowance().take(unions)).toBeUndefined();
  });
});
