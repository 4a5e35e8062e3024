import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, open, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onLinux } from "./processes.js";
import { inLanes, parseStat, readProcessTable, readPs } from "../../src/shell/process-table.js";

/** Longer than any look takes. */
const PATIENT_MS = 30_000;

let child: ChildProcess;
let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "sx-table-")));
  const file = await open(join(folder, "out"), "w");
  // Node itself: macOS hides the environment of its own programs.
  child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 300000)"], {
    env: { PATH: process.env["PATH"], SX_JOB: "mark-of-this-test" },
    detached: true,
    stdio: ["ignore", file.fd, "ignore"],
  });
  await file.close();
});
afterEach(async () => {
  child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  ["/proc", () => readProcessTable(PATIENT_MS)],
  ["ps", () => readPs(PATIENT_MS)],
])("through %s", (_source, read) => {
  test("a process is found with its parent, its group and its mark", async () => {
    const table = await read();
    const entry = table?.entries.find(({ pid }) => pid === child.pid);
    expect(entry).toMatchObject({ parentPid: process.pid, groupId: child.pid });
    expect(entry?.startedAt).not.toBe("");
    expect(await table?.carries(child.pid ?? 0, "mark-of-this-test")).toBe(true);
    expect(await table?.carries(child.pid ?? 0, "mark-of-another")).toBe(false);
    expect(await table?.carries(process.pid, "mark-of-this-test")).toBe(false);
    expect(await table?.describe(child.pid ?? 0)).toMatch(/node -e\b/);
  });

  test("a zombie is not a process", async () => {
    // The shell's first child ends while the shell, now a sleep, never asks for its end.
    const parent = spawn("bash", ["-c", "true & echo $!; exec sleep 300"], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [line] = await new Promise<[Buffer]>((resolve) => parent.stdout.once("data", (data) => resolve([data])));
      const zombie = Number(line.toString());
      const pids = async (): Promise<readonly number[]> => (await read())?.entries.map(({ pid }) => pid) ?? [];
      await expect.poll(pids, { timeout: PATIENT_MS }).not.toContain(zombie);
      expect(await pids()).toContain(parent.pid);
    } finally {
      parent.kill("SIGKILL");
    }
  });
});

test.runIf(onLinux)("where it writes to is known, also when the file is gone", async () => {
  const path = join(folder, "out");
  const writes = async (): Promise<boolean | undefined> =>
    (await readProcessTable(PATIENT_MS))?.writesTo(child.pid ?? 0, path);
  expect(await writes()).toBe(true);
  await rm(path);
  expect(await writes()).toBe(true);
  expect(await (await readProcessTable(PATIENT_MS))?.writesTo(process.pid, path)).toBe(false);
});

describe("a line of /proc/pid/stat", () => {
  const rest = `7 ${Array.from({ length: 14 }, () => "0").join(" ")} 123456 0 0`;
  test.each([
    [
      "a plain name",
      `42 (sleep) S 1 41 40 ${rest}`,
      { pid: 42, parentPid: 1, groupId: 41, sessionId: 40, startedAt: "123456" },
    ],
    ["a hostile name", `42 (a) Z 9 (b) S 1 41 40 ${rest}`, { pid: 42, parentPid: 1, groupId: 41, sessionId: 40 }],
    ["a zombie", `42 (sleep) Z 1 41 40 ${rest}`, undefined],
    ["nothing", "", undefined],
  ])("%s", (_name, line, wanted) => {
    if (wanted === undefined) expect(parseStat(line)).toBeUndefined();
    else expect(parseStat(line)).toMatchObject(wanted);
  });
});

test("a look that takes too long says nothing", async () => {
  expect(await readProcessTable(0)).toBeUndefined();
});

test("lanes do every item once, few at a time", async () => {
  const done: number[] = [];
  let open = 0;
  let most = 0;
  await inLanes(
    Array.from({ length: 100 }, (_, index) => index),
    async (item) => {
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
      done.push(item);
    },
  );
  expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(most).toBe(16);
});
