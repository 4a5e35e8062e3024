import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Sim } from "@scorpiox/sim";
import { createProvider } from "@scorpiox/sxnet";
import { createCredentialSource } from "@scorpiox/sxnet/credentials";
import { readConfiguration } from "@scorpiox/sxutil";
import { describe, expect, test } from "vitest";
import { Person } from "../chat/pty.js";
import { BIN, makePlace, openSim, type Outcome, type Place, runSx } from "../harness.js";
import { hostileValue, RISKY, writeHostileRepository } from "./hostile-repository.js";
import { changesOf, layPrograms, listenAsTrap, listTree, type TrapPort } from "./traps.js";

const other = (name: string): string => fileURLToPath(new URL(`../../../${name}/dist/bin.cjs`, import.meta.url));
const SOURCES = ["local", "remote", "ssh"] as const;
const hasStrace = spawnSync("strace", ["-V"]).status === 0;

/** What a start may leave in the user's own folders. */
const OWN_FILES = /^\.(scorpiox\/(projects|sessions|undo|cache|history\.jsonl(\.lock)?)|cache)(\/|$)/;

interface Setting {
  readonly place: Place;
  readonly trap: TrapPort;
  /** Where trap programs leave their names. */
  readonly mark: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A hostile project; `user` are the lines of the user's own file. */
async function lay(source: (typeof SOURCES)[number], user: Readonly<Record<string, string>>): Promise<Setting> {
  const place = await makePlace();
  const trap = await listenAsTrap();
  const mark = join(place.home, "..", "mark");
  const path = join(place.home, "..", "programs");
  layPrograms(path, mark);
  for (const folder of ["", "bin", "node_modules/.bin"]) layPrograms(join(place.project, folder), mark);
  writeHostileRepository({ project: place.project, trapPort: trap.port, source });
  mkdirSync(join(place.home, ".scorpiox"));
  const lines = Object.entries(user).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(join(place.home, ".scorpiox", "scorpiox-env.txt"), lines.join(""), { mode: 0o600 });
  // Whoever wants to reach a host that is not on this machine meets the trap as well.
  const proxy = `http://127.0.0.1:${trap.port}`;
  return { place, trap, mark, env: { PATH: `${path}:.::node_modules/.bin`, HTTPS_PROXY: proxy, HTTP_PROXY: proxy } };
}

/** What a person with the simulator for a service has set; the account, since a project may ask for one where nobody has. */
async function settingsOf(sim: Sim): Promise<Readonly<Record<string, string>>> {
  const login = JSON.parse(await readFile(sim.env["CODEX_CREDENTIALS_FILE"] ?? "", "utf8")) as {
    tokens: { account_id: string };
  };
  return { ...sim.env, CODEX_ACCOUNT_ID: login.tokens.account_id, CODEX_OAUTH_URL: sim.url };
}

function run(argv: readonly string[], { place, env }: Pick<Setting, "place" | "env">): Promise<Outcome> {
  const [command = "", ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { cwd: place.project, env: { HOME: place.home, ...env }, stdio: "pipe" });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.end();
  });
}

/** Fails for every connection, program and file that nobody asked for. */
async function expectQuiet({ place, trap, mark }: Setting, act: () => Promise<void>): Promise<void> {
  const [home, project] = [listTree(place.home), listTree(place.project)];
  await act();
  expect(trap.visits).toEqual([]);
  expect(existsSync(mark) ? readFileSync(mark, "utf8") : "").toBe("");
  expect(changesOf(project, listTree(place.project))).toEqual([]);
  expect(changesOf(home, listTree(place.home)).filter((path) => !OWN_FILES.test(path))).toEqual([]);
}

test("every risky key has a harmful value", () => {
  const options = { project: "/p", trapPort: 1, source: "ssh" } as const;
  expect(RISKY.filter((key) => hostileValue(key, options) === undefined).map(({ name }) => name)).toEqual([]);
  expect(new Set(RISKY.map((key) => key.class))).toEqual(new Set(["redirects", "security", "secret"]));
});

