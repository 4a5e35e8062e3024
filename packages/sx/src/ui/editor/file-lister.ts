import type { FileLister } from "./completion.js";

/** A list to choose from need not be whole; a walk that takes longer is cut. */
const MAX_ENTRIES = 60_000;
const MAX_MS = 3000;

export interface FileListerOptions {
  /** Absolute real path of the folder whose files are offered. */
  readonly root: string;
  /** Absolute paths that are never offered, with all that lies in them. */
  readonly hidden?: (path: string) => boolean;
}

/** Lists the files of a folder that git would not ignore, relative to it, and the folders they are in with a `/`. */
export function createFileLister({ root, hidden }: FileListerOptions): FileLister {
  return async (signal) => {
    const { walkFiles } = await import("../../search/file-walk.js");
    const limits = { entries: MAX_ENTRIES, timeMs: MAX_MS };
    const { files } = await walkFiles({ root, workspace: root, hidden, limits, signal });
    return [...foldersOf(files), ...files];
  };
}

function foldersOf(files: readonly string[]): Iterable<string> {
  const folders = new Set<string>();
  for (const file of files) {
    for (let at = file.lastIndexOf("/"); at > 0; at = file.lastIndexOf("/", at - 1)) {
      const folder = file.slice(0, at + 1);
      // Those above it are known too.
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}
