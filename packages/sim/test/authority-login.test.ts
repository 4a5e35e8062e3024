import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { type Authority, type AuthorityOptions, startAuthority } from "../src/index.js";
import { CODEX_CLIENT_ID } from "../src/authority-request.js";
import { ask, control, errorCode, fieldsOf, newPair, refresh } from "./authority-client.js";
import { type Got, send } from "./client.js";

const open: Authority[] = [];
async function start(options: AuthorityOptions = {}): Promise<Authority> {
  const authority = await startAuthority(options);
  open.push(authority);
  return authority;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((authority) => authority.close()));
});

const VERIFIER = "v".repeat(86);
const REDIRECT = "http://127.0.0.1:1455/auth/callback";
const STATE = "s".repeat(43);
const GOOD = {
  response_type: "code",
  client_id: CODEX_CLIENT_ID,
  redirect_uri: REDIRECT,
  scope: "openid profile email offline_access",
  code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
  code_challenge_method: "S256",
  state: STATE,
};

async function authorize(authority: Authority, changes: Readonly<Record<string, string>> = {}): Promise<Got> {
  const query = new URLSearchParams({ ...GOOD, ...changes });
  return send(`${authority.url}/oauth/authorize?${query.toString()}`, { method: "GET", headers: {} });
}

function backTo(got: Got): Readonly<Record<string, string>> {
  const url = new URL(got.headers["location"] ?? "");
  return { to: `${url.origin}${url.pathname}`, ...Object.fromEntries(url.searchParams) };
}

async function exchange(authority: Authority, changes: Readonly<Record<string, string>>): Promise<Got> {
  const fields = {
    grant_type: "authorization_code",
    client_id: CODEX_CLIENT_ID,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    ...changes,
  };
  return ask(authority, "/oauth/token", new URLSearchParams(fields));
}

describe("a login by browser", () => {
  it.each([REDIRECT, "http://localhost:1455/auth/callback", "http://127.0.0.1:40000/auth/callback"])(
    "comes back to %s with a code that is good once",
    async (redirect) => {
      const authority = await start();
      const back = backTo(await authorize(authority, { redirect_uri: redirect }));
      expect(back).toMatchObject({ to: redirect, state: STATE, code: expect.stringMatching(/^ac_/) as string });
      const fields = { code: back["code"] ?? "", redirect_uri: redirect };
      const pair = newPair(await exchange(authority, fields));
      expect([pair.access_token, pair.refresh_token].map((secret) => authority.stateOf(secret))).toEqual([
        "live",
        "live",
      ]);
      expect(authority.violations).toEqual([]);
      const again = await exchange(authority, fields);
      expect([again.status, errorCode(again)]).toEqual([400, "invalid_grant"]);
      expect(errorCode(await refresh(authority, pair.refresh_token))).toBe("refresh_token_invalidated");
      expect(authority.counters()).toMatchObject({ signIns: 1, familiesRevoked: 1, violations: 1 });
    },
  );

  it("comes back with a refusal when the user denies", async () => {
    const authority = await start({ settings: { consent: "deny" } });
    expect(backTo(await authorize(authority))).toEqual({ to: REDIRECT, error: "access_denied", state: STATE });
  });

  it("asks, when told so, with links that decide", async () => {
    const authority = await start({ settings: { consent: "ask" } });
    const page = await authorize(authority, { state: '"><script>x</script>' });
    expect(page).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    expect(page.body).not.toContain("<script>");
    const links = [...page.body.matchAll(/href="([^"]+)"/g)].map((match) => (match[1] ?? "").replaceAll("&amp;", "&"));
    const answers = await Promise.all(
      links.map((link) => send(`${authority.url}${link}`, { method: "GET", headers: {} })),
    );
    expect(answers.map((got) => Object.keys(backTo(got)).toSorted())).toEqual([
      ["code", "state", "to"],
      ["error", "state", "to"],
    ]);
  });

  it.each([
    ["a redirect that is not registered", { redirect_uri: "https://example.invalid/auth/callback" }],
    ["a redirect to another path", { redirect_uri: "http://127.0.0.1:1455/other" }],
    ["a redirect to a look-alike", { redirect_uri: "http://localhost.example.invalid:1/auth/callback" }],
    ["a foreign client", { client_id: "app_other" }],
  ])("sends nobody anywhere for %s", async (_name, changes) => {
    const authority = await start();
    const got = await authorize(authority, changes);
    expect([got.status, got.headers["location"]]).toEqual([400, undefined]);
    expect(authority.violations).toHaveLength(1);
  });

  it.each([
    ["plain PKCE", { code_challenge_method: "plain", code_challenge: "v".repeat(43) }],
    ["no PKCE", { code_challenge_method: "", code_challenge: "" }],
    ["a challenge that is none", { code_challenge: "short" }],
    ["no state", { state: "" }],
    ["another response type", { response_type: "token" }],
  ])("refuses %s", async (_name, changes) => {
    const authority = await start();
    expect(backTo(await authorize(authority, changes))).toMatchObject({ to: REDIRECT, error: "invalid_request" });
    expect(authority.violations).toHaveLength(1);
  });

  it("notes a state that could be guessed", async () => {
    const authority = await start();
    expect(backTo(await authorize(authority, { state: "1234" }))).toHaveProperty("code");
    expect(authority.violations).toEqual(["request 1: an authorize request has a state of less than 128 bits"]);
  });

  it.each([
    ["another verifier", { code_verifier: "w".repeat(86) }, "invalid_grant"],
    ["another redirect", { redirect_uri: "http://localhost:1455/auth/callback" }, "invalid_grant"],
    ["a code that nobody gave out", { code: "ac_nobody" }, "invalid_grant"],
    ["a foreign client", { client_id: "app_other" }, "invalid_request"],
  ])("gives nothing for %s", async (_name, changes, code) => {
    const authority = await start();
    const back = backTo(await authorize(authority));
    const got = await exchange(authority, { code: back["code"] ?? "", ...changes });
    expect([got.status, errorCode(got)]).toEqual([400, code]);
    expect(authority.counters()).toMatchObject({ signIns: 0, violations: 1 });
  });

  it("gives no refresh token without offline_access, and nothing for an old code", async () => {
    let nowMs = 1_800_000_000_000;
    const authority = await start({ now: () => nowMs });
    const online = backTo(await authorize(authority, { scope: "openid" }));
    expect(fieldsOf(await exchange(authority, { code: online["code"] ?? "" }))).not.toHaveProperty("refresh_token");
    const old = backTo(await authorize(authority));
    nowMs += 600_000;
    expect(errorCode(await exchange(authority, { code: old["code"] ?? "" }))).toBe("invalid_grant");
  });
});

