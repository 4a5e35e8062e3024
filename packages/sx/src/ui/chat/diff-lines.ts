import { diffArrays } from "diff";
import type { LineHunk } from "../../files/line-hunks.js";

/** A line of a diff, in clean text. */
export interface DiffLine {
  /** `gap`: lines are left out here. */
  readonly mark: " " | "-" | "+" | "gap";
  readonly text: string;
  /** After the change; of a removed line, before it. Absent where nobody knows. */
  readonly number: number | undefined;
  /** The line that this one replaces, or is replaced by. */
  readonly twin?: string;
}

/** How long all comparing for one diff may take. */
export interface DiffBudget {
  /** Milliseconds that are left, at least 1. */
  leftMs(): number;
}

const TOTAL_MS = 200;

export function createDiffBudget(nowMs: () => number): DiffBudget {
  const endMs = nowMs() + TOTAL_MS;
  return { leftMs: () => Math.max(1, Math.min(TOTAL_MS, endMs - nowMs())) };
}

interface Side {
  readonly text: string;
  readonly number: number | undefined;
}

const NO_END = "\\";

/**
 * The lines of hunks, as small as they can be told: what stands unchanged within a change is context again, and of
 * context only `context` lines around a change are kept. When that takes too long, all of the change is shown.
 */
export function linesOfHunks(
  hunks: readonly LineHunk[],
  clean: (line: string) => string,
  budget: DiffBudget,
  context = 3,
): readonly DiffLine[] {
  return hunks.flatMap((hunk, index) => {
    const lines = keepContext(linesOfHunk(hunk, clean, budget), context);
    return index === 0 || lines[0]?.mark === "gap" ? lines : [GAP, ...lines];
  });
}

/** The lines of a replacement of which nobody knows where it stands. All of both texts is in it. */
export function linesOfChange(before: string, after: string, budget: DiffBudget): readonly DiffLine[] {
  // A line end that only one of them has is a change as well: it shows as an empty line.
  const bothEnd = (before === "" || before.endsWith("\n")) && (after === "" || after.endsWith("\n"));
  const side = (text: string): readonly Side[] => {
    if (text === "") return [];
    const lines = (bothEnd ? text.slice(0, -1) : text).split("\n");
    return lines.map((line) => ({ text: line, number: undefined }));
  };
  return compare(side(before), side(after), budget);
}

const GAP: DiffLine = { mark: "gap", text: "", number: undefined };

function linesOfHunk(hunk: LineHunk, clean: (line: string) => string, budget: DiffBudget): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let removed: Side[] = [];
  let added: Side[] = [];
  let oldNumber = hunk.oldLines === 0 ? hunk.oldStart + 1 : hunk.oldStart;
  let newNumber = hunk.newLines === 0 ? hunk.newStart + 1 : hunk.newStart;
  const endChange = (): void => {
    lines.push(...compare(removed, added, budget));
    removed = [];
    added = [];
  };
  for (const [index, line] of hunk.lines.entries()) {
    const mark = line.slice(0, 1);
    if (mark === NO_END) continue;
    const hasNoEnd = hunk.lines[index + 1]?.startsWith(NO_END) === true;
    const text = clean(line.slice(1)) + (hasNoEnd && mark !== " " ? " (no line end)" : "");
    if (mark === "-") removed.push({ text, number: oldNumber++ });
    else if (mark === "+") added.push({ text, number: newNumber++ });
    else {
      endChange();
      lines.push({ mark: " ", text, number: newNumber++ });
      oldNumber += 1;
    }
  }
  endChange();
  return lines;
}

/** Removed and added lines with what is the same in both as context between them. */
function compare(removed: readonly Side[], added: readonly Side[], budget: DiffBudget): readonly DiffLine[] {
  if (removed.length === 0 || added.length === 0) return replaced(removed, added);
  const texts = (side: readonly Side[]): string[] => side.map(({ text }) => text);
  const changes = diffArrays(texts(removed), texts(added), { timeout: budget.leftMs() });
  // Too different for the time there is: one big replacement is true as well.
  if (changes === undefined) return replaced(removed, added);
  const lines: DiffLine[] = [];
  let [oldAt, newAt] = [0, 0];
  let [oldFrom, newFrom] = [0, 0];
  const endChange = (): void => {
    lines.push(...replaced(removed.slice(oldFrom, oldAt), added.slice(newFrom, newAt)));
  };
  for (const change of changes) {
    if (change.removed) oldAt += change.count;
    else if (change.added) newAt += change.count;
    else {
      endChange();
      for (const { text, number } of added.slice(newAt, newAt + change.count)) lines.push({ mark: " ", text, number });
      oldAt += change.count;
      newAt += change.count;
      [oldFrom, newFrom] = [oldAt, newAt];
    }
  }
  endChange();
  return lines;
}

/** All removed lines, then all added ones. As many of each: they are told word by word. */
function replaced(removed: readonly Side[], added: readonly Side[]): readonly DiffLine[] {
  const hasTwins = removed.length === added.length;
  const lines = (mark: "-" | "+", side: readonly Side[], other: readonly Side[]): readonly DiffLine[] =>
    side.map(({ text, number }, index) => {
      const twin = hasTwins ? other[index]?.text : undefined;
      return { mark, text, number, ...(twin === undefined ? {} : { twin }) };
    });
  return [...lines("-", removed, added), ...lines("+", added, removed)];
}

function keepContext(lines: readonly DiffLine[], context: number): readonly DiffLine[] {
  const keep = lines.map(() => false);
  for (const [index, { mark }] of lines.entries()) {
    if (mark === " ") continue;
    const from = Math.max(0, index - context);
    for (let at = from; at <= index + context && at < lines.length; at += 1) keep[at] = true;
  }
  const kept: DiffLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (keep[index] !== true) continue;
    if (index > 0 && keep[index - 1] !== true && kept.length > 0) kept.push(GAP);
    kept.push(line);
  }
  return kept;
}
