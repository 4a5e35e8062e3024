import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSim } from "@scorpiox/sim";
import { describe, expect, it, onTestFinished } from "vitest";
import { KEY, Person } from "./pty.js";
import { SampleCommand } from "./sample-command.js";

type Steps = readonly (readonly [question: string, keys: string])[];

const USER_FILE = "~/.scorpiox/scorpiox-env.txt";
const SSH_STEPS: Steps = [
  ["Who shall answer?", KEY.enter],
  ["Where is the login?", KEY.down + KEY.enter],
  ["Which machine?", `bastion.internal${KEY.enter}`],
  ["Which user there?", `ann${KEY.enter}`],
  ["On which port?", KEY.enter],
  ["private key file?", KEY.enter],
  ["which models it has?", "n"],
  ["Which model?", `gpt-5.3-codex${KEY.enter}`],
  ["How hard shall it think?", KEY.enter],
  ["without a question?", KEY.enter],
  ["For what is this?", KEY.enter],
  ["whether it works?", KEY.down.repeat(2) + KEY.enter],
];
const SSH_TEXT =
  "PROVIDER=codex\nCODEX_TOKEN_SOURCE=ssh\nCODEX_SSH_HOST=bastion.internal\nCODEX_SSH_USER=ann\n" +
  "CODEX_SSH_PORT=22\nMODEL=gpt-5.3-codex\n";

