/** A stretch that differs between two texts: positions in the old one and in the new one, in UTF-16 units. */
export interface TextChange {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** One replacement in a text. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The changes from the first text to the last, when `changes` led from the first to a middle one and `splices`
 * (ascending, apart from each other) go on from there. Stretches that meet become one.
 */
export function composeChanges(changes: readonly TextChange[], splices: readonly Splice[]): TextChange[] {
  const composed: TextChange[] = [];
  let done = 0;
  let used = 0;
  // How far the middle text runs ahead of the first, and the last ahead of the middle, at the current place.
  let ahead = 0;
  let further = 0;
  for (;;) {
    const change = changes[done];
    const splice = splices[used];
    if (change === undefined && splice === undefined) return composed;
    const start = Math.min(change?.newStart ?? Infinity, splice?.start ?? Infinity);
    const oldStart = start - ahead;
    const newStart = start + further;
    let end = start;
    for (;;) {
      const nextChange = changes[done];
      const nextSplice = splices[used];
      if (nextChange !== undefined && nextChange.newStart <= end) {
        end = Math.max(end, nextChange.newEnd);
        ahead = nextChange.newEnd - nextChange.oldEnd;
        done += 1;
      } else if (nextSplice !== undefined && nextSplice.start <= end) {
        end = Math.max(end, nextSplice.end);
        further += nextSplice.text.length - (nextSplice.end - nextSplice.start);
        used += 1;
      } else break;
    }
    composed.push({ oldStart, oldEnd: end - ahead, newStart, newEnd: end + further });
  }
}

/** The one stretch between what two texts share at their start and at their end; none when they are equal. */
export function wholeChange(oldText: string, newText: string): TextChange[] {
  if (oldText === newText) return [];
  const most = Math.min(oldText.length, newText.length);
  let head = 0;
  while (head < most && oldText[head] === newText[head]) head += 1;
  let tail = 0;
  while (tail < most - head && oldText[oldText.length - 1 - tail] === newText[newText.length - 1 - tail]) tail += 1;
  return [{ oldStart: head, oldEnd: oldText.length - tail, newStart: head, newEnd: newText.length - tail }];
}
