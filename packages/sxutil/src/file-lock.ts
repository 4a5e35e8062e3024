import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ExitCode } from "./exit-code.js";
import { Failure } from "./failure.js";
import { acquireChain } from "./lock-chain.js";
import { acquireFlock, findFlock } from "./lock-flock.js";
import type { BusyLock, HeldLock, LockAnswer, LockWait } from "./lock-kind.js";
import { oneLine } from "./one-line.js";
import { readProcessState } from "./process-identity.js";

export interface LockOptions {
  /** How long to wait for others, in milliseconds. With 0 the lock is tried once. */
  readonly waitMs: number;
  /** Ends the wait; once `work` runs, stopping is the work's own affair. */
  readonly signal?: AbortSignal;
  /** What is locked, for the message: `the credential file`. Default: the path. */
  readonly what?: string;
}

/** `auto` is the kernel's lock where the system has `flock`, else the chain of files. The others are for tests. */
export type LockChoice = "auto" | "flock" | "chain";

/**
 * Runs `work` while no other process, and nothing else in this one, holds the lock of the file `path`. The lock is
 * freed when `work` ends in any way, and when this process dies in any way: there are no stale locks. It is taken on
 * `PATH.lock` beside the file, which stays (`PATH.lock.d` where the system has no `flock`); `path` itself need not
 * exist, its folder must. All spellings of a path, also through symbolic links, are one lock. Not reentrant.
 *
 * @throws Failure `lock_busy` (exit code 61) when the wait is over, naming the holder when it is known; `lock_failed`
 * when there can be no lock in that place; the signal's reason on abort; whatever `work` throws.
 */
export async function withFileLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
  choice: LockChoice = "auto",
): Promise<T> {
  options.signal?.throwIfAborted();
  const wait: LockWait = { deadlineMs: performance.now() + options.waitMs, signal: options.signal };
  const name = options.what ?? oneLine(path);
  const target = await resolveTarget(path, name);
  const leaveQueue = await enterQueue(target, wait, name);
  try {
    const held = await acquire(target, wait, choice, name);
    let result: T;
    try {
      result = await work();
    } catch (error) {
      // The work's own error says more than a lock that cannot be given back; that frees itself with the process.
      await held.release().catch(() => undefined);
      throw error;
    }
    await held.release();
    return result;
  } finally {
    leaveQueue();
  }
}

async function acquire(target: string, wait: LockWait, choice: LockChoice, name: string): Promise<HeldLock> {
  let answer: LockAnswer = "unsupported";
  try {
    const flock = choice === "chain" ? undefined : await findFlock();
    if (flock !== undefined) answer = await acquireFlock(flock, `${target}.lock`, wait);
    if (answer === "unsupported" && choice !== "flock") answer = await acquireChain(`${target}.lock.d`, wait);
  } catch (error) {
    wait.signal?.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw lockFailed(name, error as NodeJS.ErrnoException);
  }
  if (answer === "unsupported") throw lockFailed(name, new Error("this system has no flock"));
  if ("release" in answer) return answer;
  throw await lockBusy(name, answer);
}

async function lockBusy(name: string, { holder }: BusyLock): Promise<Failure> {
  // A record may be of somebody who is long gone: only a living process is named.
  const known = holder !== undefined && (await readProcessState(holder)) === "alive";
  const who = known ? `process ${holder.pid}` : "another process";
  return new Failure("lock_busy", ExitCode.lockBusy, `${name} is locked by ${who}; try again when that has finished`);
}

function lockFailed(name: string, error: NodeJS.ErrnoException): Failure {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "its folder does not exist",
    EACCES: "permission denied",
    EROFS: "the file system is read-only",
  };
  const why = reasons[error.code ?? ""] ?? error.code ?? error.message;
  // The lock lies beside what it locks and may belong to somebody else: to root, after a call with sudo.
  const where = error.path === undefined || error.code === "ENOENT" ? "" : ` (${oneLine(error.path, 300)})`;
  const next = error.code === "EACCES" ? "; check who owns it" : "";
  return new Failure("lock_failed", ExitCode.failure, `cannot lock ${name}: ${why}${where}${next}`, { cause: error });
}

/** The file's real path, or that of its folder while there is no such file yet. */
async function resolveTarget(path: string, name: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute).catch(async () => join(await realpath(dirname(absolute)), basename(absolute)));
  } catch (error) {
    throw lockFailed(name, error as NodeJS.ErrnoException);
  }
}

/** Who waits inside this process for each path, first come first served; so only the first one asks the system. */
const queues = new Map<string, (() => void)[]>();

async function enterQueue(target: string, wait: LockWait, name: string): Promise<() => void> {
  const leave = (): void => {
    const next = queues.get(target)?.shift();
    if (next === undefined) queues.delete(target);
    else next();
  };
  const waiting = queues.get(target);
  if (waiting === undefined) {
    queues.set(target, []);
    return leave;
  }
  await new Promise<void>((resolvePromise, reject) => {
    const forget = (): void => {
      clearTimeout(timer);
      wait.signal?.removeEventListener("abort", stop);
      const index = waiting.indexOf(enter);
      if (index !== -1) waiting.splice(index, 1);
    };
    const enter = (): void => {
      forget();
      resolvePromise();
    };
    const stop = (): void => {
      forget();
      reject(wait.signal?.reason as Error);
    };
    const timer = setTimeout(
      () => {
        forget();
        reject(new Failure("lock_busy", ExitCode.lockBusy, `${name} is locked by another part of this program`));
      },
      Math.max(0, wait.deadlineMs - performance.now()),
    );
    wait.signal?.addEventListener("abort", stop, { once: true });
    waiting.push(enter);
  });
  return leave;
}
