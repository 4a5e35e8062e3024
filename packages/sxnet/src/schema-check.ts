import { dereference, type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import { runBounded } from "./bounded-run.js";
import { errorLine } from "./error-answer.js";
import type { JsonSchema } from "./types.js";
import { type Fields, fieldsOf, listOf, textOf } from "./unknown-value.js";

/**
 * Values against JSON Schemas, both of any origin: a schema may come from a server of tools, and the value from a model.
 * A check ends in bounded time whatever they hold, also inside a regular expression, and never throws.
 */

/** How long one check may take. An honest one takes far less than a millisecond. */
const MAX_CHECK_MS = 1000;
/** Deeper values are refused: they would overflow the stack of whoever walks them. */
const MAX_DEPTH = 128;
const MAX_PROBLEMS = 3;
const MAX_PROBLEM_CHARS = 200;

/** Of a check: the problem of the value, or the reason why the schema cannot judge it. */
export type Verdict =
  | { readonly fits: true }
  | { readonly fits: false; readonly problem: string }
  | { readonly unusable: string };

const CHECKS = new WeakMap<JsonSchema, SchemaCheck>();

/** The check of this schema; kept with it, so a schema must not be changed once it was used. */
export function checkOf(schema: JsonSchema): SchemaCheck {
  let check = CHECKS.get(schema);
  if (check === undefined) {
    check = new SchemaCheck(schema);
    CHECKS.set(schema, check);
  }
  return check;
}

/** Words of a schema that can make a check slow; without any of them it takes no more steps than the two are long. */
const SLOW =
  /"(?:pattern|patternProperties|format|uniqueItems|multipleOf|\$ref|\$recursiveRef|unevaluatedItems|unevaluatedProperties)":/;

export class SchemaCheck {
  readonly #validator: Validator | undefined;
  readonly #isSlow: boolean = false;
  #unusable: string | undefined;

  constructor(schema: JsonSchema) {
    try {
      // A copy: the validator writes into what it is given, which may be frozen or shared.
      const json = JSON.stringify(schema);
      const copy = JSON.parse(json) as Schema;
      this.#isSlow = SLOW.test(json);
      this.#validator = bounded(() => new Validator(copy, "2020-12", false));
      this.#unusable = bounded(() => findFault(dereference(copy)));
    } catch (error) {
      this.#unusable = reasonOf(error);
    }
  }

  /** Why no value can be judged by it; `undefined` when all seems well. */
  get unusable(): string | undefined {
    return this.#unusable;
  }

  /** `whole` is what the value itself is called in a problem; a part of it is called by its path. */
  judge(value: unknown, whole: string): Verdict {
    const validator = this.#validator;
    if (this.#unusable !== undefined || validator === undefined) return { unusable: this.#unusable ?? "it is empty" };
    if (isDeeper(value, MAX_DEPTH)) return { fits: false, problem: `${whole}: nested more than ${MAX_DEPTH} levels` };
    try {
      const { valid, errors } = this.#isSlow ? bounded(() => validator.validate(value)) : validator.validate(value);
      return valid ? { fits: true } : { fits: false, problem: describe(errors, whole) };
    } catch (error) {
      if (error instanceof RangeError) return { fits: false, problem: `${whole}: nested too deeply to be checked` };
      // Once is enough: the next value would cost the same wait.
      this.#unusable = reasonOf(error);
      return { unusable: this.#unusable };
    }
  }
}

/** The outermost errors only say that something inside is wrong. */
const OUTER: ReadonlySet<string> = new Set(["properties", "items", "$ref"]);

function describe(errors: readonly OutputUnit[], whole: string): string {
  const leaves = errors.filter(({ keyword }) => !OUTER.has(keyword));
  return (leaves.length > 0 ? leaves : errors)
    .slice(0, MAX_PROBLEMS)
    .map(({ instanceLocation, error }) => `${short(nameOf(instanceLocation) || whole)}: ${short(error)}`)
    .join("; ");
}

/** `#/edits/0/text` is `edits/0/text`. */
function nameOf(location: string): string {
  return location.replace(/^#\/?/, "");
}

/** Both may quote what a model or a stranger wrote. */
function short(text: string): string {
  return errorLine(text.length > MAX_PROBLEM_CHARS ? `${text.slice(0, MAX_PROBLEM_CHARS)}…` : text).replace(/\.$/, "");
}

function reasonOf(error: unknown): string {
  if (fieldsOf(error)["code"] === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
    return `checking a value against it takes more than ${MAX_CHECK_MS / 1000} s`;
  }
  // A stack that ran over, from schemas nested without end.
  if (error instanceof RangeError) return "it is nested too deeply";
  return short((error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "");
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}

function bounded<Value>(work: () => Value): Value {
  return runBounded(work, MAX_CHECK_MS);
}

const TYPES: ReadonlySet<unknown> = new Set(["null", "boolean", "integer", "number", "string", "array", "object"]);
/** Words whose schemas judge the same value, so that a way back to where they came from has no end. */
const IN_PLACE_LISTS = ["allOf", "anyOf", "oneOf"] as const;
const IN_PLACE = ["not", "if", "then", "else"] as const;

/** What would make the validator throw or never end, in any part; the validator itself looks only where a value leads it. */
function findFault(lookup: Readonly<Record<string, unknown>>): string | undefined {
  const parts = new Set(Object.values(lookup).filter((part) => typeof part === "object" && part !== null));
  for (const part of parts) {
    const fault = faultOf(part as Fields, lookup);
    if (fault !== undefined) return fault;
  }
  const settled = new Set<unknown>();
  for (const part of parts) if (goesRound(part, lookup, settled, new Set())) return "it refers to itself without end";
  return undefined;
}

function faultOf(schema: Fields, lookup: Readonly<Record<string, unknown>>): string | undefined {
  const { type, pattern, patternProperties, required, properties, items } = schema;
  if (type !== undefined && ![type].flat().every((name) => TYPES.has(name))) {
    return `${short(JSON.stringify(type))} is not a type`;
  }
  if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === "string"))) {
    return "required must be a list of names";
  }
  if (schema["enum"] !== undefined && !Array.isArray(schema["enum"])) return "enum must be a list";
  for (const [word, group] of Object.entries({ properties, patternProperties })) {
    if (group !== undefined && !isObject(group)) return `${word} must be an object`;
    for (const [name, inner] of Object.entries(fieldsOf(group))) {
      if (!isSchema(inner)) return `${word}/${short(name)} must be a schema`;
    }
  }
  for (const word of IN_PLACE_LISTS) {
    const list = schema[word];
    if (list !== undefined && !(Array.isArray(list) && list.length > 0 && list.every(isSchema))) {
      return `${word} must be a list of schemas`;
    }
  }
  if (items !== undefined && !isSchema(items)) return "items must be a schema";
  if (pattern !== undefined && typeof pattern !== "string") return "pattern must be a text";
  for (const source of [...(pattern === undefined ? [] : [pattern]), ...Object.keys(fieldsOf(patternProperties))]) {
    if (!isPattern(source)) return `${short(JSON.stringify(source))} is not a regular expression`;
  }
  const reference = schema["$ref"];
  if (reference !== undefined && lookup[targetOf(schema) ?? ""] === undefined) {
    return `its reference ${short(JSON.stringify(reference))} leads nowhere`;
  }
  return undefined;
}

/** Where the validator noted that a reference leads. */
function targetOf(schema: Fields): string | undefined {
  return textOf(schema["__absolute_ref__"]) ?? textOf(schema["$ref"]);
}

function goesRound(
  schema: unknown,
  lookup: Readonly<Record<string, unknown>>,
  settled: Set<unknown>,
  above: Set<unknown>,
): boolean {
  if (typeof schema !== "object" || schema === null || settled.has(schema)) return false;
  if (above.has(schema)) return true;
  above.add(schema);
  const fields = fieldsOf(schema);
  const next = [
    ...(fields["$ref"] === undefined ? [] : [lookup[targetOf(fields) ?? ""]]),
    ...IN_PLACE_LISTS.flatMap((word) => listOf(fields[word])),
    ...IN_PLACE.map((word) => fields[word]),
    ...Object.values(fieldsOf(fields["dependentSchemas"])),
  ];
  const found = next.some((part) => goesRound(part, lookup, settled, above));
  above.delete(schema);
  settled.add(schema);
  return found;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSchema(value: unknown): boolean {
  return typeof value === "boolean" || isObject(value);
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, "u") instanceof RegExp;
  } catch {
    // Not one: that is the answer.
    return false;
  }
}
