import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFileLedger } from "../../src/files/file-ledger.js";
import { createBashTool } from "../../src/tools/tool-bash.js";
import type { SxTool } from "../../src/tools/tool-context.js";
import { createEditTool } from "../../src/tools/tool-edit.js";
import { createReadTool } from "../../src/tools/tool-read.js";
import { createWriteTool } from "../../src/tools/tool-write.js";
import { removeEmptyFolders } from "../../src/undo/apply-plan.js";
import { type UndoOptions, UndoStore } from "../../src/undo/undo-store.js";
import { call, FileWorkspace } from "../files/file-workspace.js";

let space: FileWorkspace;
let folder: string;
let undo: UndoStore;
let tools: Record<"write" | "edit" | "read" | "bash", SxTool>;

function begin(options: Partial<UndoOptions> = {}): void {
  undo = new UndoStore({ workspace: space.root, ...options });
  const ledger = createFileLedger();
  const context = { ...space.context, undo };
  tools = {
    write: createWriteTool(context, ledger),
    edit: createEditTool(context, ledger),
    read: createReadTool(context, ledger),
    bash: createBashTool(context),
  };
}

beforeEach(() => {
  space = new FileWorkspace({ "a.txt": "one\n", "src/b.txt": "two\n" });
  folder = join(space.base, "session.undo");
  begin();
});
afterEach(async () => {
  await undo.close();
  space.remove();
});

const text = (name: string): string => readFileSync(join(space.root, name), "utf8");
const isThere = (name: string): boolean => existsSync(join(space.root, name));
const bash = (command: string) => call(tools.bash, { command });

async function write(path: string, content: string): Promise<void> {
  await call(tools.read, { path });
  const { error } = await call(tools.write, { path, content });
  expect(error).toBeUndefined();
}

/** Takes the last turn back, conflicts left alone. */
async function undoLast(): Promise<readonly string[]> {
  const plan = await undo.plan({ kind: "last" });
  if (plan === undefined) return [];
  return (await undo.apply(plan)).map(({ path, action }) => `${action} ${path.slice(space.root.length + 1)}`);
}

describe("file tools", () => {
  test("a turn's writes and edits are taken back together, with the folders made for them", async () => {
    undo.beginTurn({ folder, n: 3 });
    await write("a.txt", "1\n");
    await call(tools.edit, { path: "a.txt", edits: [{ old_string: "1", new_string: "11" }] });
    await write("new/deep/c.txt", "three\n");
    expect(await undoLast()).toEqual(["restore a.txt", "delete new/deep/c.txt"]);
    expect([text("a.txt"), isThere("new")]).toEqual(["one\n", false]);
    expect(await undo.plan({ kind: "last" })).toBeUndefined();
  });

  test("one turn after the other, and all since an entry", async () => {
    for (const n of [1, 5, 9]) {
      undo.beginTurn({ folder, n });
      await write("a.txt", `turn ${n}\n`);
    }
    await undoLast();
    expect(text("a.txt")).toBe("turn 5\n");
    const plan = await undo.plan({ kind: "since", n: 1 });
    expect(plan?.turns).toEqual([1, 5]);
    await undo.apply(plan!);
    expect(text("a.txt")).toBe("one\n");
  });

  test("an undo is undone, also several in turn", async () => {
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    undo.beginTurn({ folder, n: 2 });
    await write("c.txt", "new\n");
    await undoLast();
    await undoLast();
    expect([text("a.txt"), isThere("c.txt")]).toEqual(["one\n", false]);
    await undo.apply((await undo.plan({ kind: "redo" }))!);
    expect([text("a.txt"), isThere("c.txt")]).toEqual(["1\n", false]);
    await undo.apply((await undo.plan({ kind: "redo" }))!);
    expect([text("a.txt"), text("c.txt")]).toEqual(["1\n", "new\n"]);
    expect(await undo.plan({ kind: "redo" })).toBeUndefined();
    expect(await undoLast()).toEqual(["delete c.txt"]);
  });

  test("the mode comes back with the content", async () => {
    chmodSync(join(space.root, "a.txt"), 0o750);
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    rmSync(join(space.root, "a.txt"));
    const plan = await undo.plan({ kind: "last" });
    await undo.apply(plan!, () => true);
    expect([text("a.txt"), statSync(join(space.root, "a.txt")).mode & 0o777]).toEqual(["one\n", 0o750]);
  });

  test("another program goes on with what is on the disk", async () => {
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    await undo.close();
    begin();
    undo.use(folder);
    expect(await undoLast()).toEqual(["restore a.txt"]);
    expect(text("a.txt")).toBe("one\n");
  });

  test("without a session nothing is kept", async () => {
    undo.beginTurn(undefined);
    await write("a.txt", "1\n");
    await bash("rm a.txt");
    expect(readdirSync(space.base).sort()).toEqual(
      ["home", "scratch", "work"].filter((name) => existsSync(join(space.base, name))),
    );
    expect(await undo.plan({ kind: "last" })).toBeUndefined();
  });
});

