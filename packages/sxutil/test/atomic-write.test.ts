import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeFileAtomic } from "../src/atomic-write.js";
import { readOwnIdentity } from "../src/process-identity.js";
import { bundleScript } from "./bundled-script.js";

const run = promisify(execFile);
const isRoot = userInfo().uid === 0;
const canMount = isRoot && mountWorks();
const NOBODY = 65_534;

let base: string;
let folder: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "sx-atomic-"));
  await chmod(base, 0o755);
});
beforeEach(async () => {
  folder = await mkdtemp(join(base, "t-"));
});
afterAll(() => rm(base, { recursive: true, force: true }));

/** Everything in the folder except the named files: what a write must not leave behind. */
async function litter(...expected: string[]): Promise<string[]> {
  return (await readdir(folder)).filter((name) => !expected.includes(name));
}

describe("writeFileAtomic", () => {
  it.each([
    ["a new file", undefined, "fresh"],
    ["a longer text", "old", "a longer text"],
    ["a shorter text", "a longer text", "s"],
    ["nothing", "old", ""],
    ["text beyond ASCII", "old", "größer 🦂"],
  ])("writes %s", async (_name, before, after) => {
    const path = join(folder, "f");
    if (before !== undefined) await writeFile(path, before);
    expect(await writeFileAtomic(path, after)).toEqual({ path, atomic: true });
    expect(await readFile(path, "utf8")).toBe(after);
    expect(await litter("f")).toEqual([]);
  });

  it("writes bytes as they are, many of them", async () => {
    const bytes = new Uint8Array(3_000_000).map((_, index) => index % 251);
    await writeFileAtomic(join(folder, "f"), bytes);
    expect(Buffer.compare(await readFile(join(folder, "f")), bytes)).toBe(0);
  });

  it.each([
    ["keeps the old file's bits", 0o640, {}, 0o640],
    ["keeps bits that nobody may write", 0o444, {}, 0o444],
    ["sets the given bits", 0o644, { mode: 0o600 }, 0o600],
    ["sets the given bits on a new file", undefined, { mode: 0o666 }, 0o666],
    ["keeps the old bits over the given ones", 0o640, { mode: 0o600, keepMode: true }, 0o640],
    ["gives a new file the given bits", undefined, { mode: 0o600, keepMode: true }, 0o600],
    ["never carries set-id bits over", 0o4755, {}, 0o755],
  ])("%s", async (_name, before, options, after) => {
    const path = join(folder, "f");
    if (before !== undefined) {
      await writeFile(path, "old");
      await chmod(path, before);
    }
    await writeFileAtomic(path, "new", options);
    expect((await stat(path)).mode & 0o7777).toBe(after);
  });

  it("gives a new file what the umask leaves", async () => {
    await writeFile(join(folder, "plain"), "");
    await writeFileAtomic(join(folder, "f"), "x");
    expect((await stat(join(folder, "f"))).mode).toBe((await stat(join(folder, "plain"))).mode);
  });

  it("replaces what a symbolic link points to and keeps the link", async () => {
    await mkdir(join(folder, "real"));
    await writeFile(join(folder, "real", "f"), "old");
    await symlink("real/f", join(folder, "one"));
    await symlink("one", join(folder, "two"));
    const result = await writeFileAtomic(join(folder, "two"), "new");
    expect(result).toEqual({ path: join(folder, "real", "f"), atomic: true });
    expect((await lstat(join(folder, "two"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, "real", "f"), "utf8")).toBe("new");
  });

  it("creates the file that a dangling link names", async () => {
    await symlink("later", join(folder, "link"));
    await writeFileAtomic(join(folder, "link"), "new");
    expect(await readFile(join(folder, "later"), "utf8")).toBe("new");
    expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
  });

  it("writes a hard-linked file in place, says so, and leaves no copy", async () => {
    const path = join(folder, "f");
    await writeFile(path, "the old content", { mode: 0o640 });
    await link(path, join(folder, "g"));
    const result = await writeFileAtomic(path, "new");
    expect(result).toEqual({ path, atomic: false, reason: "the file has more than one hard link" });
    expect(await readFile(join(folder, "g"), "utf8")).toBe("new");
    expect((await stat(path)).nlink).toBe(2);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await litter("f", "g")).toEqual([]);
  });

  it.each([
    ["a folder", (path: string) => mkdir(path), "it is not a regular file"],
    ["a pipe", (path: string) => run("mkfifo", [path]), "it is not a regular file"],
    ["a link that points to itself", (path: string) => symlink(path, path), "go round in a circle"],
    ["a file in a missing folder", () => undefined, "its folder does not exist"],
  ])("refuses %s and says why", async (name, make, why) => {
    const path = join(folder, name === "a file in a missing folder" ? "none/f" : "f");
    await make(path);
    await expect(writeFileAtomic(path, "new")).rejects.toMatchObject({
      code: "write_failed",
      message: expect.stringContaining(why) as string,
    });
    expect(await litter("f")).toEqual([]);
  });

  it("shows a hostile file name on one harmless line", async () => {
    const path = join(folder, "none", "a\nb\u001b[2J");
    await expect(writeFileAtomic(path, "x")).rejects.toThrow(/^[^\n\u001b]*$/u);
  });

  it.skipIf(!isRoot)("keeps owner and group (skipped unless root)", async () => {
    const path = join(folder, "f");
    await writeFile(path, "old");
    await chown(path, 1234, 4321);
    expect((await writeFileAtomic(path, "new")).atomic).toBe(true);
    expect(await stat(path)).toMatchObject({ uid: 1234, gid: 4321 });
  });

  describe("what dead writers left", () => {
    it("is removed at the next write, and nothing else is", async () => {
      const own = await readOwnIdentity();
      if (own === undefined) throw new Error("this system does not tell who a process is");
      const name = (pid: number, start: string, scope: string) => `.sx-tmp.${pid}.${start}.${scope}.0123456789abcdef`;
      const otherLife = name(own.pid, `${own.start}9`, own.scope);
      const gone = name(4_194_304, "1", own.scope);
      const living = name(own.pid, own.start, own.scope);
      const elsewhere = name(1, "1", "elsewhere-1");
      const elsewhereOld = name(2, "1", "elsewhere-1");
      const notOurs = ".sx-tmp.notes";
      for (const file of [otherLife, gone, living, elsewhere, elsewhereOld, notOurs])
        await writeFile(join(folder, file), "x");
      await utimes(join(folder, elsewhereOld), new Date(0), new Date(0));
      await utimes(join(folder, notOurs), new Date(0), new Date(0));
      await mkdir(join(folder, `${gone.slice(0, -1)}0`));

      await writeFileAtomic(join(folder, "f"), "new");
      expect((await readdir(folder)).sort()).toEqual([living, elsewhere, notOurs, `${gone.slice(0, -1)}0`, "f"].sort());
    });
  });
});

