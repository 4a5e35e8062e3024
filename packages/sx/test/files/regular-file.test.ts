import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, renameSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatBytes, readRegularFile } from "../../src/files/regular-file.js";
import { FileWorkspace } from "./file-workspace.js";

let space: FileWorkspace;
beforeEach(() => {
  space = new FileWorkspace();
});
afterEach(() => {
  space.remove();
});
const read = (path: string, maxBytes = 1000): string => readRegularFile(path, "it", { maxBytes }).bytes.toString();

describe("readRegularFile", () => {
  it("reads a file up to its limit, and files whose size the system does not tell", () => {
    expect(read(space.put("a", "x".repeat(1000)))).toHaveLength(1000);
    expect(() => read(space.put("b", "x".repeat(1001)))).toThrow("it is 1.0 KB; the limit is 1.0 KB");
    expect(read("/proc/version")).toMatch(/^Linux/);
  });

  it("never waits on a pipe, a socket or a device", async () => {
    const fifo = join(space.root, "fifo");
    execFileSync("mkfifo", [fifo]);
    expect(() => read(fifo)).toThrow("it is a named pipe, not a regular file");
    expect(() => read("/dev/zero")).toThrow("it is a device, not a regular file");
    expect(() => read(space.root)).toThrow("it is a folder, not a regular file");
    const server = createServer().listen(join(space.base, "s"));
    await once(server, "listening");
    expect(() => read(join(space.base, "s"))).toThrow("it is a socket, not a regular file");
    server.close();
  });

  it("does not follow a link, and sees that a parent was swapped for one", () => {
    const path = space.put("dir/file", "text");
    symlinkSync(path, join(space.root, "link"));
    expect(() => read(join(space.root, "link"))).toThrow("it is a symbolic link, not a regular file");
    renameSync(join(space.root, "dir"), join(space.root, "moved"));
    symlinkSync("moved", join(space.root, "dir"));
    expect(() => read(path)).toThrow("it was moved or replaced while it was opened; try again");
  });

  it("refuses a sparse giant by its size, and reads only the head when asked", () => {
    const path = space.put("giant", "head");
    truncateSync(path, 8 * 2 ** 30);
    expect(() => read(path)).toThrow("it is 8.6 GB; the limit is 1.0 KB");
    const { bytes } = readRegularFile(path, "it", { maxBytes: 0, headBytes: 8 });
    expect(bytes).toEqual(Buffer.from("head\0\0\0\0"));
  });

  it("leaves no descriptor open, whatever happens", () => {
    const path = space.put("a", "xx");
    const before = openSync(path, "r");
    closeSync(before);
    for (let count = 0; count < 50; count += 1) expect(() => read(path, 1)).toThrow(/limit/);
    const after = openSync(path, "r");
    closeSync(after);
    expect(after).toBe(before);
  });

  it("tells absent files from parents that are files", () => {
    writeFileSync(join(space.root, "f"), "");
    mkdirSync(join(space.root, "d"));
    expect(() => read(join(space.root, "none"))).toThrow("it does not exist");
    expect(() => read(join(space.root, "f/x"))).toThrow("a parent of it is a file, not a folder");
  });
});

it.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [1000, "1.0 KB"],
  [3_900_000, "3.9 MB"],
  [8 * 2 ** 30, "8.6 GB"],
])("formatBytes(%d)", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
