import { isSameJson, isSchema, mapFields, mergeSchemas, type MutableSchema, setField } from "./json-schema-merge.js";
import type { JsonSchema } from "./types.js";
import { fieldsOf, listOf, numberOf, textOf } from "./unknown-value.js";

/**
 * JSON Schema as `parameters` and `responseSchema` of the generateContent wire format take it: a subset of OpenAPI 3.0.
 * What cannot be said is left out: a looser schema gets an answer, an unknown word is refused. Inputs and answers are
 * checked against the whole schema anyway.
 * Source: `Schema` of the API reference, types of the official client 2.32.0, read 2026-11-20.
 */

/** One schema on the wire. */
export type WireSchema = Readonly<Record<string, unknown>>;

/** A schema that contains itself is written out this often; what is deeper may be anything. */
const MAX_EXPANSIONS = 2;
const MAX_DEPTH = 32;
/** The service counts states: a schema beyond this size is refused, however it came about. */
const MAX_NODES = 2000;

const TYPES: Readonly<Record<string, string>> = {
  string: "STRING",
  number: "NUMBER",
  integer: "INTEGER",
  boolean: "BOOLEAN",
  array: "ARRAY",
  object: "OBJECT",
};

/** Formats by type that are taken; others are refused for some types, and mean nothing to the model in the rest. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  STRING: ["date-time", "enum"],
  NUMBER: ["float", "double"],
  INTEGER: ["int32", "int64"],
};

/** Copied where they have the type they should have. 64-bit counts travel as text on this wire. */
const TEXTS = ["title", "description", "pattern"] as const;
const NUMBERS = ["minimum", "maximum"] as const;
const COUNTS = ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"] as const;

/**
 * The schema for `parameters`, which is an object; `undefined` when there is nothing to say, as for an object without
 * properties.
 */
export function toParameters(schema: JsonSchema): WireSchema | undefined {
  const made = new Converter(schema).convert(schema, [], 0);
  const object = made["anyOf"] === undefined ? made : joinObjects(made);
  return object["type"] === "OBJECT" && object["properties"] !== undefined ? object : undefined;
}

/** The schema for `responseSchema`; `undefined` when it says nothing. */
export function toResponseSchema(schema: JsonSchema): WireSchema | undefined {
  const made = new Converter(schema).convert(schema, [], 0);
  return made["type"] === undefined && made["anyOf"] === undefined ? undefined : made;
}

/** Arguments are one object, never one of several: it has what each has, and must have what all must. */
function joinObjects(union: WireSchema): WireSchema {
  const branches = listOf(union["anyOf"]).map(fieldsOf);
  const objects = branches.filter((branch) => branch["type"] === "OBJECT");
  const properties: MutableSchema = {};
  for (const branch of objects) {
    for (const [name, part] of Object.entries(fieldsOf(branch["properties"]))) {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (known === undefined) setField(properties, name, part);
      else if (!isSameJson(known, part)) {
        const both = [
          ...(listOf(fieldsOf(known)["anyOf"]).length > 0 ? listOf(fieldsOf(known)["anyOf"]) : [known]),
          part,
        ];
        setField(properties, name, { anyOf: both });
      }
    }
  }
  const names = Object.keys(properties);
  if (names.length === 0) return union;
  const required = names.filter((name) => objects.every((branch) => listOf(branch["required"]).includes(name)));
  return {
    type: "OBJECT",
    ...(union["description"] === undefined ? {} : { description: union["description"] }),
    properties,
    ...(required.length === 0 ? {} : { required }),
    propertyOrdering: names,
  };
}

/** Whether the schema allows no argument at all: then a declaration goes without one. */
export function takesNothing(schema: JsonSchema): boolean {
  const { properties, additionalProperties, type } = schema;
  const others = Object.keys(schema).filter((name) => !SILENT.has(name));
  const isObject = type === undefined || type === "object";
  const isClosed = additionalProperties === undefined || additionalProperties === false;
  return isObject && isClosed && Object.keys(fieldsOf(properties)).length === 0 && others.length === 0;
}

/** What does not make an empty object less empty. */
const SILENT: ReadonlySet<string> = new Set([
  "type",
  "properties",
  "additionalProperties",
  "required",
  "title",
  "description",
  "$schema",
  "$id",
  "$defs",
  "definitions",
]);

