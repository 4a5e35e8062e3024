import type { ToolUseBlock } from "./types.js";

export type CallInput = Pick<ToolUseBlock, "input" | "inputError" | "rawInput">;

const CUT = "the arguments were cut off";

/** Arguments that the service itself marks unfinished. */
export function cutInput(raw: string): CallInput {
  return { input: {}, inputError: CUT, rawInput: raw };
}

/** The arguments of a call as JSON text. Nothing at all is `{}`: so tools without parameters are called. */
export function parseInput(raw: string): CallInput {
  if (raw.trim() === "") return { input: {} };
  try {
    const value: unknown = JSON.parse(raw);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { input: value as Record<string, unknown> };
    }
    return { input: {}, inputError: "the arguments are not a JSON object", rawInput: raw };
  } catch {
    // The parser's own message would quote the arguments; the reader gets them whole in rawInput.
    return { input: {}, inputError: "the arguments are not valid JSON", rawInput: raw };
  }
}
