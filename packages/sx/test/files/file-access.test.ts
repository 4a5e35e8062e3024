import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileAccess } from "../../src/files/file-access.js";
import { readRegularFile } from "../../src/files/regular-file.js";
import { FileWorkspace } from "./file-workspace.js";

let space: FileWorkspace;
let access: FileAccess;
beforeEach(() => {
  space = new FileWorkspace({ "src/a.ts": "x" });
  mkdirSync(join(space.base, "workshop"));
  mkdirSync(join(space.home, ".ssh"));
  writeFileSync(join(space.home, ".ssh/id"), "key");
  access = new FileAccess(space.context);
});
afterEach(() => {
  space.remove();
});

describe("forWriting", () => {
  it("allows files of the workspace, existing or not", async () => {
    expect(await access.forWriting("src/a.ts")).toEqual({ real: join(space.root, "src/a.ts"), shown: "src/a.ts" });
    expect((await access.forWriting(join(space.root, "new/x"))).shown).toBe("new/x");
  });

  it("refuses every way out of the workspace", async () => {
    symlinkSync(space.base, join(space.root, "up"));
    symlinkSync(join(space.base, "not-yet"), join(space.root, "dangling"));
    const ways = [
      "../x",
      "src/../../x",
      join(space.base, "workshop/x"),
      "/tmp/x",
      "~/x",
      "up/x",
      "dangling",
      `/proc/self/root${space.base}/x`,
      "/proc/self/cwd/x",
    ];
    for (const way of ways) {
      await expect(access.forWriting(way), way).rejects.toMatchObject({ code: "outside_workspace" });
    }
    await expect(access.forWriting("up/x")).rejects.toThrow(/leads to .*which is outside the workspace/);
    await expect(access.forWriting(".")).rejects.toThrow(/workspace folder itself/);
  });

  it.each([
    ".git/hooks/pre-commit",
    ".git/config",
    ".GIT/config",
    "sub/.git/hooks/x",
    ".git",
    "scorpiox-env.txt",
    ".scorpiox/hooks/x",
    "scorpiox-env/prod.txt",
    ".claude/settings.json",
    ".vscode/tasks.json",
    ".mcp.json",
    ".bashrc",
    "sub/.zshrc",
    ".git./config",
    "src/../.git/config",
    ".g\u200cit/config",
    ".\uff47it/config",
    "git~1/config",
    ".git::$INDEX_ALLOCATION/config",
  ])("refuses %s also when it is absent", async (path) => {
    await expect(access.forWriting(path)).rejects.toMatchObject({ code: "protected_path" });
  });

  it("refuses a protected file under an innocent name, and an innocent file under a protected one", async () => {
    space.put(".git/config", "[core]");
    symlinkSync(".git", join(space.root, "notes"));
    await expect(access.forWriting("notes/config")).rejects.toMatchObject({ code: "protected_path" });
    symlinkSync("src/a.ts", join(space.root, ".envrc"));
    await expect(access.forWriting(".envrc")).rejects.toMatchObject({ code: "protected_path" });
  });

  it("allows names that only look alike", async () => {
    for (const path of [
      ".gitignore",
      ".github/workflows/x.yml",
      "git/config",
      "claude/x",
      "CLAUDE.md",
      "constructor/x",
      "__proto__",
    ]) {
      await expect(access.forWriting(path)).resolves.toBeDefined();
    }
  });
});

describe("forReading", () => {
  it("allows files anywhere", async () => {
    expect((await access.forReading("/etc/hostname")).shown).toBe("/etc/hostname");
    expect((await access.forReading("../workshop/x")).shown).toBe(join(space.base, "workshop/x"));
  });

  it.each([
    "~/.ssh/id",
    "~/.SSH/id",
    "~/.ssh",
    "~/.aws/credentials",
    "~/.codex/auth.json",
    "~/.claude/.credentials.json",
    "~/.scorpiox/codex-auth.json",
    "~/.scorpiox/scorpiox-env.txt",
    "~/.netrc",
    "~/.gnupg/x",
    "/etc/shadow",
    "/proc/self/environ",
    "/proc/1/environ",
    "link",
  ])("refuses the credential place %s", async (path) => {
    symlinkSync(join(space.home, ".ssh/id"), join(space.root, "link"));
    await expect(access.forReading(path)).rejects.toMatchObject({ code: "credential_path" });
  });

  it("finds the place also behind a linked dotfiles folder, by both of its names", async () => {
    mkdirSync(join(space.base, "dotfiles"));
    renameSync(join(space.home, ".ssh"), join(space.base, "dotfiles/ssh"));
    symlinkSync(join(space.base, "dotfiles/ssh"), join(space.home, ".ssh"));
    const fresh = new FileAccess(space.context);
    await expect(fresh.forReading("~/.ssh/id")).rejects.toMatchObject({ code: "credential_path" });
    await expect(fresh.forReading(join(space.base, "dotfiles/ssh/id"))).rejects.toMatchObject({
      code: "credential_path",
    });
  });

  it("refuses a hard link to a credential file", async () => {
    linkSync(join(space.home, ".ssh/id"), join(space.root, "innocent.txt"));
    const target = await access.forReading("innocent.txt");
    const read = (): unknown =>
      readRegularFile(target.real, target.shown, { maxBytes: 100, judge: access.judge(target) });
    expect(read).toThrow(/place of credentials/);
  });

  it("knows the places that it is told of, by both names of a linked folder", async () => {
    mkdirSync(join(space.base, "keys"));
    symlinkSync("keys", join(space.base, "alias"));
    const fresh = new FileAccess({ ...space.context, credentialPaths: [join(space.base, "alias")] });
    for (const path of ["alias/auth.json", "keys/auth.json"]) {
      await expect(fresh.forReading(join(space.base, path)), path).rejects.toMatchObject({ code: "credential_path" });
    }
    expect(fresh.hidden(space.base)?.(join(space.base, "keys"))).toBe(true);
  });

  it("knows the keys of the user whatever HOME says", async () => {
    const listed = join(userInfo().homedir, ".ssh/id_ed25519");
    await expect(access.forReading(listed)).rejects.toMatchObject({ code: "credential_path" });
  });
});

it("hides credential places from walks that could meet them, and asks nothing elsewhere", () => {
  expect(access.hidden(space.root)).toBeUndefined();
  const hidden = access.hidden(space.home);
  expect(hidden?.(join(space.home, ".ssh"))).toBe(true);
  expect(hidden?.(join(space.home, "notes.txt"))).toBe(false);
  expect(access.hidden("/")?.("/etc/shadow")).toBe(true);
});
