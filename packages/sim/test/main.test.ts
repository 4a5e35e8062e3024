import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closedOrigin, codexBody, joinDeltas, post, send } from "./client.js";

const BIN = fileURLToPath(new URL("../dist/bin.cjs", import.meta.url));

beforeAll(() => {
  if (!existsSync(BIN)) throw new Error(`${BIN} is missing: build it first (pnpm --filter @scorpiox/sim build)`);
});

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sim-main-"));
  await writeFile(
    join(folder, "turns.json"),
    JSON.stringify({ turns: [{ expect: { lastUserText: "hi" }, reply: [{ text: "hello" }] }] }),
  );
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the bundle with an empty home and its own temp folder, in which nothing may be left. */
function launch(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { child: ChildProcess; ended: Promise<Ran> } {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, TMPDIR: folder, SX_CODE_CACHE: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const out = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (out.stdout += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (out.stderr += chunk.toString("utf8")));
  return { child, ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, ...out }))) };
}

/** A program that asks the simulator as its environment says, and prints what it got. */
const ASK = `
  const fs = require("node:fs");
  const { tokens } = JSON.parse(fs.readFileSync(process.env.CODEX_CREDENTIALS_FILE, "utf8"));
  const body = ${JSON.stringify(JSON.stringify(codexBody("hi")))}.replace("\\"hi\\"", JSON.stringify(process.argv[1] ?? "hi"));
  fetch(process.env.CODEX_BASE_URL + "/responses", {
    method: "POST", body, headers: { authorization: "Bearer " + tokens.access_token },
  }).then(async (answer) => {
    console.log(process.env.PROVIDER, answer.status, (await answer.text()).includes('"text":"hello"'));
    process.exitCode = Number(process.argv[2] ?? 0);
  });
`;

describe("with a command", () => {
  it("runs it against the script and has its exit code", async () => {
    const ran = await launch(["--script", "turns.json", "--", process.execPath, "-e", ASK]).ended;
    expect(ran).toEqual({ code: 0, stdout: "codex 200 true\n", stderr: "" });
    const failed = await launch(["--script", "turns.json", "--", process.execPath, "-e", ASK, "hi", "7"]).ended;
    expect(failed.code).toBe(7);
    expect((await readdir(folder)).sort()).toEqual(["turns.json"]);
  });

  it("fails when a request is not the expected one, and says what differs", async () => {
    const ran = await launch(["--script", "turns.json", "--", process.execPath, "-e", ASK, "hello"]).ended;
    expect(ran).toMatchObject({ code: 1, stdout: "codex 400 false\n" });
    expect(ran.stderr).toBe(
      'scorpiox-sim: request 1 is not what turn 1 expects: lastUserText: wanted "hi"; got "hello"\n' +
        "scorpiox-sim: 1 answer of the script was not asked for; turn 1 is next\n",
    );
  });

  it("fails when turns are left over", async () => {
    const ran = await launch(["--script", "turns.json", "--", process.execPath, "-e", "0"]).ended;
    expect(ran).toEqual({
      code: 1,
      stdout: "",
      stderr: "scorpiox-sim: 1 answer of the script was not asked for; turn 1 is next\n",
    });
  });

  it("keeps a provider that the caller chose, and passes on the command's own signal", async () => {
    const script = 'process.stdout.write(process.env.PROVIDER + "\\n"); process.kill(process.pid, "SIGKILL")';
    const ran = await launch(["--script", "turns.json", "--", process.execPath, "-e", script], { PROVIDER: "openai" })
      .ended;
    expect(ran).toMatchObject({ code: 137, stdout: "openai\n" });
  });

  it("passes signals on to it and waits for its end", async () => {
    const script = `
      process.on("SIGTERM", () => { console.log("told"); process.exit(3); });
      setInterval(() => {}, 1000);
      console.log("ready");
    `;
    const { child, ended } = launch(["--script", "turns.json", "--", process.execPath, "-e", script]);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 143, stdout: "ready\ntold\n" });
    expect((await readdir(folder)).sort()).toEqual(["turns.json"]);
  });

  it("says that a command cannot be started", async () => {
    const ran = await launch(["--script", "turns.json", "--", "/nowhere/program"]).ended;
    expect(ran).toMatchObject({ code: 42, stderr: "scorpiox-sim: cannot start /nowhere/program: no such program\n" });
    expect((await readdir(folder)).sort()).toEqual(["turns.json"]);
  });
});

