import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sendSignal } from "../../src/shell/process-signal.js";
import { endTree, findMembers, groupExists } from "../../src/shell/process-tree.js";
import { isAlive, onLinux, readPids } from "./processes.js";

let folder: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sx-tree-"));
  children = [];
});
afterEach(async () => {
  for (const { pid } of children) sendSignal(-(pid ?? 0), "SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

function start(command: string, mark = "0123456789abcdef"): ChildProcess {
  const env = { PATH: process.env["PATH"], SX_JOB: mark };
  const child = spawn("bash", ["-c", command], { cwd: folder, env, detached: true, stdio: "ignore" });
  children.push(child);
  return child;
}

const treeOf = (child: ChildProcess, marker = "0123456789abcdef") => ({ leaderPid: child.pid ?? 0, marker });

test.runIf(onLinux)("members are found by session, by mark and by their parent, and named", async () => {
  const child = start("sleep 301 & echo $! >a; setsid sh -c 'echo $$ >b; exec sleep 302' & echo $$ >c; wait");
  const pids = await readPids(folder, ["a", "b", "c"]);
  // A child shows its shell's command line until it has become its own program.
  const commands = async (): Promise<unknown> => (await findMembers(treeOf(child)))?.map(({ command }) => command);
  const wanted = expect.arrayContaining(["sleep 301", "sleep 302"]);
  await expect.poll(commands, { timeout: 30_000 }).toEqual(wanted);
  const members = (await findMembers(treeOf(child))) ?? [];
  expect(new Set(members.map(({ pid }) => pid))).toEqual(new Set(pids));
});

test("another command's processes are not members", async () => {
  const mine = start("echo $$ >a; exec sleep 300", "aaaaaaaaaaaaaaaa");
  const other = start("echo $$ >b; exec sleep 300", "bbbbbbbbbbbbbbbb");
  const [, otherPid] = await readPids(folder, ["a", "b"]);
  expect(await endTree(treeOf(mine, "aaaaaaaaaaaaaaaa"), 5_000)).toEqual({ survivors: [], verified: true });
  expect(await isAlive(mine.pid)).toBe(false);
  expect(await isAlive(otherPid)).toBe(true);
  expect(other.exitCode).toBeNull();
});

test("a process may use its grace to clean up, and is told once", async () => {
  const child = start(
    "trap 'echo x >>told; sleep 0.1; echo $$ >cleaned; exit' TERM; echo $$ >a; while :; do sleep 0.01; done",
  );
  await readPids(folder, ["a"]);
  expect(await endTree(treeOf(child), 20_000)).toMatchObject({ survivors: [] });
  await readPids(folder, ["cleaned"]);
  expect(await readFile(join(folder, "told"), "utf8")).toBe("x\n");
});

test("once the shell has gone, a stranger with its number is left alone", async () => {
  // The stranger leads a group and a session with the number that the tree's shell once had.
  const stranger = start("echo $$ >a; exec sleep 300", "cccccccccccccccc");
  await readPids(folder, ["a"]);
  const tree = { ...treeOf(stranger, "dddddddddddddddd"), leaderGone: true };
  expect(await findMembers(tree)).toEqual([]);
  expect(await endTree(tree, 100)).toEqual({ survivors: [], verified: true });
  expect(await isAlive(stranger.pid)).toBe(true);
});

test("a group that forks all the time is ended", async () => {
  const child = start("echo $$ >a; while :; do (while :; do sleep 0.001 & sleep 0.001; done) & sleep 0.05; done");
  await readPids(folder, ["a"]);
  expect(await endTree(treeOf(child), 50)).toEqual({ survivors: [], verified: true });
});

test("a group exists until its last process is gone", async () => {
  const child = start("sleep 300 & echo $! >a; exit");
  const [pid] = await readPids(folder, ["a"]);
  if (child.exitCode === null) await once(child, "exit");
  expect(groupExists(treeOf(child))).toBe(true);
  expect(sendSignal(pid ?? 0, "SIGKILL")).toBe("sent");
  await expect.poll(() => groupExists(treeOf(child)), { timeout: 30_000 }).toBe(false);
  expect(sendSignal(pid ?? 0, 0)).toBe("gone");
});