/** One conversion: it holds the root, where references point to, and how much was written so far. */
class Converter {
  readonly #root: JsonSchema;
  #nodes = 0;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  /** `path` holds the references that led here. */
  convert(schema: unknown, path: readonly string[], depth: number): MutableSchema {
    this.#nodes += 1;
    // `true` and `{}` allow anything, and so does what goes too deep.
    if (!isSchema(schema) || depth > MAX_DEPTH || this.#nodes > MAX_NODES) return {};
    const followed = this.#follow(schema, path);
    if (followed === undefined) return this.#cutOff(schema);
    const source = this.#mergeAll(followed.schema, followed.path);
    const types = typesOf(source);
    const out: MutableSchema = {};
    const branches = [...listOf(source["anyOf"]), ...listOf(source["oneOf"])];
    const nullable = source["nullable"] === true || types.includes("null") || branches.some(isNull);
    const real = branches.filter((part) => !isNull(part));
    if (real.length > 0) return this.#union(source, real, nullable, followed.path, depth);
    const known = types.filter((type) => type !== "null");
    if (known.length > 1) {
      // A list of types: one alternative each, with the words that belong to it.
      const alternatives = known.map((type) => ({ ...source, type, description: undefined, title: undefined }));
      return this.#union({ ...pick(source) }, alternatives, nullable, followed.path, depth);
    }
    const [word] = known;
    const type = TYPES[word ?? ""] ?? guessType(source);
    if (type !== undefined) out["type"] = type;
    // Only null: there is no such type, and text may be null.
    else if (types.includes("null")) out["type"] = "STRING";
    describe(out, source);
    this.#constrain(out, source, type);
    if (nullable) out["nullable"] = true;
    if (type === "OBJECT") this.#object(out, source, followed.path, depth);
    if (type === "ARRAY") {
      const [first] = listOf(source["prefixItems"]);
      const item = isSchema(source["items"]) ? source["items"] : first;
      // `items` is required of an array.
      out["items"] = this.#part(item, followed.path, depth);
    }
    return out;
  }

  /** Inside of another schema every one has a type; what may be anything may be text. */
  #part(schema: unknown, path: readonly string[], depth: number): MutableSchema {
    const made = this.convert(schema, path, depth + 1);
    return made["type"] === undefined && made["anyOf"] === undefined ? { type: "STRING", ...made } : made;
  }