describe("without a command", () => {
  it("says where it serves, in one line, and serves until a signal", async () => {
    const { child, ended } = launch(["--script", "turns.json", "--log", "log.jsonl"]);
    const line = await new Promise<string>((resolve) =>
      child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8"))),
    );
    const place = JSON.parse(line) as { url: string; port: number; env: Record<string, string> };
    expect(place).toMatchObject({
      url: `http://127.0.0.1:${place.port}`,
      env: { CODEX_BASE_URL: `${place.url}/backend-api/codex` },
    });
    const { body } = await post(place, codexBody("hi"));
    expect(joinDeltas(body, "response.output_text.delta")).toBe("hello");
    child.kill("SIGTERM");
    expect(await ended).toEqual({ code: 143, stdout: line, stderr: "" });
    expect((await readFile(join(folder, "log.jsonl"), "utf8")).trim().split("\n")).toHaveLength(1);
    expect((await readdir(folder)).sort()).toEqual(["log.jsonl", "turns.json"]);
  });
});

describe("recording", () => {
  it("leaves the credentials to the caller and writes none", async () => {
    const upstream = launch(["--script", "turns.json"]);
    const line = await new Promise<string>((resolve) =>
      upstream.child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8"))),
    );
    const { url, env } = JSON.parse(line) as { url: string; env: Record<string, string> };
    const own = { CODEX_CREDENTIALS_FILE: env["CODEX_CREDENTIALS_FILE"] ?? "", MY_API_KEY: "You are a test." };
    const command = ["--", process.execPath, "-e", ASK];
    const recorded = await launch(["--record", "run.jsonl", "--upstream", url, ...command], own).ended;
    expect(recorded).toEqual({ code: 0, stdout: "undefined 200 true\n", stderr: "" });
    const text = await readFile(join(folder, "run.jsonl"), "utf8");
    expect(text).not.toContain("You are a test.");
    expect(text).not.toContain("Bearer");
    expect(text).not.toMatch(/eyJ/);
    const played = await launch(["--replay", "run.jsonl", ...command]).ended;
    expect(played).toEqual({ code: 0, stdout: "codex 200 true\n", stderr: "" });
    const other = await launch(["--replay", "run.jsonl", ...command, "hi there"]).ended;
    expect(other.code).toBe(1);
    expect(other.stderr).toContain('at input[0].content[0].text wanted "hi"; got "hi there"');
  });
});

describe("usage", () => {
  it.each([
    [["--help"], 0],
    [["--version"], 0],
    [[], 2],
    [["--script", "missing.json"], 42],
    [["--replay", "turns.json"], 42],
    [["--record", "r.jsonl", "--upstream", "http://example.com"], 42],
  ])("%j ends with %i", async (args, code) => {
    const ran = await launch(args).ended;
    expect(ran.code).toBe(code);
    expect(ran.stderr.split("\n")).toHaveLength(code === 0 ? 1 : 2);
    expect(ran.stdout === "").toBe(code !== 0);
  });

  it("tells the client that the upstream cannot be reached", async () => {
    const upstream = await closedOrigin();
    const { child, ended } = launch(["--record", "r.jsonl", "--upstream", upstream]);
    const line = await new Promise<string>((resolve) =>
      child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8"))),
    );
    const { url } = JSON.parse(line) as { url: string };
    expect((await send(`${url}/v1/models`, { method: "GET", headers: {} })).status).toBe(502);
    child.kill("SIGINT");
    const ran = await ended;
    expect(ran.code).toBe(130);
    expect(ran.stderr).toContain(`request 1: ${upstream} did not answer`);
  });
});
