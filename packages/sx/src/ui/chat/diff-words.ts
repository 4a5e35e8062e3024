import { diffWordsWithSpace } from "diff";
import type { Span } from "../markdown/spans.js";
import { span } from "./rows.js";
import type { DiffBudget, DiffLine } from "./diff-lines.js";

/** Longer lines are compared only at their ends. */
const MAX_WORDS_CHARS = 1_000;
/** With less in common than this, marks would be everywhere. */
const MIN_COMMON = 0.4;

interface Stretch {
  readonly text: string;
  readonly isChanged: boolean;
}

/** A line in its colour; where it replaces a line that is much like it, the words that differ are underlined. */
export function paintDiffLine({ mark, text, twin }: DiffLine, budget: DiffBudget): readonly Span[] {
  if (mark !== "-" && mark !== "+") return [span(text, "dim")];
  const color = mark === "-" ? "removed" : "added";
  const stretches = twin === undefined ? undefined : compareWords(text, twin, budget);
  if (stretches === undefined) return [span(text, color)];
  return stretches.map((stretch) =>
    stretch.isChanged ? span(stretch.text, color, "strong", "underline") : span(stretch.text, color),
  );
}

/** `undefined` when the lines have too little in common. */
function compareWords(text: string, twin: string, budget: DiffBudget): readonly Stretch[] | undefined {
  const isShort = text.length <= MAX_WORDS_CHARS && twin.length <= MAX_WORDS_CHARS;
  const words = isShort ? diffWordsWithSpace(twin, text, { timeout: budget.leftMs() }) : undefined;
  const stretches =
    words === undefined
      ? compareEnds(text, twin)
      : words.flatMap(({ value, added, removed }) => (removed ? [] : [{ text: value, isChanged: added }]));
  const common = stretches.reduce((sum, stretch) => sum + (stretch.isChanged ? 0 : stretch.text.trim().length), 0);
  return common >= MIN_COMMON * Math.max(1, text.trim().length) ? stretches : undefined;
}

/** What is between the same beginning and the same end. */
function compareEnds(text: string, twin: string): readonly Stretch[] {
  const most = Math.min(text.length, twin.length);
  let start = 0;
  while (start < most && text[start] === twin[start]) start += 1;
  let end = 0;
  while (end < most - start && text[text.length - 1 - end] === twin[twin.length - 1 - end]) end += 1;
  // Never between the halves of a character.
  if (/[\ud800-\udbff]/.test(text.charAt(start - 1))) start -= 1;
  if (/[\udc00-\udfff]/.test(text.charAt(text.length - end))) end -= 1;
  return [
    { text: text.slice(0, start), isChanged: false },
    { text: text.slice(start, text.length - end), isChanged: true },
    { text: text.slice(text.length - end), isChanged: false },
  ].filter(({ text: part }) => part !== "");
}
