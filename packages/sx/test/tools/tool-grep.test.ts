import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rgPath } from "@vscode/ripgrep";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { grepFiles, type GrepBounds, type GrepQuestion } from "../../src/search/grep-files.js";
import { findRipgrep, narrowFiles } from "../../src/search/ripgrep.js";
import { createGrepTool } from "../../src/tools/tool-grep.js";
import type { ToolContext } from "../../src/tools/tool-context.js";
import { call, FileWorkspace } from "../files/file-workspace.js";

const OWN: GrepBounds = { ripgrepFrom: Infinity, timeMs: 20_000 };
const RIPGREP: GrepBounds = { ripgrepFrom: 0, timeMs: 20_000 };

let space: FileWorkspace;
beforeEach(() => {
  space = new FileWorkspace();
});
afterEach(() => {
  space.remove();
});

/** The context of a workspace in which ripgrep is found. */
function withRipgrep(workspace: FileWorkspace): ToolContext {
  return { ...workspace.context, env: { ...workspace.context.env, PATH: dirname(rgPath) } };
}

async function textOf(context: ToolContext, question: GrepQuestion, bounds: GrepBounds): Promise<string> {
  const { content } = await grepFiles(context, question, new AbortController().signal, bounds);
  return content[0]?.type === "text" ? content[0].text : "";
}

/** The answer, after both ways to it have proved the same. */
async function grep(question: GrepQuestion, workspace = space): Promise<string> {
  const own = await textOf(workspace.context, question, OWN);
  expect(await textOf(withRipgrep(workspace), question, RIPGREP)).toBe(own);
  return own;
}

