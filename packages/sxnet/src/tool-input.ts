import { type Schema, Validator } from "@cfworker/json-schema";
import type { JsonSchema, ToolDefinition } from "./types.js";

const VALIDATORS = new WeakMap<JsonSchema, Validator>();
const MAX_PROBLEMS = 3;

/**
 * Why an input does not fit the tool's schema, in words that help a model to mend the call; `undefined` when it fits.
 */
export function findProblem(tool: ToolDefinition, input: Readonly<Record<string, unknown>>): string | undefined {
  let validator = VALIDATORS.get(tool.inputSchema);
  if (validator === undefined) {
    validator = new Validator(tool.inputSchema as Schema, "2020-12", false);
    VALIDATORS.set(tool.inputSchema, validator);
  }
  const { valid, errors } = validator.validate(input);
  if (valid) return undefined;
  // The outermost errors only say that something inside is wrong.
  const leaves = errors.filter(({ keyword }) => keyword !== "properties" && keyword !== "items" && keyword !== "$ref");
  const shown = (leaves.length > 0 ? leaves : errors).slice(0, MAX_PROBLEMS);
  return `the arguments of ${tool.name} do not fit: ${shown
    .map(({ instanceLocation, error }) => `${instanceLocation.replace(/^#\/?/, "") || "arguments"}: ${error.replace(/\.$/, "")}`)
    .join("; ")}`;
}
