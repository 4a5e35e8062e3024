import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Authority, type AuthorityEvent, type AuthorityOptions, startAuthority } from "../src/index.js";
import {
  ask,
  claimsOf,
  errorCode,
  fieldsOf,
  newPair,
  refresh,
  refreshClaude,
  refreshFields,
} from "./authority-client.js";

const open: Authority[] = [];
async function start(options: AuthorityOptions = {}): Promise<Authority> {
  const authority = await startAuthority(options);
  open.push(authority);
  return authority;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((authority) => authority.close()));
});

const NOW_MS = 1_800_000_000_000;

describe("a login", () => {
  it("is a credential file of the official shape, with the claims that clients read", async () => {
    const authority = await start({ now: () => NOW_MS });
    const file = authority.signIn({
      accountId: "acc-1",
      userId: "u-1",
      email: "a@b.invalid",
      plan: "pro",
      accessTokenLifeMs: 60_000,
    });
    expect(file).toMatchObject({
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: { account_id: "acc-1" },
      last_refresh: "2027-01-15T08:00:00.000Z",
    });
    const { access_token: access, id_token: id, refresh_token: refreshToken } = file.tokens;
    for (const jwt of [access, id]) {
      expect(claimsOf(jwt)).toMatchObject({
        iss: authority.url,
        iat: NOW_MS / 1000,
        exp: NOW_MS / 1000 + 60,
        email: "a@b.invalid",
        "https://api.openai.com/auth": {
          chatgpt_account_id: "acc-1",
          chatgpt_plan_type: "pro",
          chatgpt_user_id: "u-1",
        },
      });
      const [head = "", payload = "", signature] = jwt.split(".");
      expect(signature).toBe(
        createHmac("sha256", "scorpiox-sim test key, not a secret").update(`${head}.${payload}`).digest("base64url"),
      );
    }
    expect([access, refreshToken].map((secret) => authority.stateOf(secret))).toEqual(["live", "live"]);
    expect(authority.signIn().tokens.refresh_token).not.toBe(refreshToken);
    expect(authority.counters()).toMatchObject({ signIns: 2, liveFamilies: 2 });
  });

  it("may be over from the start", async () => {
    const authority = await start();
    const { tokens } = authority.signIn({ accessTokenLifeMs: -1000 });
    expect(Number(claimsOf(tokens.access_token)["exp"]) * 1000).toBeLessThan(Date.now());
    expect(authority.stateOf(tokens.access_token)).toBe("expired");
  });
});