describe("grep, by itself and with ripgrep", () => {
  beforeEach(() => {
    space.put("b.ts", "const one = 1;\nfunction load() {\n  return one;\n}\n");
    space.put("a/x.ts", "load();\r\nLOAD();\r\n");
    space.put("a/y.md", "how to load\n");
    space.put("ignored/z.ts", "load();\n");
    space.put(".gitignore", "ignored/\n");
    space.put(".git/config", "load\n");
  });

  const rows: readonly [name: string, question: GrepQuestion, answer: string][] = [
    [
      "content in path order",
      { pattern: "load" },
      "a/x.ts\n1:load();\n\na/y.md\n1:how to load\n\nb.ts\n2:function load() {",
    ],
    ["letter case", { pattern: "load\\(", ignoreCase: true, path: "a" }, "a/x.ts\n1:load();\n2:LOAD();"],
    ["one file", { pattern: "one", path: "b.ts" }, "b.ts\n1:const one = 1;\n3:  return one;"],
    ["a named file, though ignored", { pattern: "load", path: "ignored/z.ts" }, "ignored/z.ts\n1:load();"],
    ["a named folder, though ignored", { pattern: "load", path: "ignored" }, "ignored/z.ts\n1:load();"],
    ["files", { pattern: "load", mode: "files" }, "a/x.ts\na/y.md\nb.ts"],
    ["count", { pattern: "o", glob: "*.{ts,md}", mode: "count" }, "a/x.ts: 1\na/y.md: 1\nb.ts: 3"],
    ["glob", { pattern: "load", glob: "*.{md,txt}" }, "a/y.md\n1:how to load"],
    ["glob turned round", { pattern: "load", glob: "!*.ts", mode: "files" }, "a/y.md"],
    ["glob with a folder", { pattern: "load", glob: "a/*.ts", mode: "files" }, "a/x.ts"],
    ["context", { pattern: "return", context: 1 }, "b.ts\n2-function load() {\n3:  return one;\n4-}"],
    [
      "context of two that touch",
      { pattern: "const|return", context: 1 },
      "b.ts\n1:const one = 1;\n2-function load() {\n3:  return one;\n4-}",
    ],
    ["the end of a CRLF line", { pattern: "\\);$", glob: "x.ts" }, "a/x.ts\n1:load();\n2:LOAD();"],
    ["nothing", { pattern: "nowhere" }, "no matches"],
    ["a line feed", { pattern: "x\\ny" }, "no matches\n[patterns are matched within one line, so \\n never matches]"],
    [
      "limit",
      { pattern: "o", glob: "*.{ts,md}", limit: 3 },
      "a/x.ts\n1:load();\n\na/y.md\n1:how to load\n\nb.ts\n1:const one = 1;\n[cut at 3 matching lines; narrow pattern, path or glob, or raise limit]",
    ],
    [
      "limit of files",
      { pattern: "load", mode: "files", limit: 2 },
      "a/x.ts\na/y.md\n[cut at 2 files; narrow pattern, path or glob, or raise limit]",
    ],
    ["exactly the limit", { pattern: "load", mode: "files", limit: 3 }, "a/x.ts\na/y.md\nb.ts"],
    ["no word to narrow by", { pattern: "^\\s*\\}$" }, "b.ts\n4:}"],
    ["a word like an option", { pattern: "--help" }, "no matches"],
  ];
  it.each(rows)("%s", async (_name, question, answer) => {
    expect(await grep(question)).toBe(answer);
  });

  it("separates stretches of context", async () => {
    space.put("long.txt", "hit\n1\n2\n3\n4\nhit\n");
    expect(await grep({ pattern: "hit", context: 1, path: "long.txt" })).toBe("long.txt\n1:hit\n2-1\n--\n5-4\n6:hit");
  });

  it("reads UTF-16, byte-order marks and latin-1", async () => {
    space.put("wide.txt", Buffer.from("\ufeffgrün needle\n", "utf16le"));
    space.put("big.txt", Buffer.from("\ufeffgrün needle\n", "utf16le").swap16());
    space.put("mark.txt", "\ufeffneedle\n");
    space.put("latin.txt", Buffer.from("grün needle\n", "latin1"));
    expect(await grep({ pattern: "^(grün )?needle" })).toBe(
      "big.txt\n1:grün needle\n\nlatin.txt\n1:grün needle\n\nmark.txt\n1:needle\n\nwide.txt\n1:grün needle",
    );
  });

  it("counts what it does not search", async () => {
    space.put("bin", Buffer.from("needle\0"));
    space.put("other-bin", Buffer.from("nothing\0"));
    space.put("broken-wide", Buffer.from([0xff, 0xfe, ...Buffer.from("needle1")]));
    const giant = space.put("giant", "needle");
    truncateSync(giant, 8 * 2 ** 30);
    expect(await grep({ pattern: "needle" })).toBe("no matches\n[not searched: 1 too large (over 8 MB), 1 binary]");
    expect(await grep({ pattern: "NEEDLE", ignoreCase: true })).toBe(
      "no matches\n[not searched: 1 too large (over 8 MB), 1 binary]",
    );
  });

  it("shows a long line around its match, and searches only the start of one beyond reason", async () => {
    space.put("one.js", `${"x".repeat(5000)}needle${"y".repeat(5000)}\n`);
    space.put("two.js", `${"x".repeat(70_000)}needle\n`);
    expect(await grep({ pattern: "needle" })).toBe(
      `one.js\n1:…${"x".repeat(100)}needle${"y".repeat(294)}…\n[1 long lines were searched only at their start]`,
    );
  });

  it("meets links, pipes and odd names without harm", async () => {
    symlinkSync(join(space.base, "home"), join(space.root, "away"));
    writeFileSync(join(space.home, "secret.txt"), "needle\n");
    symlinkSync(".", join(space.root, "loop"));
    execFileSync("mkfifo", [join(space.root, "fifo")]);
    space.put("-e", "needle\n");
    space.put("line\nfeed", "needle\n");
    expect(await grep({ pattern: "needle" })).toBe("-e\n1:needle\n\nline\\u000afeed\n1:needle");
  });

  it("does not meet credential places on its way through the home folder", async () => {
    mkdirSync(join(space.home, ".ssh"));
    writeFileSync(join(space.home, ".ssh/id"), "needle\n");
    writeFileSync(join(space.home, "notes"), "needle\n");
    expect(await grep({ pattern: "needle", path: "~" })).toBe(`${join(space.home, "notes")}\n1:needle`);
    await expect(grep({ pattern: "needle", path: "~/.ssh" })).rejects.toMatchObject({ code: "credential_path" });
  });

  it("does not search a credential file under another name", async () => {
    writeFileSync(join(space.home, ".netrc"), "password hunter\n");
    linkSync(join(space.home, ".netrc"), join(space.root, "innocent.txt"));
    space.put("b.txt", "hunter\n");
    linkSync(join(space.root, "b.txt"), join(space.root, "c.txt"));
    expect(await grep({ pattern: "hunter" })).toBe("b.txt\n1:hunter\n\nc.txt\n1:hunter\n[not searched: 1 unreadable]");
    expect(await grep({ pattern: "hunter", path: "innocent.txt" })).toBe("no matches\n[not searched: 1 unreadable]");
  });

  it("counts every line of a large file", async () => {
    space.put("big", "x\n".repeat(1_000_000));
    expect(await grep({ pattern: "x", mode: "count" })).toBe("big: 1000000");
    expect(await grep({ pattern: "x", mode: "files" })).toBe("big");
  });

  it("finds the same in random trees for random patterns", async () => {
    const word = fc.constantFrom(
      "foo",
      "Bar",
      "baz",
      "k",
      "\u212a",
      "ſ",
      "é",
      "\t",
      " ",
      ".",
      "(",
      "\r\n",
      "\n",
      "\n",
      "\0",
      "\ud83d\ude00",
    );
    const content = fc.array(word, { minLength: 4, maxLength: 16 }).map((parts) => parts.join(""));
    const encoding = fc.constantFrom("utf8" as const, "utf16le" as const, "latin1" as const);
    const file = fc.tuple(fc.constantFrom("a", "b.ts", "d/c.ts", "d/e/f", "g.md"), content, encoding, fc.boolean());
    const piece = fc.constantFrom(
      "foo",
      "bar",
      "Ba",
      "k",
      "s",
      "é",
      ".",
      "\\s",
      "\\(",
      "oo?",
      "z*",
      "(foo|baz)",
      "$",
      "^",
      "\\w+",
      "\\b",
    );
    const pattern = fc.array(piece, { minLength: 1, maxLength: 2 }).map((parts) => parts.join(""));
    const question = fc.record({
      pattern,
      ignoreCase: fc.boolean(),
      mode: fc.constantFrom("content" as const, "files" as const, "count" as const),
      limit: fc.integer({ min: 1, max: 4 }),
      context: fc.nat(1),
    });
    let found = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 5 }), question, async (files, question) => {
        const tree = new FileWorkspace();
        try {
          for (const [name, text, encoding, bom] of files)
            tree.put(name, Buffer.from((bom ? "\ufeff" : "") + text, encoding));
          if (!(await grep(question, tree)).startsWith("no matches")) found += 1;
        } finally {
          tree.remove();
        }
      }),
      { numRuns: 120 },
    );
    expect(found).toBeGreaterThan(15);
  });
});

