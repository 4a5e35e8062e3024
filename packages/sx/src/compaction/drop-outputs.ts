import type { Message, ToolResultBlock, UserBlock } from "@scorpiox/sxnet";
import { estimateTokens } from "./estimate.js";

/** A shorter output is not worth leaving out. */
const LEAST_TOKENS = 150;

/**
 * Leaves out what tools returned, the oldest first, until `tokens` (estimated) are saved; results of the last answer
 * stay. Calls keep their results, which say what was left out.
 */
export function dropOutputs(
  messages: readonly Message[],
  tokens: number,
): { readonly messages: readonly Message[]; readonly dropped: number } {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  let left = tokens;
  let dropped = 0;
  const shorter = messages.map((message, index): Message => {
    if (message.role === "assistant" || index > last || left <= 0) return message;
    const content = message.content.map((block): UserBlock => {
      if (block.type !== "tool_result" || left <= 0) return block;
      const short = withoutOutput(block);
      if (short === undefined) return block;
      dropped += 1;
      return short;
    });
    const made: Message = { role: "user", content };
    const saved = estimateTokens(message) - estimateTokens(made);
    if (saved <= 0) return message;
    left -= saved;
    return made;
  });
  return { messages: shorter, dropped };
}

function withoutOutput(block: ToolResultBlock): ToolResultBlock | undefined {
  const tokens = estimateTokens({ role: "user", content: [block] });
  if (tokens < LEAST_TOKENS) return undefined;
  const text = `[this output, about ${tokens} tokens, was left out to make room; call again if it is needed]`;
  return { ...block, content: [{ type: "text", text }] };
}
