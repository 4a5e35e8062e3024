import type { FileMatches, LineMatch, SearchResult } from "./text-search.js";
import { cutText, wellFormed } from "../files/text-file.js";

/** What of a search is told. */
export type SearchMode = "content" | "files" | "count";

export interface ReportOptions {
  readonly mode: SearchMode;
  /** Unmatched lines shown before and after each match. */
  readonly context: number;
  readonly limit: number;
  /** How a file of the result is named. */
  readonly name: (file: string) => string;
}

export interface Report {
  readonly text: string;
  readonly truncated: boolean;
}

const MAX_CHARACTERS = 60_000;
const MAX_LINE = 400;
/** How much of a long line is shown before its match. */
const LEAD = 100;

/**
 * The text of a search for the model: matches in the order of the files, then one remark a line in brackets. Made while
 * the search goes on, so that no file need be kept: a few large ones would fill the memory.
 */
export class SearchReport {
  readonly #options: ReportOptions;
  readonly #parts: string[] = [];
  #length = 0;
  #full = false;

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** False when there is no room for this file, nor for any other. */
  add(found: FileMatches): boolean {
    const part = reportFile(found, this.#options);
    this.#length += part.length + 1;
    this.#full = this.#length > MAX_CHARACTERS && this.#parts.length > 0;
    if (!this.#full) this.#parts.push(cutText(part, MAX_CHARACTERS));
    return !this.#full;
  }

  /** `furtherRemarks` are about the walk and the like; each one line. */
  finish(result: SearchResult, furtherRemarks: readonly string[]): Report {
    const { mode, limit } = this.#options;
    const remarks = [...furtherRemarks, ...skippedRemarks(result)];
    const advice = "narrow pattern, path or glob";
    if (this.#full) remarks.unshift(`cut at ${MAX_CHARACTERS} characters; ${advice}`);
    else if (result.cut) remarks.unshift(`cut at ${limit} ${countedThing(mode)}; ${advice}, or raise limit`);
    const complete = !this.#full && !result.cut && result.stopped === undefined;
    if (this.isEmpty) this.#parts.push(complete ? "no matches" : "no matches so far");
    const body = this.#parts.join(mode === "content" ? "\n\n" : "\n");
    return { text: [body, ...remarks.map((remark) => `[${remark}]`)].join("\n"), truncated: !complete };
  }
}

function reportFile(found: FileMatches, options: ReportOptions): string {
  const name = options.name(found.file);
  if (options.mode === "files") return name;
  if (options.mode === "count") return `${name}: ${found.count}`;
  return [name, ...contentLines(found, options.context)].join("\n");
}

/** `12:text` for a match, `13-text` for context, `--` between stretches that do not touch. */
function contentLines(found: FileMatches, context: number): string[] {
  const matches = new Map<number, LineMatch>(found.matches.map((match) => [match.line, match]));
  const shown: string[] = [];
  let next = 0;
  for (const { line } of found.matches) {
    const start = Math.max(next, line - context);
    if (context > 0 && next > 0 && start > next) shown.push("--");
    const end = Math.min(found.lines.length, line + context + 1);
    for (let at = start; at < end; at += 1) {
      const match = matches.get(at);
      // The context after one match ends where the next match begins its own.
      shown.push(`${at + 1}${match === undefined ? "-" : ":"}${shorten(found.lines[at] ?? "", match?.column ?? 0)}`);
    }
    next = Math.max(next, end);
  }
  return shown;
}

function shorten(line: string, column: number): string {
  if (line.length <= MAX_LINE) return wellFormed(line);
  const start = column < MAX_LINE - LEAD ? 0 : column - LEAD;
  const text = cutText(line.slice(start), MAX_LINE);
  return wellFormed(`${start > 0 ? "…" : ""}${text}${start + text.length < line.length ? "…" : ""}`);
}

function skippedRemarks(result: SearchResult): string[] {
  const skipped: readonly (readonly [count: number, what: string])[] = [
    [result.tooLarge, "too large (over 8 MB)"],
    [result.binary, "binary"],
    [result.unreadable, "unreadable"],
  ];
  const named = skipped.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const remarks: string[] = [];
  if (result.stopped !== undefined) remarks.push(result.stopped);
  if (named.length > 0) remarks.push(`not searched: ${named.join(", ")}`);
  if (result.longLines > 0) remarks.push(`${result.longLines} long lines were searched only at their start`);
  return remarks;
}

function countedThing(mode: SearchMode): string {
  return mode === "content" ? "matching lines" : "files";
}
