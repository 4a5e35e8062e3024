import { structuredPatch } from "diff";
import { readRegularFile } from "../files/regular-file.js";
import { FileFailure } from "../files/file-failure.js";
import { plainText } from "../sessions/view-words.js";
import type { ChangedFile } from "./slash-command.js";

/** What a file is now, against what it was when the session first changed it. */
export interface FileDiff {
  readonly file: string;
  readonly kind: "changed" | "new" | "deleted" | "same" | "binary" | "unknown";
  readonly added: number;
  readonly removed: number;
  /** A unified diff without its head; empty where there is nothing to show. */
  readonly lines: readonly string[];
}

const MAX_BYTES = 2_000_000;
const TIMEOUT_MS = 200;
const CONTEXT = 3;

/** Reads the file as it is now and compares. Never throws: what cannot be compared is `unknown`. */
export function diffOf({ file, before, hasCopy }: ChangedFile): FileDiff {
  const nothing = { file, added: 0, removed: 0, lines: [] };
  if (!hasCopy || (before?.length ?? 0) > MAX_BYTES) return { ...nothing, kind: "unknown" };
  let now: Uint8Array | undefined;
  try {
    now = readRegularFile(file, file, { maxBytes: MAX_BYTES }).bytes;
  } catch (error) {
    if (!(error instanceof FileFailure && error.code === "not_found")) return { ...nothing, kind: "unknown" };
  }
  if (before === undefined && now === undefined) return { ...nothing, kind: "same" };
  if (before !== undefined && now !== undefined && Buffer.compare(before, now) === 0)
    return { ...nothing, kind: "same" };
  const kind = before === undefined ? "new" : now === undefined ? "deleted" : "changed";
  if (isBinary(before) || isBinary(now)) return { ...nothing, kind: "binary" };
  const patch = structuredPatch("", "", textOf(before), textOf(now), "", "", { context: CONTEXT, timeout: TIMEOUT_MS });
  // Too different for the time there is.
  if (patch === undefined) return { ...nothing, kind: "unknown" };
  const lines = patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: own }) => [
    `@@ -${startOf(oldStart, oldLines)},${oldLines} +${startOf(newStart, newLines)},${newLines} @@`,
    ...own.map((line) => plainText(line).replaceAll("\n", " ")),
  ]);
  const count = (mark: string): number => lines.reduce((sum, line) => sum + (line.startsWith(mark) ? 1 : 0), 0);
  return { file, kind, added: count("+"), removed: count("-"), lines };
}

/** An empty side is told by the line before it. */
function startOf(start: number, lines: number): number {
  return lines === 0 ? start - 1 : start;
}

function isBinary(bytes: Uint8Array | undefined): boolean {
  return bytes?.subarray(0, 8_000).includes(0) === true;
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : Buffer.from(bytes).toString("utf8");
}
