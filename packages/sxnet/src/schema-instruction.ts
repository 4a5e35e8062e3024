import type { ResponseSchema } from "./types.js";
import { toWireJson } from "./wire-json.js";

/**
 * The demand for an answer that fits, in words, at the end of a system prompt: for models, servers and schemas that a
 * service does not hold to it by itself. The answer is checked on this side in any case.
 */
export function schemaInstruction({ schema }: ResponseSchema): string {
  return `End with an answer that is one JSON value and nothing else: no words around it, no code fence. It fits this JSON Schema:\n${toWireJson(schema)}`;
}

/** The system prompt with the demand behind it. */
export function withSchemaInstruction(system: string | undefined, bound: ResponseSchema): string {
  const demand = schemaInstruction(bound);
  return system === undefined || system.trim() === "" ? demand : `${system}\n\n${demand}`;
}
