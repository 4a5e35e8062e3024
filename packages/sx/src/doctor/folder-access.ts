import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { dirname } from "node:path";

/** Whether a folder may be written: it, or the nearest one above that is there, in which it would be made. */
export async function mayWrite(folder: string): Promise<boolean> {
  try {
    await access(await existingParent(folder), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    // Whatever forbids it, it is forbidden.
    return false;
  }
}

/** The folder, or the nearest one above that is there. @throws what the system says of one that is, and is closed */
export async function existingParent(folder: string): Promise<string> {
  try {
    await access(folder);
    return folder;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isMissing || dirname(folder) === folder) throw error;
    return existingParent(dirname(folder));
  }
}
