import { chmod, mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "../files/workspace-path.js";

/** Copies of sessions that nobody has worked in for that long are removed. */
const FORGOTTEN_AFTER_MS = 30 * 24 * 60 * 60 * 1000;

/** The folder beside a session's file that holds what undo needs. */
export function undoFolderOf(sessionFile: string): string {
  return sessionFile.replace(/\.jsonl$/, ".undo");
}

/** Makes one folder, and the one above it when that is an undo folder, for the owner alone. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = errorCode(error);
    if (code === "EEXIST") return chmod(path, 0o700);
    if (code !== "ENOENT" || !dirname(path).endsWith(".undo")) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

/** Removes the undo folders beside `folder` that have not been used for 30 days. Never rejects. */
export async function sweepUndoFolders(folder: string, nowMs: number): Promise<void> {
  const parent = dirname(folder);
  for (const name of await readdir(parent).catch(() => [])) {
    const path = join(parent, name);
    if (!name.endsWith(".undo") || path === folder) continue;
    // The journal is what changes with every use.
    const facts = await stat(join(path, "journal.jsonl")).catch(() => undefined);
    if (facts === undefined || nowMs - facts.mtimeMs < FORGOTTEN_AFTER_MS) continue;
    // What cannot be removed now is tried again another day.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
