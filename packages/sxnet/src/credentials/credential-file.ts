import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
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
  let endMs = Number.POSITIVE_INFINITY;
  for (let delayMs = 5; ; delayMs = Math.min(delayMs * 2, 80)) {
    view.signal?.throwIfAborted();
    const read = readOnce(path, view);
    if (read === undefined || read.steady || (delayMs > 5 && performance.now() >= endMs)) return read;
    // Only now: the first look at this clock loads a dozen modules, and nearly every file is whole.
    endMs = Math.min(endMs, performance.now() + TORN_LIMIT_MS);
    await pause(delayMs, view.signal);
  }
}

/** Without a turn of the event loop: a command that prints a token does little else, and each turn costs it more. */
function readOnce(path: string, view: CredentialFileView): (CredentialText & { readonly steady: boolean }) | undefined {
  const userId = "userId" in view ? view.userId : currentUserId();
  try {
    const file = openFile(path, view.name, userId);
    if (file === undefined) return undefined;
    try {
      const before = fstatSync(file);
      check(before, view.name, userId);
      const warnings = makePrivate(file, before, view.name, userId);
      const text = readText(file, view.name);
      const after = fstatSync(file);
      const there = statSync(path, { throwIfNoEntry: false });
      const steady = isSame(before, after) && there !== undefined && there.ino === after.ino && isWhole(text);
      return { text, savedAtMs: after.mtimeMs, warnings, steady };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof CredentialError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EACCES" || code === "EPERM" ? "permission denied" : (code ?? message);
    throw new CredentialError("bad_input", `cannot read ${view.name}: ${why}`, { cause: error });
  }
}

/** Opens what `path` leads to; the last step never follows a link, so nobody can put one in its place meanwhile. */
function openFile(path: string, name: string, userId: number | undefined): number | undefined {
  try {
    const info = lstatSync(path);
    if (info.isSymbolicLink()) checkOwner(info, `the link ${name}`, userId);
    const real = info.isSymbolicLink() ? realpathSync(path) : path;
    return openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
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

function makePrivate(file: number, info: Stats, name: string, userId: number | undefined): readonly string[] {
  if (userId === undefined || (info.mode & 0o077) === 0) return [];
  const mode = (info.mode & 0o777).toString(8);
  if (info.uid === userId) {
    try {
      fchmodSync(file, info.mode & 0o700);
      return [`${name} was open to other users (mode ${mode}); it is private now`];
    } catch {
      // A read-only file system, say: then only the warning is left.
    }
  }
  return [`${name} is open to other users (mode ${mode}); make it private with chmod 600`];
}

/** Up to the limit also when the file grows while it is read. */
function readText(file: number, name: string): string {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(16_384);
    const bytesRead = readSync(file, chunk, 0, chunk.length, length);
    if (bytesRead === 0) return Buffer.concat(chunks).toString("utf8");
    length += bytesRead;
    if (length > MAX_BYTES) throw tooLarge(name);
    chunks.push(chunk.subarray(0, bytesRead));
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
