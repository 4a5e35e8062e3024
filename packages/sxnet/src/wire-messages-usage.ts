import type { Usage } from "./types.js";
import { countOf, type Fields, fieldsOf } from "./unknown-value.js";

/**
 * Counts of the Messages wire format. They come in pieces: `message_start` has the first ones, `message_delta` totals,
 * in which fields may be absent or null. What is there replaces what was; nothing is added up, nothing is reset.
 * Source: Messages API reference, `Usage` and `MessageDeltaUsage`, recorded streams, read 2026-11-21.
 */
export function mergeMessagesUsage(known: Fields | undefined, told: unknown): Fields | undefined {
  if (typeof told !== "object" || told === null || Array.isArray(told)) return known;
  const news = Object.entries(told).filter(([name, value]) => value !== null || known?.[name] === undefined);
  return { ...known, ...Object.fromEntries<unknown>(news) };
}

/** `input_tokens` leaves out what caches served and stored; `output_tokens` includes thinking. */
export function readMessagesUsage(usage: Fields): Usage {
  const stored = Object.values(fieldsOf(usage["cache_creation"])).map(countOf);
  return {
    inputTokens: countOf(usage["input_tokens"]),
    cacheReadTokens: countOf(usage["cache_read_input_tokens"]),
    cacheWriteTokens:
      countOf(usage["cache_creation_input_tokens"]) || countOf(stored.reduce((sum, count) => sum + count, 0)),
    outputTokens: countOf(usage["output_tokens"]),
    reasoningTokens: countOf(fieldsOf(usage["output_tokens_details"])["thinking_tokens"]),
  };
}
