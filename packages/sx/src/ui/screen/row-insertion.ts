import { changeRow } from "./row-change.js";

export interface RowInsertion {
  /** The first of the rows that move down. */
  readonly at: number;
  readonly count: number;
}

/** More rows at the end are never moved together: what stands below an answer is few. */
const MAX_MOVED = 12;
/** What moving costs: cursor up, the insertion itself, cursor down. */
const MOVE_CHARS = 20;

/**
 * Where rows came in above others that stayed as they were, or nearly so: the terminal can move those down, which is
 * shorter than writing them again.
 * @param rows of the terminal; what moves must be in sight.
 */
export function findInsertion(
  before: readonly string[],
  now: readonly string[],
  rows: number,
): RowInsertion | undefined {
  const count = now.length - before.length;
  if (count <= 0) return undefined;
  let saved = 0;
  let best: RowInsertion | undefined;
  let bestSaved = MOVE_CHARS + 2 * count;
  const most = Math.min(MAX_MOVED, before.length, rows - 1 - count);
  for (let moved = 1; moved <= most; moved += 1) {
    const [old, row] = [before.at(-moved) ?? "", now.at(-moved) ?? ""];
    const cost = old === row ? 0 : changeRow(old, row).length;
    // A row that is written anew all the same is where new rows begin.
    if (cost > row.length / 2) break;
    saved += row.length - cost + 3;
    if (saved <= bestSaved) continue;
    bestSaved = saved;
    best = { at: before.length - moved, count };
  }
  return best;
}