describe("a refresh", () => {
  it.each([
    ["JSON", (fields: Record<string, string>) => fields],
    ["a form", (fields: Record<string, string>) => new URLSearchParams(fields)],
  ])("by %s answers a new pair and uses up the old token", async (_name, encode) => {
    const authority = await start({ settings: { accessTokenLifeMs: 3_600_000 }, now: () => NOW_MS });
    const old = authority.signIn({ accountId: "acc-1" }).tokens;
    const got = await ask(authority, "/oauth/token", encode(refreshFields(old.refresh_token)));
    expect(got).toMatchObject({
      status: 200,
      headers: { "cache-control": "no-store", "content-type": "application/json" },
    });
    const pair = newPair(got);
    expect(pair).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    expect(claimsOf(pair.access_token)).toMatchObject({
      exp: NOW_MS / 1000 + 3600,
      "https://api.openai.com/auth": { chatgpt_account_id: "acc-1" },
    });
    expect(pair.refresh_token).not.toBe(old.refresh_token);
    expect(
      [old.refresh_token, pair.refresh_token, pair.access_token].map((secret) => authority.stateOf(secret)),
    ).toEqual(["used", "live", "live"]);
    expect(authority.counters()).toMatchObject({ requests: { refresh: 1 }, refreshes: 1, reuses: 0, violations: 0 });
  });

  it("with a used token is refused as reused, and ends the login", async () => {
    const authority = await start();
    const old = authority.signIn().tokens.refresh_token;
    const pair = newPair(await refresh(authority, old));
    const again = await refresh(authority, old);
    expect(again.status).toBe(401);
    expect(fieldsOf(again)).toEqual({
      error: {
        code: "refresh_token_reused",
        type: "invalid_request_error",
        param: null,
        message: expect.any(String) as string,
      },
    });
    const after = await refresh(authority, pair.refresh_token);
    expect([after.status, errorCode(after)]).toEqual([401, "refresh_token_invalidated"]);
    expect(authority.stateOf(pair.access_token)).toBe("revoked");
    expect(authority.counters()).toMatchObject({
      refreshes: 1,
      refused: 2,
      reuses: 1,
      familiesRevoked: 1,
      liveFamilies: 0,
      violations: 1,
    });
    expect(authority.violations).toEqual(["request 2: a refresh token of family 1 was used again"]);
  });

  it("leaves other logins alone when one ends", async () => {
    const authority = await start();
    const [one, other] = [authority.signIn().tokens.refresh_token, authority.signIn().tokens.refresh_token];
    await refresh(authority, one);
    await refresh(authority, one);
    expect((await refresh(authority, other)).status).toBe(200);
  });

  it("has exactly one winner among 50 at once, whatever the latency", async () => {
    const authority = await start({ settings: { beforeCommitMs: 20, afterCommitMs: 20 } });
    const { refresh_token: refreshToken } = authority.signIn().tokens;
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(authority, refreshToken)));
    const codes = answers.map((got) => (got.status === 200 ? "won" : String(errorCode(got)))).sort();
    expect(codes).toEqual([...Array.from({ length: 49 }, () => "refresh_token_reused"), "won"]);
    expect(authority.counters()).toMatchObject({
      requests: { refresh: 50 },
      refreshes: 1,
      reuses: 49,
      familiesRevoked: 1,
    });
  });

  it("serves 300 clients at once, each with its own login", async () => {
    const authority = await start();
    const logins = Array.from({ length: 300 }, () => authority.signIn().tokens.refresh_token);
    const answers = await Promise.all(logins.map((refreshToken) => refresh(authority, refreshToken)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(authority.counters()).toMatchObject({
      refreshes: 300,
      reuses: 0,
      liveFamilies: 300,
      lostAnswers: 0,
      violations: 0,
    });
  });

  it("within the grace answers the same successor again, until that one is used", async () => {
    let nowMs = NOW_MS;
    const authority = await start({ settings: { graceMs: 30_000 }, now: () => nowMs });
    const old = authority.signIn().tokens.refresh_token;
    const first = newPair(await refresh(authority, old));
    nowMs += 29_999;
    const second = newPair(await refresh(authority, old));
    expect(second.refresh_token).toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    expect(authority.counters()).toMatchObject({ refreshes: 1, graceRefreshes: 1, reuses: 0, violations: 0 });
    nowMs += 1;
    expect(errorCode(await refresh(authority, old))).toBe("refresh_token_reused");
    const other = authority.signIn().tokens.refresh_token;
    await refresh(authority, newPair(await refresh(authority, other)).refresh_token);
    expect(errorCode(await refresh(authority, other))).toBe("refresh_token_reused");
  });

  it("goes on when the client leaves before or after the commit: its login is lost", async () => {
    const events: AuthorityEvent[] = [];
    let told: (type: string) => void = () => undefined;
    const authority = await start({
      onEvent: (event) => {
        events.push(event);
        told(event.type);
      },
    });
    const until = (type: string): Promise<void> =>
      new Promise((resolve) => {
        told = (seen) => {
          if (seen === type) resolve();
        };
      });
    for (const [leaveAt, settings] of [
      ["received", { beforeCommitMs: 50, afterCommitMs: 0 }],
      ["committed", { beforeCommitMs: 0, afterCommitMs: 50 }],
    ] as const) {
      authority.configure(settings);
      const { refresh_token: refreshToken } = authority.signIn().tokens;
      const leaving = new AbortController();
      const reached = until(leaveAt);
      const sent = fetch(`${authority.url}/oauth/token`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(refreshFields(refreshToken)),
        signal: leaving.signal,
      });
      await reached;
      const answered = until("answered");
      leaving.abort();
      await expect(sent).rejects.toThrow();
      await answered;
      expect(authority.stateOf(refreshToken)).toBe("used");
    }
    expect(authority.counters()).toMatchObject({ refreshes: 2, lostAnswers: 2 });
    expect(authority.rows).toMatchObject([
      { outcome: "rotated", delivered: false },
      { outcome: "rotated", delivered: false },
    ]);
  });

  it.each([
    ["an expired token", { refreshTokenLifeMs: 0 }, {}, 401, "refresh_token_expired"],
    ["a token that nobody issued", {}, { refresh_token: "rt_nobody" }, 400, "invalid_grant"],
    ["no token", {}, { refresh_token: "" }, 400, "invalid_request"],
    ["a foreign client", {}, { client_id: "app_other" }, 401, "invalid_client"],
    [
      "another grant type",
      {},
      { grant_type: "urn:ietf:params:oauth:grant-type:token-exchange" },
      400,
      "unsupported_grant_type",
    ],
  ])("with %s is refused", async (_name, settings, fields, status, code) => {
    const authority = await start({ settings });
    const login = authority.signIn().tokens;
    const got = await ask(authority, "/oauth/token", { ...refreshFields(login.refresh_token), ...fields });
    expect([got.status, errorCode(got)]).toEqual([status, code]);
    expect(authority.counters()).toMatchObject({ refreshes: 0, familiesRevoked: 0 });
  });
});

