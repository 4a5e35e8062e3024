import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  cacheFolder,
  displayPath,
  findProject,
  globalFolder,
  projectFiles,
  scorpioxHome,
  userFiles,
} from "../src/paths.js";
import { makeSampleHome } from "./sample-home.js";

describe("the folders", () => {
  it.each<[env: Record<string, string>, own: string, machine: string, cache: string]>([
    [{}, "/h/.scorpiox", "/etc/scorpiox", "/h/.cache/scorpiox"],
    [{ SCORPIOX_HOME: "/s", SCORPIOX_GLOBAL_DIR: "/g", XDG_CACHE_HOME: "/c" }, "/s", "/g", "/c/scorpiox"],
    [
      { SCORPIOX_HOME: "", SCORPIOX_GLOBAL_DIR: "", XDG_CACHE_HOME: "c" },
      "/h/.scorpiox",
      "/etc/scorpiox",
      "/h/.cache/scorpiox",
    ],
  ])("follow %j", (env, own, machine, cache) => {
    expect([scorpioxHome(env, "/h"), globalFolder(env), cacheFolder(env, "/h")]).toEqual([own, machine, cache]);
    expect(userFiles(env, "/h")).toEqual(["/h/.claude/scorpiox-env.txt", `${own}/scorpiox-env.txt`]);
  });

  it("must be absolute", () => {
    expect(() => scorpioxHome({ SCORPIOX_HOME: "x" }, "/h")).toThrow(
      'SCORPIOX_HOME is "x" (environment); give an absolute path',
    );
    expect(() => globalFolder({ SCORPIOX_GLOBAL_DIR: "./x" })).toThrow(/SCORPIOX_GLOBAL_DIR/);
  });
});

describe("findProject", () => {
  it("takes the nearest folder upward that holds a project file, lowest file first", () => {
    const sample = makeSampleHome({
      "./scorpiox-env.txt": "",
      "./.scorpiox/scorpiox-env.txt": "",
      "./a/.claude/scorpiox-env.txt": "",
      "./a/b/x": "",
      "./c/x": "",
    });
    expect(findProject({ ...sample, cwd: join(sample.cwd, "a", "b") })).toEqual({
      root: join(sample.cwd, "a"),
      files: [join(sample.cwd, "a", ".claude", "scorpiox-env.txt")],
    });
    expect(findProject({ ...sample, cwd: join(sample.cwd, "c") })).toEqual({
      root: sample.cwd,
      files: [join(sample.cwd, "scorpiox-env.txt"), join(sample.cwd, ".scorpiox", "scorpiox-env.txt")],
    });
    expect(projectFiles("/p")).toEqual([
      "/p/scorpiox-env.txt",
      "/p/.claude/scorpiox-env.txt",
      "/p/.scorpiox/scorpiox-env.txt",
    ]);
  });

  it("does not look above the git root, also where .git is a file", () => {
    const sample = makeSampleHome({
      "~/scorpiox-env.txt": "",
      "./sub/x": "",
      "./tree/.git": "gitdir: x",
      "./scorpiox-env.txt": "",
    });
    expect(findProject({ ...sample, cwd: join(sample.cwd, "tree") })).toEqual({
      root: join(sample.cwd, "tree"),
      files: [],
    });
    expect(findProject({ ...sample, cwd: join(sample.cwd, "sub") }).root).toBe(sample.cwd);
  });

  it("does not look above home", () => {
    const sample = makeSampleHome({ "~/plain/deep/x": "", "~/scorpiox-env.txt": "" });
    writeFileSync(join(sample.root, "scorpiox-env.txt"), "");
    const cwd = join(sample.home, "plain", "deep");
    expect(findProject({ ...sample, cwd })).toEqual({
      root: sample.home,
      files: [join(sample.home, "scorpiox-env.txt")],
    });
    const other = makeSampleHome({ "~/plain/x": "" });
    writeFileSync(join(other.root, "scorpiox-env.txt"), "");
    expect(findProject({ ...other, cwd: join(other.home, "plain") })).toEqual({
      root: join(other.home, "plain"),
      files: [],
    });
  });

  it("stops at home also when home is named through a link", () => {
    const sample = makeSampleHome({ "~/plain/x": "", "~/.claude/scorpiox-env.txt": "" });
    writeFileSync(join(sample.root, "scorpiox-env.txt"), "");
    symlinkSync(sample.home, join(sample.root, "link"));
    const cwd = join(sample.home, "plain");
    expect(findProject({ ...sample, home: join(sample.root, "link"), cwd })).toEqual({ root: cwd, files: [] });
  });

  it("never takes the user's or the machine's files for a project's", () => {
    const sample = makeSampleHome({
      "~/.claude/scorpiox-env.txt": "",
      "~/.scorpiox/scorpiox-env.txt": "",
      "@/scorpiox-env.txt": "",
    });
    expect(findProject({ ...sample, cwd: sample.home }).files).toEqual([]);
    const global = sample.env["SCORPIOX_GLOBAL_DIR"] ?? "";
    expect(findProject({ ...sample, cwd: global }).files).toEqual([]);
    expect(
      findProject({ ...sample, env: { ...sample.env, SCORPIOX_HOME: join(sample.cwd, ".scorpiox") } }).files,
    ).toEqual([]);
  });

  it("takes nothing from a folder above that everybody may write to", () => {
    const sample = makeSampleHome();
    const open = join(sample.root, "open");
    mkdirSync(join(open, "work"), { recursive: true });
    writeFileSync(join(open, "scorpiox-env.txt"), "");
    chmodSync(open, 0o1777);
    expect(findProject({ ...sample, cwd: join(open, "work") })).toEqual({ root: join(open, "work"), files: [] });
    expect(findProject({ ...sample, cwd: open }).files).toHaveLength(1);
    chmodSync(open, 0o755);
    expect(findProject({ ...sample, cwd: join(open, "work") }).root).toBe(open);
  });

  it("counts a file that is there but cannot be used, so that reading it can say why", () => {
    const sample = makeSampleHome();
    symlinkSync("scorpiox-env.txt", join(sample.cwd, "scorpiox-env.txt"));
    expect(findProject(sample).files).toHaveLength(1);
  });
});

it("shows paths in home with ~, and nothing that a terminal would act on", () => {
  expect(displayPath("/h/x", "/h")).toBe("~/x");
  expect(displayPath("/h", "/h")).toBe("~");
  expect(displayPath("/hh/x", "/h")).toBe("/hh/x");
  expect(displayPath("/x", "/")).toBe("/x");
  expect(displayPath("/a\u001b]0;x\u0007", "/h")).toBe("/a\\u001b]0;x\\u0007");
});
