import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { SampleCommand } from "./sample-command.js";

const USER = "~/.scorpiox/scorpiox-env.txt";
const PROJECT = "./scorpiox-env.txt";
const mode = (path: string): number => statSync(path).mode & 0o777;

describe("set", () => {
  it("makes the user's file, for the user's eyes only", async () => {
    const command = new SampleCommand();
    const ran = await command.run(["set", "MODEL", "opus"]);
    expect(ran).toEqual({
      code: 0,
      stdout: "",
      stderr: "MODEL=opus written to ~/.scorpiox/scorpiox-env.txt (user tier)\n",
    });
    expect(command.text(USER)).toBe("MODEL=opus\n");
    expect([mode(command.path(USER)), mode(dirname(command.path(USER)))]).toEqual([0o600, 0o700]);
  });

  it("changes one line and keeps every other byte, the mode and a link", async () => {
    const command = new SampleCommand({
      "~/dotfiles/env": "\uFEFF# mine\r\nMODEL=sonnet\r\nTOOLS=1\r\n",
    });
    chmodSync(command.path("~/dotfiles/env"), 0o640);
    mkdirSync(dirname(command.path(USER)));
    symlinkSync("../dotfiles/env", command.path(USER));
    await command.run(["set", "MODEL", "opus"]);
    expect(command.text("~/dotfiles/env")).toBe("\uFEFF# mine\r\nMODEL=opus\r\nTOOLS=1\r\n");
    expect(mode(command.path("~/dotfiles/env"))).toBe(0o640);
  });

  it.each<[name: string, argv: readonly string[], message: RegExp]>([
    ["a wrong value", ["TOOLS", "maybe"], /^TOOLS is "maybe"; choose 1 or 0/],
    ["an unknown key", ["MODLE", "x"], /^"MODLE" is no configuration key; did you mean MODEL/],
    ["a line break", ["MODEL", "a\nPROVIDER=codex"], /control characters/],
    [
      "a guard weakened by a project",
      ["SX_APPROVAL_MODE", "all", "--tier", "project"],
      /^no project file may set SX_APPROVAL_MODE/,
    ],
    ["a secret in a project", ["OPENAI_API_KEY", "k", "--tier", "project"], /is a secret/],
    ["no active profile", ["MODEL", "x", "--tier", "profile"], /no profile is active/],
    ["a profile name that leads elsewhere", ["MODEL", "x", "--profile", "../x"], /two dots/],
    ["- on a terminal", ["MODEL", "-"], /stdin is the terminal/],
  ])("refuses %s and writes nothing", async (_name, argv, message) => {
    const command = new SampleCommand();
    const ran = await command.run(["set", ...argv], { terminal: true });
    expect([2, 52]).toContain(ran.code);
    expect(ran.stderr).toMatch(message);
    expect(existsSync(command.path(USER)) || existsSync(command.path(PROJECT))).toBe(false);
  });

  it("leaves a broken file alone", async () => {
    const command = new SampleCommand({ [USER]: "MODEL=opus\nwhat\n" });
    expect(await command.run(["set", "MODEL", "x"])).toMatchObject({
      code: 52,
      stderr: expect.stringContaining("line 2"),
    });
    expect(command.text(USER)).toBe("MODEL=opus\nwhat\n");
  });

  it("reads a secret from stdin, masks it, and closes an open file", async () => {
    const command = new SampleCommand({ [USER]: "MODEL=opus\n" });
    chmodSync(command.path(USER), 0o644);
    const ran = await command.run(["set", "OPENAI_API_KEY", "-"], { stdin: "sk-verysecret-1234\r\n" });
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("OPENAI_API_KEY=****1234 written") });
    expect(command.text(USER)).toBe("MODEL=opus\nOPENAI_API_KEY=sk-verysecret-1234\n");
    expect(mode(command.path(USER))).toBe(0o600);
  });

  it("writes to the project's file that has the key, else to the winning one, else makes one; leaves no lock there", async () => {
    const fresh = new SampleCommand();
    await fresh.run(["set", "MODEL", "x", "--tier", "project"]);
    expect(fresh.text(PROJECT)).toBe("MODEL=x\n");
    expect(readdirSync(fresh.cwd).sort()).toEqual([".git", "scorpiox-env.txt"]);
    const command = new SampleCommand({ [PROJECT]: "MODEL=a\n", "./.scorpiox/scorpiox-env.txt": "TOOLS=1\n" });
    await command.run(["set", "MODEL", "b", "--tier", "project"]);
    await command.run(["set", "THINKING", "0", "--tier", "project"]);
    expect(command.text(PROJECT)).toBe("MODEL=b\n");
    expect(command.text("./.scorpiox/scorpiox-env.txt")).toBe("TOOLS=1\nTHINKING=0\n");
  });

  it("writes to the profile that is in use, else to the user's", async () => {
    const command = new SampleCommand({ "~/.claude/scorpiox-env/w.txt": "MODEL=a\n", [USER]: "ACTIVE_PROFILE=w\n" });
    await command.run(["set", "MODEL", "b", "--tier", "profile"]);
    expect(command.text("~/.claude/scorpiox-env/w.txt")).toBe("MODEL=b\n");
    const ran = await command.run(["set", "MODEL", "c", "--profile", "new"]);
    expect(command.text("~/.scorpiox/scorpiox-env/new.txt")).toBe("MODEL=c\n");
    expect(ran.stderr).toMatch(
      /note: MODEL stays b \(profile tier, .*w\.txt line 1\)|note: that profile is not active; .* profile use new/,
    );
  });

  it.each<
    [name: string, argv: readonly string[], files: Record<string, string>, env: Record<string, string>, note: RegExp]
  >([
    [
      "the environment",
      ["MODEL", "x"],
      {},
      { MODEL: "haiku" },
      /note: MODEL stays haiku \(environment\), which wins over the user tier/,
    ],
    [
      "the project",
      ["MODEL", "x"],
      { [PROJECT]: "\nMODEL=opus" },
      {},
      /note: MODEL stays opus \(project tier, ~\/project\/scorpiox-env\.txt line 2\)/,
    ],
    [
      "missing trust",
      ["CODEX_BASE_URL", "http://x", "--tier", "project"],
      { [PROJECT]: "ROUTER_URL=http://theirs\n" },
      {},
      /note: CODEX_BASE_URL is ignored there until the project is trusted, because the file has keys of somebody else/,
    ],
    [
      "a secret elsewhere",
      ["OPENAI_API_KEY", "sk-12345678"],
      {},
      { OPENAI_API_KEY: "sk-verysecret-9999" },
      /note: OPENAI_API_KEY stays \*\*\*\*9999/,
    ],
  ])("says that %s keeps the value from counting", async (_name, argv, files, env, note) => {
    expect((await new SampleCommand(files).run(["set", ...argv], { env })).stderr).toMatch(note);
  });

  it("says nothing more when the value counts, also the second time", async () => {
    const command = new SampleCommand();
    await command.run(["set", "MODEL", "opus"]);
    expect((await command.run(["set", "MODEL", "opus"])).stderr).toBe(
      "MODEL=opus is in ~/.scorpiox/scorpiox-env.txt (user tier) already\n",
    );
  });
});