describe("the traps work", () => {
  /** The settings as they would be, were the folder trusted. */
  async function trusting(source: (typeof SOURCES)[number]) {
    const setting = await lay(source, {});
    const { home, project: cwd } = setting.place;
    const { settings } = readConfiguration({ env: {}, cwd, home, trusted: true });
    return { ...setting, settings: settings() };
  }

  test.each([
    ["codex", "CODEX_BASE_URL"],
    ["claude_code", "CLAUDE_CODE_API_URL"],
    ["anthropic", "ANTHROPIC_API_URL"],
    ["gemini", "GEMINI_BASE_URL"],
    ["openai", "OPENAI_BASE_URL"],
    ["router", "ROUTER_URL"],
  ])("%s would go where %s leads", async (name, key) => {
    const { trap, settings } = await trusting("remote");
    const getCredential = () => Promise.resolve({ accessToken: "users-own" });
    const provider = await createProvider(name, { settings, getCredential, retry: { maxRetries: 0 } });
    const model = name === "openai" || name === "router" ? "some-model" : "sonnet";
    const turn = provider.stream({ model, messages: [{ role: "user", content: [{ type: "text", text: "q" }] }] });
    await expect(turn.result()).rejects.toThrow("400");
    await provider.close();
    expect(trap.visits.join("\n")).toContain(`/trap-${key}`);
  });

  test.each([
    ["codex", "remote", "/trap-CODEX_REMOTE_URL"],
    ["claude_code", "remote", "/trap-CLAUDE_CODE_REMOTE_URL"],
    ["codex", "local", "/trap-CODEX_OAUTH_URL"],
    ["claude_code", "local", "/trap-CLAUDE_CODE_OAUTH_URL"],
    ["codex", "ssh", "SSH-2.0-"],
    ["claude_code", "ssh", "SSH-2.0-"],
  ] as const)("a %s token would come over %s", async (vendor, source, line) => {
    const { place, trap, settings } = await trusting(source);
    // A token that the project holds itself is used before any file.
    const rest = { ...settings, CLAUDE_CODE_OAUTH_TOKEN: "" };
    const { home } = place;
    const refresher = { command: process.execPath, args: [join(BIN, "..", "refresher.cjs")] };
    const options = { vendor, settings: rest, home, env: {}, now: Date.now, refresher };
    await expect((await createCredentialSource(source, options)).get()).rejects.toThrow();
    expect(trap.visits.join("\n")).toContain(line);
  });

  test("a program leaves its name", async () => {
    const setting = await lay("local", {});
    await run([join(setting.place.project, "git"), "status"], setting);
    expect(readFileSync(setting.mark, "utf8")).toContain("git status");
    const tree = listTree(setting.place.project);
    writeFileSync(join(setting.place.project, "new"), "");
    expect(changesOf(tree, listTree(setting.place.project))).toEqual(["new"]);
  });

  test("the same approval mode, set by the user, lets a command run", async () => {
    const place = await makePlace();
    const sim = await openSim(commandScript);
    await runSx(["-p", "q"], { place, env: { ...sim.env, SX_APPROVAL_MODE: "all" } });
    expect(readFileSync(join(place.project, "made"), "utf8")).not.toContain("evil");
  });
});

/** A model that wants to run a command at once. */
const commandScript = {
  turns: [
    { reply: [{ tool_use: { name: "bash", input: { command: "export > made" } } }] },
    { reply: [{ text: "Done." }] },
  ],
};

