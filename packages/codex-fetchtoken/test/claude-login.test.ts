import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Authority, type AuthorityOptions, type ClaudeCredentialFile, startAuthority } from "@scorpiox/sim";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { LOCK_KINDS, type Ran } from "./command-run.js";
import { SampleHome } from "./sample-home.js";

const OWN = ".scorpiox/claude-auth.json";
const OFFICIAL = ".claude/.credentials.json";

let folder: string;

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sx-claude-login-"));
  await build({
    config: false,
    entry: {
      print: source("scripts/print-claude-token.ts"),
      refresher: source("../../sxnet/src/credentials/refresh/refresher-bin.ts"),
    },
    outDir: folder,
    format: ["cjs"],
    target: "node20",
    noExternal: [/.*/],
    // Not used here, and its optional native parts cannot be bundled.
    esbuildPlugins: [
      { name: "ssh2", setup: (made) => made.onResolve({ filter: /^ssh2$/ }, ({ path }) => ({ path, external: true })) },
    ],
    splitting: false,
    silent: true,
    esbuildOptions(options) {
      options.conditions = ["@scorpiox/source", "module", "import"];
    },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A home with a Claude plan's login, and the authority that it is from. */
class ClaudeHome extends SampleHome {
  static async start(options: AuthorityOptions = {}): Promise<ClaudeHome> {
    const authority = await startAuthority(options);
    onTestFinished(() => authority.close());
    return new ClaudeHome(authority);
  }

  private constructor(readonly authority: Authority) {
    super();
  }

  /** A login whose access token is over. */
  signIn(name = OWN, more: object = {}): ClaudeCredentialFile {
    const login = this.authority.signInClaude({ accessTokenLifeMs: -1000 });
    this.put(name, { ...login, ...more });
    return login;
  }

  read(name = OWN): ClaudeCredentialFile {
    return JSON.parse(readFileSync(join(this.home, name), "utf8")) as ClaudeCredentialFile;
  }

  start(settings: Readonly<Record<string, string>> = {}, wrapper: readonly string[] = []) {
    const all = JSON.stringify({ CLAUDE_CODE_OAUTH_URL: this.authority.url, ...settings });
    const argv = [...wrapper, process.execPath, join(folder, "print.cjs"), all];
    const child = spawn(argv[0] ?? "", argv.slice(1), {
      cwd: this.home,
      env: { ...this.env, PATH: process.env["PATH"] ?? "" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    return { child, done: collect(child) };
  }

  run(settings?: Readonly<Record<string, string>>, wrapper?: readonly string[]): Promise<Ran> {
    return this.start(settings, wrapper).done;
  }
}

function collect(child: ChildProcess): Promise<Ran> {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, ...output }));
  });
}

describe.each(LOCK_KINDS)("an expired login of a Claude plan, under $kind", ({ wrapper }) => {
  const count = wrapper.length === 0 ? 60 : 20;

  it(`is refreshed once for ${count} processes at once, and all get the same live token`, async () => {
    const home = await ClaudeHome.start({ settings: { beforeCommitMs: 30, afterCommitMs: 30 } });
    const old = home.signIn(OWN, { future: 1 });
    const ran = await Promise.all(Array.from({ length: count }, () => home.run({}, wrapper)));
    const saved = home.read();
    const { accessToken, refreshToken } = saved.claudeAiOauth;
    for (const one of ran) expect(one).toEqual({ code: 0, stdout: `${accessToken}\n`, stderr: "" });
    expect([accessToken, refreshToken].map((token) => home.authority.stateOf(token))).toEqual(["live", "live"]);
    expect(home.authority.counters()).toMatchObject({ refreshes: 1, reuses: 0, requests: { claude_refresh: 1 } });
    expect(home.authority.violations).toEqual([]);
    const { scopes, subscriptionType } = old.claudeAiOauth;
    expect(saved).toMatchObject({ future: 1, claudeAiOauth: { scopes, subscriptionType } });
  });

  it("that is refused for good costs one request, however many ask, and stays as it was", async () => {
    const home = await ClaudeHome.start();
    const old = home.signIn();
    home.authority.revoke(old.claudeAiOauth.refreshToken);
    for (let wave = 0; wave < 2; wave += 1) {
      const ran = await Promise.all(Array.from({ length: count }, () => home.run({}, wrapper)));
      for (const one of ran) {
        expect(one).toMatchObject({ code: 41, stdout: "" });
        expect(one.stderr).toMatch(/^[^\n]*refused its refresh token \(invalid_grant\); log in again with claude\n$/u);
      }
    }
    expect(home.authority.counters().requests.claude_refresh).toBe(1);
    expect(home.read()).toEqual(old);
  });

  it.each(["SIGKILL", "SIGTERM"] as const)("outlives processes ended by %s at any moment", async (signal) => {
    const home = await ClaudeHome.start({ settings: { beforeCommitMs: 15, afterCommitMs: 25 } });
    for (let round = 0; round < 6; round += 1) {
      home.signIn();
      const started = [1, 2, 3].map(() => home.start({}, wrapper));
      await Promise.all(
        started.map(async ({ child }) => {
          await sleep(Math.random() * 260);
          kill(child, signal);
        }),
      );
      const next = await home.run({}, wrapper);
      expect(next, `round ${round}`).toMatchObject({ code: 0, stderr: "" });
      expect(home.authority.stateOf(next.stdout.trim())).toBe("live");
      expect(home.authority.stateOf(home.read().claudeAiOauth.refreshToken)).toBe("live");
      await Promise.all(started.map(({ done }) => done));
    }
    expect(home.authority.violations).toEqual([]);
    expect(home.authority.counters()).toMatchObject({ reuses: 0, lostAnswers: 0 });
  });
});

describe("the client's own file", () => {
  it("is left alone, unless it is shared", async () => {
    const home = await ClaudeHome.start();
    const old = home.signIn(OFFICIAL);
    expect(await home.run()).toMatchObject({ code: 41, stdout: "" });
    expect(home.authority.counters().requests.claude_refresh).toBe(0);
    expect(readdirSync(join(home.home, ".claude"))).toEqual([".credentials.json"]);
    const shared = await home.run({ CLAUDE_CODE_SHARE_LOGIN: "1" });
    expect(shared).toMatchObject({ code: 0, stdout: `${home.read(OFFICIAL).claudeAiOauth.accessToken}\n` });
    expect(shared.stderr).toMatch(/^[^\n]*takes no lock \(CLAUDE_CODE_SHARE_LOGIN\)\n$/u);
    expect(home.authority.stateOf(old.claudeAiOauth.refreshToken)).not.toBe("live");
  });

  it("may be renewed by the client meanwhile: what that has written is taken", async () => {
    const home = await ClaudeHome.start({ settings: { beforeCommitMs: 500 } });
    const old = home.signIn(OFFICIAL);
    home.authority.revoke(old.claudeAiOauth.refreshToken);
    const running = home.run({ CLAUDE_CODE_SHARE_LOGIN: "1" });
    while (home.authority.rows.length === 0) await sleep(5);
    const theirs = home.authority.signInClaude();
    home.put(OFFICIAL, theirs);
    expect(await running).toMatchObject({ code: 0, stdout: `${theirs.claudeAiOauth.accessToken}\n`, stderr: "" });
    expect(home.read(OFFICIAL)).toEqual(theirs);
  });
});

/** The whole group: the process and what it has started, but for the refresher, which has a session of its own. */
function kill({ pid = 0 }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}
