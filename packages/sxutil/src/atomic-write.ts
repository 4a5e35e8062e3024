import type { BigIntStats } from "node:fs";
import { lstat, open, readlink, realpath, rename, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ExitCode } from "./exit-code.js";
import { Failure } from "./failure.js";
import { oneLine } from "./one-line.js";
import { createTempFile, sweepTempFiles, type TempFile } from "./temp-file.js";
import { writeAll } from "./write-all.js";
import { isReadOnly, writeInPlace } from "./write-in-place.js";

export interface WriteOptions {
  /** Permission bits of the written file, whatever the umask says. Default: those of the old file, else 0666 & ~umask. */
  readonly mode?: number;
  /** With `mode`: an existing file keeps its own bits, and `mode` is for a new one. Default false. */
  readonly keepMode?: boolean;
  /** False: `path` is used as it is, none of its folders is resolved, and a link in its place is refused. Default true. */
  readonly followLinks?: boolean;
}

export interface WriteResult {
  /** The file that was written: `path` with its symbolic links resolved. */
  readonly path: string;
  /** False when the file had to be overwritten where it is: a reader or a power cut may then have seen a half of it. */
  readonly atomic: boolean;
  /** Why not, in a few words. */
  readonly reason?: string;
}

/**
 * Replaces a file's content so that everybody sees the old content or the new one, whole, also after a kill or a power
 * cut. A symbolic link stays, and the file it points to is replaced. The folder must exist.
 *
 * Where a replacement would lose something (several hard links, another owner that cannot be kept) or is not possible
 * (a mounted file, a folder that takes no new files) the file is overwritten in place, with its old content saved
 * beside it for the while, and the result says so. Extended attributes and access lists are not carried over.
 *
 * @throws Failure `write_failed`; the old content is then intact and nothing is left behind. Failure `write_torn` when
 * an overwrite in place broke and could not be undone; it names the saved copy.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: WriteOptions = {},
): Promise<WriteResult> {
  const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
  try {
    const target = options.followLinks === false ? resolve(path) : await resolveTarget(path);
    const old = await lstatOrUndefined(target);
    if (old !== undefined && !old.isFile()) throw new Error("it is not a regular file");
    const reason = await replace(target, bytes, old, chooseMode(old, options));
    if (reason === undefined) return { path: target, atomic: true };
    await writeInPlace(target, bytes);
    if (options.mode !== undefined && options.keepMode !== true) await changeMode(target, options.mode);
    return { path: target, atomic: false, reason };
  } catch (error) {
    if (error instanceof Failure) throw error;
    const why = explain(error as NodeJS.ErrnoException);
    throw new Failure("write_failed", ExitCode.failure, `cannot write ${oneLine(path)}: ${why}`, { cause: error });
  }
}

/** Set-id bits are never carried onto new content, as the kernel drops them on a write. */
function chooseMode(old: BigIntStats | undefined, options: WriteOptions): number | undefined {
  const oldMode = old === undefined ? undefined : Number(old.mode & 0o777n);
  return options.keepMode === true ? (oldMode ?? options.mode) : (options.mode ?? oldMode);
}

/** @returns why the file cannot be replaced, and undefined when it has been. */
async function replace(
  target: string,
  bytes: Uint8Array,
  old: BigIntStats | undefined,
  mode: number | undefined,
): Promise<string | undefined> {
  if (old !== undefined && old.nlink > 1n) return "the file has more than one hard link";
  const folder = dirname(target);
  let temp: TempFile;
  try {
    // With a mode to come the file stays private until it is whole; without one the kernel applies the umask.
    temp = await createTempFile(folder, mode === undefined ? 0o666 : 0o600);
  } catch (error) {
    if (old !== undefined && isReadOnly(error)) return "its folder takes no new files";
    throw error;
  }
  let renamed = false;
  try {
    await sweepTempFiles(folder, temp);
    await writeAll(temp.file, bytes, 0);
    if (old !== undefined && !(await keepOwner(temp, old))) return "the file's owner could not be kept";
    if (mode !== undefined) await temp.file.chmod(mode);
    await temp.file.sync();
    const reason = await renameOver(temp, target, old !== undefined);
    if (reason !== undefined) return reason;
    renamed = true;
    await syncFolder(folder);
    return undefined;
  } finally {
    await temp.file.close();
    if (!renamed) await unlink(temp.path);
  }
}

async function keepOwner(temp: TempFile, old: BigIntStats): Promise<boolean> {
  const now = await temp.file.stat({ bigint: true });
  if (now.uid === old.uid && now.gid === old.gid) return true;
  try {
    await temp.file.chown(Number(old.uid), Number(old.gid));
    return true;
  } catch {
    // Only root may give files away: the caller writes in place, which keeps the owner.
    return false;
  }
}

async function renameOver(temp: TempFile, target: string, exists: boolean): Promise<string | undefined> {
  try {
    await rename(temp.path, target);
    return undefined;
  } catch (error) {
    // A network file system may report an error for a rename that was done.
    const [ours, there] = [await temp.file.stat({ bigint: true }), await lstatOrUndefined(target)];
    if (there?.ino === ours.ino && there.dev === ours.dev) return undefined;
    const { code } = error as NodeJS.ErrnoException;
    if (exists && (code === "EBUSY" || code === "EXDEV")) return "the file is a mount point";
    if (exists && isReadOnly(error)) return "its folder does not let the file be replaced";
    throw error;
  }
}

/** Makes the new name itself survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Some file systems cannot sync a folder, and a folder may be writable but not readable; the content is on disk.
  }
}

async function changeMode(path: string, mode: number): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.chmod(mode);
  } finally {
    await file.close();
  }
}

/** The real path of what `path` means, also when the last file does not exist yet (a new file, a dangling link). */
async function resolveTarget(path: string): Promise<string> {
  let current = resolve(path);
  for (let links = 0; links < 40; links += 1) {
    current = join(await realpath(dirname(current)), basename(current));
    const found = await lstatOrUndefined(current);
    if (found === undefined || !found.isSymbolicLink()) return current;
    current = resolve(dirname(current), await readlink(current));
  }
  throw Object.assign(new Error("too many symbolic links"), { code: "ELOOP" });
}

async function lstatOrUndefined(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the disk; free some and try again",
  EDQUOT: "the disk quota is used up; free some space and try again",
  EFBIG: "the file would be larger than is allowed here",
  EACCES: "permission denied; check who owns the file and its folder",
  EPERM: "the system does not permit it; check who owns the file and its folder",
  EROFS: "the file system is read-only",
  ENOENT: "its folder does not exist",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder",
  ELOOP: "its symbolic links go round in a circle",
  ENAMETOOLONG: "the name is too long",
  EIO: "the disk reports an input or output error",
  EMFILE: "too many files are open",
};

function explain(error: NodeJS.ErrnoException): string {
  return REASONS[error.code ?? ""] ?? error.message;
}
