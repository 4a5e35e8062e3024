import { type FileHandle, lstat, open, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { currentUserId } from "./current-user.js";
import { type ProcessIdentity, readOwnIdentity, readProcessState } from "./process-identity.js";

/** `.sx-tmp.PID.START.SCOPE.RANDOM`: the name tells whose it is, so that others can see when its writer is dead. */
const NAME = /^\.sx-tmp\.(\d+)\.([A-Za-z0-9]+)\.([A-Za-z0-9-]+)\.[0-9a-f]{16}$/u;

/** Beyond this age a file is dropped also when its writer cannot be looked up; a write takes seconds. */
const FORGOTTEN_AFTER_MS = 24 * 60 * 60 * 1000;

/** Folders by number: the same one may be named in several ways, and one name may lead to several in turn. */
const swept = new Set<string>();

export interface TempFile {
  readonly path: string;
  readonly file: FileHandle;
}

/**
 * Makes a new empty file in `folder`, open for writing. The caller owns it, and closes and renames or removes it.
 * @throws the error of the file system, with its `code`.
 */
export async function createTempFile(folder: string, mode: number): Promise<TempFile> {
  const { randomBytes } = await import("node:crypto");
  const own = await readOwnIdentity();
  const owner = own === undefined ? "0.0.none" : `${own.pid}.${own.start}.${own.scope}`;
  for (let attempt = 1; ; attempt += 1) {
    const path = join(folder, `.sx-tmp.${owner}.${randomBytes(8).toString("hex")}`);
    try {
      return { path, file: await open(path, "wx", mode) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt === 10) throw error;
    }
  }
}

/**
 * Removes what killed writers left in `folder`; once for each folder in the life of a process. A file goes only when
 * its name, kind and owner are those of our temporary files and its writer is dead, or, where that cannot be known
 * (another host or container), when it is a day older than `fresh`, a file that was made just now in the same place.
 * Never throws: litter must not stop a write.
 */
export async function sweepTempFiles(folder: string, fresh: TempFile): Promise<void> {
  try {
    const { dev, ino } = await stat(folder, { bigint: true });
    const key = `${dev}:${ino}`;
    if (swept.has(key)) return;
    swept.add(key);
    const nowMs = (await fresh.file.stat()).mtimeMs;
    for (const name of await readdir(folder)) {
      const match = NAME.exec(name);
      if (match === null) continue;
      const [, pid = "", start = "", scope = ""] = match;
      await sweepOne(join(folder, name), { pid: Number(pid), start, scope }, nowMs);
    }
  } catch {
    // A folder that may be written but not listed cannot be swept.
  }
}

async function sweepOne(path: string, writer: ProcessIdentity, nowMs: number): Promise<void> {
  try {
    const found = await lstat(path);
    const uid = currentUserId();
    if (!found.isFile() || (uid !== undefined && found.uid !== uid)) return;
    const state = await readProcessState(writer);
    if (state === "dead" || (state === "unknown" && nowMs - found.mtimeMs > FORGOTTEN_AFTER_MS)) await unlink(path);
  } catch {
    // Another process swept it first, or may not be touched: either way it is not ours to insist.
  }
}
