import { type ChildProcess, spawn } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { link, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type LockChoice, withFileLock } from "../src/file-lock.js";
import { acquireChain } from "../src/lock-chain.js";
import { findFlock } from "../src/lock-flock.js";
import { readOwnIdentity } from "../src/process-identity.js";
import { bundleScript } from "./bundled-script.js";

const kinds: readonly LockChoice[] = (await findFlock()) === undefined ? ["chain"] : ["flock", "chain"];
if (kinds.length === 1) console.warn("this system has no flock: its half of the lock tests is not run");
const hasProc = existsSync("/proc/self/fd");

const started: ChildProcess[] = [];
let base: string;
let path: string;
let counter: string;
let holder: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "sx-lock-"));
  [counter, holder] = await Promise.all([
    bundleScript("count-under-lock", join(base, "scripts")),
    bundleScript("hold-lock", join(base, "scripts")),
  ]);
});
afterEach(async () => {
  // Normally they have all ended; a failed test must not leave any.
  const living = started.splice(0).filter((child) => child.exitCode === null && child.signalCode === null);
  const ended = living.map((child) => once(child, "exit"));
  for (const child of living) child.kill("SIGKILL");
  await Promise.all(ended);
});
beforeEach(async () => {
  path = join(await mkdtemp(join(base, "t-")), "file");
});
afterAll(() => rm(base, { recursive: true, force: true }));

async function start(script: string, ...argv: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, path, ...argv], { stdio: ["pipe", "pipe", "inherit"] });
  started.push(child);
  if (child.stdout !== null) await once(child.stdout, "data");
  return child;
}

/** Repeats a check until it holds; how long that takes says nothing, so the bound is wide. */
function eventually<T>(check: () => T): Promise<T> {
  return vi.waitFor(check, { timeout: 30_000, interval: 10 });
}

/** Process ids of the `flock` children of a process. */
function flockChildren(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    )
    .filter((child) => readFileSync(`/proc/${child}/comm`, "utf8").trim() === "flock");
}

function openLockFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(path) ? [target] : [];
    } catch {
      // The descriptor that the listing itself used.
      return [];
    }
  });
}

