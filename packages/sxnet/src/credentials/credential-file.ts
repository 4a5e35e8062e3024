import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, realpath, stat } from "node:fs/promises";
import { currentUserId, pause } from "@scorpiox/sxutil";
import { CredentialError } from "./credential-error.js";

const MAX_BYTES = 1024 * 1024;

/** How long a file that another program is just writing may look half-written. */
const TORN_LIMIT_MS = 1_000;

export interface CredentialText {
  readonly text: string;
  /** Modification time of the file in Unix milliseconds. */
  readonly savedAtMs: number;
  /** One line each, for stderr. */
  readonly warnings: readonly string[];
}

/** What the reader needs besides the path. */
export interface CredentialFileView {
  /** The path as people write it, for messages. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
  /** Who this process is; default: asked from the system. Undefined switches the checks of ownership off. */
  readonly userId?: number | undefined;
}

/**
 * Reads a credential file without falling for a trick: only a regular file of this user or root, at most 1 MiB, and a
 * symbolic link only if its target passes the same. Never blocks on a pipe. A file of ours that others may read is
 * made private, with a warning. A file that changes or is not whole JSON yet is read again for up to a second, because
 * other programs truncate it before they write. Undefined when there is no such file.
 *
 * @throws CredentialError `bad_input`; the signal's reason on abort.
 */
export async function readCredentialFile(path: string, view: CredentialFileView): Promise<CredentialText | undefined> {
  const endMs = performance.now() + TORN_LIMIT_MS;
  for (let delayMs = 5; ; delayMs = Math.min(delayMs * 2, 80)) {
    view.signal?.throwIfAborted();
    const read = await readOnce(path, view);
    if (read === undefined || read.steady || performance.now() >= endMs) return read;
    await pause(delayMs, view.signal);
  }
}

async function readOnce(
  path: string,
  view: CredentialFileView,
): Promise<(CredentialText & { readonly steady: boolean }) | undefined> {
  const userId = "userId" in view ? view.userId : currentUserId();
  try {
    const file = await openFile(path, view.name, userId);
    if (file === undefined) return undefined;
    try {
      const before = await file.stat();
      check(before, view.name, userId);
      const warnings = await makePrivate(file, before, view.name, userId);
      const text = await readText(file, view.name);
      const after = await file.stat();
      const there = await stat(path).catch(() => undefined);
      const steady = isSame(before, after) && there !== undefined && there.ino === after.ino && isWhole(text);
      return { text, savedAtMs: after.mtimeMs, warnings, steady };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CredentialError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EACCES" || code === "EPERM" ? "permission denied" : (code ?? message);
    throw new CredentialError("bad_input", `cannot read ${view.name}: ${why}`, { cause: error });
  }
}

/** Opens what `path` leads to; the last step never follows a link, so nobody can put one in its place meanwhile. */
async function openFile(path: string, name: string, userId: number | undefined): Promise<FileHandle | undefined> {
  try {
    const info = await lstat(path);
    if (info.isSymbolicLink()) checkOwner(info, `the link ${name}`, userId);
    const real = info.isSymbolicLink() ? await realpath(path) : path;
    return await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "ELOOP") throw new CredentialError("bad_input", `${name} is a symbolic link that leads nowhere`);
    if (code === "ENXIO") throw new CredentialError("bad_input", `${name} is not a regular file`);
    throw error;
  }
}

function check(info: Stats, name: string, userId: number | undefined): void {
  if (!info.isFile()) throw new CredentialError("bad_input", `${name} is not a regular file`);
  checkOwner(info, name, userId);
  if (info.size > MAX_BYTES) throw tooLarge(name);
}

function checkOwner(info: Stats, name: string, userId: number | undefined): void {
  if (userId === undefined || info.uid === userId || info.uid === 0) return;
  const advice = "its owner could exchange the login; give the file to yourself or name another one";
  throw new CredentialError("bad_input", `${name} belongs to another user (id ${info.uid}); ${advice}`);
}

async function makePrivate(
  file: FileHandle,
  info: Stats,
  name: string,
  userId: number | undefined,
): Promise<readonly string[]> {
  if (userId === undefined || (info.mode & 0o077) === 0) return [];
  const mode = (info.mode & 0o777).toString(8);
  if (info.uid === userId) {
    try {
      await file.chmod(info.mode & 0o700);
      return [`${name} was open to other users (mode ${mode}); it is private now`];
    } catch {
      // A read-only file system, say: then only the warning is left.
    }
  }
  return [`${name} is open to other users (mode ${mode}); make it private with chmod 600`];
}

/** Up to the limit also when the file grows while it is read. */
async function readText(file: FileHandle, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536, length);
    if (bytesRead === 0) return Buffer.concat(chunks).toString("utf8");
    length += bytesRead;
    if (length > MAX_BYTES) throw tooLarge(name);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

function tooLarge(name: string): CredentialError {
  return new CredentialError("bad_input", `${name} is larger than 1 MiB, which no credential file is`);
}

function isSame(a: Stats, b: Stats): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs;
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Half of a file, or none: what is wrong with it is for the parser to say, once the file has come to rest.
    return false;
  }
}
