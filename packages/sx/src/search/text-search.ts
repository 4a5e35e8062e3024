import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { FileFailure } from "../files/file-failure.js";
import { type ReadBounds, readRegularFile } from "../files/regular-file.js";
import type { SearchPattern } from "./search-pattern.js";
import { decodeText, splitLines } from "../files/text-file.js";
import { createTimeGuard, TimeGuardError } from "./time-guard.js";
import { plainName } from "../files/workspace-path.js";

export interface SearchRequest {
  /** Absolute real path that `files` are relative to. */
  readonly root: string;
  /** In the order in which results come. */
  readonly files: readonly string[];
  readonly pattern: SearchPattern;
  /** Ends the search after this many matching lines (or files, see `perFile`). */
  readonly limit: number;
  /** Count files against `limit` and note one match for each; `count` reads them to the end, `first` does not. */
  readonly perFile: "no" | "first" | "count";
  /** Takes what was found, file by file, and keeps nothing of `lines`. False: no more is wanted. */
  readonly onFound: (found: FileMatches) => boolean;
  /** May refuse an opened file, which then counts as unreadable. */
  readonly judge: NonNullable<ReadBounds["judge"]>;
  /** What the whole search may take; for the message. */
  readonly timeMs: number;
  /** On the monotonic clock (`performance.now()`), milliseconds. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

export interface FileMatches {
  /** Relative to the root. */
  readonly file: string;
  /** All lines of the file, without endings. */
  readonly lines: readonly string[];
  readonly matches: readonly LineMatch[];
  /** Matching lines, also where `matches` holds fewer. */
  readonly count: number;
}

export interface LineMatch {
  /** Index from 0. */
  readonly line: number;
  /** Where in the line the match begins. */
  readonly column: number;
}

export interface SearchResult {
  /** The limit was reached and there is more. */
  readonly cut: boolean;
  /** Why the search is not complete, in words; absent when it is. */
  readonly stopped?: string;
  readonly tooLarge: number;
  readonly binary: number;
  readonly unreadable: number;
  /** Lines of which only the first part was searched. */
  readonly longLines: number;
}

/** Larger files are generated or data; they are counted, not searched. */
export const MAX_SEARCHED_BYTES = 8_000_000;
/** The part of a line that is searched, in UTF-16 units. */
const MAX_LINE = 65_536;
/** The longest that one file may take; only a pattern that backtracks without end needs so long. */
const MAX_FILE_MS = 1000;
/** How long the thread is kept before others get a turn. */
const TURN_MS = 15;

/**
 * Searches files one after the other, line by line. Bounded by the limit, by time, and for each file by a watchdog.
 * @throws the signal's reason.
 */
export async function searchText(request: SearchRequest): Promise<SearchResult> {
  const deadline = request.deadlineMs;
  const guard = createTimeGuard();
  const tally = { tooLarge: 0, binary: 0, unreadable: 0, longLines: 0 };
  const timeOver = `stopped after ${request.timeMs / 1000} s`;
  const wholeLines = request.perFile === "no";
  let left = request.limit;
  let turn = performance.now();
  for (const file of request.files) {
    const now = performance.now();
    if (now >= deadline) return { cut: false, stopped: timeOver, ...tally };
    if (now - turn > TURN_MS) {
      await setImmediate();
      request.signal.throwIfAborted();
      turn = performance.now();
    }
    const bytes = readSearchable(request, file, tally);
    const lines = bytes === undefined ? undefined : searchableLines(bytes, request.pattern, tally);
    if (bytes === undefined || lines === undefined) continue;
    let result: Hits;
    const fileMs = Math.min(MAX_FILE_MS, deadline - now);
    try {
      // One more than is shown tells whether there is more.
      const kept = wholeLines ? left + 1 : 1;
      result = guard(() => matchLines(lines, request.pattern.expression, kept, request.perFile === "count"), fileMs);
    } catch (error) {
      if (!(error instanceof TimeGuardError)) throw error;
      if (fileMs < MAX_FILE_MS) return { cut: false, stopped: timeOver, ...tally };
      const stopped = `stopped in ${plainName(file)}: the pattern takes too long there; avoid nested repetitions such as (a+)+`;
      return { cut: false, stopped, ...tally };
    }
    if (result.longLines > 0 && holdsLiteral(bytes, request.pattern)) tally.longLines += result.longLines;
    if (result.count === 0) continue;
    if (left === 0) return { cut: true, ...tally };
    const matches = wholeLines ? result.matches.slice(0, left) : [];
    if (!request.onFound({ file, lines, matches, count: result.count })) return { cut: false, ...tally };
    if (wholeLines && result.matches.length > left) return { cut: true, ...tally };
    left -= wholeLines ? matches.length : 1;
  }
  request.signal.throwIfAborted();
  return { cut: false, ...tally };
}

interface Hits {
  readonly matches: readonly LineMatch[];
  /** Matching lines, as far as they were looked for. */
  readonly count: number;
  readonly longLines: number;
}

/** Keeps the first `kept` matches; counts on after them only if `countsAll`. */
function matchLines(lines: readonly string[], expression: RegExp, kept: number, countsAll: boolean): Hits {
  const matches: LineMatch[] = [];
  let count = 0;
  let longLines = 0;
  for (const [line, text] of lines.entries()) {
    if (text.length > MAX_LINE) longLines += 1;
    const column = (text.length > MAX_LINE ? text.slice(0, MAX_LINE) : text).search(expression);
    if (column === -1) continue;
    count += 1;
    if (count <= kept) matches.push({ line, column });
    if (count >= kept && !countsAll) break;
  }
  return { matches, count, longLines };
}

/** The bytes of a file, or `undefined` and one more in the tally. */
function readSearchable(
  request: SearchRequest,
  file: string,
  tally: { tooLarge: number; unreadable: number },
): Buffer | undefined {
  try {
    return readRegularFile(join(request.root, file), file, {
      maxBytes: MAX_SEARCHED_BYTES,
      judge: request.judge,
    }).bytes;
  } catch (error) {
    if (!(error instanceof FileFailure)) throw error;
    if (error.code === "too_large") tally.tooLarge += 1;
    else tally.unreadable += 1;
    return undefined;
  }
}

function searchableLines(bytes: Buffer, pattern: SearchPattern, tally: { binary: number }): string[] | undefined {
  const wide = hasWideMark(bytes);
  // What surely does not match is not even decoded.
  if (!wide && !pattern.ignoreCase && !holdsLiteral(bytes, pattern)) return undefined;
  const decoded = decodeText(bytes);
  if (decoded !== undefined) return splitLines(decoded.text);
  if (!wide && holdsLiteral(bytes, pattern)) tally.binary += 1;
  return undefined;
}

/**
 * Whether bytes hold a literal, letter case of ASCII apart where the pattern says so. Files that hold none are left out
 * of the tally of what was not searched: whether they were looked at depends on who looked.
 */
function holdsLiteral(bytes: Buffer, { literals, ignoreCase }: SearchPattern): boolean {
  if (literals === undefined) return true;
  if (!ignoreCase) return literals.some((literal) => bytes.includes(literal));
  const folded = bytes.toString("latin1").toLowerCase();
  return literals.some((literal) => folded.includes(literal.toLowerCase()));
}

/** UTF-16 keeps a zero byte between the letters of a literal. */
function hasWideMark(bytes: Buffer): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}
