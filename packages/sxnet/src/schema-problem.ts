import type { JsonSchema } from "./types.js";

/**
 * Why a schema can bind no answer and judge no input, in words; `undefined` when it can. For hosts that want to say so
 * before a request does. Ends in bounded time, whatever the schema holds.
 */
export async function findSchemaProblem(schema: JsonSchema): Promise<string | undefined> {
  return (await import("./response-schema.js")).findSchemaProblem(schema);
}
