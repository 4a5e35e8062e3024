import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { CredentialRequest, SourceOptions } from "../../src/credentials/source.js";
import { createCredentialSource } from "../../src/credentials/sources.js";
import { claudeLogin, jwt } from "./logins.js";

const NOW = Date.parse("2026-11-21T00:00:00Z");
const OWN = ".scorpiox/claude-auth.json";
const OFFICIAL = ".claude/.credentials.json";
const SETUP_TOKEN = "sk-ant-oat01-from-setup";

let home: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "sx-claude-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  home = folder;
});

async function put(name: string, login: unknown): Promise<string> {
  const path = join(home, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(login), { mode: 0o600 });
  return path;
}

async function get(more: Partial<SourceOptions> = {}, request: CredentialRequest = {}) {
  const options = { vendor: "claude_code", settings: {}, home, env: {}, now: () => NOW, ...more } as const;
  return (await createCredentialSource("local", options)).get(request);
}

const failure = (code: string, message: string) => ({ code, message: expect.stringContaining(message) as string });

describe("the places of a Claude plan's login", () => {
  it("are our own file, then the client's, and never a Codex file", async () => {
    await put(".codex/auth.json", { tokens: { access_token: "codex" } });
    await put(".scorpiox/codex-auth.json", { tokens: { access_token: "codex" } });
    await expect(get()).rejects.toMatchObject(
      failure("login_needed", `no Claude plan login on this machine, neither ~/${OWN} nor ~/${OFFICIAL}`),
    );
    const official = await put(OFFICIAL, claudeLogin({ accessToken: "official" }));
    expect(await get()).toMatchObject({ accessToken: "official", path: official, source: "local", plan: "max" });
    await put(OWN, claudeLogin({ accessToken: "own" }));
    expect(await get()).toMatchObject({ accessToken: "own" });
  });

  it("are not looked into when a file is chosen", async () => {
    await put(OWN, claudeLogin({ accessToken: "own" }));
    const chosen = await put("chosen.json", { accessToken: "chosen", expiresAt: NOW + 3_600_000 });
    expect(await get({ settings: { CLAUDE_CODE_CREDENTIALS_FILE: chosen } })).toMatchObject({ accessToken: "chosen" });
    await expect(get({ settings: { CLAUDE_CODE_CREDENTIALS_FILE: "rel.json" } })).rejects.toMatchObject(
      failure("configuration", 'CLAUDE_CODE_CREDENTIALS_FILE is "rel.json"'),
    );
    // The other vendor's key chooses nothing here.
    expect(await get({ settings: { CODEX_CREDENTIALS_FILE: chosen } })).toMatchObject({ accessToken: "own" });
  });

  it("follow the client's folder", async () => {
    await put("moved/.credentials.json", claudeLogin({ accessToken: "moved" }));
    expect(await get({ env: { CLAUDE_CONFIG_DIR: join(home, "moved") } })).toMatchObject({ accessToken: "moved" });
    await expect(get({ env: { CLAUDE_CONFIG_DIR: "moved" } })).rejects.toMatchObject(
      failure("configuration", "CLAUDE_CONFIG_DIR"),
    );
  });
});

describe("the client's own file", () => {
  it("is left alone when it is over, and the ways out are named", async () => {
    const login = claudeLogin({ expiresAtMs: NOW - 1000 });
    const path = await put(OFFICIAL, login);
    await expect(get()).rejects.toMatchObject(
      failure(
        "login_needed",
        "belongs to the official client (claude); use that once, which renews it, or set CLAUDE_CODE_SHARE_LOGIN=1",
      ),
    );
    // The other vendor's permission is none.
    await expect(get({ settings: { CODEX_SHARE_LOGIN: "1" } })).rejects.toMatchObject(
      failure("login_needed", "CLAUDE_CODE_SHARE_LOGIN=1"),
    );
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual(login);
  });

  it("says what is missing where nobody can refresh", async () => {
    await put(OFFICIAL, claudeLogin({ expiresAtMs: NOW - 1000 }));
    await expect(get({ settings: { CLAUDE_CODE_SHARE_LOGIN: "1" } })).rejects.toMatchObject(
      failure("login_needed", "this program cannot refresh ~/.claude/.credentials.json; use claude, or hand in"),
    );
  });
});

describe("CLAUDE_CODE_OAUTH_TOKEN", () => {
  const settings = { CLAUDE_CODE_OAUTH_TOKEN: SETUP_TOKEN };

  it("goes before every file, and is used as it is", async () => {
    await put(OWN, "{broken");
    expect(await get({ settings }, { minTtlMs: 3_600_000 })).toEqual({
      accessToken: SETUP_TOKEN,
      raw: {},
      source: "local",
      path: "CLAUDE_CODE_OAUTH_TOKEN",
      warnings: [],
    });
    await put(OWN, claudeLogin({ accessToken: "own" }));
    expect(await get({ settings: { CLAUDE_CODE_OAUTH_TOKEN: " " } })).toMatchObject({ accessToken: "own" });
    // Nothing but a setting: a project file that sends tokens elsewhere has it withheld there, and not here.
    expect(await get({ env: settings })).toMatchObject({ accessToken: "own" });
    expect(await get({ settings, vendor: "codex" }).catch((error: unknown) => error)).toMatchObject({
      code: "login_needed",
    });
  });

  it("is never handed out again once refused, and nothing takes its place in silence", async () => {
    await put(OWN, claudeLogin({ accessToken: "own" }));
    await expect(get({ settings }, { rejected: { accessToken: SETUP_TOKEN } })).rejects.toMatchObject({
      code: "login_needed",
      message:
        "the service refused the access token in CLAUDE_CODE_OAUTH_TOKEN; make a new one with claude setup-token, or unset it",
    });
    expect(await get({ settings }, { rejected: { accessToken: "another" } })).toMatchObject({
      accessToken: SETUP_TOKEN,
    });
  });

  it.each([
    ["two words", "configuration", "holds characters that no token has"],
    [jwt({ exp: NOW / 1000 - 1 }), "login_needed", "expired at 2026-11-20T23:59:59.000Z; make a new one"],
  ])("that cannot be used is said to be so, and not shown: %s", async (accessToken, code, message) => {
    const getting = get({ settings: { CLAUDE_CODE_OAUTH_TOKEN: accessToken } });
    await expect(getting).rejects.toMatchObject(failure(code, message));
    await expect(getting).rejects.not.toThrow(accessToken);
  });

  it("rejects with the signal's reason", async () => {
    await expect(get({ settings }, { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
  });
});
