import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { isInside } from "./workspace-path.js";

/**
 * Whether `path` lies in a folder that git takes for a repository's data, or would once the file is there. Such a
 * folder need not be called `.git`: a `.git` file, a worktree or a bare repository names any other, and its `config` and
 * `hooks` are run all the same. Both paths are absolute and resolved; nothing above `workspace` is looked at.
 * Source: gitrepository-layout(5); git asks for `objects` and `refs` before anything else; read 2026-11-21.
 */
export function isInGitFolder(workspace: string, path: string): boolean {
  for (let folder = dirname(path); isInside(workspace, folder); folder = dirname(folder)) {
    if (MARKS.every((name) => isInside(join(folder, name), path) || isFolder(join(folder, name)))) return true;
    if (folder === workspace) break;
  }
  return false;
}

const MARKS = ["objects", "refs"] as const;

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // A parent that is a file, a loop of links: nothing that git could use.
    return false;
  }
}