  /** A reference that is not followed any further: of the type of what it points to. */
  #cutOff(schema: JsonSchema): MutableSchema {
    const target = this.#find(textOf(schema["$ref"]) ?? "");
    const [word] = target === undefined ? [] : typesOf(target);
    const type = TYPES[word ?? ""] ?? (target === undefined ? undefined : guessType(target));
    const out: MutableSchema = type === undefined ? {} : { type };
    if (type === "ARRAY") out["items"] = { type: "STRING" };
    return describe(out, schema);
  }

  #object(out: MutableSchema, source: JsonSchema, path: readonly string[], depth: number): void {
    const properties = mapFields(source["properties"], (part) => this.#part(part, path, depth));
    const names = Object.keys(properties);
    if (names.length === 0) return;
    out["properties"] = properties;
    // A name that is no property is refused.
    const required = listOf(source["required"]).filter((name) => typeof name === "string" && names.includes(name));
    if (required.length > 0) out["required"] = [...new Set(required)];
    out["propertyOrdering"] = names;
  }

  #union(
    source: JsonSchema,
    branches: readonly unknown[],
    nullable: boolean,
    path: readonly string[],
    depth: number,
  ): MutableSchema {
    const beside = Object.fromEntries(
      Object.entries(source).filter(([name]) => !["anyOf", "oneOf", "nullable", "default"].includes(name)),
    );
    const made = branches.map((branch) => {
      const { schema, path: own } = this.#follow(branch, path) ?? { schema: {}, path };
      // What stands beside the union holds in each branch of it.
      return this.#part(mergeSchemas({ ...beside, title: undefined, description: undefined }, schema), own, depth);
    });
    const different = made.filter((schema, at) => made.findIndex((other) => isSameJson(other, schema)) === at);
    const [only] = different;
    const out: MutableSchema =
      different.length === 1 && only !== undefined
        ? { ...only }
        : { anyOf: different.map((schema) => ({ ...schema })) };
    // The union's own words outrank those of its only branch.
    for (const name of ["title", "description"]) if (textOf(source[name]) !== undefined) out[name] = source[name];
    if (nullable) out["nullable"] = true;
    return out;
  }

  /** Enums, limits and formats. */
  #constrain(out: MutableSchema, source: JsonSchema, type: string | undefined): void {
    const values = "const" in source ? [source["const"]] : listOf(source["enum"]);
    // An empty text in the list is refused.
    const texts = values.filter((value) => typeof value === "string" && value !== "");
    if (type === "STRING" && texts.length > 0) {
      out["enum"] = texts;
      out["format"] = "enum";
    } else if (values.length > 0) {
      // Only text can be listed: the rest is said in words.
      const shown = values
        .filter((value) => value !== null)
        .map((value) => JSON.stringify(value))
        .join(", ");
      const before = textOf(out["description"]);
      if (shown !== "") out["description"] = before === undefined ? `one of ${shown}` : `${before} (one of ${shown})`;
    }
    if (values.includes(null)) out["nullable"] = true;
    const format = textOf(source["format"]);
    if (out["format"] === undefined && format !== undefined && FORMATS[type ?? ""]?.includes(format)) {
      if (format !== "enum") out["format"] = format;
    }
    for (const name of NUMBERS) {
      const value = numberOf(source[name]);
      if (value !== undefined && (type === "NUMBER" || type === "INTEGER")) out[name] = value;
    }
    this.#exclusive(out, source, type);
    for (const name of COUNTS) {
      const value = numberOf(source[name]);
      if (value !== undefined && value >= 0 && Number.isInteger(value)) out[name] = String(value);
    }
    if ("default" in source && source["default"] !== null) out["default"] = source["default"];
    const [example] = listOf(source["examples"]);
    if (example !== undefined && example !== null) out["example"] = example;
  }

  /** For whole numbers the neighbour says the same; for others the limit itself is the nearest that can be said. */
  #exclusive(out: MutableSchema, source: JsonSchema, type: string | undefined): void {
    if (type !== "NUMBER" && type !== "INTEGER") return;
    const above = numberOf(source["exclusiveMinimum"]);
    const below = numberOf(source["exclusiveMaximum"]);
    const whole = type === "INTEGER";
    if (above !== undefined) {
      const least = whole ? Math.floor(above) + 1 : above;
      out["minimum"] = Math.max(least, numberOf(out["minimum"]) ?? least);
    }
    if (below !== undefined) {
      const most = whole ? Math.ceil(below) - 1 : below;
      out["maximum"] = Math.min(most, numberOf(out["maximum"]) ?? most);
    }
  }

  /** What a reference points to, with the words beside it; `undefined` where it leads nowhere or too often to itself. */
  #follow(
    schema: unknown,
    path: readonly string[],
  ): { readonly schema: JsonSchema; readonly path: readonly string[] } | undefined {
    let current: JsonSchema = fieldsOf(schema);
    const trail = [...path];
    for (let ref = textOf(current["$ref"]); ref !== undefined; ref = textOf(current["$ref"])) {
      const target = this.#find(ref);
      if (target === undefined || count(trail, ref) >= MAX_EXPANSIONS) return undefined;
      trail.push(ref);
      current = mergeSchemas(target, { ...current, $ref: undefined });
    }
    return { schema: current, path: trail };
  }

  #find(ref: string): JsonSchema | undefined {
    if (ref === "#") return this.#root;
    if (!ref.startsWith("#/")) return undefined;
    let at: unknown = this.#root;
    for (const step of ref.slice(2).split("/")) {
      const name = decode(step).replaceAll("~1", "/").replaceAll("~0", "~");
      const within = fieldsOf(at);
      if (!Object.hasOwn(within, name)) return undefined;
      at = within[name];
    }
    return isSchema(at) ? at : undefined;
  }

  #mergeAll(schema: JsonSchema, path: readonly string[]): JsonSchema {
    const parts = listOf(schema["allOf"]);
    this.#nodes += parts.length;
    if (parts.length === 0 || this.#nodes > MAX_NODES) return schema;
    const own = { ...schema, allOf: undefined };
    return parts.reduce<MutableSchema>((all, part) => {
      const followed = this.#follow(part, path);
      return followed === undefined ? all : mergeSchemas(all, this.#mergeAll(followed.schema, followed.path));
    }, own);
  }
}

function count(list: readonly string[], word: string): number {
  return list.filter((known) => known === word).length;
}

function typesOf(source: JsonSchema): readonly string[] {
  const { type } = source;
  return (Array.isArray(type) ? type : [type]).filter((word): word is string => typeof word === "string");
}

/** The type that the other words imply. */
function guessType(source: JsonSchema): string | undefined {
  if (isSchema(source["properties"])) return "OBJECT";
  if (source["items"] !== undefined || source["prefixItems"] !== undefined) return "ARRAY";
  const values = "const" in source ? [source["const"]] : listOf(source["enum"]).filter((value) => value !== null);
  const kinds = new Set(values.map((value) => typeof value));
  const [kind] = kinds;
  if (kinds.size > 1) return "STRING";
  if (kind === "number") return values.every(Number.isInteger) ? "INTEGER" : "NUMBER";
  return kind === "string" ? "STRING" : kind === "boolean" ? "BOOLEAN" : undefined;
}

function describe(out: MutableSchema, source: JsonSchema): MutableSchema {
  for (const name of TEXTS) {
    if (name === "pattern" && out["type"] !== "STRING") continue;
    const value = textOf(source[name]);
    if (value !== undefined) out[name] = value;
  }
  return out;
}

function pick({ title, description, nullable }: JsonSchema): JsonSchema {
  return { title, description, nullable };
}

function isNull(schema: unknown): boolean {
  const { type, const: value, enum: values } = fieldsOf(schema);
  if (type === "null" || (value === null && type === undefined && "const" in fieldsOf(schema))) return true;
  return Array.isArray(values) && values.length === 1 && values[0] === null;
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    // A percent sign that begins nothing stands for itself.
    return step;
  }
}