describe("the setup at a terminal", () => {
  it.each([60, 100])("sets up a login over SSH in %i columns, and init writes the same bytes", async (columns) => {
    const command = new SampleCommand({ [USER_FILE]: "# mine\r\nMODEL=old\r\n" });
    const person = new Person(command, { columns });
    await walk(person, [...SSH_STEPS, ["Write this?", KEY.enter]]);
    await person.sees("Done.");
    expect(await person.exit).toBe(0);
    expect(person.all()).toContain("- MODEL=old");
    expect(person.all()).toContain("+ MODEL=gpt-5.3-codex");
    const text = command.text(USER_FILE);
    expect(text).toMatch(/^# mine\r\nMODEL=gpt-5.3-codex\r\nPROVIDER=codex\r\n/);

    const twin = new SampleCommand({ [USER_FILE]: "# mine\r\nMODEL=old\r\n" });
    const sets = ["--set", "CODEX_SSH_HOST=bastion.internal", "--set", "CODEX_SSH_USER=ann"];
    const argv = ["init", "--provider", "codex", "--token-source", "ssh", "--model", "gpt-5.3-codex", ...sets];
    expect(await twin.run(argv)).toMatchObject({ code: 0 });
    expect(twin.text(USER_FILE)).toBe(text);
  });

  it("asks in the project of a plan whose login is here, and trusts what it wrote itself", async () => {
    const command = new SampleCommand({ "~/.codex/auth.json": '{"tokens":{"access_token":"x.y.z"}}' });
    chmodSync(command.path("~/.codex/auth.json"), 0o600);
    const person = new Person(command, { columns: 60 });
    await walk(person, [
      ["Codex (login in ~/.codex/auth.json)", KEY.enter],
      ["Where is the login?", KEY.enter],
      ["which models it has?", "n"],
      ["Which model?", `gpt-5.3-codex${KEY.enter}`],
      ["How hard shall it think?", KEY.enter],
      ["without a question?", KEY.enter],
      ["For what is this?", KEY.down + KEY.enter],
      ["whether it works?", KEY.down.repeat(2) + KEY.enter],
      ["Write this?", KEY.enter],
    ]);
    expect(await person.exit).toBe(0);
    const text = "PROVIDER=codex\nCODEX_TOKEN_SOURCE=local\nMODEL=gpt-5.3-codex\n";
    expect(command.text("./scorpiox-env.txt")).toBe(text);
    expect(await command.run(["get", "PROVIDER"])).toMatchObject({ stdout: "codex\n", stderr: "" });
  });

  it("keeps a key off the screen and out of git", async () => {
    const command = new SampleCommand();
    execFileSync("git", ["init", "-q"], { cwd: command.cwd });
    const person = new Person(command, { columns: 60 });
    await walk(person, [
      ["Who shall answer?", KEY.down.repeat(2) + KEY.enter],
      ["What is your API key?", `sk-ant-very-secret-1234${KEY.enter}`],
      ["which models it has?", "n"],
      ["Which model?", `opus${KEY.enter}`],
      ["How hard shall it think?", KEY.enter],
      ["without a question?", KEY.enter],
      ["For what is this?", KEY.down + KEY.enter],
      ["Where shall the secret go?", KEY.down + KEY.enter],
      ["whether it works?", KEY.down.repeat(2) + KEY.enter],
      ["Write this?", KEY.enter],
    ]);
    expect(await person.exit).toBe(0);
    expect(person.all()).not.toContain("secret-1234");
    expect(person.all()).toContain("+ ANTHROPIC_API_KEY=****1234");
    expect(command.text("./scorpiox-env.txt")).toBe(
      "PROVIDER=anthropic\nANTHROPIC_API_KEY=sk-ant-very-secret-1234\nMODEL=opus\n",
    );
    expect(statSync(command.path("./scorpiox-env.txt")).mode & 0o777).toBe(0o600);
    expect(command.text("./.gitignore")).toBe("/scorpiox-env.txt\n");
  });

  it("sets up a server, takes its models, and sends one request when that was wanted", async () => {
    const sim = await startSim({ script: { turns: [{ reply: [{ text: "OK" }] }] } });
    onTestFinished(() => sim.close());
    const command = new SampleCommand();
    const person = new Person(command, { env: { OPENAI_API_KEY: sim.env["OPENAI_API_KEY"] ?? "" } });
    await walk(person, [
      ["Who shall answer?", KEY.up.repeat(2) + KEY.enter],
      ["Look for one on this machine?", "n"],
      ["At which address?", `${sim.url}${KEY.enter}`],
      ["which models it has?", "y"],
      ["Which model?", `my-model${KEY.enter}`],
      ["How hard shall it think?", KEY.enter],
      ["without a question?", KEY.enter],
      ["For what is this?", KEY.down.repeat(2) + KEY.enter],
      ["What is the profile called?", `home${KEY.enter}`],
      ["from now on?", "y"],
      ["whether it works?", KEY.down + KEY.enter],
      ["Write this?", KEY.enter],
    ]);
    expect(await person.exit).toBe(0);
    expect(person.all()).toContain(`endpoint: ${sim.url} answers`);
    expect(person.all()).toContain("request: my-model has answered");
    const text = `PROVIDER=openai\nOPENAI_BASE_URL=${sim.url}\nMODEL=my-model\n`;
    expect(command.text("~/.scorpiox/scorpiox-env/home.txt")).toBe(text);
    expect(command.text(USER_FILE)).toBe("ACTIVE_PROFILE=home\n");
  });

  it("goes back with Esc, and goes on another time with what was answered", async () => {
    const command = new SampleCommand();
    const first = new Person(command);
    await walk(first, [
      ["Who shall answer?", KEY.down.repeat(2) + KEY.enter],
      ["What is your API key?", KEY.escape],
      ["Who shall answer?", KEY.up.repeat(2) + KEY.enter],
      ["Where is the login?", KEY.down + KEY.enter],
      ["Which machine?", `bastion.internal${KEY.enter}`],
      ["Which user there?", KEY.interrupt],
    ]);
    expect(await first.exit).toBe(130);
    expect(first.all()).toContain("The answers so far are kept.");
    const second = new Person(command);
    await walk(second, [
      ["left unfinished?", KEY.enter],
      ["Which user there?", `ann${KEY.enter}`],
      ...SSH_STEPS.slice(4),
      ["Write this?", KEY.enter],
    ]);
    expect(await second.exit).toBe(0);
    expect(command.text(USER_FILE)).toBe(SSH_TEXT);
    expect(readdirSync(command.path("~/.scorpiox"))).not.toContain("wizard-draft.json");
  });

  it("leaves every file as it is on Ctrl+C, at every question", async () => {
    const steps: Steps = [...SSH_STEPS, ["Write this?", KEY.enter]];
    for (const [index, [question]] of steps.entries()) {
      const command = new SampleCommand({ [USER_FILE]: "MODEL=old\n", "./scorpiox-env.txt": "MODEL=older\n" });
      const before = snapshot(command.root);
      const person = new Person(command);
      await walk(person, [...steps.slice(0, index), [question, KEY.interrupt]]);
      expect(await person.exit, question).toBe(130);
      expect(snapshot(command.root), question).toStrictEqual(before);
    }
  }, 60_000);

  it("asks nothing where there is no terminal to answer at", async () => {
    const command = new SampleCommand();
    expect(await command.run([])).toMatchObject({ code: 0, stdout: expect.stringContaining("Usage:") });
  });

  it("reads a draft that somebody broke as none", async () => {
    const command = new SampleCommand({ [USER_FILE]: "" });
    writeFileSync(join(command.home, ".scorpiox/wizard-draft.json"), "{");
    const person = new Person(command);
    await walk(person, [["Who shall answer?", KEY.interrupt]]);
    expect(await person.exit).toBe(130);
  });
});

async function walk(person: Person, steps: Steps): Promise<void> {
  for (const [question, keys] of steps) {
    // One key at a time, as a person types: a prompt that is over takes none of the next one's.
    await person.at(question, keys);
  }
}

/** Every file below a folder with its bytes, but the draft of an unfinished setup and node's compiled code. */
function snapshot(root: string): Readonly<Record<string, string>> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const kept = files.filter(({ name }) => name !== "wizard-draft.json" && !name.endsWith(".bin"));
  return Object.fromEntries(
    kept.map(({ parentPath, name }) => [
      join(parentPath, name).slice(root.length),
      readFileSync(join(parentPath, name), "latin1"),
    ]),
  );
}
