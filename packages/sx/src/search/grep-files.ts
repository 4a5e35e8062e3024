import { lstat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ToolOutput } from "@scorpiox/sxnet";
import { fileAccess } from "../files/file-access.js";
import { FileFailure } from "../files/file-failure.js";
import { walkFiles } from "./file-walk.js";
import { compileGlob } from "./glob-pattern.js";
import { findRipgrep, narrowFiles } from "./ripgrep.js";
import { compilePattern } from "./search-pattern.js";
import { type SearchMode, SearchReport } from "./search-report.js";
import { MAX_SEARCHED_BYTES, searchText } from "./text-search.js";
import type { ToolContext } from "../tools/tool-context.js";

export interface GrepQuestion {
  readonly pattern: string;
  /** File or folder; default the workspace. */
  readonly path?: string;
  readonly glob?: string;
  readonly ignoreCase?: boolean;
  readonly context?: number;
  readonly mode?: SearchMode;
  readonly limit?: number;
}

export interface GrepBounds {
  /** Files from which ripgrep is worth its start. Zero: always; `Infinity`: never. */
  readonly ripgrepFrom: number;
  readonly timeMs: number;
}

const BOUNDS: GrepBounds = { ripgrepFrom: 150, timeMs: 10_000 };
const DEFAULT_LIMIT = 200;
const MAX_LIMIT = 5000;
const MAX_CONTEXT = 50;

/**
 * One walk decides which files are searched, `searchText` finds the lines; ripgrep, where there is one, only saves
 * reading files that cannot match.
 * @throws FileFailure for a bad pattern or path; the signal's reason.
 */
export async function grepFiles(
  context: ToolContext,
  question: GrepQuestion,
  signal: AbortSignal,
  bounds: GrepBounds = BOUNDS,
): Promise<ToolOutput> {
  const access = fileAccess(context);
  const pattern = compilePattern(question.pattern, question.ignoreCase === true);
  const accept = question.glob === undefined ? undefined : compileGlob(question.glob);
  const target = await access.forReading(question.path ?? ".");
  const deadline = performance.now() + bounds.timeMs;
  const place = await listFiles(context, target.real, target.shown, accept, signal);
  const left = (): number => Math.max(0, deadline - performance.now());

  let { files } = place;
  if (pattern.literals !== undefined && files.length >= bounds.ripgrepFrom) {
    const program = await findRipgrep(context.env["PATH"] ?? "", context.workspace);
    if (program !== undefined) {
      const { literals, ignoreCase } = pattern;
      const timeMs = left() / 2;
      const maxBytes = MAX_SEARCHED_BYTES;
      files = await narrowFiles({ program, root: place.root, files, literals, ignoreCase, maxBytes, timeMs, signal });
    }
  }
  const mode = question.mode ?? "content";
  const limit = Math.min(MAX_LIMIT, question.limit ?? DEFAULT_LIMIT);
  const report = new SearchReport({
    mode,
    context: Math.min(MAX_CONTEXT, question.context ?? 0),
    limit,
    name: (file) => access.show(join(place.root, file)),
  });
  const result = await searchText({
    root: place.root,
    files,
    pattern,
    limit,
    perFile: mode === "content" ? "no" : mode === "files" ? "first" : "count",
    onFound: (found) => report.add(found),
    judge: access.judge(target),
    timeMs: bounds.timeMs,
    deadlineMs: deadline,
    signal,
  });
  const remarks = [...place.remarks];
  if (pattern.namesLineFeed && report.isEmpty)
    remarks.push("patterns are matched within one line, so \\n never matches");
  const { text, truncated } = report.finish(result, remarks);
  return { content: [{ type: "text", text }], truncated: truncated || place.stopped };
}

interface Place {
  readonly root: string;
  readonly files: readonly string[];
  readonly remarks: readonly string[];
  readonly stopped: boolean;
}

async function listFiles(
  context: ToolContext,
  real: string,
  shown: string,
  accept: ((path: string) => boolean) | undefined,
  signal: AbortSignal,
): Promise<Place> {
  const stats = await lstat(real).catch((cause: unknown) => {
    throw new FileFailure("not_found", `${shown} does not exist`, { cause });
  });
  // A file that is named is searched whatever the ignore rules and the glob say.
  if (stats.isFile()) return { root: dirname(real), files: [basename(real)], remarks: [], stopped: false };
  if (!stats.isDirectory()) throw new FileFailure("not_a_file", `${shown} is neither a file nor a folder`);
  const walk = await walkFiles({
    root: real,
    workspace: context.workspace,
    hidden: fileAccess(context).hidden(real),
    ...(accept === undefined ? {} : { accept }),
    signal,
  });
  const remarks = walk.stopped === undefined ? [] : [`not all files were looked at: ${walk.stopped}`];
  return { root: real, files: walk.files, remarks, stopped: walk.stopped !== undefined };
}
