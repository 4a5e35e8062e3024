import type { CacheTtl } from "./wire-messages-model.js";

/**
 * Where the service is told to keep what it has read. A mark keeps everything before it, in the order tools, system,
 * messages. At most four are taken: here one on what never changes and two that move with the conversation, because
 * a mark finds only what was kept within about 20 blocks before it, and one step may add more than that.
 * Source: prompt caching guide of the Messages API, read 2026-11-21.
 */

/** How many user messages, counted from the end, carry a mark on their last block. */
export const MOVING_MARKS = 2;

/** The mark itself. All marks of a request live equally long, so a longer one never follows a shorter one. */
function cacheMark(ttl: CacheTtl): Readonly<Record<string, unknown>> {
  return ttl === "5m" ? { type: "ephemeral" } : { type: "ephemeral", ttl };
}

/** The list with the mark on its last entry. */
export function markLast(
  entries: readonly Readonly<Record<string, unknown>>[],
  ttl: CacheTtl | undefined,
): readonly Readonly<Record<string, unknown>>[] {
  const last = entries.at(-1);
  if (ttl === undefined || last === undefined) return entries;
  return [...entries.slice(0, -1), { ...last, cache_control: cacheMark(ttl) }];
}

/** The same for blocks that are JSON text already. No block is empty or a thought: those may not be marked. */
export function markLastJson(blocks: readonly string[], ttl: CacheTtl): readonly string[] {
  const last = blocks.at(-1);
  if (last === undefined) return blocks;
  return [...blocks.slice(0, -1), `${last.slice(0, -1)},"cache_control":${JSON.stringify(cacheMark(ttl))}}`];
}
