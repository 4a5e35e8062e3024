import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** More than any HEAD or `.git` file needs; whatever is longer is not one. */
const MAX_BYTES = 4_096;
/** Deeper than any real folder; keeps a walk upwards short. */
const MAX_LEVELS = 64;

/**
 * What is checked out where `folder` (absolute) belongs: the branch's name, or the first characters of a commit's hash
 * when no branch is. Undefined outside of git and for anything that is not as git writes it. Reads at most a few small
 * files and starts no program, so it is safe in a folder that nobody trusts yet; on the start path, hence synchronous.
 * Never throws.
 *
 * Source: gitrepository-layout(5), "gitfile" and "HEAD"; git-check-ref-format(1); read 2026-11-20.
 */
export function readGitBranch(folder: string): string | undefined {
  let here = folder;
  for (let level = 0; level < MAX_LEVELS; level++) {
    const dotGit = join(here, ".git");
    const head = readSmallFile(join(dotGit, "HEAD")) ?? readLinkedHead(here, dotGit);
    if (head !== undefined) return parseHead(head);
    const parent = dirname(here);
    if (parent === here) return undefined;
    here = parent;
  }
  return undefined;
}

/** In a worktree or a submodule `.git` is a file that names the folder where HEAD is. */
function readLinkedHead(folder: string, dotGit: string): string | undefined {
  const [, target] = /^gitdir: ([^\0\n]+)\n?$/.exec(readSmallFile(dotGit) ?? "") ?? [];
  return target === undefined ? undefined : readSmallFile(join(resolve(folder, target), "HEAD"));
}

/** The text of HEAD as a name to show; undefined when git would not have written it. */
export function parseHead(text: string): string | undefined {
  const line = text.replace(/\n$/, "");
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(line)) return line.slice(0, 10);
  const [, name] = /^ref: refs\/(?:heads\/)?(.+)$/.exec(line) ?? [];
  return name !== undefined && isRefName(name) ? name : undefined;
}

/** The name comes from a repository and goes into a prompt: only what git itself allows passes. */
function isRefName(name: string): boolean {
  if (name.length > 255 || /[\0-\x20\x7f-\x9f~^:?*[\\\u2028\u2029\ufffd]|\.\.|@\{|\/\/|^\/|\/$|\.$/.test(name))
    return false;
  return name.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}

function readSmallFile(path: string): string | undefined {
  let file: number | undefined;
  try {
    // Without O_NONBLOCK a named pipe in the place of HEAD would hold us up for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(file).isFile()) return undefined;
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    const bytesRead = readSync(file, buffer, 0, buffer.length, 0);
    return bytesRead > MAX_BYTES ? undefined : buffer.toString("utf8", 0, bytesRead);
  } catch {
    // Absent or unreadable: then there is no branch to name.
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
