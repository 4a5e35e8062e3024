import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { walkFiles, type WalkOptions } from "../../src/search/file-walk.js";
import { FileWorkspace } from "../files/file-workspace.js";

let space: FileWorkspace;
beforeEach(() => {
  space = new FileWorkspace();
});
afterEach(() => {
  space.remove();
});

const walk = (options: Partial<WalkOptions> = {}) =>
  walkFiles({ root: space.root, workspace: space.root, signal: new AbortController().signal, ...options });

describe("walkFiles", () => {
  it("lists files in path order, hidden ones too, without repositories' own data", async () => {
    for (const name of ["b.txt", "a/z.txt", "a.txt", ".env", ".git/HEAD", "sub/.git/config", "sub/x"]) space.put(name);
    expect((await walk()).files).toEqual([".env", "a.txt", "a/z.txt", "b.txt", "sub/x"]);
  });

  it("follows nested ignore files, the deeper one deciding, .ignore after .gitignore", async () => {
    space.put(".gitignore", "*.log\nbuild/\nnode_modules\n");
    space.put("sub/.gitignore", "!keep.log\n!build/\n");
    space.put("sub/.ignore", "*.tmp\n");
    for (const name of [
      "a.log",
      "sub/keep.log",
      "sub/b.log",
      "sub/c.tmp",
      "build/x",
      "sub/build/y",
      "node_modules/m",
    ]) {
      space.put(name);
    }
    expect((await walk()).files).toEqual([
      ".gitignore",
      "sub/.gitignore",
      "sub/.ignore",
      "sub/build/y",
      "sub/keep.log",
    ]);
  });

  it("knows the rules above its root, from the git root down, and the repository's own exclude file", async () => {
    space.put(".git/info/exclude", "*.mine\n");
    space.put(".gitignore", "*.log\n/pkg/dist\n");
    for (const name of ["pkg/a.log", "pkg/b.mine", "pkg/dist/x", "pkg/src/y"]) space.put(name);
    expect((await walk({ root: join(space.root, "pkg") })).files).toEqual(["src/y"]);
    // A folder that is named is walked although it is ignored itself.
    expect((await walk({ root: join(space.root, "pkg/dist") })).files).toEqual(["x"]);
  });

  it("agrees with git on random trees and rules", async () => {
    const name = fc.constantFrom("a", "b", "ab", "a.x", "b.x");
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const rule = fc.constantFrom(
      "a",
      "*.x",
      "/a",
      "b/",
      "!a",
      "!*.x",
      "a/b",
      "**/b",
      "a/**",
      "!b/",
      "a*",
      "?",
      "/*",
      "!/ab",
    );
    const rules = fc.array(rule, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(path, { maxLength: 12 }), rules, rules, async (paths, outer, inner) => {
        const tree = new FileWorkspace();
        try {
          const place = (name: string, text: string): void => {
            try {
              tree.put(name, text);
            } catch {
              // The name is taken by a folder, or a file stands where a folder should be: one file less.
            }
          };
          for (const path of paths) place(path, "");
          place(".gitignore", outer.join("\n"));
          place("a/.gitignore", inner.join("\n"));
          const git = (...args: string[]): string =>
            execFileSync("git", ["-C", tree.root, ...args], {
              encoding: "utf8",
              env: { PATH: "/usr/bin:/bin", HOME: tree.home },
            });
          git("init", "-q");
          const expected = git("ls-files", "-o", "--exclude-standard", "-z").split("\0").filter(Boolean).toSorted();
          const { files } = await walkFiles({
            root: tree.root,
            workspace: tree.root,
            signal: new AbortController().signal,
          });
          expect(files).toEqual(expected);
        } finally {
          tree.remove();
        }
      }),
      { numRuns: 60 },
    );
  });

  it("skips links, pipes and sockets, so a loop of links has an end", async () => {
    space.put("real.txt");
    mkdirSync(join(space.root, "dir"));
    symlinkSync("..", join(space.root, "dir/up"));
    symlinkSync("/etc/passwd", join(space.root, "passwd"));
    symlinkSync("self", join(space.root, "self"));
    execFileSync("mkfifo", [join(space.root, "fifo"), join(space.root, ".gitignore")]);
    expect(await walk()).toEqual({ files: ["real.txt"], unreadable: 0 });
  });

  it("stops at its limits and says so", async () => {
    for (let index = 0; index < 30; index += 1) space.put(`f${String(index).padStart(2, "0")}`);
    const few = await walk({ limits: { entries: 10 } });
    expect(few.stopped).toBe("stopped after 10 entries");
    expect(few.files).toHaveLength(10);
    expect((await walk({ limits: { timeMs: 0 } })).stopped).toBe("stopped after 0 s");
  });

  it("looks at the clock inside a folder, too", async () => {
    for (let index = 0; index < 30; index += 1) space.put(`f${index}`);
    const end = performance.now() + 600;
    const accept = (): boolean => {
      while (performance.now() < end) continue;
      return true;
    };
    const result = await walk({ accept, limits: { timeMs: 300 } });
    expect(result.stopped).toBe("stopped after 0.3 s");
    expect(result.files.length).toBeLessThan(2);
  });

  it("gives up on a very deep tree without losing the rest", async () => {
    space.put("top.txt");
    mkdirSync(join(space.root, "d/".repeat(300)), { recursive: true });
    const result = await walk();
    expect(result.files).toEqual(["top.txt"]);
    expect(result.stopped).toBe("folders deeper than 100 were left out");
  });

  it("leaves out what is hidden, and counts names that are not UTF-8", async () => {
    space.put("secret/key");
    space.put("open/file");
    writeFileSync(Buffer.concat([Buffer.from(`${space.root}/bad`), Buffer.from([0xff])]), "");
    const result = await walk({ hidden: (path) => path === join(space.root, "secret") });
    expect(result).toEqual({ files: ["open/file"], unreadable: 1 });
  });

  it("stops on abort with the signal's reason", async () => {
    const reason = new Error("stop");
    await expect(walk({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
