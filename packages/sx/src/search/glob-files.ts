import { lstat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { ToolOutput } from "@scorpiox/sxnet";
import { fileAccess } from "../files/file-access.js";
import { FileFailure } from "../files/file-failure.js";
import { walkFiles } from "./file-walk.js";
import { compileGlob } from "./glob-pattern.js";
import type { ToolContext } from "../tools/tool-context.js";

/** Paths in one answer. */
const MAX_PATHS = 1000;

/**
 * The files that fit a glob, in path order: the same tree gives the same answer, which time stamps would not.
 * @throws FileFailure for a bad pattern or path; the signal's reason.
 */
export async function globFiles(
  context: ToolContext,
  question: { readonly pattern: string; readonly path?: string },
  signal: AbortSignal,
): Promise<ToolOutput> {
  const access = fileAccess(context);
  const { folder, pattern } = splitPattern(question.pattern);
  const base = question.path ?? ".";
  const start = isAbsolute(folder) || folder === "~" || folder.startsWith("~/") ? folder : `${base}/${folder}`;
  const matches = compileGlob(pattern);
  const target = await access.forReading(start);
  const stats = await lstat(target.real).catch((cause: unknown) => {
    throw new FileFailure("not_found", `the folder ${target.shown} does not exist`, { cause });
  });
  if (!stats.isDirectory()) throw new FileFailure("not_a_file", `${target.shown} is not a folder`);
  const walk = await walkFiles({
    root: target.real,
    workspace: context.workspace,
    hidden: access.hidden(target.real),
    accept: matches,
    signal,
  });

  const shown = walk.files.slice(0, MAX_PATHS).map((file) => access.show(join(target.real, file)));
  const cut = walk.files.length - shown.length;
  const lines =
    shown.length === 0 ? ["no files (ignored ones are left out unless their folder is given as path)"] : shown;
  if (cut > 0) lines.push(`[${cut} more files; narrow pattern or path]`);
  if (walk.stopped !== undefined) lines.push(`[not all files were looked at: ${walk.stopped}]`);
  if (walk.unreadable > 0) lines.push(`[${walk.unreadable} folders or names could not be read]`);
  return { content: [{ type: "text", text: lines.join("\n") }], truncated: cut > 0 || walk.stopped !== undefined };
}

/**
 * The folders at the start of a pattern that hold no wildcard, and the rest: the walk begins there. A pattern without a
 * folder stays whole, because it is matched at any depth.
 */
export function splitPattern(pattern: string): { folder: string; pattern: string } {
  const plainPattern = pattern.replace(/^(\.\/+)+/, "");
  const parts = (plainPattern.endsWith("/") ? `${plainPattern}**` : plainPattern).split("/");
  let plain = 0;
  while (plain < parts.length - 1 && !/[*?[\]{}\\!]/.test(parts[plain] ?? "")) plain += 1;
  if (plain === 0) return { folder: "", pattern: parts.join("/") };
  const rest = parts.slice(plain).join("/");
  const folder = parts.slice(0, plain).join("/") || "/";
  // The slash keeps a last name from being matched at any depth.
  return { folder, pattern: rest.includes("/") ? rest : `/${rest}` };
}