describe("somebody else's work", () => {
  test("a file that changed since is a conflict, and stays unless it is chosen", async () => {
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    await write("src/b.txt", "2\n");
    writeFileSync(join(space.root, "a.txt"), "mine\n");
    const plan = (await undo.plan({ kind: "last" }))!;
    expect(plan.files.map(({ action, conflict }) => [action, conflict])).toEqual([
      ["restore", true],
      ["restore", false],
    ]);
    await undo.apply(plan);
    expect([text("a.txt"), text("src/b.txt")]).toEqual(["mine\n", "two\n"]);
  });

  test("what was overwritten with consent comes back with a redo", async () => {
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    writeFileSync(join(space.root, "a.txt"), "mine\n");
    await undo.apply((await undo.plan({ kind: "last" }))!, () => true);
    expect(text("a.txt")).toBe("one\n");
    await undo.apply((await undo.plan({ kind: "redo" }))!);
    expect(text("a.txt")).toBe("mine\n");
  });

  test("a change between two of the turn's own is a conflict, also over several turns", async () => {
    for (const n of [1, 2]) {
      undo.beginTurn({ folder, n });
      await write("a.txt", `${n}\n`);
      await write("a.txt", `${n} again\n`);
      if (n === 1) writeFileSync(join(space.root, "a.txt"), "mine\n");
    }
    const plan = (await undo.plan({ kind: "since", n: 1 }))!;
    expect(plan.files).toMatchObject([{ conflict: true, reason: "somebody else changed it in between" }]);
    expect((await undo.plan({ kind: "last" }))?.files).toMatchObject([{ conflict: false }]);
  });

  test("a change between plan and apply ends all of it", async () => {
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    await write("src/b.txt", "2\n");
    const plan = (await undo.plan({ kind: "last" }))!;
    writeFileSync(join(space.root, "src/b.txt"), "mine\n");
    await expect(undo.apply(plan)).rejects.toMatchObject({ code: "undo_changed" });
    expect(text("a.txt")).toBe("1\n");
  });

  test("a failure in the middle puts back what was done", async () => {
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    await write("src/b.txt", "2\n");
    const plan = (await undo.plan({ kind: "last" }))!;
    // The second file is to become something that cannot be written.
    const files = plan.files.map((file) =>
      file.path.endsWith("b.txt") ? { ...file, to: { kind: "unknown" as const } } : file,
    );
    await expect(undo.apply({ ...plan, files })).rejects.toMatchObject({ code: "undo_failed" });
    expect([text("a.txt"), text("src/b.txt")]).toEqual(["1\n", "2\n"]);
    expect(await undoLast()).toEqual(["restore a.txt", "restore src/b.txt"]);
  });

  test("a folder that became a link leads nowhere", async () => {
    undo.beginTurn({ folder, n: 1 });
    await write("src/b.txt", "2\n");
    renameSync(join(space.root, "src"), join(space.base, "outside"));
    symlinkSync(join(space.base, "outside"), join(space.root, "src"));
    expect((await undo.plan({ kind: "last" }))?.files).toMatchObject([{ action: "none" }]);
    expect(await undoLast()).toEqual([]);
    expect(readFileSync(join(space.base, "outside/b.txt"), "utf8")).toBe("2\n");
  });
});

