import { checkOf } from "./schema-check.js";
import type { ToolDefinition } from "./types.js";

/**
 * Why an input does not fit the tool's schema, in words that help a model to mend the call; `undefined` when it fits.
 * A schema that cannot be used is not the model's fault, and it is told so.
 */
export function findProblem(tool: ToolDefinition, input: Readonly<Record<string, unknown>>): string | undefined {
  const verdict = checkOf(tool.inputSchema).judge(input, "arguments");
  if ("unusable" in verdict) return `the schema of ${tool.name} cannot be used: ${verdict.unusable}`;
  return verdict.fits ? undefined : `the arguments of ${tool.name} do not fit: ${verdict.problem}`;
}
