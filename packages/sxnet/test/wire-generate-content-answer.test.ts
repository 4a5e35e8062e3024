import { expect, it } from "vitest";
import type { JsonSchema } from "../src/types.js";
import { toAnswerSchema } from "../src/wire-generate-content-answer.js";

it.each<[name: string, schema: JsonSchema, wire: unknown]>([
  [
    "what is known as it is",
    { type: ["string", "null"], enum: ["a", null], description: "d", format: "date" },
    { type: ["string", "null"], enum: ["a", null], description: "d", format: "date" },
  ],
  [
    "no other words",
    { type: "string", $schema: "x", pattern: "a", minLength: 1, not: {}, examples: [] },
    { type: "string" },
  ],
  ["const as an enum of one", { const: 5 }, { enum: [5] }],
  [
    "all of it inside as well",
    {
      type: "object",
      properties: { const: { const: "x", pattern: "y" } },
      additionalProperties: { not: {} },
      required: ["const"],
    },
    { type: "object", properties: { const: { enum: ["x"] } }, additionalProperties: {}, required: ["const"] },
  ],
  [
    "nothing beside a reference, but the definitions",
    { $ref: "#/definitions/a", description: "d", definitions: { a: { type: "string" } } },
    { $ref: "#/$defs/a", $defs: { a: { type: "string" } } },
  ],
  [
    "allOf merged",
    { allOf: [{ type: "object", properties: { a: {} }, required: ["a"] }, { allOf: [{ required: ["b"] }] }] },
    { type: "object", properties: { a: {} }, required: ["a", "b"] },
  ],
  ["the one reference in allOf", { allOf: [{ $ref: "#/$defs/a" }], title: "t" }, { $ref: "#/$defs/a" }],
  [
    "lists",
    { items: { const: 1 }, prefixItems: [{ const: 2 }, true] },
    { items: { enum: [1] }, prefixItems: [{ enum: [2] }, true] },
  ],
  ["branches", { anyOf: [{ const: 1 }], oneOf: [{ const: 2 }] }, { anyOf: [{ enum: [1] }], oneOf: [{ enum: [2] }] }],
  ["closed objects", { additionalProperties: false }, { additionalProperties: false }],
])("sends %s", (_name, schema, wire) => {
  expect(toAnswerSchema(schema)).toEqual(wire);
});

it("ends, however deep it goes", () => {
  let schema: JsonSchema = { type: "string" };
  for (let depth = 0; depth < 5000; depth += 1) schema = { allOf: [{ items: schema }] };
  expect(JSON.stringify(toAnswerSchema(schema)).length).toBeLessThan(2000);
});