describe("commands", () => {
  test.each([
    { name: "changed", command: "echo x >> a.txt", expected: ["restore a.txt"] },
    {
      name: "changed, same size, times put back",
      command: "printf 'two\\n' > t; touch -r a.txt t; mv t a.txt",
      expected: ["restore a.txt"],
    },
    { name: "deleted", command: "rm a.txt", expected: ["create a.txt"] },
    { name: "created", command: "mkdir -p n/m; echo 1 > n/m/x", expected: ["delete n/m/x"] },
    { name: "renamed", command: "mv a.txt z.txt", expected: ["create a.txt", "delete z.txt"] },
    { name: "made runnable", command: "chmod 755 a.txt", expected: ["mode a.txt"] },
    { name: "a folder deleted", command: "rm -r src", expected: ["create src/b.txt"] },
    { name: "made a link", command: "ln -sf src/b.txt a.txt", expected: ["restore a.txt"] },
    { name: "a new link", command: "ln -s a.txt l", expected: ["delete l"] },
  ])("$name", async ({ command, expected }) => {
    chmodSync(join(space.root, "a.txt"), 0o644);
    undo.beginTurn({ folder, n: 1 });
    await bash(command);
    expect(await undoLast()).toEqual(expected);
    expect([text("a.txt"), text("src/b.txt")]).toEqual(["one\n", "two\n"]);
    expect([lstatSync(join(space.root, "a.txt")).isFile(), statSync(join(space.root, "a.txt")).mode & 0o777]).toEqual([
      true,
      0o644,
    ]);
    expect(readdirSync(space.root).sort()).toEqual(["a.txt", "src"]);
    expect((await undo.plan({ kind: "redo" }))?.files.length).toBe(expected.length);
  });

  test("a link comes back", async () => {
    symlinkSync("a.txt", join(space.root, "l"));
    undo.beginTurn({ folder, n: 1 });
    await bash("rm l; echo file > l");
    expect(await undoLast()).toEqual(["link l"]);
    expect(readlinkSync(join(space.root, "l"))).toBe("a.txt");
  });

  test("commands and tools in one turn are one undo", async () => {
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    await bash("echo 2 >> a.txt; echo 3 >> src/b.txt");
    expect(await undoLast()).toEqual(["restore a.txt", "restore src/b.txt"]);
    expect([text("a.txt"), text("src/b.txt")]).toEqual(["one\n", "two\n"]);
  });

  test("without a copy it says so, and promises nothing", async () => {
    await undo.close();
    begin({ listing: { copyBytes: 3 } });
    undo.beginTurn({ folder, n: 1 });
    await bash("echo x >> a.txt; echo new > c.txt");
    expect((await undo.plan({ kind: "last" }))?.files).toMatchObject([
      { action: "none", reason: "a command changed it, and there is no copy from before" },
      { action: "delete" },
    ]);
    expect(await undoLast()).toEqual(["delete c.txt"]);
  });

  test("a look that came to no end is told", async () => {
    await undo.close();
    begin({ listing: { entries: 1 } });
    undo.beginTurn({ folder, n: 1 });
    await bash("echo x > c.txt");
    expect((await undo.plan({ kind: "last" }))?.unseen).toEqual(["the look for changes stopped after 1 entries"]);
  });

  test("ignored files and credential places are not looked at", async () => {
    space.put(".gitignore", "out/\n");
    space.put("secret/key", "k");
    await undo.close();
    begin({ hidden: () => (path) => path.startsWith(join(space.root, "secret")) });
    undo.beginTurn({ folder, n: 1 });
    await bash("mkdir out; echo 1 > out/x; echo 2 > secret/key");
    expect(await undo.plan({ kind: "last" })).toBeUndefined();
  });
});

