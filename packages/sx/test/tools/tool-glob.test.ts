import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { splitPattern } from "../../src/search/glob-files.js";
import { createGlobTool } from "../../src/tools/tool-glob.js";
import { call, FileWorkspace } from "../files/file-workspace.js";

let space: FileWorkspace;
beforeEach(() => {
  space = new FileWorkspace();
  for (const name of ["b.ts", "a.md", "src/x.ts", "src/deep/y.ts", "dist/z.ts", ".env"]) space.put(name);
  space.put(".gitignore", "dist\n");
});
afterEach(() => {
  space.remove();
});

const NONE = "no files (ignored ones are left out unless their folder is given as path)";

describe("glob", () => {
  const rows: readonly [pattern: string, path: string | undefined, text: string][] = [
    ["*.ts", undefined, "b.ts\nsrc/deep/y.ts\nsrc/x.ts"],
    ["**/*.ts", undefined, "b.ts\nsrc/deep/y.ts\nsrc/x.ts"],
    ["src/*.ts", undefined, "src/x.ts"],
    ["./src/**", undefined, "src/deep/y.ts\nsrc/x.ts"],
    ["src/", undefined, "src/deep/y.ts\nsrc/x.ts"],
    ["*.ts", "src/deep", "src/deep/y.ts"],
    ["deep/*", "src", "src/deep/y.ts"],
    ["dist/*", undefined, "dist/z.ts"],
    ["*.{md,env}", undefined, ".env\na.md"],
    ["*.py", undefined, NONE],
    ["none/*.ts", undefined, "the folder none does not exist"],
    ["a.md/*", undefined, "a.md is not a folder"],
    ["", "src", "the glob is empty"],
  ];
  it.each(rows)("%s in %s", async (pattern, path, text) => {
    const answer = await call(createGlobTool(space.context), { pattern, ...(path === undefined ? {} : { path }) });
    expect(answer.text).toBe(text);
  });

  it("takes absolute patterns and stays out of credential places", async () => {
    const tool = createGlobTool(space.context);
    expect((await call(tool, { pattern: `${space.root}/src/*.ts` })).text).toBe("src/x.ts");
    mkdirSync(join(space.home, ".ssh"));
    writeFileSync(join(space.home, ".ssh/id"), "");
    expect((await call(tool, { pattern: "~/**" })).text).toBe(NONE);
    expect((await call(tool, { pattern: "~/.ssh/*" })).text).toMatch(/place of credentials/);
  });

  it("stops at 1000 paths", async () => {
    for (let index = 0; index < 1005; index += 1) space.put(`many/f${index}`);
    const { text, output } = await call(createGlobTool(space.context), { pattern: "many/*" });
    expect(text.split("\n")).toHaveLength(1001);
    expect(text).toMatch(/\n\[5 more files; narrow pattern or path\]$/);
    expect(output?.truncated).toBe(true);
  });
});

it.each([
  ["*.ts", "", "*.ts"],
  ["a/b/*.ts", "a/b", "/*.ts"],
  ["a/**/b/*.ts", "a", "**/b/*.ts"],
  ["/etc/*.conf", "/etc", "/*.conf"],
  ["/*.conf", "/", "/*.conf"],
  ["a/b", "a", "/b"],
])("splitPattern(%s)", (pattern, folder, rest) => {
  expect(splitPattern(pattern)).toEqual({ folder, pattern: rest });
});
