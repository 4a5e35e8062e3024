import type { Chips } from "./chips.js";
import { parseDroppedPaths } from "./dropped-paths.js";
import { cleanInput } from "./edit-buffer.js";

export interface FoldLimits {
  /** A paste of more lines, or of more characters, is shown as a chip. */
  readonly lines: number;
  readonly chars: number;
}

export const FOLD_LIMITS: FoldLimits = { lines: 8, chars: 1000 };

export interface Folding {
  readonly chips: Chips;
  readonly limits: FoldLimits;
  /** Whether there is an image at this path. It may look at the disk; it is asked about a few short texts only. */
  readonly isImage: (path: string) => boolean;
}

/** What goes into the editor for a paste: the text itself, a chip for it, or a chip for each image that was dropped. */
export function foldPaste(pasted: string, { chips, limits, isImage }: Folding): string {
  const text = cleanInput(pasted);
  const images = foldImages(text, chips, isImage);
  if (images !== undefined) return images;
  if (text.length <= limits.chars && countLines(text, limits.lines) <= limits.lines) return text;
  return chips.add({ kind: "paste", text }) ?? text;
}

function foldImages(text: string, chips: Chips, isImage: Folding["isImage"]): string | undefined {
  const paths = parseDroppedPaths(text);
  if (paths === undefined || !paths.every((path) => isImage(path))) return undefined;
  const characters = paths.map((path) => chips.add({ kind: "image", path }));
  return characters.includes(undefined) ? undefined : `${characters.join(" ")} `;
}

/** Lines of a text, a line feed at its end not counted; stops counting beyond `most`. */
function countLines(text: string, most: number): number {
  let count = 1;
  for (
    let at = text.indexOf("\n");
    at !== -1 && at < text.length - 1 && count <= most;
    at = text.indexOf("\n", at + 1)
  ) {
    count += 1;
  }
  return count;
}
