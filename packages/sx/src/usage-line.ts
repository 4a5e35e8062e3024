import type { TurnEnd } from "./agent.js";

/** What one prompt took, for people: tokens in and out, and the price where one is known. */
export function usageLine(end: TurnEnd): string {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = end.usage;
  const cost = end.costUsd === undefined ? "" : ` · $${end.costUsd.toFixed(4)}`;
  return `${inputTokens + cacheReadTokens + cacheWriteTokens} in (${cacheReadTokens} cached) · ${outputTokens} out${cost}`;
}
