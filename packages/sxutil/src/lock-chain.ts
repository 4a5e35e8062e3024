import { type Stats } from "node:fs";
import { link, lstat, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode } from "./exit-code.js";
import { Failure } from "./failure.js";
import { type BusyLock, type HeldLock, type LockAnswer, type LockWait, parseHolder } from "./lock-kind.js";
import { oneLine } from "./one-line.js";
import { pause } from "./pause.js";
import { readOwnIdentity, readProcessState } from "./process-identity.js";

/** What a released generation holds instead of its owner. */
const RELEASED = "released";

/** How owners that cannot be looked up are judged; all in milliseconds. */
export interface ChainTiming {
  /** How often a holder shows that it lives. */
  readonly heartbeatMs: number;
  /** Silent for this long by the file system's clock, a holder is taken for dead ... */
  readonly leaseMs: number;
  /** ... when it also stayed silent under our own eyes for this long; so no jump of a clock takes a lock away. */
  readonly watchMs: number;
}

const TIMING: ChainTiming = { heartbeatMs: 1_000, leaseMs: 30_000, watchMs: 4_000 };

/** Leftovers of processes that were killed while they tried. */
const LITTER_AFTER_MS = 60_000;

/**
 * The lock for places without `flock`: a folder of numbered files, of which the highest is the lock. It is taken by
 * linking a private file, which names its owner, to the next number; only when the highest one is released or its
 * owner is dead. It is released by putting a file that says so over one's own number. The highest file is never
 * deleted: deleting or moving a stale lock away is the race that most lock files lose.
 *
 * Owners on this system are judged by the process table. Others (another container or host on a shared volume) are
 * judged by their heartbeat, so such a lock is freed half a minute after its holder died.
 */
export async function acquireChain(folder: string, wait: LockWait, timing = TIMING): Promise<LockAnswer> {
  await openFolder(folder);
  const watch: Watch = { timing, silent: new Map() };
  for (let attempt = 0; ; attempt += 1) {
    wait.signal?.throwIfAborted();
    const mine = await tryTake(folder, watch);
    if (mine !== undefined) return hold(folder, mine, timing.heartbeatMs);
    const leftMs = wait.deadlineMs - performance.now();
    if (leftMs <= 0) return describeHolder(folder);
    // Often at first, for locks are short; the chance keeps waiters from walking in step.
    const pauseMs = 1 + Math.random() * (attempt < 500 ? 5 : 30);
    await pause(Math.min(leftMs, pauseMs), wait.signal);
  }
}

/** What one waiter has seen of generations whose owner it cannot look up. */
interface Watch {
  readonly timing: ChainTiming;
  readonly silent: Map<number, { readonly mtimeMs: number; readonly sinceMs: number }>;
}

async function openFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if ((await lstat(folder)).isDirectory()) return;
    throw new Failure("lock_failed", ExitCode.failure, `${oneLine(folder)} is not a lock folder; remove it`);
  }
}

async function readGenerations(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => /^[1-9][0-9]{0,14}$/u.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

async function tryTake(folder: string, watch: Watch): Promise<number | undefined> {
  const top = (await readGenerations(folder)).at(-1) ?? 0;
  if (top > 0 && !(await isFree(folder, top, watch))) return undefined;
  const mine = top + 1;
  const own = await readOwnIdentity();
  const temp = await writePrivate(folder, JSON.stringify(own ?? { pid: 0 }));
  try {
    await link(temp, join(folder, String(mine)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  } finally {
    await rm(temp, { force: true });
  }
  const generations = await readGenerations(folder);
  if (generations.at(-1) !== mine) {
    // We were late: what we judged by was cleaned away meanwhile, and others are far ahead.
    await rm(join(folder, String(mine)), { force: true });
    return undefined;
  }
  for (const old of generations) if (old < mine - 2) await rm(join(folder, String(old)), { force: true });
  return mine;
}

async function writePrivate(folder: string, text: string): Promise<string> {
  const { randomUUID } = await import("node:crypto");
  const path = join(folder, `t.${randomUUID()}`);
  await writeFile(path, text, { flag: "wx", mode: 0o600 });
  return path;
}

async function isFree(folder: string, generation: number, watch: Watch): Promise<boolean> {
  const path = join(folder, String(generation));
  let text: string;
  let info: Stats;
  try {
    [text, info] = [await readFile(path, "utf8"), await lstat(path)];
  } catch {
    // Cleaned away between the listing and now: look again.
    return false;
  }
  if (text === RELEASED) return true;
  const owner = parseHolder(text);
  const state = owner === undefined ? "unknown" : await readProcessState(owner);
  if (state !== "unknown") return state === "dead";
  return isSilent(folder, generation, info.mtimeMs, watch);
}

async function isSilent(folder: string, generation: number, mtimeMs: number, watch: Watch): Promise<boolean> {
  const nowMs = performance.now();
  const seen = watch.silent.get(generation);
  if (seen?.mtimeMs !== mtimeMs) {
    watch.silent.set(generation, { mtimeMs, sinceMs: nowMs });
    return false;
  }
  if (nowMs - seen.sinceMs < watch.timing.watchMs) return false;
  const probe = await writePrivate(folder, "");
  const fileSystemNowMs = (await lstat(probe)).mtimeMs;
  await rm(probe, { force: true });
  return fileSystemNowMs - mtimeMs > watch.timing.leaseMs;
}

function hold(folder: string, mine: number, heartbeatMs: number): HeldLock {
  const path = join(folder, String(mine));
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {
      // A missed beat is made up by the next one; a lost lock shows itself at the release.
    });
  }, heartbeatMs);
  heartbeat.unref();
  return {
    async release() {
      clearInterval(heartbeat);
      if ((await readGenerations(folder)).at(-1) !== mine) {
        throw new Failure(
          "lock_lost",
          ExitCode.lockBusy,
          `the lock ${oneLine(folder)} was lost while it was held; try again`,
        );
      }
      await rename(await writePrivate(folder, RELEASED), path);
      await sweepLitter(folder, path);
    },
  };
}

async function sweepLitter(folder: string, fresh: string): Promise<void> {
  try {
    const nowMs = (await lstat(fresh)).mtimeMs;
    for (const name of await readdir(folder)) {
      if (!name.startsWith("t.")) continue;
      const path = join(folder, name);
      if (nowMs - (await lstat(path)).mtimeMs > LITTER_AFTER_MS) await rm(path, { force: true });
    }
  } catch {
    // Somebody else is sweeping, or has taken the lock on: litter is harmless.
  }
}

async function describeHolder(folder: string): Promise<BusyLock> {
  const top = (await readGenerations(folder)).at(-1);
  const text = top === undefined ? "" : await readFile(join(folder, String(top)), "utf8").catch(() => "");
  return { holder: parseHolder(text) };
}
