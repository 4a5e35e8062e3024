import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isInside } from "./files/workspace-path.js";

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

/** Says nothing to the eye: control characters, marks that reorder text, spaces without width, tag characters. */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu;

/**
 * The nearest `AGENTS.md`, else `CLAUDE.md`, from `cwd` (a real path) upward to the git root; without a git root only
 * `cwd` itself is looked at. A folder above that belongs to somebody else ends the way up, and a link that leads out of
 * the root is not followed: what lies there is not the project's. Unreadable and empty files count as absent: a prompt
 * must never fail for them. What a reader of the file would not see is left out.
 */
export function findProjectInstructions(cwd: string): ProjectInstructions | undefined {
  const root = gitRoot(cwd) ?? cwd;
  for (let folder = cwd; ; folder = dirname(folder)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      const text = readStart(path, root)?.replaceAll("\r\n", "\n").replace(UNSEEN, "").trim();
      if (text !== undefined && text !== "") return { path, name: basename(path), text };
    }
    if (folder === root || folder === dirname(folder)) return undefined;
  }
}

function gitRoot(cwd: string): string | undefined {
  const owner = statSync(cwd, { throwIfNoEntry: false })?.uid;
  for (let folder = cwd; statSync(folder, { throwIfNoEntry: false })?.uid === owner; folder = dirname(folder)) {
    if (lstatSync(join(folder, ".git"), { throwIfNoEntry: false }) !== undefined) return folder;
    if (folder === dirname(folder)) return undefined;
  }
  return undefined;
}

function readStart(path: string, root: string): string | undefined {
  let file: number;
  try {
    const real = realpathSync(path);
    if (!isInside(root, real)) return undefined;
    // Without blocking: a FIFO of that name must not hang the start.
    file = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
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
