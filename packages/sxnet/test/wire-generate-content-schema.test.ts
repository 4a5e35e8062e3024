import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../src/types.js";
import { takesNothing, toParameters, toResponseSchema } from "../src/wire-generate-content-schema.js";

/** Each row is one property of an object; that is where almost every word of a schema stands. */
const property = (schema: unknown, rest: object = {}): unknown => {
  const made = toParameters({ type: "object", properties: { p: schema }, ...rest });
  return (made?.["properties"] as Record<string, unknown> | undefined)?.["p"];
};

describe("toParameters", () => {
  it.each<[name: string, schema: unknown, wire: unknown]>([
    ["text", { type: "string" }, { type: "STRING" }],
    [
      "words that are known",
      { type: "string", title: "T", description: "d", pattern: "^a", minLength: 1, maxLength: 9, default: "a" },
      { type: "STRING", title: "T", description: "d", pattern: "^a", minLength: "1", maxLength: "9", default: "a" },
    ],
    [
      "words that are not",
      { type: "string", $schema: "x", $comment: "c", contentEncoding: "base64", not: {}, if: {}, readOnly: true },
      { type: "STRING" },
    ],
    ["anything", {}, { type: "STRING" }],
    ["true", true, { type: "STRING" }],
    ["null alone", { type: "null" }, { type: "STRING", nullable: true }],
    ["a type list with null", { type: ["string", "null"] }, { type: "STRING", nullable: true }],
    [
      "a type list",
      { type: ["string", "integer", "null"], description: "d", minimum: 1 },
      { anyOf: [{ type: "STRING" }, { type: "INTEGER", minimum: 1 }], description: "d", nullable: true },
    ],
    ["anyOf", { anyOf: [{ type: "string" }, { type: "number" }] }, { anyOf: [{ type: "STRING" }, { type: "NUMBER" }] }],
    [
      "oneOf, as anyOf",
      { oneOf: [{ const: "a" }, { const: "b" }] },
      {
        anyOf: [
          { type: "STRING", enum: ["a"], format: "enum" },
          { type: "STRING", enum: ["b"], format: "enum" },
        ],
      },
    ],
    [
      "anyOf with null, which is a word here",
      { anyOf: [{ type: "string", description: "inner" }, { type: "null" }], description: "outer" },
      { type: "STRING", description: "outer", nullable: true },
    ],
    [
      "what stands beside a union, in each of its branches",
      { type: "number", minimum: 1, anyOf: [{ maximum: 2 }, { minimum: 8 }] },
      {
        anyOf: [
          { type: "NUMBER", minimum: 1, maximum: 2 },
          { type: "NUMBER", minimum: 8 },
        ],
      },
    ],
    [
      "branches that are the same here, once",
      { anyOf: [{ type: "string" }, { type: "string", format: "uri" }] },
      { type: "STRING" },
    ],
    [
      "allOf, merged",
      {
        allOf: [
          { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
          { properties: { b: { type: "integer", minimum: 1 } }, required: ["b"] },
          { properties: { b: { minimum: 3 } } },
          { properties: { b: { minimum: 2 } } },
        ],
      },
      {
        type: "OBJECT",
        properties: { a: { type: "STRING" }, b: { type: "INTEGER", minimum: 3 } },
        required: ["a", "b"],
        propertyOrdering: ["a", "b"],
      },
    ],
    ["an enum of texts", { enum: ["a", "b"] }, { type: "STRING", enum: ["a", "b"], format: "enum" }],
    [
      "an enum with an empty text, which is refused",
      { type: "string", enum: ["", "a"] },
      { type: "STRING", enum: ["a"], format: "enum" },
    ],
    ["an enum with null", { enum: ["a", null] }, { type: "STRING", enum: ["a"], format: "enum", nullable: true }],
    ["an enum of numbers, in words", { enum: [1, 2] }, { type: "INTEGER", description: "one of 1, 2" }],
    [
      "an enum of many kinds, in words",
      { enum: ["a", 1, true], description: "d" },
      { type: "STRING", enum: ["a"], format: "enum", description: "d" },
    ],
    ["const", { const: "a" }, { type: "STRING", enum: ["a"], format: "enum" }],
    [
      "a const that is no text",
      { const: false, description: "d" },
      { type: "BOOLEAN", description: "d (one of false)" },
    ],
    ["const null", { const: null }, { type: "STRING", nullable: true }],
    ["limits", { type: "integer", minimum: 1, maximum: 5 }, { type: "INTEGER", minimum: 1, maximum: 5 }],
    [
      "exclusive limits of whole numbers",
      { type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 10 },
      { type: "INTEGER", minimum: 1, maximum: 9 },
    ],
    [
      "exclusive limits of others",
      { type: "number", exclusiveMinimum: 0, minimum: -5 },
      { type: "NUMBER", minimum: 0 },
    ],
    [
      "an exclusive limit of old drafts, which is no number",
      { type: "integer", minimum: 1, exclusiveMinimum: true },
      { type: "INTEGER", minimum: 1 },
    ],
    ["multipleOf, which has no word", { type: "number", multipleOf: 0.5 }, { type: "NUMBER" }],
    ["a format that is taken", { type: "string", format: "date-time" }, { type: "STRING", format: "date-time" }],
    ["a format that is not", { type: "string", format: "email" }, { type: "STRING" }],
    ["a format of another type", { type: "integer", format: "double" }, { type: "INTEGER" }],
    ["nullable as OpenAPI says it", { type: "string", nullable: true }, { type: "STRING", nullable: true }],
    [
      "a list",
      { type: "array", items: { type: "integer" }, minItems: 1, uniqueItems: true },
      { type: "ARRAY", items: { type: "INTEGER" }, minItems: "1" },
    ],
    ["a list of anything", { type: "array" }, { type: "ARRAY", items: { type: "STRING" } }],
    [
      "a tuple",
      { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }] },
      { type: "ARRAY", items: { type: "INTEGER" } },
    ],
    [
      "an object, without the names that are no properties",
      { type: "object", properties: { a: {} }, required: ["a", "b", 1], additionalProperties: false },
      { type: "OBJECT", properties: { a: { type: "STRING" } }, required: ["a"], propertyOrdering: ["a"] },
    ],
    ["an object of anything", { type: "object", additionalProperties: { type: "string" } }, { type: "OBJECT" }],
    [
      "what the other words imply",
      { properties: { a: { items: {} } } },
      { type: "OBJECT", properties: { a: { type: "ARRAY", items: { type: "STRING" } } }, propertyOrdering: ["a"] },
    ],
    ["an example", { type: "integer", examples: [7, 8] }, { type: "INTEGER", example: 7 }],
  ])("writes %s", (_name, schema, wire) => {
    expect(property(schema)).toEqual(wire);
  });

  it.each<[name: string, schema: unknown, rest: object, wire: unknown]>([
    ["$defs", { $ref: "#/$defs/a" }, { $defs: { a: { type: "integer" } } }, { type: "INTEGER" }],
    ["definitions", { $ref: "#/definitions/a" }, { definitions: { a: { type: "integer" } } }, { type: "INTEGER" }],
    ["escaped names", { $ref: "#/$defs/a~1b%20c" }, { $defs: { "a/b c": { type: "integer" } } }, { type: "INTEGER" }],
    [
      "what stands beside a reference, which counts more",
      { $ref: "#/$defs/a", description: "here" },
      { $defs: { a: { type: "integer", description: "there" } } },
      { type: "INTEGER", description: "here" },
    ],
    [
      "one reference after the other",
      { $ref: "#/$defs/a" },
      { $defs: { a: { $ref: "#/$defs/b" }, b: { type: "integer" } } },
      { type: "INTEGER" },
    ],
    ["a reference to nowhere", { $ref: "#/$defs/x", description: "d" }, {}, { type: "STRING", description: "d" }],
    ["a reference to another file", { $ref: "https://example.org/x" }, {}, { type: "STRING" }],
    ["one to itself", { $ref: "#/$defs/a" }, { $defs: { a: { $ref: "#/$defs/a" } } }, { type: "STRING" }],
    [
      "the one part of allOf",
      { allOf: [{ $ref: "#/$defs/a" }], description: "d" },
      { $defs: { a: { enum: ["x"] } } },
      { type: "STRING", description: "d", enum: ["x"], format: "enum" },
    ],
  ])("follows %s", (_name, schema, rest, wire) => {
    expect(property(schema, rest)).toEqual(wire);
  });

  it("writes a schema that contains itself out twice, and the third time only what it is", () => {
    const tree = { type: "object", properties: { next: { $ref: "#/$defs/tree" }, name: { type: "string" } } };
    const text = JSON.stringify(property({ $ref: "#/$defs/tree" }, { $defs: { tree } }));
    expect(text.split('"name":').length - 1).toBe(2);
    expect(text).toContain('"next":{"type":"OBJECT"}');
  });

  it("leaves arguments out where there are none", () => {
    expect(toParameters({ type: "object", properties: {} })).toBeUndefined();
    expect(toParameters({ type: "object" })).toBeUndefined();
    expect(toParameters({})).toBeUndefined();
    expect(toParameters({ type: "string" })).toBeUndefined();
  });

  it("joins arguments that are one of several objects: they are always one", () => {
    const a = { type: "object", properties: { kind: { const: "a" }, n: { type: "integer" } }, required: ["kind", "n"] };
    const b = { type: "object", properties: { kind: { const: "b" } }, required: ["kind"] };
    expect(toParameters({ anyOf: [a, b], description: "d" })).toEqual({
      type: "OBJECT",
      description: "d",
      properties: {
        kind: {
          anyOf: [
            { type: "STRING", enum: ["a"], format: "enum" },
            { type: "STRING", enum: ["b"], format: "enum" },
          ],
        },
        n: { type: "INTEGER" },
      },
      required: ["kind"],
      propertyOrdering: ["kind", "n"],
    });
  });

  it("takes names that reach the prototype elsewhere", () => {
    const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"integer"}}}') as JsonSchema;
    expect(JSON.stringify(toParameters(schema))).toContain('"properties":{"__proto__":{"type":"INTEGER"}}');
  });
});