describe("bounds", () => {
  it("ends a pattern that backtracks without end, and names the place", async () => {
    space.put("a.txt", `${"a".repeat(60)}b\n`);
    space.put("b.txt", "aaa\n");
    const { output } = await call(createGrepTool(space.context), { pattern: "(a+)+$" });
    expect(output?.truncated).toBe(true);
    expect(output?.content).toEqual([
      {
        type: "text",
        text: "no matches so far\n[stopped in a.txt: the pattern takes too long there; avoid nested repetitions such as (a+)+]",
      },
    ]);
  });

  it("stops when its time is over and says so", async () => {
    space.put("a.txt", "x\n");
    expect(await textOf(space.context, { pattern: "x" }, { ripgrepFrom: Infinity, timeMs: 0 })).toBe(
      "no matches so far\n[stopped after 0 s]",
    );
  });

  it("cuts an answer that is too long", async () => {
    for (let index = 0; index < 300; index += 1) space.put(`f${index}`, `${"needle ".repeat(60)}\n`);
    const { text, output } = await call(createGrepTool(space.context), { pattern: "needle", limit: 5000 });
    expect(output?.truncated).toBe(true);
    expect(text.length).toBeLessThan(62_000);
    expect(text).toMatch(/\n\[cut at 60000 characters; narrow pattern, path or glob\]$/);
  });

  it("stops on abort with the signal's reason", async () => {
    space.put("a.txt", "x\n");
    const reason = new Error("stop");
    const { error } = await call(createGrepTool(space.context), { pattern: "x" }, AbortSignal.abort(reason));
    expect(error).toBe(reason);
  });
});

describe("ripgrep", () => {
  const narrow = (program: string, files: readonly string[], more: { signal?: AbortSignal; timeMs?: number } = {}) =>
    narrowFiles({
      program,
      root: space.root,
      files,
      literals: ["needle"],
      ignoreCase: false,
      maxBytes: 1000,
      timeMs: more.timeMs ?? 20_000,
      signal: more.signal ?? new AbortController().signal,
    });
  const script = (text: string): string => {
    const path = join(space.base, "fake-rg");
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  it("is used: files without the word are left out", async () => {
    space.put("a", "needle");
    space.put("b", "hay");
    expect(await narrow(rgPath, ["a", "b"])).toEqual(["a"]);
  });

  it("is not taken from the workspace, nor from an empty or relative entry", async () => {
    const path = space.put("bin/rg", "#!/bin/sh\n");
    chmodSync(path, 0o755);
    expect(await findRipgrep(`${join(space.root, "bin")}::.:bin`, space.root)).toBeUndefined();
    expect(await findRipgrep(`:${dirname(rgPath)}`, space.root)).toBe(rgPath);
  });

  it("leaves everything in when it fails, dies, is missing or takes too long", async () => {
    space.put("a", "hay");
    expect(await narrow(script("exit 2"), ["a"])).toEqual(["a"]);
    expect(await narrow(script("kill -9 $$"), ["a"])).toEqual(["a"]);
    expect(await narrow(join(space.base, "none"), ["a"])).toEqual(["a"]);
    expect(await narrow(script("exec sleep 60"), ["a"], { timeMs: 50 })).toEqual(["a"]);
  });

  it("is ended by an abort", async () => {
    space.put("a", "hay");
    const controller = new AbortController();
    const reason = new Error("stop");
    const running = narrow(script("exec sleep 60"), ["a"], { signal: controller.signal });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it("sees no environment, and takes more names than one command line holds", async () => {
    const names = Array.from({ length: 3000 }, (_, index) => `folder-with-a-long-name/${"x".repeat(40)}-${index}`);
    for (const name of names) space.put(name, name.endsWith("7") ? "needle" : "hay");
    expect(await narrow(rgPath, names)).toEqual(names.filter((name) => name.endsWith("7")));
    expect(await narrow(script('test -z "$SX_TEST$HOME" || exit 2\nexit 1'), ["a", names[0] ?? ""])).toEqual(["a"]);
  });
});
