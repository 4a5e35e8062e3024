import { mkdir, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ExitCode, Failure, pause, withFileLock, writeFileAtomic } from "@scorpiox/sxutil";
import { removeMarker } from "../refresh/dead-marker.js";
import type { JsonObject } from "../jwt.js";

/** How long a login or logout waits for a refresh that is under way. */
const WAIT_MS = 90_000;

export interface LoginFileOptions {
  /** The path as people write it, for messages. */
  readonly name: string;
  /** Ends the wait for others; not the writing. */
  readonly signal?: AbortSignal | undefined;
  /** Done under the lock, before the file is touched. */
  readonly first?: (() => Promise<void>) | undefined;
}

/**
 * Writes a fresh login: under the lock of the file, whole or not at all, for this user alone (0600; missing folders are
 * made with 0700), whatever the umask says. What is known about the refused token of the old login is forgotten.
 * @throws Failure `lock_busy`, `write_failed`; the signal's reason.
 */
export async function saveLogin(path: string, login: JsonObject, options: LoginFileOptions): Promise<void> {
  await makeFolder(dirname(path), options.name);
  await locked(path, options, async () => {
    await options.first?.();
    await writeLogin(path, login);
    await removeMarker(path);
  });
}

/**
 * Deletes a login and what is known about it. The lock files stay: deleting a lock is how locks are broken.
 * @returns whether there was one
 * @throws Failure `lock_busy`, `remove_failed`; the signal's reason.
 */
export async function removeLogin(path: string, options: LoginFileOptions): Promise<boolean> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory() !== true) return false;
  return locked(path, options, async () => {
    await options.first?.();
    await removeMarker(path);
    try {
      await rm(path);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return false;
      throw new Failure("remove_failed", ExitCode.failure, `cannot remove ${options.name}: ${code ?? "unknown"}`, {
        cause: error,
      });
    }
  });
}

/** The one form in which a login is written; under its lock. @throws Failure `write_failed` */
async function writeLogin(path: string, login: JsonObject): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 });
}

/** Attempts at saving what cannot be had again, and the waits between them, in milliseconds. */
const SAVE_AGAIN_AFTER_MS = [50, 200, 500, 1_000, 2_000, 4_000, 8_000];

/**
 * Writes tokens whose predecessors are used up: a disk that fails now may work in a moment, so it takes no for an
 * answer only after a quarter of a minute. @throws Failure `write_failed`
 */
export async function saveWhateverItTakes(path: string, login: JsonObject): Promise<void> {
  for (const delayMs of SAVE_AGAIN_AFTER_MS) {
    try {
      await writeLogin(path, login);
      return;
    } catch {
      // The last attempt below says why.
      await pause(delayMs);
    }
  }
  await writeLogin(path, login);
}

function locked<T>(path: string, { name, signal }: LoginFileOptions, work: () => Promise<T>): Promise<T> {
  return withFileLock(path, { waitMs: WAIT_MS, what: name, ...(signal === undefined ? {} : { signal }) }, work);
}

async function makeFolder(folder: string, name: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure("write_failed", ExitCode.failure, `cannot make the folder of ${name}: ${code ?? "unknown"}`, {
      cause: error,
    });
  }
}