const KNOWN = new Set(
  "type format title description nullable enum items properties required propertyOrdering anyOf default example minimum maximum minItems maxItems minLength maxLength minProperties maxProperties pattern".split(
    " ",
  ),
);

/** Every word is known, every schema inside has a type or branches, and every required name is a property. */
function expectTaken(schema: unknown, depth = 0): void {
  expect(depth).toBeLessThan(200);
  const fields = schema as Record<string, unknown>;
  for (const name of Object.keys(fields)) expect(KNOWN.has(name), name).toBe(true);
  expect(fields["type"] !== undefined || Array.isArray(fields["anyOf"])).toBe(true);
  expect(fields["type"] === "ARRAY").toBe(fields["items"] !== undefined);
  const properties = (fields["properties"] ?? {}) as Record<string, unknown>;
  for (const name of (fields["required"] ?? []) as string[]) expect(Object.hasOwn(properties, name)).toBe(true);
  for (const value of (fields["enum"] ?? []) as unknown[]) expect(value).toMatch(/./);
  for (const part of [...Object.values(properties), ...((fields["anyOf"] ?? []) as unknown[])]) {
    expectTaken(part, depth + 1);
  }
  if (fields["items"] !== undefined) expectTaken(fields["items"], depth + 1);
}

it("meets any schema with one that is taken, in bounded time and size", () => {
  const words =
    "type properties items anyOf oneOf allOf $ref $defs enum const required minimum exclusiveMinimum format nullable description prefixItems additionalProperties default";
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: "medium" },
      fc.constantFrom<unknown>(
        null,
        true,
        false,
        0,
        1.5,
        -3,
        "",
        "string",
        "integer",
        "object",
        "array",
        "null",
        "#",
        "#/$defs/a",
        "#/$defs/b",
        "#/properties/a",
      ),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...words.split(" "), "a", "b", "__proto__"), tie("value"), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...words.split(" ")), value, { maxKeys: 8 }), (schema) => {
      for (const made of [toParameters(schema), toResponseSchema(schema)]) if (made !== undefined) expectTaken(made);
      takesNothing(schema);
    }),
    { numRuns: 1500 },
  );
});

