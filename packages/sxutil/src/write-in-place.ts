import { constants } from "node:fs";
import { type FileHandle, mkdtemp, open, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ExitCode } from "./exit-code.js";
import { Failure } from "./failure.js";
import { oneLine } from "./one-line.js";
import { writeAll } from "./write-all.js";

/** Where the old content is kept while the file itself is being overwritten. */
interface SideCopy {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Overwrites an existing regular file, for places where it cannot be replaced: the same file stays, with its owner,
 * its other names and its mount. The old content is first saved beside it (or in the system's temporary folder when
 * its own folder takes no new file), and put back when the write fails. A process killed in the middle leaves the
 * saved copy, `NAME.sx-saved-…`, which nothing ever deletes by itself.
 *
 * @throws the error of the file system when the old content is intact, else Failure `write_torn`, which names the copy.
 */
export async function writeInPlace(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw Object.assign(new Error("not a regular file"), { code: "EINVAL" });
    const old = await file.readFile();
    const copy = await saveCopy(path, old);
    try {
      await overwrite(file, old.length, bytes);
    } catch (error) {
      await putBack(file, old, copy, path);
      await copy.remove();
      throw error;
    }
    await copy.remove();
  } finally {
    await file.close();
  }
}

/** What lies beyond the old end is written first: when the disk is full, nothing of the old content is touched yet. */
async function overwrite(file: FileHandle, oldLength: number, bytes: Uint8Array): Promise<void> {
  if (bytes.length > oldLength) {
    await writeAll(file, bytes.subarray(oldLength), oldLength);
    await file.sync();
  }
  await writeAll(file, bytes.subarray(0, oldLength), 0);
  await file.truncate(bytes.length);
  await file.sync();
}

async function putBack(file: FileHandle, old: Uint8Array, copy: SideCopy, path: string): Promise<void> {
  try {
    await file.truncate(old.length);
    await writeAll(file, old, 0);
    await file.sync();
  } catch (error) {
    throw new Failure(
      "write_torn",
      ExitCode.failure,
      `writing ${oneLine(path)} failed half-way and its old content could not be put back; a whole copy of it is ${oneLine(copy.path)}`,
      { cause: error },
    );
  }
}

async function saveCopy(path: string, old: Uint8Array): Promise<SideCopy> {
  const { randomBytes } = await import("node:crypto");
  const name = `${basename(path).slice(0, 100)}.sx-saved-${randomBytes(6).toString("hex")}`;
  const beside = join(dirname(path), name);
  try {
    await writeCopy(beside, old);
    return { path: beside, remove: () => unlink(beside) };
  } catch (error) {
    if (!isReadOnly(error)) throw error;
  }
  const folder = await mkdtemp(join(tmpdir(), "sx-saved-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await writeCopy(join(folder, name), old);
    return { path: join(folder, name), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function writeCopy(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await writeAll(file, bytes, 0);
    await file.sync();
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await file.close();
  }
}

/** Whether a folder refused a new file for what it is, rather than for want of space. */
export function isReadOnly(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "");
}
