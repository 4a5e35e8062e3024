import { go } from "fuzzysort";

/** What is searched, and shown: clean text. */
export interface PickRow {
  readonly value: string;
  readonly label: string;
  readonly detail: string;
}

/** Below this, letters that happen to stand somewhere would count. */
const MIN_SCORE = 0.3;
/** Longer texts are searched only at their start. */
const MAX_CHARS = 400;

/** The rows that fit what was typed, the best first; all of them, in their order, while nothing is typed. */
export function searchRows(rows: readonly PickRow[], typed: string): readonly PickRow[] {
  const query = typed.trim();
  if (query === "") return rows;
  const found = go(query, rows, {
    keys: [
      (row) => row.label.slice(0, MAX_CHARS),
      (row) => row.value.slice(0, MAX_CHARS),
      (row) => row.detail.slice(0, MAX_CHARS),
    ],
    limit: 0,
    threshold: MIN_SCORE,
  });
  return found.map(({ obj }) => obj);
}