describe("what is on the disk", () => {
  test("it is for the user alone, and each content is there once", async () => {
    undo.beginTurn({ folder, n: 1 });
    space.put("c.txt", "one\n");
    await write("a.txt", "1\n");
    await write("c.txt", "1\n");
    expect(readdirSync(join(folder, "blobs"))).toHaveLength(1);
    const modes = [
      folder,
      join(folder, "blobs"),
      join(folder, "journal.jsonl"),
      join(folder, "blobs", readdirSync(join(folder, "blobs"))[0]!),
    ];
    expect(modes.map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700, 0o600, 0o600]);
  });

  test("beyond the bound the oldest copies go, and that is said", async () => {
    await undo.close();
    begin({ maxBytes: 10_000 });
    for (let n = 0; n < 20; n += 1) {
      undo.beginTurn({ folder, n });
      await write("a.txt", `${n}`.padEnd(1_000, "x"));
    }
    const kept = readdirSync(join(folder, "blobs")).length;
    expect(kept).toBeLessThanOrEqual(10);
    expect((await undo.plan({ kind: "since", n: 0 }))?.files).toMatchObject([
      { action: "none", reason: "its copy is no longer kept" },
    ]);
    expect(await undoLast()).toEqual(["restore a.txt"]);
    expect(text("a.txt").startsWith("18x")).toBe(true);
  });

  test("a journal cut at any byte is read as far as it goes", async () => {
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    undo.beginTurn({ folder, n: 2 });
    await write("a.txt", "2\n");
    await undo.close();
    const path = join(folder, "journal.jsonl");
    const whole = readFileSync(path);
    const first = whole.indexOf("\n");
    for (let cut = 0; cut <= whole.length; cut += 7) {
      writeFileSync(path, whole.subarray(0, cut));
      begin();
      undo.use(folder);
      const turns = (await undo.turns()).map(({ turn }) => turn);
      expect(turns).toEqual(cut < first ? [] : cut < whole.length - 1 ? [1] : [1, 2]);
      undo.beginTurn({ folder, n: 3 });
      await write("src/b.txt", `cut ${cut}`);
      await undo.close();
      begin();
      undo.use(folder);
      expect((await undo.turns()).map(({ turn }) => turn)).toEqual([...turns, 3]);
      await undo.close();
    }
  });

  test("a damaged copy is noticed before anything is changed", async () => {
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    const [hash] = readdirSync(join(folder, "blobs"));
    writeFileSync(join(folder, "blobs", hash!), "evil");
    await expect(undoLast()).rejects.toMatchObject({ code: "undo_failed" });
    expect(text("a.txt")).toBe("1\n");
  });

  test("a store that cannot be written is one warning, and the work goes on", async () => {
    await undo.close();
    const warnings: string[] = [];
    begin({ warn: (line) => warnings.push(line) });
    writeFileSync(join(space.base, "file"), "");
    undo.beginTurn({ folder: join(space.base, "file", "x.undo"), n: 1 });
    await write("a.txt", "1\n");
    await write("a.txt", "2\n");
    await bash("echo 3 >> a.txt");
    expect(text("a.txt")).toBe("2\n3\n");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("not being kept for undo");
  });

  test("folders of sessions that nobody works in go after 30 days", async () => {
    const old = join(space.base, "old.undo");
    mkdirSync(old);
    writeFileSync(join(old, "journal.jsonl"), "");
    const { utimesSync } = await import("node:fs");
    utimesSync(join(old, "journal.jsonl"), 1_000, 1_000);
    undo.beginTurn({ folder, n: 1 });
    await write("a.txt", "1\n");
    expect([existsSync(old), existsSync(folder)]).toEqual([false, true]);
  });
});

test("removes no empty folder behind a link that was put in a folder's place", async () => {
  const { root } = space;
  const outside = join(space.base, "outside");
  mkdirSync(join(outside, "empty"), { recursive: true });
  symlinkSync(outside, join(root, "made"));
  await removeEmptyFolders(root, [join(root, "made", "empty")]);
  expect(existsSync(join(outside, "empty"))).toBe(true);
});
