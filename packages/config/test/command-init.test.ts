import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SampleCommand } from "./sample-command.js";

const USER_FILE = "~/.scorpiox/scorpiox-env.txt";
const CODEX = ["init", "--provider", "codex", "--model", "gpt-5.5"];

describe("init", () => {
  it("changes the lines it has to, and leaves the others byte for byte", async () => {
    const command = new SampleCommand({ [USER_FILE]: "# mine\nMODEL = 'old'\nTOOLS=1" });
    expect(await command.run(CODEX)).toEqual({ code: 0, stdout: "", stderr: `written to ${USER_FILE}\n` });
    expect(command.text(USER_FILE)).toBe(
      "# mine\nMODEL = 'gpt-5.5'\nTOOLS=1\nPROVIDER=codex\nCODEX_TOKEN_SOURCE=local",
    );
    expect((await command.run(CODEX)).stderr).toBe(`nothing to change in ${USER_FILE}\n`);
  });

  it("only shows with --dry-run, secrets masked", async () => {
    const command = new SampleCommand({ [USER_FILE]: "OPENAI_API_KEY=sk-old-old-old-1111\nMODEL=x\n" });
    const answers = JSON.stringify({ PROVIDER: "openai", OPENAI_API_KEY: "sk-new-new-new-2222", MODEL: "gpt-5.5" });
    const ran = await command.run(["init", "--answers", "-", "--dry-run"], { stdin: answers });
    expect(ran).toEqual({
      code: 0,
      stdout: [
        USER_FILE,
        "- OPENAI_API_KEY=****1111",
        "+ OPENAI_API_KEY=****2222",
        "- MODEL=x",
        "+ MODEL=gpt-5.5",
        "+ PROVIDER=openai",
        "",
      ].join("\n"),
      stderr: "",
    });
    expect(command.text(USER_FILE)).toBe("OPENAI_API_KEY=sk-old-old-old-1111\nMODEL=x\n");
  });

  it.each<[string, readonly string[], RegExp]>([
    ["everything", [], /^PROVIDER is missing: give --provider; MODEL is missing: give --model$/],
    ["the machine", [...CODEX, "--token-source", "ssh"], /^CODEX_SSH_HOST is missing: give --set CODEX_SSH_HOST=…$/],
    ["the key", ["init", "--provider", "gemini", "-m", "x"], /^GEMINI_API_KEY is missing: give --answers FILE/],
    ["the profile", [...CODEX, "--tier", "profile"], /^profile is missing: give --profile$/],
    ["a good effort", [...CODEX, "--effort", "huge"], /^REASONING_EFFORT: choose /],
    ["a tier", [...CODEX, "--tier", "global"], /^tier: choose user, project, profile$/],
    ["no secret in the list of processes", [...CODEX, "--set", "OPENAI_API_KEY=sk-1"], /others can see/],
    ["a key that there is", [...CODEX, "--set", "MODELL=x"], /did you mean MODEL/],
  ])("asks for %s, and writes nothing", async (_name, argv, message) => {
    const command = new SampleCommand();
    const ran = await command.run(argv.length === 0 ? ["init"] : argv);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(message);
    expect(existsSync(command.path("~/.scorpiox"))).toBe(false);
  });

  it("takes further keys, and a key of the environment for what it is", async () => {
    const command = new SampleCommand();
    const argv = ["init", "--provider", "gemini", "--model", "opus", "--set", "TOOLS=1", "--effort", "high"];
    expect(await command.run(argv, { env: { GEMINI_API_KEY: "secret-of-the-environment" } })).toMatchObject({
      code: 0,
    });
    expect(command.text(USER_FILE)).toBe("PROVIDER=gemini\nMODEL=opus\nREASONING_EFFORT=high\nTOOLS=1\n");
  });

  it.each([
    ["no JSON", '{"OPENAI_API_KEY": "sk-secret', 42],
    ["a list", "[]", 42],
    ["a number", '{"MODEL": 1}', 42],
    ["an unknown word", '{"MODELL": "x"}', 2],
  ])("refuses answers that are %s, without repeating them", async (_name, text, code) => {
    const ran = await new SampleCommand().run(["init", "--answers", "-"], { stdin: text });
    expect(ran.code).toBe(code);
    expect(ran.stderr).not.toContain("sk-secret");
  });

  it("says which place wins over what it wrote", async () => {
    const command = new SampleCommand({ "./scorpiox-env.txt": "MODEL=theirs\n" });
    const { stderr } = await command.run(CODEX);
    expect(stderr).toMatch(/^note: MODEL stays theirs \(project tier, .*\), which wins here\n/);
  });

  it("tells as JSON what it did", async () => {
    const command = new SampleCommand();
    const ran = await command.run([...CODEX, "--json"]);
    expect(JSON.parse(ran.stdout)).toEqual({
      written: true,
      files: [{ tier: "user", path: command.path(USER_FILE), inProject: false, changed: true }],
      diff: [USER_FILE, "+ PROVIDER=codex", "+ CODEX_TOKEN_SOURCE=local", "+ MODEL=gpt-5.5"],
      checks: [],
    });
  });
});

