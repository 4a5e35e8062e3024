import { execFile, execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, unlink, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { formatEntry } from "../../src/sessions/entry.js";
import { LineWriter } from "../../src/sessions/line-writer.js";
import { makePlace } from "../harness.js";

const run = promisify(execFile);
const canMount = userInfo().uid === 0 && mountWorks();

interface Writing {
  readonly writer: LineWriter;
  readonly path: string;
  readonly warnings: readonly string[];
}

function openWriter(path: string): Writing {
  const warnings: string[] = [];
  const writer = new LineWriter({ path, shortId: "01234567", warn: (line) => void warnings.push(line) });
  return { writer, path, warnings };
}

async function writing(): Promise<Writing> {
  const { home } = await makePlace();
  return openWriter(join(home, "a", "b", "s.jsonl"));
}

describe("a line writer", () => {
  test("makes nothing before the first line, then folders and file for the owner alone", async () => {
    const umask = process.umask(0);
    try {
      const { writer, path } = await writing();
      await expect(stat(join(path, ".."))).rejects.toMatchObject({ code: "ENOENT" });
      await writer.append("one\n");
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      for (const folder of ["..", "../.."]) expect((await stat(join(path, folder))).mode & 0o777).toBe(0o700);
      expect(await writer.close()).toBe(0);
    } finally {
      process.umask(umask);
    }
  });

  test("a file and a folder that others could read are closed to them", async () => {
    const { writer, path } = await writing();
    await mkdir(join(path, ".."), { recursive: true, mode: 0o755 });
    await writeFile(path, "old\n", { mode: 0o644 });
    await writer.append('{"v":1}\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, ".."))).mode & 0o777).toBe(0o700);
    await writer.close();
  });

  test("many lines at once keep their order, and nothing is left beside the file", async () => {
    const { writer, path } = await writing();
    const lines = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(index * 50)}\n`);
    await Promise.all(lines.map((line) => writer.append(line)));
    await writer.sync();
    await writer.close();
    expect(await readFile(path, "utf8")).toBe(lines.join(""));
    expect(await readdir(join(path, ".."))).toEqual(["s.jsonl"]);
  });

  test("one at a time: the second is told what to do, and comes in when the first has left", async () => {
    const first = await writing();
    const [one, two] = [0, 1].map((n) => formatEntry(n, 0, { kind: "end" }));
    await first.writer.append(one ?? "");
    const second = openWriter(first.path);
    await expect(second.writer.open()).rejects.toMatchObject({
      code: "session_busy",
      exitCode: 61,
      message: expect.stringMatching(
        /^session 01234567 is locked by .*; wait until that has ended, or .* --fork$/,
      ) as string,
    });
    await first.writer.close();
    await second.writer.append(two ?? "");
    await second.writer.close();
    expect(await readFile(first.path, "utf8")).toBe(`${one}${two}`);
  });

  test("a link in the place of the file is not followed", async () => {
    const { writer, path, warnings } = await writing();
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(join(path, "..", "other"), "mine\n");
    await run("ln", ["-s", "other", path]);
    await writer.append("one\n");
    expect(await writer.close()).toBe(1);
    expect(warnings).toHaveLength(1);
    expect(await readFile(join(path, "..", "other"), "utf8")).toBe("mine\n");
  });

  test("a file that was removed meanwhile is told, and its lines are not called written", async () => {
    const { writer, path, warnings } = await writing();
    await writer.append("one\n");
    await unlink(path);
    await writer.append("two\n");
    expect(warnings).toEqual([expect.stringContaining("not being saved: its file was removed")]);
    expect(await writer.close()).toBe(1);
  });

  test("a folder that cannot be made is one warning; when it can be, nothing is missing", async () => {
    const { writer, path, warnings } = await writing();
    const blocked = join(path, "..", "..");
    await writeFile(blocked, "in the way");
    for (const line of ["one\n", "two\n", "three\n"]) await writer.append(line);
    expect(warnings).toEqual([expect.stringMatching(/^the session is not being saved: .*; the work goes on/)]);
    await unlink(blocked);
    await writer.append("four\n");
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toContain("nothing of it is missing");
    await writer.close();
    expect(await readFile(path, "utf8")).toBe("one\ntwo\nthree\nfour\n");
  });
});

describe.skipIf(!canMount)("a line writer on a full disk (skipped: needs root and mount)", () => {
  test("no half line stays, nothing is lost once there is room again, and the warning comes once", async () => {
    await onSmallDisk("size=64k", async (folder) => {
      const { writer, path, warnings } = openWriter(join(folder, "s.jsonl"));
      const line = (index: number): string => `${JSON.stringify({ index, text: "x".repeat(6000) })}\n`;
      const filler = join(folder, "filler");
      await writer.append(line(0));
      await writeFile(filler, "f".repeat(40_000));
      for (let index = 1; index < 6; index += 1) await writer.append(line(index));
      expect(warnings).toEqual([expect.stringContaining("not being saved: no space left on the disk")]);
      const kept = await readFile(path, "utf8");
      // What is there are whole lines, although the disk had room for half a one more.
      expect(kept).toMatch(/\}\n$/);
      expect(kept.length).toBeLessThan(line(0).length * 6);
      await rm(filler);
      await writer.append(line(6));
      expect(await writer.close()).toBe(0);
      const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
      expect(lines.map((text) => (JSON.parse(text) as { index: number }).index)).toEqual(
        lines.map((_, index) => index),
      );
      expect(warnings.at(-1)).toContain("nothing of it is missing");
      expect(lines).toHaveLength(7);
    });
  });

  test("a disk that stays full: the lines that are missing are counted at the end", async () => {
    await onSmallDisk("size=16k", async (folder) => {
      const { writer, path } = openWriter(join(folder, "s.jsonl"));
      for (let index = 0; index < 5; index += 1) await writer.append(`${"y".repeat(6000)}\n`);
      const missing = await writer.close();
      const text = await readFile(path, "utf8");
      expect(text === "" || text.endsWith("y\n")).toBe(true);
      expect(text.length / 6001 + missing).toBe(5);
      expect(missing).toBeGreaterThan(0);
    });
  });

  test("a file system that becomes read-only: the work goes on, and all is there when it is writable again", async () => {
    await onSmallDisk("size=1m", async (folder) => {
      const { writer, path, warnings } = openWriter(join(folder, "deep", "s.jsonl"));
      await run("mount", ["-o", "remount,ro", folder]);
      await writer.append("one\n");
      expect(warnings).toEqual([expect.stringContaining("the file system is read-only")]);
      await run("mount", ["-o", "remount,rw", folder]);
      await writer.append("two\n");
      await writer.close();
      expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
    });
  });
});

async function onSmallDisk(options: string, work: (folder: string) => Promise<void>): Promise<void> {
  const { home } = await makePlace();
  await run("mount", ["-t", "tmpfs", "-o", options, "none", home]);
  try {
    await work(home);
  } finally {
    await run("umount", ["-l", home]);
  }
}

function mountWorks(): boolean {
  const line = 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d"; s=$?; rmdir "$d"; exit $s';
  try {
    execFileSync("sh", ["-c", line], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
