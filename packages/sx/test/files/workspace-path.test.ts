import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { absolutePath, displayPath, isInside, plainName, realTarget } from "../../src/files/workspace-path.js";
import { FileWorkspace } from "./file-workspace.js";

describe("isInside", () => {
  const rows: readonly [root: string, path: string, inside: boolean][] = [
    ["/a/b", "/a/b", true],
    ["/a/b", "/a/b/c", true],
    ["/a/b", "/a/bc", false],
    ["/a/b", "/a", false],
    ["/a/b", "/a/b/..c", true],
    ["/a/b", "/a/..", false],
    ["/", "/x", true],
  ];
  it.each(rows)("%s, %s: %s", (root, path, inside) => {
    expect(isInside(root, path)).toBe(inside);
  });
});

describe("absolutePath", () => {
  const rows: readonly [given: string, expected: string][] = [
    ["src/a.ts", "/home/me/project/src/a.ts"],
    ["../x", "/home/me/x"],
    ["/etc/hosts", "/etc/hosts"],
    ["~/x", "/home/u/x"],
    ["~", "/home/u"],
    ["~x", "/home/me/project/~x"],
  ];
  it.each(rows)("%s", (given, expected) => {
    expect(absolutePath("/home/me/project", "/home/u", given)).toBe(expected);
  });
  it("refuses the empty path and NUL", () => {
    expect(() => absolutePath("/home/me/project", "/h", "")).toThrow(/empty/);
    expect(() => absolutePath("/home/me/project", "/h", "a\0b")).toThrow(/NUL/);
  });
});

describe("realTarget", () => {
  let space: FileWorkspace;
  beforeEach(() => {
    space = new FileWorkspace({ "dir/file": "x" });
    mkdirSync(join(space.base, "outside"));
  });
  afterEach(() => {
    space.remove();
  });

  it("resolves what exists, and the deepest existing parent of what does not", async () => {
    symlinkSync("dir", join(space.root, "alias"));
    expect(await realTarget(join(space.root, "alias/file"))).toBe(join(space.root, "dir/file"));
    expect(await realTarget(join(space.root, "alias/new/deep"))).toBe(join(space.root, "dir/new/deep"));
  });

  it("looks through dangling links and chains of them", async () => {
    symlinkSync(join(space.base, "outside/not-yet"), join(space.root, "dangling"));
    symlinkSync("dangling", join(space.root, "chain"));
    expect(await realTarget(join(space.root, "chain"))).toBe(join(space.base, "outside/not-yet"));
    expect(await realTarget(join(space.root, "chain/below"))).toBe(join(space.base, "outside/not-yet/below"));
  });

  it("refuses loops and files as parents", async () => {
    symlinkSync("two", join(space.root, "one"));
    symlinkSync("one", join(space.root, "two"));
    await expect(realTarget(join(space.root, "one"))).rejects.toThrow(/loop of links/);
    await expect(realTarget(join(space.root, "dir/file/x"))).rejects.toThrow(/is a file, not a folder/);
  });
});

it("shows names on one line", () => {
  expect(displayPath("/home/me/project", "/home/me/project/src/a.ts")).toBe("src/a.ts");
  expect(displayPath("/home/me/project", "/home/me/project")).toBe(".");
  expect(displayPath("/home/me/project", "/etc/x")).toBe("/etc/x");
  expect(plainName("a\nb\u001b[31m\u2028")).toBe("a\\u000ab\\u001b[31m\\u2028");
});
