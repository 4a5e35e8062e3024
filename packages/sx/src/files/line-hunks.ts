import type { TextChange } from "./text-change.js";

/** One part of a unified diff. Line numbers count from 1; for an empty side they name the line before. */
export interface LineHunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  /** Each with its mark (space, `-`, `+`), without its ending; `\ No newline at end of file` where that is so. */
  readonly lines: readonly string[];
}

/** A run of changed lines, in line indexes from 0, ends excluded. */
interface LineChange {
  oldStart: number;
  oldEnd: number;
  newStart: number;
  newEnd: number;
}

/** The hunks of a known change between two texts; `context` unchanged lines stand around each. */
export function buildHunks(
  oldText: string,
  newText: string,
  changes: readonly TextChange[],
  context = 3,
): readonly LineHunk[] {
  const before = new LineIndex(oldText);
  const after = new LineIndex(newText);
  const groups: LineChange[][] = [];
  for (const change of lineChanges(before, after, changes)) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group !== undefined && last !== undefined && change.oldStart - last.oldEnd <= 2 * context) group.push(change);
    else groups.push([change]);
  }
  return groups.map((group) => buildHunk(before, after, group, context));
}

function lineChanges(before: LineIndex, after: LineIndex, changes: readonly TextChange[]): LineChange[] {
  const found: LineChange[] = [];
  for (const change of changes) {
    const whole = before.startsLine(change.oldEnd) && after.startsLine(change.newEnd);
    const next: LineChange = {
      oldStart: before.lineOf(change.oldStart),
      oldEnd: before.lineOf(change.oldEnd) + (whole ? 0 : 1),
      newStart: after.lineOf(change.newStart),
      newEnd: after.lineOf(change.newEnd) + (whole ? 0 : 1),
    };
    next.oldEnd = Math.min(next.oldEnd, before.count);
    next.newEnd = Math.min(next.newEnd, after.count);
    const last = found.at(-1);
    if (last !== undefined && next.oldStart < last.oldEnd) {
      last.oldEnd = next.oldEnd;
      last.newEnd = next.newEnd;
    } else found.push(next);
  }
  return found.filter((change) => narrow(before, after, change));
}

/** Takes away lines that are equal after all; false when nothing is left. */
function narrow(before: LineIndex, after: LineIndex, change: LineChange): boolean {
  const open = (): boolean => change.oldStart < change.oldEnd && change.newStart < change.newEnd;
  while (open() && before.raw(change.oldStart) === after.raw(change.newStart)) {
    change.oldStart += 1;
    change.newStart += 1;
  }
  while (open() && before.raw(change.oldEnd - 1) === after.raw(change.newEnd - 1)) {
    change.oldEnd -= 1;
    change.newEnd -= 1;
  }
  return change.oldStart < change.oldEnd || change.newStart < change.newEnd;
}

function buildHunk(before: LineIndex, after: LineIndex, group: readonly LineChange[], context: number): LineHunk {
  const first = group[0] ?? { oldStart: 0, newStart: 0 };
  const last = group.at(-1) ?? { oldEnd: 0, newEnd: 0 };
  const lead = Math.min(context, first.oldStart);
  const trail = Math.min(context, before.count - last.oldEnd);
  const oldStart = first.oldStart - lead;
  const newStart = first.newStart - lead;
  const oldEnd = last.oldEnd + trail;
  const newEnd = last.newEnd + trail;
  const lines: string[] = [];
  let at = oldStart;
  for (const change of group) {
    for (; at < change.oldStart; at += 1) before.print(lines, " ", at);
    for (; at < change.oldEnd; at += 1) before.print(lines, "-", at);
    for (let line = change.newStart; line < change.newEnd; line += 1) after.print(lines, "+", line);
  }
  for (; at < oldEnd; at += 1) before.print(lines, " ", at);
  const oldLines = oldEnd - oldStart;
  const newLines = newEnd - newStart;
  return {
    oldStart: oldLines === 0 ? oldStart : oldStart + 1,
    oldLines,
    newStart: newLines === 0 ? newStart : newStart + 1,
    newLines,
    lines,
  };
}

/** Where the lines of a text begin; a text that ends with LF has no further, empty line. */
class LineIndex {
  readonly #text: string;
  readonly #starts: number[] = [];

  constructor(text: string) {
    this.#text = text;
    if (text !== "") this.#starts.push(0);
    for (let at = text.indexOf("\n"); at !== -1 && at + 1 < text.length; at = text.indexOf("\n", at + 1)) {
      this.#starts.push(at + 1);
    }
  }

  get count(): number {
    return this.#starts.length;
  }

  startsLine(offset: number): boolean {
    return offset === 0 || this.#text[offset - 1] === "\n";
  }

  /** The line that holds `offset`; behind the last ending that is `count`. */
  lineOf(offset: number): number {
    if (offset === this.#text.length && this.startsLine(offset)) return this.count;
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** The line with its ending, which is part of what may have changed. */
  raw(line: number): string {
    return this.#text.slice(this.#starts[line], this.#starts[line + 1] ?? this.#text.length);
  }

  print(lines: string[], mark: string, line: number): void {
    const raw = this.raw(line);
    lines.push(mark + raw.replace(/\r?\n$/, ""));
    if (!raw.endsWith("\n")) lines.push("\\ No newline at end of file");
  }
}
