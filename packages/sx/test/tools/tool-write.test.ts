import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileLedger, type FileLedger } from "../../src/files/file-ledger.js";
import { createReadTool } from "../../src/tools/tool-read.js";
import { createWriteTool } from "../../src/tools/tool-write.js";
import { call, FileWorkspace } from "../files/file-workspace.js";

let space: FileWorkspace;
let ledger: FileLedger;
beforeEach(() => {
  space = new FileWorkspace();
  ledger = createFileLedger();
});
afterEach(() => {
  space.remove();
});

const write = (path: string, content: string) => call(createWriteTool(space.context, ledger), { path, content });
const read = (path: string) => call(createReadTool(space.context, ledger), { path });
const bytesOf = (path: string): Buffer => readFileSync(join(space.root, path));

describe("write", () => {
  it("creates a file with its folders, exactly as given", async () => {
    expect((await write("a/b/c.txt", "one\ntwo")).text).toBe("created a/b/c.txt (2 lines)");
    expect(bytesOf("a/b/c.txt").toString()).toBe("one\ntwo");
  });

  it("replaces a file that was read, keeps its mode, and shows what changed", async () => {
    chmodSync(space.put("run.sh", "one\ntwo\nthree\n"), 0o750);
    await read("run.sh");
    const { text, output } = await write("run.sh", "one\n2\nthree\n");
    expect(text).toBe("updated run.sh (3 lines, was 3 lines)");
    expect(statSync(join(space.root, "run.sh")).mode & 0o777).toBe(0o750);
    expect(output?.details?.["diff"]).toEqual([
      { oldStart: 1, oldLines: 3, newStart: 1, newLines: 3, lines: [" one", "-two", "+2", " three"] },
    ]);
    // What was written is known: no second read is needed.
    expect((await write("run.sh", "x\n")).text).toBe("updated run.sh (1 line, was 3 lines)");
    expect((await write("run.sh", "x\n")).text).toBe("run.sh already has this content; nothing was written");
  });

  it("refuses a file that was not read, but not an empty one", async () => {
    space.put("a", "precious");
    expect((await write("a", "x")).text).toBe("a exists and has not been read yet; read it first");
    expect(bytesOf("a").toString()).toBe("precious");
    space.put("empty");
    expect((await write("empty", "x")).text).toBe("updated empty (1 line, was 0 lines)");
  });

  it("notices a change of the same size within the same instant", async () => {
    const path = space.put("a", "one");
    await read("a");
    const { mtime, atime } = statSync(path);
    writeFileSync(path, "two");
    const { utimesSync } = await import("node:fs");
    utimesSync(path, atime, mtime);
    expect((await write("a", "x")).text).toBe(
      "a has changed on disk since it was last read or written here; read it again",
    );
    expect(bytesOf("a").toString()).toBe("two");
    await read("a");
    expect((await write("a", "x")).text).toBe("updated a (1 line, was 1 line)");
  });

  const kept: readonly [name: string, before: Buffer, content: string, after: Buffer, said: string][] = [
    [
      "a byte-order mark",
      Buffer.from("\ufeffa\n"),
      "b\n",
      Buffer.from("\ufeffb\n"),
      "kept UTF-8 with a byte-order mark",
    ],
    [
      "UTF-16",
      Buffer.from("\ufeffa\n", "utf16le"),
      "ü\n",
      Buffer.from("\ufeffü\n", "utf16le"),
      "kept UTF-16 little-endian",
    ],
    ["CRLF throughout", Buffer.from("a\r\nb\r\n"), "x\ny\n", Buffer.from("x\r\ny\r\n"), "kept CRLF line endings"],
    ["latin-1 where it can", Buffer.from("grün", "latin1"), "blåu", Buffer.from("blåu", "latin1"), "1 line"],
    ["latin-1 becomes UTF-8", Buffer.from("grün", "latin1"), "5 €", Buffer.from("5 €"), "was not UTF-8, is UTF-8 now"],
    ["mixed endings are replaced as given", Buffer.from("a\r\nb\n"), "x\ny\n", Buffer.from("x\ny\n"), "2 lines"],
  ];
  it.each(kept)("%s", async (_name, before, content, after, said) => {
    space.put("f", before);
    await read("f");
    expect((await write("f", content)).text).toContain(said);
    expect(bytesOf("f")).toEqual(after);
  });

  it("writes nothing outside the workspace or on protected names", async () => {
    symlinkSync(space.base, join(space.root, "up"));
    symlinkSync(join(space.base, "new"), join(space.root, "dangling"));
    for (const path of ["../x", "up/x", "dangling", join(space.base, "workshop")]) {
      expect((await write(path, "x")).text).toMatch(/outside the workspace/);
    }
    expect((await write(".git/hooks/pre-commit", "x")).text).toMatch(/^\.git\/hooks\/pre-commit is protected: /);
    expect(existsSync(join(space.root, ".git"))).toBe(false);
    expect(existsSync(join(space.base, "x"))).toBe(false);
    expect(existsSync(join(space.base, "new"))).toBe(false);
  });

  it("replaces the target of a link inside the workspace and leaves the link", async () => {
    space.put("real", "old");
    symlinkSync("real", join(space.root, "link"));
    await read("link");
    expect((await write("link", "new")).text).toBe("updated link (1 line, was 1 line)");
    expect(bytesOf("real").toString()).toBe("new");
  });

  it("keeps the other names of a file and says that it was not atomic", async () => {
    linkSync(space.put("one", "old"), join(space.root, "two"));
    await read("one");
    expect((await write("one", "new")).text).toMatch(/; written in place, not atomically: .*hard link/);
    expect(bytesOf("two").toString()).toBe("new");
  });

  it("refuses folders and files in place of folders", async () => {
    mkdirSync(join(space.root, "dir"));
    space.put("file", "x");
    expect((await write("dir", "x")).text).toBe("dir is a folder; give the path of a file");
    expect((await write("file/x", "x")).text).toMatch(/is a file, not a folder/);
  });

  it("says what it is about before it runs", () => {
    const tool = createWriteTool(space.context, ledger);
    expect(tool.summary({ path: "a", content: "x\ny\n" })).toBe("a (2 lines)");
    expect(tool.writes?.({ path: "a/../b" })).toEqual([join(space.root, "b")]);
  });
});
