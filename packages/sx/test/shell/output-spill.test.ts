import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OutputSpill } from "../../src/shell/output-spill.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sx-spill-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function makeSpill(maxBytes = 1_000, onDrain = (): void => {}): OutputSpill {
  return new OutputSpill(() => Promise.resolve(folder), "out.txt", maxBytes, onDrain);
}

test("bytes arrive in order in a file that only its owner can read", async () => {
  const spill = makeSpill();
  for (const text of ["one ", "two ", "three"]) expect(spill.add(Buffer.from(text))).toBe(true);
  await spill.close();
  expect(spill.path).toBe(join(folder, "out.txt"));
  expect(await readFile(join(folder, "out.txt"), "utf8")).toBe("one two three");
  expect((await stat(join(folder, "out.txt"))).mode & 0o777).toBe(0o600);
  expect(spill).toMatchObject({ storedBytes: 13, failure: undefined });
});

test("the limit cuts inside a chunk, and the rest is dropped", async () => {
  const spill = makeSpill(5);
  for (const text of ["abc", "def", "ghi"]) spill.add(Buffer.from(text));
  await spill.close();
  expect(await readFile(join(folder, "out.txt"), "utf8")).toBe("abcde");
  expect(spill.storedBytes).toBe(5);
});

test("without output there is no file", async () => {
  const spill = makeSpill();
  await spill.close();
  expect(existsSync(join(folder, "out.txt"))).toBe(false);
});

test("a flush makes the file, and writing goes on after it", async () => {
  const spill = makeSpill();
  expect(await spill.flush()).toBe(join(folder, "out.txt"));
  spill.add(Buffer.from("later"));
  await spill.flush();
  spill.add(Buffer.from(" still"));
  await spill.close();
  expect(await readFile(join(folder, "out.txt"), "utf8")).toBe("later still");
});

test("a producer that is faster than the disk is told to wait, and told when to go on", async () => {
  const drained: number[] = [];
  const spill = makeSpill(10 << 20, () => drained.push(spill.storedBytes));
  const answers = Array.from({ length: 20 }, () => spill.add(Buffer.alloc(100_000, "x")));
  expect(answers[0]).toBe(true);
  expect(answers.at(-1)).toBe(false);
  await spill.flush();
  expect(drained).toEqual([2_000_000]);
  expect(spill.add(Buffer.from("x"))).toBe(true);
  await spill.close();
});

test("a folder that cannot be had ends the file, not the command", async () => {
  const spill = new OutputSpill(
    () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })),
    "out.txt",
    1_000,
    () => {},
  );
  spill.add(Buffer.from("x"));
  await spill.close();
  expect(spill).toMatchObject({ path: undefined, failure: "ENOSPC", storedBytes: 0 });
  expect(spill.add(Buffer.alloc(10_000_000))).toBe(true);
});

test("a link that was put in its place is not followed", async () => {
  await mkdir(join(folder, "victim"));
  await symlink(join(folder, "victim", "file"), join(folder, "out.txt"));
  const spill = makeSpill();
  spill.add(Buffer.from("x"));
  await spill.close();
  expect(spill.failure).toBe("EEXIST");
  expect(existsSync(join(folder, "victim", "file"))).toBe(false);
});
