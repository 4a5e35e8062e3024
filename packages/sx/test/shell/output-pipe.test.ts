import { closeSync, existsSync, readSync, writeSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PipeSupply } from "../../src/shell/output-pipe.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sx-pipe-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const PATH = "/usr/bin:/bin";

test("what is written comes out, and the pipe has no name any more", async () => {
  const pipe = await new PipeSupply(() => Promise.resolve(folder), PATH, "/nowhere").take();
  if (pipe === undefined) throw new Error("expected a pipe");
  writeSync(pipe.writeFd, "hello");
  closeSync(pipe.writeFd);
  const buffer = Buffer.alloc(100);
  expect(buffer.toString("utf8", 0, readSync(pipe.readFd, buffer))).toBe("hello");
  expect(readSync(pipe.readFd, buffer)).toBe(0);
  closeSync(pipe.readFd);
  await expect.poll(() => existsSync(pipe.path)).toBe(false);
});

test("calls side by side share a batch and get different pipes", async () => {
  const supply = new PipeSupply(() => Promise.resolve(folder), PATH, "/nowhere");
  const pipes = await Promise.all(Array.from({ length: 20 }, () => supply.take()));
  expect(new Set(pipes.map((pipe) => pipe?.path)).size).toBe(20);
  for (const pipe of pipes) {
    if (pipe === undefined) continue;
    closeSync(pipe.readFd);
    closeSync(pipe.writeFd);
  }
  await expect.poll(async () => (await readdir(folder)).length).toBe(12);
});

test.each([
  ["no folder", () => Promise.reject(new Error("full")), PATH],
  ["a folder that is gone", () => Promise.resolve("/nonexistent/x"), PATH],
  ["no mkfifo", () => Promise.resolve("/tmp"), "/nonexistent"],
])("%s: no pipe, and no second try", async (_name, makeFolder, path) => {
  let asked = 0;
  const supply = new PipeSupply(
    () => {
      asked++;
      return makeFolder();
    },
    path,
    "/nowhere",
  );
  expect(await supply.take()).toBeUndefined();
  expect(await supply.take()).toBeUndefined();
  expect(asked).toBe(1);
});
