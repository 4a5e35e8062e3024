import type { JsonSchema } from "./types.js";
import { fieldsOf, listOf, numberOf } from "./unknown-value.js";

/** Working on JSON Schemas as data: they come from anywhere, tools of other programs included. */

/** A schema under construction. */
export type MutableSchema = Record<string, unknown>;

/** Both hold: properties and requirements add up, limits tighten, and of two unlike words the second counts. */
export function mergeSchemas(a: JsonSchema, b: JsonSchema): MutableSchema {
  const out: MutableSchema = { ...a };
  for (const [name, value] of Object.entries(b)) {
    if (value === undefined) continue;
    const before = out[name];
    if (before === undefined) setField(out, name, value);
    else if (name === "properties") {
      const both = { ...fieldsOf(before) };
      for (const [key, part] of Object.entries(fieldsOf(value))) {
        const known = Object.hasOwn(both, key) ? both[key] : undefined;
        setField(both, key, isSchema(known) && isSchema(part) ? mergeSchemas(known, part) : part);
      }
      out[name] = both;
    } else if (name === "required" || name === "allOf") out[name] = [...listOf(before), ...listOf(value)];
    else if (name === "enum") {
      const both = listOf(before).filter((item) => listOf(value).some((other) => isSameJson(other, item)));
      out[name] = both.length > 0 ? both : value;
    } else if (/^(exclusiveM|m)inimum$|^min[A-Z]/.test(name)) out[name] = tighter(before, value, Math.max);
    else if (/^(exclusiveM|m)aximum$|^max[A-Z]/.test(name)) out[name] = tighter(before, value, Math.min);
    else setField(out, name, value);
  }
  return out;
}

function tighter(a: unknown, b: unknown, choose: (x: number, y: number) => number): unknown {
  const [x, y] = [numberOf(a), numberOf(b)];
  return x === undefined ? b : y === undefined ? a : choose(x, y);
}

/** Whether it is a schema with words in it, and not `true` or something else. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Equal as JSON text: the order of fields counts. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A copy in which each field was changed; nothing for what has no fields. */
export function mapFields(value: unknown, change: (part: unknown) => unknown): MutableSchema {
  const out: MutableSchema = {};
  if (isSchema(value)) for (const [name, part] of Object.entries(value)) setField(out, name, change(part));
  return out;
}

/** Sets a field, also for a name that would otherwise reach the prototype. */
export function setField(target: MutableSchema, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
