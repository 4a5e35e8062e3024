import { execFile } from "node:child_process";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleScript } from "./bundled-script.js";

const execute = promisify(execFile);
const BUILD = "0123456789abcdef0123456789abcdef";
const OTHER_BUILD = "fedcba9876543210fedcba9876543210";

let root: string;
let script: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sx-code-cache-"));
  script = await bundleScript("load-once", root);
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** A program of its own, with a function that only some runs call. */
async function makeProgram(): Promise<{ path: string; folder: string }> {
  const home = await mkdtemp(join(root, "home-"));
  const path = join(home, "main.cjs");
  await writeFile(path, programText("one", BUILD));
  return { path, folder: join(home, "cache", "code") };
}

function programText(said: string, build: string): string {
  const rare = Array.from({ length: 200 }, (_, i) => `  total += Math.sqrt(${i}) * argument${i % 3};`).join("\n");
  return [
    `exports.main = () => "${said}";`,
    `exports.rare = (argument0 = 1, argument1 = 2, argument2 = 3) => {\n  let total = 0;\n${rare}\n  return total > 0;\n};`,
    `exports.where = () => [require("node:path").basename(__filename), __dirname === require("node:path").dirname(__filename), typeof module.exports];`,
    `//build ${build}\n`,
  ].join("\n");
}

interface Question {
  readonly path: string;
  readonly folder?: string;
  readonly name?: string;
  readonly ranMs?: number;
  readonly uid?: number;
  readonly call?: string;
}

/** Loads the program in a process of its own. */
async function load(question: Question, flags: readonly string[] = []): Promise<{ cache: string; said: unknown }> {
  const { stdout } = await execute(process.execPath, [...flags, script, JSON.stringify(question)]);
  return JSON.parse(stdout) as { cache: string; said: unknown };
}

async function onlyEntry(folder: string): Promise<string> {
  const names = await readdir(folder);
  expect(names).toHaveLength(1);
  return join(folder, names[0] ?? "");
}

describe("loadThroughCache", () => {
  it("uses what an earlier run left behind", async () => {
    const program = await makeProgram();
    expect(await load({ ...program, ranMs: 5 })).toEqual({ cache: "absent", said: "one" });
    expect(await load(program)).toEqual({ cache: "used", said: "one" });
    expect(await load({ ...program, call: "where" })).toEqual({ cache: "used", said: ["main.cjs", true, "object"] });
  });

  it("writes for this user alone, and nothing but the entry", async () => {
    const { path, folder } = await makeProgram();
    await load({ path, folder, ranMs: 5 });
    const modes = [folder, await onlyEntry(folder)].map(async (file) => (await stat(file)).mode & 0o777);
    expect(await Promise.all(modes)).toEqual([0o700, 0o600]);
  });

  it("never runs one build with the code of another of the same length", async () => {
    const program = await makeProgram();
    await load({ ...program, ranMs: 5 });
    await writeFile(program.path, programText("two", OTHER_BUILD));
    expect(await load(program)).toEqual({ cache: "absent", said: "two" });
  });

  it.each([
    ["without a build id", "exports.main = () => 1;\n", true],
    ["with a build id that is not one", "exports.main = () => 1;\n//build ../../x\n", true],
    ["when there is no folder", `exports.main = () => 1;\n//build ${BUILD}\n`, false],
  ])("loads plainly %s", async (_name, text, hasFolder) => {
    const { path, folder } = await makeProgram();
    await writeFile(path, text);
    expect(await load({ path, ...(hasFolder ? { folder } : {}), ranMs: 5 })).toEqual({ cache: "off", said: 1 });
    await expect(stat(folder)).rejects.toMatchObject({ code: "ENOENT" });
  });

  const damages: readonly [name: string, damage: (bytes: Buffer) => Buffer][] = [
    ["empty", () => Buffer.alloc(0)],
    ["cut", (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ["grown", (bytes) => Buffer.concat([bytes, Buffer.from("x")])],
    ["one bit changed", (bytes) => Buffer.from(bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 4 : byte)))],
    ["nothing but zeros", (bytes) => Buffer.alloc(bytes.length)],
    ["something else", () => Buffer.from("#!/bin/sh\necho\n".repeat(1000))],
  ];
  it.each(damages)("loads from source and repairs when the entry is %s", async (_name, damage) => {
    const program = await makeProgram();
    await load({ ...program, ranMs: 5 });
    const entry = await onlyEntry(program.folder);
    await writeFile(entry, damage(await readFile(entry)));
    expect(await load({ ...program, ranMs: 5 })).toEqual({ cache: "absent", said: "one" });
    expect(await load(program)).toEqual({ cache: "used", said: "one" });
  });

  it("replaces an entry that the engine refuses", async () => {
    const program = await makeProgram();
    const flags = ["--no-opt", "--stack-size=900"];
    await load({ ...program, ranMs: 500 }, flags);
    expect(await load({ ...program, ranMs: 1 })).toEqual({ cache: "rejected", said: "one" });
    expect(await load(program)).toEqual({ cache: "used", said: "one" });
  });

  it("is used by all of many first runs afterwards", async () => {
    const program = await makeProgram();
    const first = await Promise.all(Array.from({ length: 6 }, () => load({ ...program, ranMs: 5 })));
    expect(first.every(({ said }) => said === "one")).toBe(true);
    await onlyEntry(program.folder);
    expect((await load(program)).cache).toBe("used");
  });
});

