import { isSchema, mapFields, mergeSchemas, type MutableSchema, setField } from "./json-schema-merge.js";
import type { JsonSchema } from "./types.js";
import { fieldsOf, listOf, textOf } from "./unknown-value.js";

/**
 * `responseJsonSchema` of the generateContent wire format: a part of JSON Schema. What is not in it is left out; the
 * answer is checked against the whole schema anyway.
 * Source: `GenerationConfig` of the API reference, read 2026-11-20.
 */

const MAX_DEPTH = 32;

/** What `responseJsonSchema` takes of JSON Schema. */
const ANSWER_WORDS: ReadonlySet<string> = new Set([
  "$id",
  "$defs",
  "$ref",
  "$anchor",
  "type",
  "format",
  "title",
  "description",
  "enum",
  "items",
  "prefixItems",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "anyOf",
  "oneOf",
  "properties",
  "additionalProperties",
  "required",
]);

/** The schema for `responseJsonSchema`: the words that the service documents, `const` as the one value of an `enum`. */
export function toAnswerSchema(schema: JsonSchema): JsonSchema {
  return limit(schema, 0);
}

function limit(schema: JsonSchema, depth: number): JsonSchema {
  const source = mergeParts(schema, depth);
  // Nothing but `$` words may stand beside a reference.
  const isReference = textOf(source["$ref"]) !== undefined;
  if ("const" in source && source["enum"] === undefined) source["enum"] = [source["const"]];
  if (source["definitions"] !== undefined) {
    source["$defs"] = { ...fieldsOf(source["definitions"]), ...fieldsOf(source["$defs"]) };
  }
  const out: MutableSchema = {};
  for (const [name, value] of Object.entries(source)) {
    if (!ANSWER_WORDS.has(name) || depth > MAX_DEPTH || (isReference && !name.startsWith("$"))) continue;
    setField(out, name, limitWord(name, value, depth));
  }
  return out;
}

/** The schema with the parts of its `allOf` in it. */
function mergeParts(schema: JsonSchema, depth: number): MutableSchema {
  const { allOf, ...own } = schema;
  const parts = depth > MAX_DEPTH ? [] : listOf(allOf);
  return parts.reduce<MutableSchema>((all, part) => mergeSchemas(all, mergeParts(fieldsOf(part), depth + 1)), {
    ...own,
  });
}

function limitWord(name: string, value: unknown, depth: number): unknown {
  const within = (part: unknown): unknown => (isSchema(part) ? limit(part, depth + 1) : part);
  switch (name) {
    case "properties":
    case "$defs":
      return mapFields(value, within);
    case "anyOf":
    case "oneOf":
    case "prefixItems":
      return listOf(value).map(within);
    case "items":
    case "additionalProperties":
      return within(value);
    case "$ref":
      return textOf(value)?.replace(/^#\/definitions\//, "#/$defs/");
    default:
      return value;
  }
}
