import { chmod, realpath, rmdir, symlink, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeFileAtomic } from "@scorpiox/sxutil";
import { FileFailure } from "../files/file-failure.js";
import { holdFolder } from "../files/workspace-folder.js";
import { displayPath, errorCode, isInside } from "../files/workspace-path.js";
import type { FileState } from "./file-state.js";

/**
 * Makes one file of the workspace what `state` says; `bytes` is its content. The file of before is replaced whole or not
 * at all. The folders on the way are made where they are missing, and no link is followed.
 * @throws Failure; nothing is changed then
 */
export async function writeState(
  workspace: string,
  path: string,
  state: FileState,
  bytes: Buffer | undefined,
): Promise<void> {
  const shown = displayPath(workspace, path);
  if (!isInside(workspace, path) || path === workspace) {
    throw new FileFailure("outside_workspace", `${shown} is outside the workspace and is left alone`);
  }
  const folder = await holdFolder(workspace, dirname(path), { real: path, shown });
  const held = join(folder.path, basename(path));
  try {
    switch (state.kind) {
      case "none":
        await removeFile(held);
        return;
      case "link":
        await removeFile(held);
        await symlink(state.target, held);
        return;
      case "file": {
        if (bytes === undefined) throw new FileFailure("write_failed", `${shown} has no copy to go back to`);
        // A link in the file's place would be refused by the write.
        const { mode } = state;
        await writeOver(held, bytes, mode);
        if (mode !== undefined) await chmod(held, mode);
        return;
      }
      case "unknown":
        throw new FileFailure("write_failed", `${shown} has no copy to go back to`);
    }
  } catch (error) {
    if (error instanceof FileFailure) throw error;
    const why = error instanceof Error ? error.message.replaceAll(folder.path, dirname(path)) : String(error);
    throw new FileFailure("write_failed", `${shown} could not be changed: ${why}`, { cause: error });
  } finally {
    await folder.close();
  }
}

async function writeOver(held: string, bytes: Buffer, mode: number | undefined): Promise<void> {
  const options = { followLinks: false, ...(mode === undefined ? {} : { mode }) };
  try {
    await writeFileAtomic(held, bytes, options);
  } catch (error) {
    const { lstat } = await import("node:fs/promises");
    const stats = await lstat(held).catch(() => undefined);
    if (stats?.isSymbolicLink() !== true) throw error;
    await unlink(held);
    await writeFileAtomic(held, bytes, options);
  }
}

async function removeFile(held: string): Promise<void> {
  try {
    await unlink(held);
  } catch (error) {
    // Gone already is what is wanted.
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

/** Removes the folders that are empty, the innermost first; others stay, and no link is followed. Never rejects. */
export async function removeEmptyFolders(workspace: string, folders: Iterable<string>): Promise<void> {
  const inside = [...new Set(folders)].filter((path) => path !== workspace && isInside(workspace, path));
  for (const path of inside.sort((a, b) => b.length - a.length)) {
    const parent = dirname(path);
    // Swapped for a link meanwhile: what it leads to is somebody else's. A folder that is gone has none either.
    if ((await realpath(parent).catch(() => undefined)) !== parent) continue;
    // Not empty, or gone: both are right.
    await rmdir(path).catch(() => undefined);
  }
}
