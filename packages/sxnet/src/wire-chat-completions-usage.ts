import type { Usage } from "./types.js";
import { countOf, fieldsOf, numberOf } from "./unknown-value.js";

/**
 * Counts of one answer. Wire: `prompt_tokens` includes what a cache served and stored, so both are subtracted;
 * `completion_tokens` includes reasoning, but for servers whose total says that it stands beside it.
 * Source: Chat Completions reference, "usage"; documentation of DeepSeek (`prompt_cache_hit_tokens`), Moonshot
 * (`cached_tokens`) and xAI (reasoning beside the completion), read 2026-11-20.
 */
export function readChatUsage(raw: unknown): Usage {
  const usage = fieldsOf(raw);
  const input = fieldsOf(usage["prompt_tokens_details"]);
  const output = fieldsOf(usage["completion_tokens_details"]);
  const prompt = countOf(usage["prompt_tokens"]);
  const completion = countOf(usage["completion_tokens"]);
  const reasoningTokens = countOf(output["reasoning_tokens"] ?? usage["reasoning_tokens"]);
  const cacheReadTokens = countOf(input["cached_tokens"] ?? usage["prompt_cache_hit_tokens"] ?? usage["cached_tokens"]);
  const cacheWriteTokens = countOf(input["cache_write_tokens"]);
  const isBeside = reasoningTokens > 0 && numberOf(usage["total_tokens"]) === prompt + completion + reasoningTokens;
  return {
    inputTokens: Math.max(0, prompt - cacheReadTokens - cacheWriteTokens),
    cacheReadTokens,
    cacheWriteTokens,
    outputTokens: isBeside ? countOf(completion + reasoningTokens) : completion,
    reasoningTokens,
  };
}