interface Started {
  readonly device_auth_id: string;
  readonly user_code: string;
  readonly interval: string;
}

async function startDevice(authority: Authority): Promise<Started> {
  const got = await ask(authority, "/api/accounts/deviceauth/usercode", { client_id: CODEX_CLIENT_ID });
  expect(got.status).toBe(200);
  return fieldsOf(got) as unknown as Started;
}

async function poll(authority: Authority, { device_auth_id, user_code }: Started): Promise<Got> {
  return ask(authority, "/api/accounts/deviceauth/token", { device_auth_id, user_code });
}

describe("a login by device", () => {
  it("waits for the user, then gives a code and its verifier", async () => {
    let nowMs = 1_800_000_000_000;
    const authority = await start({ now: () => nowMs });
    const started = await startDevice(authority);
    expect(started.interval).toBe("5");
    expect(started.user_code).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{5}$/);
    const pending = await poll(authority, started);
    expect([pending.status, errorCode(pending)]).toEqual([403, "deviceauth_authorization_pending"]);
    authority.configure({ devicePendingStatus: 404 });
    nowMs += 5000;
    expect((await poll(authority, started)).status).toBe(404);
    expect(authority.decideDevice(started.user_code.toLowerCase(), "approve")).toBe(true);
    expect(authority.decideDevice(started.user_code, "deny")).toBe(false);
    nowMs += 5000;
    const granted = fieldsOf(await poll(authority, started)) as Record<string, string>;
    const { authorization_code: code = "", code_verifier: verifier = "", code_challenge: challenge } = granted;
    expect(challenge).toBe(createHash("sha256").update(verifier).digest("base64url"));
    const fields = { code, code_verifier: verifier, redirect_uri: `${authority.url}/deviceauth/callback` };
    const pair = newPair(await exchange(authority, fields));
    expect(authority.stateOf(pair.refresh_token)).toBe("live");
    expect(authority.violations).toEqual([]);
  });

  it("notes polls that come too early, or after the end", async () => {
    let nowMs = 1_800_000_000_000;
    const authority = await start({ now: () => nowMs });
    const started = await startDevice(authority);
    await poll(authority, started);
    nowMs += 4800;
    await poll(authority, started);
    expect(authority.violations).toEqual([]);
    nowMs += 1000;
    const early = await poll(authority, started);
    expect([early.status, errorCode(early)]).toEqual([403, "slow_down"]);
    authority.decideDevice(started.user_code, "deny");
    nowMs += 5000;
    expect(errorCode(await poll(authority, started))).toBe("access_denied");
    nowMs += 5000;
    expect((await poll(authority, started)).status).toBe(400);
    expect(authority.violations).toEqual([
      "request 4: a poll came 4000 ms too early",
      "request 6: a device login was polled after its end",
    ]);
  });

  it("ends when the code is too old, and may be switched off", async () => {
    let nowMs = 1_800_000_000_000;
    const authority = await start({ now: () => nowMs });
    const started = await startDevice(authority);
    nowMs += 15 * 60_000;
    expect(authority.decideDevice(started.user_code, "approve")).toBe(false);
    expect(errorCode(await poll(authority, started))).toBe("expired_token");
    authority.configure({ deviceLogin: false });
    const off = await ask(authority, "/api/accounts/deviceauth/usercode", { client_id: CODEX_CLIENT_ID });
    expect(off.status).toBe(404);
  });

  it("can be decided by poll number, on the page, and by another process", async () => {
    const authority = await start({ settings: { deviceIntervalS: 0, deviceApprovedAtPoll: 2 } });
    const first = await startDevice(authority);
    expect((await poll(authority, first)).status).toBe(403);
    expect((await poll(authority, first)).status).toBe(200);
    const second = await startDevice(authority);
    const typed = new URLSearchParams({ user_code: ` ${second.user_code.toLowerCase()} `, decision: "approve" });
    expect((await send(`${authority.url}/codex/device`, { method: "GET", headers: {} })).body).toContain("<form");
    expect((await ask(authority, "/codex/device", typed)).status).toBe(200);
    expect((await ask(authority, "/codex/device", typed)).status).toBe(400);
    expect((await poll(authority, second)).status).toBe(200);
    const third = await startDevice(authority);
    const command = { do: "decide_device", userCode: third.user_code, decision: "deny" };
    expect(await control(authority, command)).toEqual({ done: true });
    expect(errorCode(await poll(authority, third))).toBe("access_denied");
    expect(authority.violations).toEqual([]);
  });
});
