import type { JsonSchema, ResponseSchema } from "./types.js";
import { type Fields, fieldsOf } from "./unknown-value.js";

/**
 * Which schemas a service of this family takes with `strict: true`; with any other one it refuses the request.
 * Source: guide "Structured outputs", section "Supported schemas", and its answer 400 `invalid_function_parameters`,
 * read 2026-11-20.
 */

const MAX_DEPTH = 10;
const MAX_PROPERTIES = 5000;

const REFUSED = [
  "allOf",
  "oneOf",
  "not",
  "if",
  "then",
  "else",
  "dependentRequired",
  "dependentSchemas",
  "patternProperties",
  "propertyNames",
  "unevaluatedProperties",
  "unevaluatedItems",
  "contains",
  "prefixItems",
  "minProperties",
  "maxProperties",
  "uniqueItems",
  "default",
] as const;

/** Whether an answer may be bound to the schema at all: its root must be an object. */
export function hasObjectRoot(schema: JsonSchema): boolean {
  return schema["type"] === "object" && schema["anyOf"] === undefined;
}

/** Whether the answer's schema has to be told in words: nothing else says it, or the server may not know the field that does. */
export function needsSchemaInWords(
  bound: ResponseSchema | undefined,
  objectRootOnly: boolean,
): bound is ResponseSchema {
  return bound !== undefined && !(objectRootOnly && hasObjectRoot(bound.schema));
}

/** Every object closed, every property required, and no word that strictness does not know. */
export function isStrictSchema(schema: JsonSchema): boolean {
  return hasObjectRoot(schema) && new Check().fits(schema, 1);
}

class Check {
  #properties = 0;

  fits(schema: unknown, depth: number): boolean {
    if (typeof schema !== "object" || schema === null || Array.isArray(schema) || depth > MAX_DEPTH) return false;
    const fields = fieldsOf(schema);
    if (REFUSED.some((word) => Object.hasOwn(fields, word))) return false;
    const { properties, items, anyOf, $defs, definitions } = fields;
    if (isObject(fields) && !this.#closed(fields)) return false;
    const named = [properties, $defs, definitions].flatMap((group) => Object.values(fieldsOf(group)));
    const nested = [...named, ...(items === undefined ? [] : [items]), ...(Array.isArray(anyOf) ? anyOf : [])];
    return nested.every((inner) => this.fits(inner, depth + 1));
  }

  #closed(fields: Fields): boolean {
    const names = Object.keys(fieldsOf(fields["properties"]));
    this.#properties += names.length;
    const { required } = fields;
    return (
      this.#properties <= MAX_PROPERTIES &&
      fields["additionalProperties"] === false &&
      Array.isArray(required) &&
      required.length === names.length &&
      names.every((name) => required.includes(name))
    );
  }
}

function isObject({ type, properties }: Fields): boolean {
  return type === "object" || (Array.isArray(type) && type.includes("object")) || properties !== undefined;
}
