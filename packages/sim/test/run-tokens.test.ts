import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CodexAuthFile } from "../src/index.js";
import { control, refresh } from "./authority-client.js";

const BIN = fileURLToPath(new URL("../dist/bin.cjs", import.meta.url));

beforeAll(() => {
  if (!existsSync(BIN)) throw new Error(`${BIN} is missing: build it first (pnpm --filter @scorpiox/sim build)`);
});

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-tokens-"));
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

/** Runs the bundle with its own temp folder, in which nothing may be left. */
function launch(args: readonly string[]): { child: ChildProcess; firstLine: Promise<string>; ended: Promise<Ran> } {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, TMPDIR: folder, SX_CODE_CACHE: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const out = { stdout: "", stderr: "" };
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      out.stdout += chunk.toString("utf8");
      if (out.stdout.includes("\n")) resolve(out.stdout.split("\n", 1)[0] ?? "");
    });
  });
  child.stderr.on("data", (chunk: Buffer) => (out.stderr += chunk.toString("utf8")));
  return {
    child,
    firstLine,
    ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, ...out }))),
  };
}

interface Place {
  readonly url: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

describe("scorpiox-sim authority", () => {
  it("says where it is, serves a login, and leaves only its log", async () => {
    const { child, firstLine, ended } = launch(["authority", "--life=-60", "--log", "log.jsonl"]);
    const place = JSON.parse(await firstLine) as Place;
    expect(place.env["CODEX_OAUTH_URL"]).toBe(place.url);
    const file = await readFile(place.env["CODEX_CREDENTIALS_FILE"] ?? "", "utf8");
    const { tokens } = JSON.parse(file) as CodexAuthFile;
    expect(await control(place, { do: "state", secret: tokens.access_token })).toEqual({ state: "expired" });
    expect((await refresh(place, tokens.refresh_token)).status).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 143, stderr: "" });
    expect(await readdir(folder)).toEqual(["log.jsonl"]);
    expect(await readFile(join(folder, "log.jsonl"), "utf8")).toContain('"outcome":"rotated"');
  });

  it("has one winner among 8 processes with the same refresh token", async () => {
    const { firstLine } = launch(["authority", "--settings", '{"beforeCommitMs":50}']);
    const place = JSON.parse(await firstLine) as Place;
    const ask = `
      const fs = require("node:fs");
      const { tokens } = JSON.parse(fs.readFileSync(process.env.CODEX_CREDENTIALS_FILE, "utf8"));
      const body = JSON.stringify({ client_id: "app_EMoamEEZ73f0CkXaXp7hrann", grant_type: "refresh_token", refresh_token: tokens.refresh_token });
      fetch(process.env.CODEX_OAUTH_URL + "/oauth/token", { method: "POST", headers: { "content-type": "application/json" }, body })
        .then((answer) => { process.exitCode = answer.status === 200 ? 0 : 9; });
    `;
    const codes = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const child = spawn(process.execPath, ["-e", ask], { env: { ...process.env, ...place.env }, stdio: "ignore" });
        children.push(child);
        return new Promise((resolve) => child.once("close", resolve));
      }),
    );
    expect(codes.filter((code) => code === 0)).toHaveLength(1);
    expect(codes.filter((code) => code === 9)).toHaveLength(7);
    expect(await control(place, { do: "counters" })).toMatchObject({ refreshes: 1, reuses: 7, familiesRevoked: 1 });
  });

  it("fails when a command did what no client should, and says what", async () => {
    const reuse = `
      const fs = require("node:fs");
      const { tokens } = JSON.parse(fs.readFileSync(process.env.CODEX_CREDENTIALS_FILE, "utf8"));
      const body = JSON.stringify({ client_id: "app_EMoamEEZ73f0CkXaXp7hrann", grant_type: "refresh_token", refresh_token: tokens.refresh_token });
      const ask = () => fetch(process.env.CODEX_OAUTH_URL + "/oauth/token", { method: "POST", headers: { "content-type": "application/json" }, body });
      ask().then(ask);
    `;
    const ran = await launch(["authority", "--", process.execPath, "-e", reuse]).ended;
    expect(ran).toEqual({
      code: 1,
      stdout: "",
      stderr: "scorpiox-sim: request 2: a refresh token of family 1 was used again\n",
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("scorpiox-sim token-server", () => {
  it("gives a command what it needs to fetch a token", async () => {
    const ask = `
      fetch(process.env.CODEX_REMOTE_URL, { headers: { authorization: "Bearer " + process.env.TOKEN_HTTP_API_KEY } })
        .then(async (answer) => console.log(answer.status, process.env.CODEX_TOKEN_SOURCE, (await answer.json()).token_type));
    `;
    const ran = await launch(["token-server", "--api-key", "k1", "--", process.execPath, "-e", ask]).ended;
    expect(ran).toEqual({ code: 0, stdout: "200 remote Bearer\n", stderr: "" });
  });
});

describe("usage", () => {
  it.each([
    [["authority", "--help"], 0, ""],
    [["token-server", "--help"], 0, ""],
    [["authority", "--settings", '{"graceMs":-5}'], 2, "--settings: settings.graceMs is -5"],
    [["authority", "--log", "no/such/folder"], 42, "the server cannot start: ENOENT"],
    [["token-server", "--cert", "none.pem", "--key", "none.pem"], 42, "the server cannot start: ENOENT"],
    [["token-server", "--cert", BIN, "--key", BIN], 42, "the server cannot start: "],
  ])("%j ends with %i", async (args, code, message) => {
    const ran = await launch(args).ended;
    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain(message);
    expect(ran.stderr.split("\n")).toHaveLength(code === 0 ? 1 : 2);
    expect(await readdir(folder)).toEqual([]);
  });

  it("says that a port is taken", async () => {
    const { firstLine } = launch(["token-server"]);
    const { port } = JSON.parse(await firstLine) as Place;
    const ran = await launch(["authority", "--port", String(port)]).ended;
    expect(ran.code).toBe(42);
    expect(ran.stderr).toContain("EADDRINUSE");
  });
});
