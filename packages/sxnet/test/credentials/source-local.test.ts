import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCredentialSource } from "../../src/credentials/sources.js";
import type { CredentialRequest, SourceOptions } from "../../src/credentials/source.js";
import { officialLogin } from "./logins.js";

const NOW_MS = Date.parse("2026-11-21T00:00:00Z");
const IN_AN_HOUR = NOW_MS / 1000 + 3600;

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sx-source-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function put(path: string, value: unknown): Promise<string> {
  const full = join(home, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, typeof value === "string" ? value : JSON.stringify(value), { mode: 0o600 });
  return full;
}

function login(accessToken: string): unknown {
  return { ...officialLogin({ accessToken }), expires_at: undefined };
}

async function get(options: Partial<SourceOptions> = {}, request: CredentialRequest = {}) {
  const source = await createCredentialSource("local", { settings: {}, home, env: {}, now: () => NOW_MS, ...options });
  return source.get(request);
}

describe("the local source", () => {
  it("takes our own login before the official client's", async () => {
    const official = await put(".codex/auth.json", login("official"));
    expect(await get()).toMatchObject({ accessToken: "official", source: "local", path: official });
    const own = await put(".scorpiox/codex-auth.json", login("own"));
    expect(await get()).toMatchObject({ accessToken: "own", path: own });
  });

  it("follows SCORPIOX_HOME and CODEX_HOME", async () => {
    await put("c/auth.json", login("official"));
    const env = { CODEX_HOME: join(home, "c"), SCORPIOX_HOME: join(home, "s") };
    expect(await get({ env })).toMatchObject({ accessToken: "official" });
    await put("s/codex-auth.json", login("own"));
    expect(await get({ env })).toMatchObject({ accessToken: "own" });
  });

  it("takes CODEX_CREDENTIALS_FILE alone when it is set", async () => {
    await put(".codex/auth.json", login("official"));
    const path = await put("mine.json", { access_token: "flat", expires_in: 60 });
    const settings = { CODEX_CREDENTIALS_FILE: path };
    expect(await get({ settings, now: () => Date.now() })).toMatchObject({ accessToken: "flat", path });
    expect(await get({ settings: { CODEX_CREDENTIALS_FILE: "~/mine.json" }, now: () => Date.now() })).toMatchObject({
      path,
    });
    const missing = get({ settings: { CODEX_CREDENTIALS_FILE: join(home, "none.json") } });
    await expect(missing).rejects.toMatchObject({
      code: "login_needed",
      message:
        "CODEX_CREDENTIALS_FILE names ~/none.json, which does not exist; correct it, or log in with scorpiox-codex-fetchtoken login",
    });
  });

  it.each([
    [{ settings: { CODEX_CREDENTIALS_FILE: "auth.json" } }, 'CODEX_CREDENTIALS_FILE is "auth.json"'],
    [{ env: { CODEX_HOME: "here" } }, 'CODEX_HOME is "here" (environment); give an absolute path'],
    [{ settings: { CODEX_ACCOUNT_ID: "a b" } }, 'CODEX_ACCOUNT_ID is "a b"; give the id of an account'],
  ])("refuses the settings %j", async (options, message) => {
    await expect(get(options)).rejects.toMatchObject({
      code: "configuration",
      exitCode: 52,
      message: expect.stringContaining(message) as string,
    });
  });

  it("says where it looked when nobody is logged in", async () => {
    await expect(get()).rejects.toMatchObject({
      code: "login_needed",
      exitCode: 41,
      message:
        "no Codex login on this machine, neither ~/.scorpiox/codex-auth.json nor ~/.codex/auth.json; " +
        "log in with scorpiox-codex-fetchtoken login, or set CODEX_CREDENTIALS_FILE",
    });
  });

  it("does not pass over a broken file in silence", async () => {
    await put(".scorpiox/codex-auth.json", "{");
    await put(".codex/auth.json", login("official"));
    await expect(get()).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringContaining("~/.scorpiox") as string,
    });
  });

  it("does not hand out an expired token", async () => {
    await put(".codex/auth.json", officialLogin({ exp: NOW_MS / 1000 }));
    await expect(get()).rejects.toMatchObject({
      code: "login_needed",
      message: expect.stringContaining(
        "the access token in ~/.codex/auth.json expired at 2026-11-21T00:00:00.000Z, and ~/.codex/auth.json belongs to the official client",
      ) as string,
    });
  });

  it("knows a token that would not live long enough", async () => {
    await put(".codex/auth.json", officialLogin({ exp: IN_AN_HOUR }));
    expect(await get({}, { minTtlMs: 3_600_000 })).toMatchObject({ expiresAtMs: IN_AN_HOUR * 1000 });
    await expect(get({}, { minTtlMs: 3_600_001 })).rejects.toMatchObject({
      code: "ttl_too_short",
      exitCode: 60,
      message: expect.stringContaining("lives for 3600 s, less than the 3601 s asked for") as string,
    });
  });

  it("hands out a token of unknown end", async () => {
    await put(".codex/auth.json", { tokens: { access_token: "opaque" } });
    expect(await get({}, { minTtlMs: 3_600_000 })).toMatchObject({ accessToken: "opaque" });
  });

  it("does not hand out what was refused, unless the file has changed meanwhile", async () => {
    const path = await put(".codex/auth.json", login("refused"));
    const rejected = { accessToken: "refused" };
    await expect(get({}, { rejected })).rejects.toMatchObject({
      code: "login_needed",
      message: expect.stringContaining("the service refused the access token in ~/.codex/auth.json") as string,
    });
    const waiting = get({}, { rejected });
    await writeFile(path, JSON.stringify(login("renewed")));
    expect(await waiting).toMatchObject({ accessToken: "renewed" });
    expect(await get({}, { rejected })).toMatchObject({ accessToken: "renewed" });
  });

  it("gives a login of the account that was set, and of no other", async () => {
    await put(".codex/auth.json", login("t"));
    expect(await get()).toMatchObject({ accountId: "acc-file" });
    expect(await get({ settings: { CODEX_ACCOUNT_ID: "acc-file" } })).toMatchObject({ accountId: "acc-file" });
    await expect(get({ settings: { CODEX_ACCOUNT_ID: "acc-set" } })).rejects.toMatchObject({
      code: "login_needed",
      message:
        'the login is of the account "acc-file", but CODEX_ACCOUNT_ID allows "acc-set" only; log in with that account, or correct the key',
    });
    await put(".codex/auth.json", { tokens: { access_token: "opaque" } });
    expect(await get({ settings: { CODEX_ACCOUNT_ID: "acc-set" } })).toMatchObject({ accountId: "acc-set" });
  });

  it("never shows a token in an error", async () => {
    await put(".codex/auth.json", officialLogin({ exp: 1 }));
    const error: unknown = await get().catch((reason: unknown) => reason);
    expect(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack ?? ""}`).not.toMatch(/eyJ|rt-secret/u);
  });
});