it("does not grow without bound where schemas refer to each other", () => {
  const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
  const all = names.map((name) => ({ $ref: `#/$defs/${name}` }));
  const each = (fields: object): JsonSchema => ({
    type: "object",
    properties: { p: { $ref: "#/$defs/s0" } },
    $defs: Object.fromEntries(names.map((name) => [name, fields])),
  });
  const properties = Object.fromEntries(names.map((name, index) => [name, all[index]]));
  for (const fields of [{ allOf: all }, { anyOf: all }, { type: "object", properties }]) {
    expect(JSON.stringify(toParameters(each(fields)) ?? {}).length).toBeLessThan(400_000);
  }
});

it.each<[schema: JsonSchema, nothing: boolean]>([
  [{}, true],
  [{ type: "object", properties: {}, additionalProperties: false, $schema: "x", required: [] }, true],
  [{ type: "object", additionalProperties: { type: "string" } }, false],
  [{ type: "object", properties: { a: {} } }, false],
  [{ anyOf: [] }, false],
  [{ type: "object", patternProperties: { a: {} } }, false],
])("%j takes nothing: %s", (schema, nothing) => {
  expect(takesNothing(schema)).toBe(nothing);
});

it("writes an answer of any type, and nothing for anything", () => {
  expect(toResponseSchema({ type: "array", items: { type: "string" } })).toEqual({
    type: "ARRAY",
    items: { type: "STRING" },
  });
  expect(toResponseSchema({})).toBeUndefined();
});
