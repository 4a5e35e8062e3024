import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readStatus, refreshNow } from "../../../src/credentials/login/login-status.js";
import type { CredentialRequest, Refresher, SourceOptions } from "../../../src/credentials/source.js";
import { createCredentialSource } from "../../../src/credentials/sources.js";
import { type Answering, login, LoginHome, tokens } from "../login-home.js";

let folder: string;
let refresher: Refresher;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sx-refresher-"));
  await build({
    config: false,
    entry: { refresher: fileURLToPath(new URL("../../../src/credentials/refresh/refresher-bin.ts", import.meta.url)) },
    outDir: folder,
    format: ["cjs"],
    target: "node20",
    noExternal: [/.*/],
    silent: true,
    esbuildOptions(options) {
      options.conditions = ["@scorpiox/source", "module", "import"];
    },
  });
  refresher = { command: process.execPath, args: [join(folder, "refresher.cjs")] };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(answering: Answering, leftS = -60) {
  const home = await LoginHome.start(answering);
  const old = login("old", leftS);
  await home.put(old);
  const get = async (request: CredentialRequest = {}, more: Partial<SourceOptions> = {}) =>
    (await createCredentialSource("local", home.options({ refresher, ...more }))).get(request);
  return { home, old, get };
}

describe("the local source", () => {
  it("gives a new token when the old one is over, and for a refused one", async () => {
    const { home, get } = await start((n) => ({ body: tokens(`new-${n}`) }));
    const first = await get();
    expect(first).toMatchObject({ refreshToken: "rt-new-1", accountId: "acc-1", warnings: [] });
    expect((await get()).accessToken).toBe(first.accessToken);
    const second = await get({ rejected: first });
    expect(second).toMatchObject({ refreshToken: "rt-new-2" });
    // Another part of the program hears of the refusal late: the file has moved on.
    expect((await get({ rejected: first })).accessToken).toBe(second.accessToken);
    expect(home.sent).toEqual(["rt-old", "rt-new-1"]);
  });

  it("asks once for many parts of one program", async () => {
    const { home, get } = await start((n) => ({ body: tokens(`new-${n}`) }));
    const all = await Promise.all(Array.from({ length: 8 }, () => get()));
    expect(new Set(all.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect(home.sent).toEqual(["rt-old"]);
  });

  it("never hands a refused token out again, even one that still lives", async () => {
    const { old, get } = await start(() => ({ status: 401, body: {} }), 3600);
    const rejected = { accessToken: old.tokens.access_token };
    await expect(get({ rejected })).rejects.toMatchObject({
      code: "login_needed",
      message: expect.stringMatching(/^the service refused the access token in .*refused its refresh token/u) as string,
    });
  });

  it("does not go over to another account by itself", async () => {
    const { home, old, get } = await start(async () => {
      await home.put(login("theirs", 3600, "acc-2"));
      return { status: 401, body: {} };
    });
    const refusal = {
      code: "login_needed",
      message: expect.stringContaining('has become the login of another account ("acc-2"); start again') as string,
    };
    await expect(get()).rejects.toMatchObject(refusal);
    const rejected = { accessToken: old.tokens.access_token, accountId: "acc-1" };
    await expect(get({ rejected })).rejects.toMatchObject(refusal);
    // Whoever starts now takes what is there, also with that account set.
    const settings = { CODEX_OAUTH_URL: home.origin, CODEX_ACCOUNT_ID: "acc-2" };
    const chosen = await get({}, { settings });
    expect(chosen).toMatchObject({ accountId: "acc-2", refreshToken: "rt-theirs" });
    await home.put(login("theirs-2", 3600, "acc-2"));
    expect(await get({ rejected: chosen }, { settings })).toMatchObject({ refreshToken: "rt-theirs-2" });
  });

  it("sends nothing for a login of another account than the one that is set", async () => {
    const { home, get } = await start(() => ({ body: {} }));
    const settings = { CODEX_OAUTH_URL: home.origin, CODEX_ACCOUNT_ID: "acc-other" };
    await expect(get({}, { settings })).rejects.toMatchObject({ code: "login_needed", exitCode: 41 });
    expect(home.sent).toEqual([]);
  });

  it("gives the old token, with a warning, while it lives and the service does not", async () => {
    const { old, get } = await start(() => ({ status: 400, body: {} }), 120);
    const got = await get();
    expect(got.accessToken).toBe(old.tokens.access_token);
    expect(got.warnings).toEqual([expect.stringMatching(/answered 400.*; the old token is used$/u)]);
  });

  it("says what is missing when it cannot refresh", async () => {
    const { home, get } = await start(() => ({ body: {} }));
    await expect(get({}, { refresher: undefined })).rejects.toMatchObject({
      code: "login_needed",
      message: expect.stringContaining("hand in the option refresher") as string,
    });
    await home.put({ tokens: { access_token: login("old", -60).tokens.access_token } });
    await expect(get()).rejects.toMatchObject({
      code: "login_needed",
      message: expect.stringContaining("it holds no refresh token") as string,
    });
    expect(home.sent).toEqual([]);
  });

  it.each([
    ["there is none", () => ({ command: "/nowhere/node", args: [] }), "cannot start the program"],
    [
      "it dies",
      () => ({ command: process.execPath, args: ["-e", "process.kill(process.pid, 9)"] }),
      "without a result",
    ],
    ["it talks nonsense", () => ({ command: process.execPath, args: ["-e", "console.log('{}')"] }), "without a result"],
  ])("says so when %s where a refresher should be", async (_name, other, message) => {
    const { home, get } = await start(() => ({ body: {} }));
    await expect(get({}, { refresher: other() })).rejects.toMatchObject({
      code: "refresh_failed",
      message: expect.stringContaining(message) as string,
    });
    expect(await home.read()).toMatchObject({ tokens: { refresh_token: "rt-old" } });
  });

  it("stops waiting on abort, and the refresh goes on", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { home, get } = await start(async () => {
      controller.abort(reason);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { body: tokens("new") };
    });
    await expect(get({ signal: controller.signal })).rejects.toBe(reason);
    expect(await get()).toMatchObject({ refreshToken: "rt-new" });
    expect(home.sent).toEqual(["rt-old"]);
  });
});

describe("refreshNow", () => {
  it("does it when it is time, and in any case when forced", async () => {
    const { home } = await start((n) => ({ body: tokens(`new-${n}`) }), 3600);
    const options = home.options({ refresher });
    expect(await refreshNow(options)).toMatchObject({ refreshed: false });
    expect(await refreshNow(options, { force: true })).toMatchObject({
      refreshed: true,
      credential: { refreshToken: "rt-new-1" },
    });
    expect(home.sent).toEqual(["rt-old"]);
  });
});

describe("readStatus", () => {
  it("tells, without asking anybody, what can be done with a login", async () => {
    const { home, get } = await start(() => ({ status: 401, body: { error: "refresh_token_expired" } }));
    expect(await readStatus(home.options())).toMatchObject({
      place: { name: "~/.scorpiox/codex-auth.json", kind: "own" },
      credential: { accountId: "acc-1" },
      mode: 0o600,
      refresh: "possible",
    });
    await expect(get()).rejects.toMatchObject({ code: "login_needed" });
    expect(await readStatus(home.options())).toMatchObject({
      refresh: "refused",
      marker: { code: "refresh_token_expired" },
    });
    const official = join(home.home, ".codex", "auth.json");
    await home.put(login("theirs", 60), official);
    await rm(home.file);
    expect(await readStatus(home.options())).toMatchObject({ refresh: "left_alone", place: { kind: "official" } });
    const settings = { CODEX_OAUTH_URL: home.origin, CODEX_SHARE_LOGIN: "1" };
    expect(await readStatus(home.options({ settings }))).toMatchObject({ refresh: "possible" });
    expect(home.sent).toHaveLength(1);
  });
});
