import { type ValidationResult, Validator } from "@cfworker/json-schema";
import type { JsonSchema, ToolDefinition } from "./types.js";

const VALIDATORS = new WeakMap<JsonSchema, Validator>();
const MAX_PROBLEMS = 3;

/**
 * Why an input does not fit the tool's schema, in words that help a model to mend the call; `undefined` when it fits.
 */
export function findProblem(tool: ToolDefinition, input: Readonly<Record<string, unknown>>): string | undefined {
  let result: ValidationResult;
  try {
    result = validatorOf(tool.inputSchema).validate(input);
  } catch (error) {
    // A schema of somebody else's making, for example with a reference to nowhere; not the model's fault.
    return `the schema of ${tool.name} cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { valid, errors } = result;
  if (valid) return undefined;
  // The outermost errors only say that something inside is wrong.
  const leaves = errors.filter(({ keyword }) => !OUTER.has(keyword));
  const shown = (leaves.length > 0 ? leaves : errors).slice(0, MAX_PROBLEMS);
  return `the arguments of ${tool.name} do not fit: ${shown
    .map(({ instanceLocation, error }) => `${nameOf(instanceLocation)}: ${error.replace(/\.$/, "")}`)
    .join("; ")}`;
}

const OUTER: ReadonlySet<string> = new Set(["properties", "items", "$ref"]);

function validatorOf(schema: JsonSchema): Validator {
  let validator = VALIDATORS.get(schema);
  if (validator === undefined) {
    validator = new Validator(schema, "2020-12", false);
    VALIDATORS.set(schema, validator);
  }
  return validator;
}

/** `#/edits/0/text` is `edits/0/text`; the whole is `arguments`. */
function nameOf(location: string): string {
  return location.replace(/^#\/?/, "") || "arguments";
}
