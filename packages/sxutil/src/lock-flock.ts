import { constants } from "node:fs";
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode } from "./exit-code.js";
import { Failure } from "./failure.js";
import { type BusyLock, type HeldLock, type LockAnswer, type LockWait, parseHolder } from "./lock-kind.js";
import { oneLine } from "./one-line.js";
import { readOwnIdentity } from "./process-identity.js";
import { writeAll } from "./write-all.js";

/**
 * Where `flock` may live. A fixed list and not PATH, so that every process of a machine (a shell, cron, another user)
 * comes to the same answer: those that lock in different ways do not see each other.
 */
const FOLDERS = [
  "/usr/bin",
  "/bin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
  "/opt/local/bin",
  "/run/current-system/sw/bin",
] as const;

/** A `flock` that may not wait answers at once; one that hangs longer than this (a dead network share) is given up. */
const TRY_LIMIT_MS = 10_000;

let found: Promise<string | undefined> | undefined;

/** Absolute path of the system's `flock`, looked up once; undefined when it has none. */
export function findFlock(): Promise<string | undefined> {
  found ??= findIn(FOLDERS);
  return found;
}

async function findIn(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, "flock");
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() === true && (info.mode & 0o111) !== 0) return path;
  }
  return undefined;
}

/**
 * Takes the kernel's lock on the file `path`, which is made if need be and never deleted. A kernel lock belongs to an
 * open file, not to a process: `flock` is handed ours as its descriptor 3, locks it, and is gone; the lock then lives
 * as long as our descriptor does, and the kernel closes that whatever kills us.
 * Source: flock(2), "associated with an open file description", and flock(1), third form, read 2026-11-20.
 */
export async function acquireFlock(flock: string, path: string, wait: LockWait): Promise<LockAnswer> {
  for (;;) {
    const file = await openLockFile(path);
    let kept = false;
    try {
      const answer = await lockOpenFile(flock, file, wait);
      if (answer === "busy") return await describeHolder(path);
      if (answer === "unsupported") return answer;
      // Somebody may have deleted the file while we waited: then others lock another one.
      if (!(await isStillAt(path, file))) continue;
      await leaveName(file);
      kept = true;
      return holdOpen(file);
    } finally {
      if (!kept) await file.close();
    }
  }
}

function holdOpen(file: FileHandle): HeldLock {
  return { release: () => file.close() };
}

async function openLockFile(path: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags, 0o600);
  const info = await file.stat();
  if (info.isFile() && info.nlink <= 1) return file;
  await file.close();
  throw new Failure("lock_failed", ExitCode.failure, `${oneLine(path)} is not a plain lock file; remove it`);
}

async function isStillAt(path: string, file: FileHandle): Promise<boolean> {
  const [there, ours] = await Promise.all([
    stat(path, { bigint: true }).catch(() => undefined),
    file.stat({ bigint: true }),
  ]);
  return there?.ino === ours.ino && there.dev === ours.dev;
}

/** Our name in the lock file, for the message of whoever waits in vain. */
async function leaveName(file: FileHandle): Promise<void> {
  try {
    const own = await readOwnIdentity();
    await file.truncate(0);
    if (own !== undefined) await writeAll(file, Buffer.from(`${JSON.stringify(own)}\n`), 0);
  } catch {
    // A full disk does not weaken the lock; only the name is missing.
  }
}

async function describeHolder(path: string): Promise<BusyLock> {
  const text = await readFile(path, "utf8").catch(() => "");
  return { holder: parseHolder(text) };
}

async function lockOpenFile(flock: string, file: FileHandle, wait: LockWait): Promise<"held" | "busy" | "unsupported"> {
  let answer = await runFlock(flock, file, ["-x", "-n", "3"], TRY_LIMIT_MS, wait.signal);
  for (;;) {
    const leftMs = wait.deadlineMs - performance.now();
    if (answer === "held" || answer === "unsupported") return answer;
    if (leftMs <= 0) return "busy";
    // Killed by somebody else (`interrupted`) or busy: now one that waits, and again until the time is over.
    answer = await runFlock(flock, file, ["-x", "3"], leftMs, wait.signal);
  }
}

/**
 * One `flock`, awaited to its end. It is killed after `limitMs` and on abort; a lock that it got in that very moment is
 * given back when the caller closes the file.
 */
async function runFlock(
  flock: string,
  file: FileHandle,
  argv: readonly string[],
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<"held" | "busy" | "interrupted" | "unsupported"> {
  signal?.throwIfAborted();
  const { spawn } = await import("node:child_process");
  const child = spawn(flock, argv, { stdio: ["ignore", "ignore", "pipe", file.fd], env: { LC_ALL: "C" } });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  const timer = setTimeout(kill, limitMs);
  signal?.addEventListener("abort", kill, { once: true });
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, 500);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    signal?.throwIfAborted();
    if (code === 0) return "held";
    if (code === null) return "interrupted";
    if (/no locks available|not supported|not implemented/iu.test(complaint)) return "unsupported";
    if (code === 1 && complaint === "") return "busy";
    throw new Failure(
      "lock_failed",
      ExitCode.failure,
      `${flock} failed: ${oneLine(complaint, 200) || `exit code ${code}`}`,
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
}
