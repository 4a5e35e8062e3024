import type { JsonSchema } from "./types.js";
import { fieldsOf, listOf, textOf } from "./unknown-value.js";

/**
 * Which JSON Schemas the service can hold its model to. The others are refused with 400, so they are not sent: the
 * check on this side does the work.
 * Source: "Structured outputs", JSON Schema limitations, and the schema conversion of the official TypeScript client
 * 1.11.0, read 2026-11-21.
 */

/** Of all strict tools and the answer's format of one request together. */
const MAX_OPTIONAL = 24;
const MAX_UNIONS = 16;
const MAX_DEPTH = 64;

const KEYWORDS = new Set(
  "type properties required additionalProperties items enum const anyOf allOf $ref $defs definitions description title default format minItems".split(
    " ",
  ),
);
const FORMATS = new Set("date-time time date duration email hostname uri ipv4 ipv6 uuid".split(" "));

/** What the schemas of one request may still hold. */
export class SchemaAllowance {
  #optional = 0;
  #unions = 0;

  /** The schema as it is sent, or `undefined` where it must not be. What is taken counts. */
  take(schema: JsonSchema): JsonSchema | undefined {
    // Names the dialect and says nothing else; generators always write it.
    const rest = Object.fromEntries(Object.entries(schema).filter(([name]) => name !== "$schema"));
    const walk = new Walk(rest);
    if (rest["type"] !== "object" || !walk.accepts(rest, 0)) return undefined;
    if (this.#optional + walk.optional > MAX_OPTIONAL || this.#unions + walk.unions > MAX_UNIONS) return undefined;
    this.#optional += walk.optional;
    this.#unions += walk.unions;
    return rest;
  }
}

class Walk {
  readonly #root: unknown;
  /** References by name, and whether they are accepted; one that is still being read is not: it is a loop. */
  readonly #references = new Map<string, boolean>();
  optional = 0;
  unions = 0;

  constructor(root: unknown) {
    this.#root = root;
  }

  accepts(schema: unknown, depth: number): boolean {
    if (typeof schema !== "object" || schema === null || Array.isArray(schema) || depth > MAX_DEPTH) return false;
    const fields = fieldsOf(schema);
    if (Object.keys(fields).some((name) => !KEYWORDS.has(name))) return false;
    const every = (value: unknown): boolean => listOf(value).every((part) => this.accepts(part, depth + 1));
    if (Array.isArray(fields["type"]) || fields["anyOf"] !== undefined) this.unions += 1;
    return (
      this.#acceptsReference(fields["$ref"], depth) &&
      this.#acceptsObject(fields, depth) &&
      (fields["items"] === undefined || this.accepts(fields["items"], depth + 1)) &&
      every(fields["anyOf"]) &&
      every(fields["allOf"]) &&
      listOf(fields["enum"]).every(isPrimitive) &&
      isPrimitive(fields["const"]) &&
      (fields["format"] === undefined || FORMATS.has(textOf(fields["format"]) ?? "")) &&
      [undefined, 0, 1].includes(fields["minItems"] as number | undefined)
    );
  }

  #acceptsObject(fields: Readonly<Record<string, unknown>>, depth: number): boolean {
    const isObject = listOf([fields["type"]].flat()).includes("object");
    if (!isObject) return fields["properties"] === undefined;
    if (fields["additionalProperties"] !== false) return false;
    const properties = Object.entries(fieldsOf(fields["properties"]));
    const required = listOf(fields["required"]);
    this.optional += properties.filter(([name]) => !required.includes(name)).length;
    return properties.every(([, property]) => this.accepts(property, depth + 1));
  }

  /** Only inside the document, and never back to where it came from. */
  #acceptsReference(reference: unknown, depth: number): boolean {
    if (reference === undefined) return true;
    const [, group, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(textOf(reference) ?? "") ?? [];
    if (group === undefined || name === undefined) return false;
    const known = this.#references.get(name);
    if (known !== undefined) return known;
    this.#references.set(name, false);
    const accepted = this.accepts(fieldsOf(fieldsOf(this.#root)[group])[name], depth + 1);
    this.#references.set(name, accepted);
    return accepted;
  }
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}
