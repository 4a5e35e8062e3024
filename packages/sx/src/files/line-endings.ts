/** A text in which every CRLF is one LF, and the way back to its own positions. */
export interface FoldedText {
  readonly text: string;
  /** The position in the original of the position `index` here; the LF of a CRLF stands at its CR. */
  original(index: number): number;
}

/** Sees CRLF as LF, which is how the model sees a file. A CR by itself is a character like any other. */
export function foldLineEndings(text: string): FoldedText {
  if (!text.includes("\r\n")) return { text, original: (index) => index };
  const marks: number[] = [];
  for (let at = text.indexOf("\r\n"); at !== -1; at = text.indexOf("\r\n", at + 2)) marks.push(at - marks.length);
  return { text: text.replaceAll("\r\n", "\n"), original: (index) => index + countBelow(marks, index) };
}

/**
 * `text` (with LF only) as it belongs into `file` in place of what stands from `start` to `end`: each line ending is
 * the one that stood there in the same order, further ones repeat the last; where none stood, the nearest ending of
 * the file is taken, before `start` first.
 */
export function fitLineEndings(text: string, file: string, start: number, end: number): string {
  if (!text.includes("\n") || !file.includes("\r\n")) return text;
  const replaced = file.slice(start, end).match(/\r?\n/g) ?? [nearestEnding(file, start, end)];
  let count = 0;
  return text.replaceAll("\n", () => {
    const ending = replaced[Math.min(count, replaced.length - 1)] ?? "\n";
    count += 1;
    return ending;
  });
}

/** Which endings a text uses. */
export function lineEndingStyle(text: string): "none" | "lf" | "crlf" | "mixed" {
  const total = text.match(/\n/g)?.length ?? 0;
  const crlf = text.match(/\r\n/g)?.length ?? 0;
  if (total === 0) return "none";
  if (crlf === 0) return "lf";
  return crlf === total ? "crlf" : "mixed";
}

function nearestEnding(file: string, start: number, end: number): string {
  const before = start === 0 ? -1 : file.lastIndexOf("\n", start - 1);
  const at = before === -1 ? file.indexOf("\n", end) : before;
  return at > 0 && file[at - 1] === "\r" ? "\r\n" : "\n";
}

/** How many of the ascending numbers are below `limit`. */
function countBelow(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