describe("a Claude refresh", () => {
  it("rotates like the other, in its own words", async () => {
    const authority = await start({ settings: { accessTokenLifeMs: 28_800_000 }, now: () => NOW_MS });
    const file = authority.signInClaude({ plan: "max" });
    expect(file.claudeAiOauth).toMatchObject({ expiresAt: NOW_MS + 28_800_000, subscriptionType: "max" });
    const got = await refreshClaude(authority, file);
    const pair = fieldsOf(got);
    expect(pair).toMatchObject({
      token_type: "Bearer",
      expires_in: 28_800,
      access_token: expect.stringMatching(/^sk-ant-oat01-/) as string,
      refresh_token: expect.stringMatching(/^sk-ant-ort01-/) as string,
    });
    const again = await refreshClaude(authority, file);
    expect([again.status, errorCode(again)]).toEqual([400, "invalid_grant"]);
    expect(authority.stateOf(String(pair["access_token"]))).toBe("revoked");
    expect(authority.counters()).toMatchObject({
      requests: { claude_refresh: 2, refresh: 0 },
      refreshes: 1,
      reuses: 1,
      familiesRevoked: 1,
    });
  });

  it("knows no Codex token, nor the other way round", async () => {
    const authority = await start();
    const claude = authority.signInClaude();
    expect(errorCode(await refresh(authority, claude.claudeAiOauth.refreshToken))).toBe("invalid_grant");
    expect((await refreshClaude(authority, claude)).status).toBe(200);
  });
});

describe("a revocation", () => {
  it("ends the login of a refresh token, and is content with any other", async () => {
    const authority = await start();
    const { access_token: access, refresh_token: refreshToken } = authority.signIn().tokens;
    const fields = {
      token: refreshToken,
      token_type_hint: "refresh_token",
      client_id: refreshFields("")["client_id"] ?? "",
    };
    expect((await ask(authority, "/oauth/revoke", fields)).status).toBe(200);
    expect((await ask(authority, "/oauth/revoke", { token: "nobody" })).status).toBe(200);
    expect([access, refreshToken].map((secret) => authority.stateOf(secret))).toEqual(["revoked", "revoked"]);
    expect(errorCode(await refresh(authority, refreshToken))).toBe("refresh_token_invalidated");
    expect(authority.counters()).toMatchObject({ familiesRevoked: 1, violations: 0 });
  });

  it("of an access token leaves the login", async () => {
    const authority = await start();
    const { access_token: access, refresh_token: refreshToken } = authority.signIn().tokens;
    await ask(authority, "/oauth/revoke", { token: access, token_type_hint: "access_token" });
    expect([access, refreshToken].map((secret) => authority.stateOf(secret))).toEqual(["revoked", "live"]);
  });
});

describe("the clocks", () => {
  it("are skewed together, or the Date header alone", async () => {
    const authority = await start({
      now: () => NOW_MS,
      settings: { clockSkewMs: 3_600_000, accessTokenLifeMs: 60_000 },
    });
    const first = await refresh(authority, authority.signIn().tokens.refresh_token);
    expect(first.headers["date"]).toBe("Fri, 15 Jan 2027 09:00:00 GMT");
    expect(claimsOf(newPair(first).access_token)["exp"]).toBe(NOW_MS / 1000 + 3660);
    authority.configure({ clockSkewMs: 0, dateSkewMs: -3_600_000 });
    const second = await refresh(authority, authority.signIn().tokens.refresh_token);
    expect(second.headers["date"]).toBe("Fri, 15 Jan 2027 07:00:00 GMT");
    expect(claimsOf(newPair(second).access_token)["exp"]).toBe(NOW_MS / 1000 + 60);
  });
});

describe("the log", () => {
  it("has one row for each request and no token", async () => {
    const folder = await mkdtemp(join(tmpdir(), "authority-"));
    try {
      const log = join(folder, "log.jsonl");
      const authority = await start({ log });
      const old = authority.signIn().tokens;
      const pair = newPair(await refresh(authority, old.refresh_token));
      await refresh(authority, old.refresh_token);
      await ask(authority, "/nowhere?secret=query-secret", {});
      await authority.close();
      const text = await readFile(log, "utf8");
      const rows = text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(rows).toMatchObject([
        {
          n: 1,
          kind: "refresh",
          method: "POST",
          path: "/oauth/token",
          status: 200,
          outcome: "rotated",
          familyId: 1,
          delivered: true,
        },
        {
          n: 2,
          status: 401,
          outcome: "reused_family_revoked",
          violation: "a refresh token of family 1 was used again",
        },
        { n: 3, kind: "other", status: 404, path: "/nowhere" },
      ]);
      expect(rows[0]?.["presented"]).toMatch(/^[0-9a-f]{12}$/);
      expect(rows[1]?.["presented"]).toBe(rows[0]?.["presented"]);
      const secrets = [...Object.values(old), ...Object.values(pair), "query-secret"].filter(
        (value) => (typeof value === "string" && value.length > 40) || value === "query-secret",
      );
      for (const secret of secrets) expect(text).not.toContain(secret);
      expect((await stat(log)).mode & 0o777).toBe(0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