describe("writeFileAtomic in real processes", () => {
  it("leaves the old or the new content whole, and no litter, when killed at any moment", async () => {
    const script = await bundleScript("write-forever", join(base, "scripts"));
    const path = join(folder, "f");
    await writeFile(path, "a".repeat(300_000));
    const whole = new Set(["a".repeat(300_000), "b".repeat(200_000)]);
    for (let round = 0; round < 40; round += 1) {
      const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      // Not a wait for anything: the kill shall fall at a different moment each round.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 12));
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(whole.has(await readFile(path, "utf8"))).toBe(true);
    }
    await writeFileAtomic(path, "done");
    expect(await readdir(folder)).toEqual(["f"]);
  });

  it.skipIf(!isRoot)("writes in place in a folder that takes no new files (skipped unless root)", async () => {
    const script = await bundleScript("write-once", join(base, "scripts"));
    const path = join(folder, "f");
    await writeFile(path, "the old content");
    await chown(path, NOBODY, NOBODY);
    await chmod(folder, 0o755);
    const child = await run(process.execPath, [script, path, "new"], { uid: NOBODY, gid: NOBODY });
    expect(JSON.parse(child.stdout)).toEqual({ path, atomic: false, reason: "its folder takes no new files" });
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await litter("f")).toEqual([]);
  });

  it.skipIf(!isRoot)(
    "fails plainly, old content intact, where nothing may be written (skipped unless root)",
    async () => {
      const script = await bundleScript("write-once", join(base, "scripts"));
      const path = join(folder, "f");
      await writeFile(path, "the old content", { mode: 0o644 });
      await chmod(folder, 0o755);
      const child = await run(process.execPath, [script, path, "new"], { uid: NOBODY, gid: NOBODY });
      expect(JSON.parse(child.stdout)).toMatchObject({ code: "write_failed" });
      expect(child.stdout).toContain("permission denied");
      expect(await readFile(path, "utf8")).toBe("the old content");
    },
  );
});

describe.skipIf(!canMount)("writeFileAtomic on mounts (skipped: needs root and mount)", () => {
  it("keeps the old content and leaves nothing when the disk is full", async () => {
    await withMount(["-t", "tmpfs", "-o", "size=64k", "none"], folder, async () => {
      const path = join(folder, "f");
      await writeFile(path, "o".repeat(20_000));
      await expect(writeFileAtomic(path, "n".repeat(60_000))).rejects.toMatchObject({
        code: "write_failed",
        message: `cannot write ${path}: no space left on the disk; free some and try again`,
      });
      expect(await readFile(path, "utf8")).toBe("o".repeat(20_000));
      expect(await readdir(folder)).toEqual(["f"]);
      expect((await writeFileAtomic(path, "small")).atomic).toBe(true);
    });
  });

  it("keeps the old content of a hard-linked file when the disk is full", async () => {
    await withMount(["-t", "tmpfs", "-o", "size=64k", "none"], folder, async () => {
      const path = join(folder, "f");
      await writeFile(path, "o".repeat(10_000));
      await link(path, join(folder, "g"));
      await expect(writeFileAtomic(path, "n".repeat(60_000))).rejects.toMatchObject({ code: "write_failed" });
      expect(await readFile(path, "utf8")).toBe("o".repeat(10_000));
      expect((await readdir(folder)).sort()).toEqual(["f", "g"]);
    });
  });

  it("writes a mounted file in place", async () => {
    const source = join(base, "mounted");
    const path = join(folder, "f");
    await writeFile(source, "old");
    await writeFile(path, "");
    await withMount(["--bind", source], path, async () => {
      expect(await writeFileAtomic(path, "new")).toEqual({ path, atomic: false, reason: "the file is a mount point" });
      expect(await readFile(path, "utf8")).toBe("new");
    });
    expect(await readFile(source, "utf8")).toBe("new");
    expect(await litter("f")).toEqual([]);
  });
});

async function withMount(arguments_: readonly string[], place: string, work: () => Promise<void>): Promise<void> {
  await run("mount", [...arguments_, place]);
  try {
    await work();
  } finally {
    await run("umount", [place]);
  }
}

function mountWorks(): boolean {
  try {
    execFileSync(
      "sh",
      ["-c", 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d"; s=$?; rmdir "$d"; exit $s'],
      {
        stdio: "ignore",
      },
    );
    return true;
  } catch {
    return false;
  }
}