describe.each(kinds)("withFileLock by %s", (choice) => {
  const lock = <T>(work: () => Promise<T>, options: Partial<Parameters<typeof withFileLock>[1]> = {}): Promise<T> =>
    withFileLock(path, { waitMs: 20_000, ...options }, work, choice);

  it("runs the work, gives back its result, and is free again", async () => {
    expect(await lock(() => Promise.resolve(1))).toBe(1);
    expect(await lock(() => Promise.resolve(2), { waitMs: 0 })).toBe(2);
  });

  it("is free again after a throw, which it passes on", async () => {
    const error = new Error("mine");
    await expect(lock(() => Promise.reject(error))).rejects.toBe(error);
    expect(await lock(() => Promise.resolve("free"), { waitMs: 0 })).toBe("free");
  });

  it("lets one at a time in", async () => {
    const events: string[] = [];
    const one = (name: string) =>
      lock(async () => {
        events.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${name} out`);
      });
    await Promise.all(["a", "b", "c"].map(one));
    const turns = [0, 2, 4].map((at) => events.slice(at, at + 2).join());
    expect(turns.sort()).toEqual(["a in,a out", "b in,b out", "c in,c out"]);
  });

  it("knows one file by all its spellings", async () => {
    await writeFile(path, "");
    await symlink(path, `${path}-link`);
    await lock(async () => {
      const other = withFileLock(`${path}-link`, { waitMs: 0 }, () => Promise.resolve(), choice);
      await expect(other).rejects.toMatchObject({ code: "lock_busy" });
    });
  });

  it("makes a private lock beside the file, and leaves it", async () => {
    await lock(() => Promise.resolve());
    const place = choice === "flock" ? `${path}.lock` : `${path}.lock.d`;
    expect((await stat(place)).mode & 0o777).toBe(choice === "flock" ? 0o600 : 0o700);
  });

  it("fails plainly in a missing folder and on a lock that is none", async () => {
    await expect(withFileLock(join(path, "x"), { waitMs: 0 }, () => Promise.resolve(), choice)).rejects.toMatchObject({
      code: "lock_failed",
    });
    await writeFile(`${path}-victim`, "precious");
    await symlink(`${path}-victim`, choice === "flock" ? `${path}.lock` : `${path}.lock.d`);
    const said = choice === "flock" ? `ELOOP (${path}.lock)` : `${path}.lock.d is not a lock folder; remove it`;
    await expect(lock(() => Promise.resolve())).rejects.toMatchObject({
      code: "lock_failed",
      message: expect.stringContaining(said) as string,
    });
    expect(await readFile(`${path}-victim`, "utf8")).toBe("precious");
  });

  it("names the living holder when the wait is over", async () => {
    const child = await start(holder, choice);
    await expect(lock(() => Promise.resolve(), { waitMs: 30, what: "the test file" })).rejects.toMatchObject({
      code: "lock_busy",
      exitCode: 61,
      message: `the test file is locked by process ${child.pid}; try again when that has finished`,
    });
    const ended = once(child, "exit");
    child.stdin?.end();
    await lock(() => Promise.resolve());
    await ended;
  });

  it("waits for a holder in another process", async () => {
    const child = await start(holder, choice);
    const waiting = lock(() => Promise.resolve("mine"));
    child.stdin?.end();
    expect(await waiting).toBe("mine");
  });

  it("is free at once when its holder is killed", async () => {
    const child = await start(holder, choice);
    const waiting = lock(() => Promise.resolve("mine"));
    child.kill("SIGKILL");
    expect(await waiting).toBe("mine");
  });

  it.skipIf(!hasProc)("ends a wait on abort and leaves nothing behind (skipped without /proc)", async () => {
    const child = await start(holder, choice);
    const controller = new AbortController();
    const reason = new Error("enough");
    const first = lock(() => Promise.resolve(), { signal: controller.signal });
    const second = lock(() => Promise.resolve(), { signal: controller.signal });
    if (choice === "flock") await eventually(() => expect(flockChildren(process.pid)).toHaveLength(1));
    controller.abort(reason);
    expect(await Promise.allSettled([first, second])).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    expect(flockChildren(process.pid)).toEqual([]);
    expect(openLockFiles()).toEqual([]);
    await expect(lock(() => Promise.resolve(), { signal: controller.signal })).rejects.toBe(reason);
    child.stdin?.end();
    expect(await lock(() => Promise.resolve("mine"))).toBe("mine");
  });

  it("lets one process in at a time, also when holders and waiters are killed", async () => {
    await writeFile(path, "0");
    const endless = Array.from({ length: 3 }, () => start(counter, choice, "1000000"));
    const steady = Array.from({ length: 3 }, () => start(counter, choice, "20"));
    const victims = await Promise.all(endless);
    const finished = Promise.all((await Promise.all(steady)).map((child) => once(child, "exit")));
    for (let kill = 0; kill < 12; kill += 1) {
      // Not a wait for anything: each kill shall fall at a different moment.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      const victim = victims.shift();
      victim?.kill("SIGKILL");
      victims.push(await start(counter, choice, "1000000"));
    }
    expect((await finished).map(([code]) => code as number)).toEqual([0, 0, 0]);
    for (const victim of victims) victim.kill("SIGKILL");
    await lock(() => Promise.resolve());
    const reached = (await readFile(`${path}.log`, "utf8")).trim().split("\n");
    expect(reached.length).toBeGreaterThanOrEqual(60);
    expect(new Set(reached).size).toBe(reached.length);
  });
});

describe.skipIf(!kinds.includes("flock") || !hasProc)("the kernel's lock (skipped without flock or /proc)", () => {
  it("outlives the kill of a waiting flock, again and again", async () => {
    const child = await start(holder, "flock");
    let entered = false;
    const waiting = withFileLock(path, { waitMs: 20_000 }, () => {
      entered = true;
      return Promise.resolve("mine");
    });
    for (let round = 0; round < 5; round += 1) {
      const pid = await eventually(() => {
        const [first] = flockChildren(process.pid);
        if (first === undefined) throw new Error("no flock is waiting");
        return first;
      });
      process.kill(pid, "SIGKILL");
      await eventually(() => expect(flockChildren(process.pid)).not.toContain(pid));
    }
    expect(entered).toBe(false);
    child.stdin?.end();
    expect(await waiting).toBe("mine");
  });

  it("needs no child while it is held", async () => {
    await withFileLock(path, { waitMs: 0 }, async () => {
      expect(flockChildren(process.pid)).toEqual([]);
      expect(openLockFiles()).toEqual([`${path}.lock`]);
      await Promise.resolve();
    });
    expect(openLockFiles()).toEqual([]);
  });

  it("asks the system once for many waiters in one process", async () => {
    const child = await start(holder, "flock");
    const waiting = Array.from({ length: 50 }, () => withFileLock(path, { waitMs: 20_000 }, () => Promise.resolve()));
    await eventually(() => expect(flockChildren(process.pid)).toHaveLength(1));
    // Another lock, asked for later and had by now: each of the fifty has come as far as it can.
    await withFileLock(`${path}-other`, { waitMs: 20_000 }, () => Promise.resolve());
    expect(flockChildren(process.pid)).toHaveLength(1);
    child.stdin?.end();
    await Promise.all(waiting);
  });

  it("takes the file anew when somebody deleted it during the wait", async () => {
    const child = await start(holder, "flock");
    const waiting = withFileLock(path, { waitMs: 20_000 }, async () => {
      expect(openLockFiles()).toEqual([`${path}.lock`]);
      await expect(lstat(`${path}.lock`)).resolves.toBeDefined();
    });
    await eventually(() => expect(flockChildren(process.pid)).toHaveLength(1));
    await rm(`${path}.lock`);
    child.stdin?.end();
    await waiting;
  });

  it("refuses a lock file with a second name", async () => {
    await writeFile(`${path}-victim`, "precious");
    await link(`${path}-victim`, `${path}.lock`);
    await expect(withFileLock(path, { waitMs: 0 }, () => Promise.resolve())).rejects.toMatchObject({
      code: "lock_failed",
    });
    expect(await readFile(`${path}-victim`, "utf8")).toBe("precious");
  });
});

describe("the chain of files", () => {
  const chain = (waitMs: number) => withFileLock(path, { waitMs }, () => Promise.resolve("mine"), "chain");

  it("keeps the highest number and cleans up the low ones", async () => {
    for (let round = 0; round < 8; round += 1) await chain(0);
    expect(
      readdirSync(`${path}.lock.d`)
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual([6, 7, 8]);
  });

  it("takes over from a dead owner, and never from one it cannot look up and that was heard lately", async () => {
    const own = await readOwnIdentity();
    await mkdir(`${path}.lock.d`);
    await writeFile(join(`${path}.lock.d`, "7"), JSON.stringify({ ...own, pid: 4_194_304 }));
    expect(await chain(0)).toBe("mine");
    await writeFile(join(`${path}.lock.d`, "9"), JSON.stringify({ pid: 1, start: "1", scope: "elsewhere" }));
    await expect(chain(50)).rejects.toMatchObject({
      code: "lock_busy",
      message: expect.stringContaining("another process") as string,
    });
  });

  it("takes over from a stranger that was silent for the whole lease, as soon as it has watched it", async () => {
    const folder = `${path}.lock.d`;
    const record = join(folder, "3");
    await mkdir(folder);
    await writeFile(record, JSON.stringify({ pid: 1, start: "1", scope: "elsewhere" }));
    const timing = { heartbeatMs: 1_000, leaseMs: 60_000, watchMs: 5 };
    const soon = () => ({ deadlineMs: performance.now() + 100 });
    expect(await acquireChain(folder, soon(), timing)).toMatchObject({ holder: { pid: 1 } });
    await utimes(record, new Date(0), new Date(0));
    const held = await acquireChain(folder, { deadlineMs: performance.now() + 20_000 }, timing);
    expect(held).toHaveProperty("release");
  });

  it("shows by its heartbeat that the holder lives, and says when the lock was lost", async () => {
    const folder = `${path}.lock.d`;
    const timing = { heartbeatMs: 5, leaseMs: 60_000, watchMs: 5 };
    const held = await acquireChain(folder, { deadlineMs: 0 }, timing);
    if (typeof held === "string" || !("release" in held)) throw new Error("the lock was not free");
    await utimes(join(folder, "1"), new Date(0), new Date(0));
    await eventually(() => expect(statSync(join(folder, "1")).mtimeMs).toBeGreaterThan(0));
    await writeFile(join(folder, "2"), "released");
    await expect(held.release()).rejects.toMatchObject({ code: "lock_lost", exitCode: 61 });
  });
});
