import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOf, SchemaCheck } from "../src/schema-check.js";
import type { JsonSchema } from "../src/types.js";

/** A pattern that takes longer than the universe for this text. */
const EVIL = "^(a+)+$";
const VICTIM = `${"a".repeat(60)}b`;

function nested(levels: number): JsonSchema {
  return JSON.parse(`${'{"items":'.repeat(levels)}{}${"}".repeat(levels)}`) as JsonSchema;
}

function deepValue(levels: number): unknown {
  return JSON.parse("[".repeat(levels) + "]".repeat(levels));
}

describe("a check", () => {
  it.each([
    { name: "fits", value: { n: 1 }, expected: { fits: true } },
    { name: "names the path", value: { n: "x" }, problem: /^n: Instance type "string" is invalid/ },
    { name: "names the whole", value: 7, problem: /^answer: Instance type "number" is invalid/ },
    { name: "says what is missing", value: {}, problem: /^answer: .*required property "n"/ },
  ])("$name", ({ value, expected, problem }) => {
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const verdict = new SchemaCheck(schema).judge(value, "answer");
    if (problem === undefined) expect(verdict).toEqual(expected);
    else expect(verdict).toEqual({ fits: false, problem: expect.stringMatching(problem) as unknown });
  });

  it("takes a frozen schema, leaves it as it was, and is kept with it", () => {
    const schema = Object.freeze({ $defs: Object.freeze({ a: Object.freeze({ const: 1 }) }), $ref: "#/$defs/a" });
    expect(checkOf(schema).judge(1, "value")).toEqual({ fits: true });
    expect(Object.getOwnPropertyNames(schema)).toEqual(["$defs", "$ref"]);
    expect(checkOf(schema)).toBe(checkOf(schema));
  });

  it("quotes neither much nor what steers a terminal", () => {
    const schema = { properties: { a: { enum: [`\u001b[2J${"x".repeat(10_000)}`] } }, additionalProperties: false };
    for (const value of [{ a: 1 }, { [`\u001b]0;${"y".repeat(10_000)}`]: 1 }]) {
      const verdict = new SchemaCheck(schema).judge(value, "value");
      const problem = "problem" in verdict ? verdict.problem : "";
      expect(problem).not.toContain("\u001b");
      expect(problem.length).toBeGreaterThan(10);
      expect(problem.length).toBeLessThan(2000);
    }
  });
});

describe("a schema that cannot be used", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["not"] = cyclic;
  it.each<{ name: string; schema: JsonSchema; reason: RegExp }>([
    { name: "a loop of one reference", schema: { $ref: "#" }, reason: /refers to itself/ },
    {
      name: "a loop of two",
      schema: { $defs: { a: { $ref: "#/$defs/b" }, b: { anyOf: [{ type: "null" }, { $ref: "#/$defs/a" }] } } },
      reason: /refers to itself/,
    },
    { name: "a loop below a property", schema: { properties: { a: { $ref: "#/properties/a" } } }, reason: /itself/ },
    { name: "a reference to nowhere", schema: { properties: { a: { $ref: "#/x" } } }, reason: /"#\/x" leads nowhere/ },
    { name: "a reference to the network", schema: { $ref: "http://127.0.0.1:1/x" }, reason: /leads nowhere/ },
    { name: "a broken pattern", schema: { items: { pattern: "(" } }, reason: /not a regular expression/ },
    { name: "a broken name pattern", schema: { patternProperties: { "[": {} } }, reason: /not a regular expression/ },
    { name: "an unknown type", schema: { type: "text" }, reason: /"text" is not a type/ },
    { name: "a bad required", schema: { required: "a" }, reason: /required/ },
    { name: "a bad enum", schema: { enum: "a" }, reason: /enum/ },
    { name: "bad properties", schema: { properties: { a: 1 } }, reason: /properties\/a must be a schema/ },
    { name: "an empty choice", schema: { anyOf: [] }, reason: /anyOf/ },
    { name: "a cycle of objects", schema: cyclic, reason: /circular/ },
    { name: "100,000 levels", schema: nested(100_000), reason: /nested too deeply/ },
  ])("$name", ({ schema, reason }) => {
    const check = new SchemaCheck(schema);
    expect(check.unusable).toMatch(reason);
    expect(check.unusable).not.toContain("\n");
    expect(check.judge({}, "value")).toEqual({ unusable: check.unusable });
  });

  it("but a schema that contains itself deeper down can", () => {
    const tree = { type: "object", properties: { next: { $ref: "#" } }, additionalProperties: false };
    const check = new SchemaCheck(tree);
    expect(check.unusable).toBeUndefined();
    expect(check.judge({ next: { next: {} } }, "value")).toEqual({ fits: true });
    expect(check.judge({ next: { next: { other: 1 } } }, "value")).toMatchObject({ fits: false });
  });
});

describe("a check ends", () => {
  it.each<{ name: string; schema: JsonSchema; value: unknown }>([
    { name: "a pattern", schema: { pattern: EVIL }, value: VICTIM },
    { name: "a pattern of names", schema: { patternProperties: { [EVIL]: {} } }, value: { [VICTIM]: 1 } },
    { name: "a nested pattern", schema: { properties: { a: { items: { pattern: EVIL } } } }, value: { a: [VICTIM] } },
    {
      name: "references that double",
      schema: {
        $defs: Object.fromEntries(
          Array.from({ length: 40 }, (_, n) => [
            `d${n}`,
            n === 39 ? {} : { allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] },
          ]),
        ),
        $ref: "#/$defs/d0",
      },
      value: 1,
    },
  ])("inside of $name, and the schema is not tried again", ({ schema, value }) => {
    const check = new SchemaCheck(schema);
    expect(check.unusable).toBeUndefined();
    expect(check.judge(value, "value")).toEqual({ unusable: expect.stringContaining("more than 1 s") as unknown });
    expect(check.unusable).toContain("more than 1 s");
  });

  it("with a value of any depth", () => {
    const check = new SchemaCheck({ items: { $ref: "#" } });
    expect(check.judge(deepValue(100), "value")).toEqual({ fits: true });
    expect(check.judge(deepValue(100_000), "value")).toEqual({
      fits: false,
      problem: "value: nested more than 128 levels",
    });
    expect(new SchemaCheck({}).judge(deepValue(100_000), "value")).toMatchObject({ fits: false });
  });

  it("with any schema and any value, and never throws", () => {
    const word = fc.constantFrom(
      ..."type properties items required enum const anyOf allOf oneOf not if then pattern patternProperties format $ref $id $defs $anchor $recursiveRef minLength multipleOf uniqueItems propertyNames dependentRequired contains prefixItems __proto__ constructor".split(
        " ",
      ),
    );
    const { node } = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(
          "object",
          "string",
          "#",
          "#/$defs/a",
          "uri",
          "(",
          "toString",
          true,
          false,
          null,
          0,
          -1,
          1.5,
        ),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(word, tie("node"), { maxKeys: 4 }),
        fc.dictionary(fc.constantFrom("a", "b", "$defs"), tie("node"), { maxKeys: 2 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(word, node, { maxKeys: 5 }), fc.jsonValue({ maxDepth: 3 }), (schema, value) => {
        const verdict = new SchemaCheck(schema).judge(value, "value");
        expect(Object.keys(verdict).length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
