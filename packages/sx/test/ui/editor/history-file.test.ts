import { execFileSync } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { KnownSecrets } from "../../../src/known-secrets.js";
import { appendHistory, historyPath, mayKeep, readHistory } from "../../../src/ui/editor/history-file.js";

const secrets = new KnownSecrets(["sk-very-secret"]);

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "sx-history-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const append = (path: string, text: string, maxBytes?: number): Promise<boolean> =>
  appendHistory(path, text, { secrets, atMs: 0, ...(maxBytes === undefined ? {} : { maxBytes }) });

test("what is added is read again, and nobody else may read it", async () => {
  const path = join(await folder(), ".scorpiox", "history.jsonl");
  const prompts = ["one", "two\nlines", "\u2028 and 👩", "lone \ud800"];
  for (const prompt of prompts) expect(await append(path, prompt)).toBe(true);
  expect(await readHistory(path)).toEqual([...prompts.slice(0, 3), "lone \ufffd"]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await readFile(path, "utf8")).split("\n")[0]).toBe('{"ts":"1970-01-01T00:00:00.000Z","text":"one"}');
});

test("a file that others could read is closed to them", async () => {
  const path = join(await folder(), "history.jsonl");
  await writeFile(path, "", { mode: 0o644 });
  await append(path, "one");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test.each([
  ["a prompt", true],
  [" begins with a space", false],
  ["has sk-very-secret in it", false],
  [`and in base64: ${Buffer.from("sk-very-secret").toString("base64")}`, false],
  ["  ", false],
  ["x".repeat(64_001), false],
])("%j: kept is %s", async (text, isKept) => {
  const path = join(await folder(), "history.jsonl");
  expect(mayKeep(text, secrets)).toBe(isKept);
  expect(await append(path, text)).toBe(isKept);
  expect(await readHistory(path)).toEqual(isKept ? [text] : []);
});

test("however the end is torn, the others are read and the next is not lost", async () => {
  const root = await folder();
  const path = join(root, "whole");
  for (const prompt of ["one", "two", "three"]) await append(path, prompt);
  const bytes = await readFile(path);
  const last = bytes.lastIndexOf(0x0a, bytes.length - 2) + 1;
  for (let cut = last; cut < bytes.length; cut += 1) {
    const torn = join(root, `torn-${cut}`);
    await writeFile(torn, bytes.subarray(0, cut));
    await append(torn, "next");
    // With only its line feed gone the entry is whole.
    const kept = cut === bytes.length - 1 ? ["one", "two", "three", "next"] : ["one", "two", "next"];
    expect(await readHistory(torn)).toEqual(kept);
  }
});

test.each([
  ["NUL bytes", Buffer.alloc(100)],
  ["foreign lines", Buffer.from('[1]\n"x"\n{"text":5}\n{}\nnull')],
  ["bytes that are not UTF-8", Buffer.from([0xff, 0xfe, 0x0a, 0xc3])],
])("%s in the middle are left out", async (_name, junk) => {
  const path = join(await folder(), "history.jsonl");
  await append(path, "one");
  await appendFile(path, junk);
  await append(path, "two");
  expect(await readHistory(path)).toEqual(["one", "two"]);
});

test("stays below its size, and the newest stay, each once", async () => {
  const path = join(await folder(), "history.jsonl");
  for (let index = 0; index < 60; index += 1) await append(path, index % 57 === 0 ? "again" : `prompt ${index}`, 2000);
  expect((await stat(path)).size).toBeLessThanOrEqual(2000);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const kept = await readHistory(path);
  expect(kept.slice(-3)).toEqual(["again", "prompt 58", "prompt 59"]);
  expect(new Set(kept).size).toBe(kept.length);
});

test("of a file that is too large the newer end is read", async () => {
  const path = join(await folder(), "history.jsonl");
  for (let index = 0; index < 50; index += 1) await append(path, `prompt ${index}`);
  const read = await readHistory(path, 500);
  expect(read.at(-1)).toBe("prompt 49");
  expect(read.length).toBeGreaterThan(3);
  expect(read.length).toBeLessThan(10);
});

test("several at once lose nothing", async () => {
  const path = join(await folder(), "history.jsonl");
  const prompts = Array.from({ length: 12 }, (_, index) => `prompt ${index}`);
  await Promise.all(prompts.map((prompt) => append(path, prompt)));
  expect((await readHistory(path)).toSorted()).toEqual(prompts.toSorted());
});

describe("places", () => {
  test("in the user's own folder", () => {
    expect(historyPath({}, "/home/u")).toBe("/home/u/.scorpiox/history.jsonl");
    expect(historyPath({ SCORPIOX_HOME: "/x" }, "/home/u")).toBe("/x/history.jsonl");
  });

  test("no file is no prompts", async () => {
    expect(await readHistory(join(await folder(), "none"))).toEqual([]);
  });

  test("a link to a file is followed", async () => {
    const root = await folder();
    await writeFile(join(root, "real"), "");
    await symlink("real", join(root, "link"));
    await append(join(root, "link"), "one");
    expect(await readHistory(join(root, "real"))).toEqual(["one"]);
  });

  test.each(["read", "write"] as const)("a pipe is refused at once: %s", async (verb) => {
    const path = join(await folder(), "pipe");
    execFileSync("mkfifo", [path]);
    const work = verb === "read" ? readHistory(path) : append(path, "one");
    await expect(work).rejects.toMatchObject({ code: "history_failed", message: /cannot (read|write) .*pipe: / });
  });

  test("an abort is passed on", async () => {
    const path = join(await folder(), "history.jsonl");
    const reason = new Error("over");
    const options = { secrets, atMs: 0, signal: AbortSignal.abort(reason) };
    await expect(appendHistory(path, "one", options)).rejects.toBe(reason);
  });
});
