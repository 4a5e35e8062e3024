import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { isInside } from "../files/workspace-path.js";

/**
 * The absolute path of a program on PATH, or undefined. Empty and relative entries are skipped, and so is everything
 * inside `workspace`: a repository that brings its own `bash` or `rg` must not get to run it by being looked at.
 * Never throws.
 */
export async function findProgram(name: string, path: string, workspace: string): Promise<string | undefined> {
  for (const folder of path.split(":")) {
    if (!folder.startsWith("/")) continue;
    const candidate = join(folder, name);
    try {
      await access(candidate, constants.X_OK);
      const real = await realpath(candidate);
      if (isInside(workspace, candidate) || isInside(workspace, real)) continue;
      if ((await stat(real)).isFile()) return candidate;
    } catch {
      // Not here, or not ours to run: the next folder may have it.
    }
  }
  return undefined;
}