describe("a secret and a project that git keeps", () => {
  const answers = { PROVIDER: "anthropic", MODEL: "opus", ANTHROPIC_API_KEY: "sk-ant-1234567890", tier: "project" };
  const KEY_LINE = "ANTHROPIC_API_KEY=sk-ant-1234567890\n";

  function makeRepository(): SampleCommand {
    const command = new SampleCommand({ "./.gitignore": "node_modules" });
    execFileSync("git", ["init", "-q"], { cwd: command.cwd });
    return command;
  }

  it("goes to the user's own file unless an ignore line was asked for", async () => {
    const command = makeRepository();
    const ran = await command.run(["init", "--answers", "-"], { stdin: JSON.stringify(answers) });
    expect(ran.code).toBe(0);
    expect(command.text("./scorpiox-env.txt")).toBe("PROVIDER=anthropic\nMODEL=opus\n");
    expect(command.text(USER_FILE)).toBe(KEY_LINE);
    expect(statSync(command.path(USER_FILE)).mode & 0o777).toBe(0o600);
  });

  it("goes there after the line, when that was asked for", async () => {
    const command = makeRepository();
    const stdin = JSON.stringify({ ...answers, secrets: "ignore" });
    expect(
      (await command.run(["init", "--answers", "-"], { stdin, env: { PATH: process.env["PATH"] ?? "" } })).code,
    ).toBe(0);
    expect(command.text("./.gitignore")).toBe("node_modules\n/scorpiox-env.txt\n");
    expect(command.text("./scorpiox-env.txt")).toContain(KEY_LINE);
    const status = execFileSync("git", ["status", "--short"], { cwd: command.cwd, encoding: "utf8" });
    expect(status).not.toContain("scorpiox-env.txt");
  });

  it("never goes to the project where git cannot be asked", async () => {
    const command = makeRepository();
    const stdin = JSON.stringify({ ...answers, secrets: "ignore" });
    expect((await command.run(["init", "--answers", "-"], { stdin, env: { PATH: "" } })).code).toBe(0);
    expect(command.text("./scorpiox-env.txt")).toBe("PROVIDER=anthropic\nMODEL=opus\n");
    expect(command.text(USER_FILE)).toBe(KEY_LINE);
  });

  it("never goes to a file that is committed already, whatever was asked for", async () => {
    const command = makeRepository();
    execFileSync("touch", ["scorpiox-env.txt"], { cwd: command.cwd });
    execFileSync("git", ["add", "scorpiox-env.txt"], { cwd: command.cwd });
    const stdin = JSON.stringify({ ...answers, secrets: "ignore" });
    expect(
      (await command.run(["init", "--answers", "-"], { stdin, env: { PATH: process.env["PATH"] ?? "" } })).code,
    ).toBe(0);
    expect(command.text("./scorpiox-env.txt")).toBe("PROVIDER=anthropic\nMODEL=opus\n");
    expect(command.text(USER_FILE)).toBe(KEY_LINE);
  });
});
