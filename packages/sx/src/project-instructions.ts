import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** What a project tells its agents. */
export interface ProjectInstructions {
  readonly path: string;
  /** The file's name, for example `AGENTS.md`. */
  readonly name: string;
  readonly text: string;
}

const NAMES = ["AGENTS.md", "CLAUDE.md"] as const;
/** More than this would crowd out the work; the rest is cut, and the cut is said. */
const MAX_BYTES = 32_768;

/**
 * The nearest `AGENTS.md`, else `CLAUDE.md`, from `cwd` upward to the git root; without a git root only `cwd` itself is
 * looked at. Unreadable and empty files count as absent: a prompt must never fail for them.
 */
export function findProjectInstructions(cwd: string): ProjectInstructions | undefined {
  const root = gitRoot(cwd);
  for (let folder = cwd; ; folder = dirname(folder)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      const text = readStart(path);
      if (text !== undefined && text.trim() !== "") return { path, name: basename(path), text: text.trim() };
    }
    if (root === undefined || folder === root || folder === dirname(folder)) return undefined;
  }
}

function gitRoot(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (lstatSync(join(folder, ".git"), { throwIfNoEntry: false }) !== undefined) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function readStart(path: string): string | undefined {
  let file: number;
  try {
    // Without blocking: a FIFO of that name must not hang the start.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    // Absent or unreadable, which is the same here.
    return undefined;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(stat.size, MAX_BYTES));
    const length = readSync(file, bytes, 0, bytes.length, 0);
    const text = bytes.toString("utf8", 0, length).replace(/^\ufeff/, "");
    return stat.size > MAX_BYTES
      ? `${text.toWellFormed()}\n[cut at ${MAX_BYTES} bytes; read the file for the rest]`
      : text;
  } catch {
    // Vanished or failed while reading: as if it were not there.
    return undefined;
  } finally {
    closeSync(file);
  }
}