describe.each(SOURCES)("a repository whose files choose %s tokens", (source) => {
  test("sx -p stops before anything is asked", async () => {
    const sim = await openSim({ turns: [] });
    const setting = await lay(source, await settingsOf(sim));
    await expectQuiet(setting, async () => {
      const outcome = await run([process.execPath, BIN, "-p", "q"], setting);
      expect(outcome).toMatchObject({ code: 55, stdout: "" });
      expect(outcome.stderr).toContain("this project is not trusted, and what it asks for is needed: CODEX_");
    });
    expect(sim.requests).toEqual([]);
  });

  test("sx -p, told from above, asks whom the user chose, runs nothing and writes nothing there", async () => {
    const sim = await openSim(commandScript);
    const user = await settingsOf(sim);
    const { env, ...setting } = await lay(source, user);
    await expectQuiet({ ...setting, env }, async () => {
      const outcome = await run([process.execPath, BIN, "-p", "q"], { ...setting, env: { ...user, ...env } });
      expect(outcome).toMatchObject({ code: 0, stdout: "Done.\n" });
      expect(outcome.stderr).toContain("ignored, because a project file may not decide it: ");
      expect(outcome.stderr).toContain("ignored, because no project may set it:");
    });
    expect(sim.requests).toHaveLength(2);
    expect(JSON.stringify(sim.requests)).not.toContain("evil-secret");
  });

  test("a command that the user allowed sees nothing of its settings", async () => {
    const sim = await openSim(commandScript);
    const user = await settingsOf(sim);
    const setting = await lay(source, user);
    const { place, trap } = setting;
    const env = { ...user, ...setting.env, PATH: process.env["PATH"] ?? "" };
    const argv = [process.execPath, BIN, "-p", "q", "--approval-mode", "all"];
    expect(await run(argv, { place, env })).toMatchObject({ code: 0, stdout: "Done.\n" });
    expect(readFileSync(join(place.project, "made"), "utf8")).not.toMatch(/evil|127\.0\.0\.1:1"|TOKEN_SOURCE/);
    expect(trap.visits).toEqual([]);
  });

  test("sx at a terminal", async () => {
    const sim = await openSim({ turns: [{ reply: [{ text: "Hello to you." }] }] });
    const setting = await lay(source, await settingsOf(sim));
    await expectQuiet(setting, async () => {
      const person = new Person([], setting);
      await person.sees("codex · sonnet");
      await person.sees("ignored, because");
      person.type("hello\r");
      await person.sees("Hello to you.");
      await person.sees("cached)");
      person.type("\u0004");
      expect((await person.exit).exitCode).toBe(0);
    });
    expect(sim.violations).toEqual([]);
  });

  test.each([
    ["scorpiox-config list", [other("config"), "list"]],
    ["scorpiox-codex-fetchtoken", [other("codex-fetchtoken")], 55],
    ["scorpiox-codex-fetchtoken status", [other("codex-fetchtoken"), "status"]],
    ["sx doctor", [BIN, "doctor", "--offline"]],
    ["sx models", [BIN, "models"]],
    ["sx limits", [BIN, "limits"]],
  ] as readonly [string, readonly string[], number?][])("%s", async (_name, argv, code = 0) => {
    const sim = await openSim({ turns: [] });
    const setting = await lay(source, await settingsOf(sim));
    await expectQuiet(setting, async () => {
      const outcome = await run([process.execPath, ...argv], setting);
      expect(outcome.stdout + outcome.stderr).toContain("ignored, because");
      expect(outcome).toMatchObject({ code });
      expect(outcome.stdout).not.toContain("evil-secret");
    });
  });

  test.skipIf(!hasStrace)("one program, one place to connect to (skipped without strace)", async () => {
    const sim = await openSim({ turns: [{ reply: [{ text: "Done." }] }] });
    const user = await settingsOf(sim);
    const setting = await lay(source, user);
    const log = join(setting.place.home, "..", "strace");
    const strace = ["strace", "-f", "-qq", "-e", "trace=execve,connect", "-e", "signal=none", "-o", log];
    const env = { ...user, ...setting.env, PATH: process.env["PATH"] ?? "" };
    const outcome = await run([...strace, process.execPath, BIN, "-p", "q"], { place: setting.place, env });
    expect(outcome).toMatchObject({ code: 0, stdout: "Done.\n" });
    const text = readFileSync(log, "utf8");
    // Besides itself only the lock of the session, by its absolute path.
    const programs = [...text.matchAll(/execve\("([^"]*)"/g)].map(([, program]) => program);
    expect(programs.filter((program) => !/^(\/usr)?\/bin\/flock$/.test(program ?? ""))).toEqual([process.execPath]);
    const ports = [...text.matchAll(/sin6?_port=htons\((\d+)\)/g)].map(([, port]) => Number(port));
    expect(new Set(ports)).toEqual(new Set([sim.port]));
  });
});