describe("loadThroughCache: places that cannot be trusted", () => {
  /** A trusted entry first, then the change, then a load that must neither read nor replace it. */
  const changes: readonly [name: string, change: (folder: string, entry: string) => Promise<unknown>][] = [
    ["a folder that the group may write", (folder) => chmod(folder, 0o770)],
    ["a folder that everybody may write", (folder) => chmod(folder, 0o707)],
    ["an entry that the group may write", (_folder, entry) => chmod(entry, 0o660)],
    [
      "an entry that is a link",
      async (folder, entry) => {
        await rename(entry, join(folder, "..", "elsewhere.bin"));
        await symlink(join(folder, "..", "elsewhere.bin"), entry);
      },
    ],
    [
      "a folder that is a link",
      async (folder) => {
        await rename(folder, `${folder}-elsewhere`);
        await symlink(`${folder}-elsewhere`, folder);
      },
    ],
  ];
  it.each(changes)("reads nothing from %s", async (_name, change) => {
    const program = await makeProgram();
    await load({ ...program, ranMs: 5 });
    await change(program.folder, await onlyEntry(program.folder));
    expect(await load(program)).toEqual({ cache: "absent", said: "one" });
  });

  it.each(changes.filter(([name]) => name.includes("folder")))("writes nothing to %s", async (_name, change) => {
    const program = await makeProgram();
    await mkdir(program.folder, { recursive: true, mode: 0o700 });
    await change(program.folder, "");
    await load({ ...program, ranMs: 5 });
    expect(await readdir(program.folder)).toEqual([]);
  });

  it("reads nothing of another user", async () => {
    const program = await makeProgram();
    await load({ ...program, ranMs: 5 });
    const uid = (process.getuid?.() ?? 0) + 1;
    expect(await load({ ...program, uid })).toEqual({ cache: "absent", said: "one" });
  });

  it("makes no folder in the home of another user", async () => {
    const program = await makeProgram();
    const uid = (process.getuid?.() ?? 0) + 1;
    expect(await load({ ...program, uid, ranMs: 5 })).toEqual({ cache: "absent", said: "one" });
    await expect(stat(join(program.folder, ".."))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("does without a folder that cannot be made", async () => {
    const { path, folder } = await makeProgram();
    await writeFile(join(folder, "..", "..", "cache"), "a file");
    expect(await load({ path, folder, ranMs: 5 })).toEqual({ cache: "absent", said: "one" });
  });
});

describe("loadThroughCache: which run is kept", () => {
  const rows: readonly [name: string, first: Partial<Question>, second: Partial<Question>, replaced: boolean][] = [
    ["as short", { ranMs: 10 }, { ranMs: 10 }, false],
    ["not twice as long", { ranMs: 10 }, { ranMs: 19, call: "rare" }, false],
    ["twice as long", { ranMs: 10 }, { ranMs: 20 }, true],
    ["long, nothing new", { ranMs: 400 }, { ranMs: 9000 }, false],
    ["long, much new", { ranMs: 400 }, { ranMs: 500, call: "rare" }, true],
    ["long after long, nothing new", { ranMs: 9000, call: "rare" }, { ranMs: 90_000, call: "rare" }, false],
    ["long after long, less", { ranMs: 9000, call: "rare" }, { ranMs: 90_000 }, false],
    ["a real run after --version", { ranMs: 0 }, { ranMs: 40, call: "rare" }, true],
  ];
  it.each(rows)("%s", async (_name, first, second, replaced) => {
    const program = await makeProgram();
    await load({ ...program, ...first });
    const before = await stat(await onlyEntry(program.folder));
    await load({ ...program, ...second });
    const after = await stat(await onlyEntry(program.folder));
    expect(after.ino !== before.ino).toBe(replaced);
  });

  it("keeps the four newest entries of a command, those of others, and no old scraps", async () => {
    const program = await makeProgram();
    await load({ ...program, ranMs: 5 });
    await load({ ...program, ranMs: 5, name: "probe-two" });
    const entry = (await readdir(program.folder)).find((name) => name.startsWith("probe-v")) ?? "";
    const names = ["1", "2", "3", "4", "5"].map((build) => entry.replace(BUILD, build.repeat(32)));
    const old = async (name: string, ageSeconds: number): Promise<void> => {
      const path = join(program.folder, name);
      await copyFile(join(program.folder, entry), path);
      const time = Date.now() / 1000 - ageSeconds;
      await utimes(path, time, time);
    };
    for (const [index, name] of names.entries()) await old(name, 1000 - index);
    await old(`${entry}.4711.tmp`, 100);
    await old(`${entry}.4712.tmp`, 0);
    await writeFile(program.path, programText("two", OTHER_BUILD));
    await load({ ...program, ranMs: 5 });
    const left = await readdir(program.folder);
    const newest = [entry, entry.replace(BUILD, OTHER_BUILD), names[3], names[4], `${entry}.4712.tmp`];
    expect(left.filter((name) => name.startsWith("probe-v")).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      newest.toSorted((a = "", b = "") => (a < b ? -1 : 1)),
    );
    expect(left.filter((name) => name.startsWith("probe-two-v"))).toHaveLength(1);
  });
});
