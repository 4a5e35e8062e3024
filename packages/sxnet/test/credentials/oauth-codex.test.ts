import { describe, expect, it } from "vitest";
import { buildCodexLogin, buildCodexRevoke, codexOauth, codexOauthUrl } from "../../src/credentials/oauth-codex.js";
import { readGrantedTokens } from "../../src/credentials/oauth-answer.js";
import { jwt, officialLogin } from "./logins.js";

const NOW = Date.parse("2026-11-21T00:00:00Z");
const URL_ = "https://auth.example/oauth/token";
const forAccount = (id: string) => jwt({ "https://api.openai.com/auth": { chatgpt_account_id: id } });

describe("the Codex sign-in", () => {
  it("asks as the official client does", () => {
    const request = codexOauth.buildRefresh(URL_, "rt-1", officialLogin({}), "scorpiox_code");
    expect(request).toMatchObject({
      method: "POST",
      url: URL_,
      headers: { "content-type": "application/json", originator: "scorpiox_code" },
    });
    expect(JSON.parse(request.body ?? "")).toEqual({
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
      grant_type: "refresh_token",
      refresh_token: "rt-1",
    });
    const other = { tokens: { oauth_provenance: { issuer: "x", client_id: "app_other" } } };
    expect(codexOauth.buildRefresh(URL_, "rt-1", other, "o").body).toContain('"client_id":"app_other"');
  });

  it("knows where", () => {
    expect(codexOauthUrl({}, "/oauth/token")).toBe("https://auth.openai.com/oauth/token");
    expect(codexOauthUrl({ CODEX_OAUTH_URL: "http://127.0.0.1:9/" }, "/oauth/revoke")).toBe(
      "http://127.0.0.1:9/oauth/revoke",
    );
    expect(() => codexOauthUrl({ CODEX_OAUTH_URL: "http://example.com" }, "/oauth/token")).toThrow(
      expect.objectContaining({ code: "configuration", exitCode: 52 }) as Error,
    );
  });

  it("takes a login back by its refresh token, else by its access token", () => {
    expect(JSON.parse(buildCodexRevoke({}, officialLogin({}))?.body ?? "")).toEqual({
      token: "rt-secret-1",
      token_type_hint: "refresh_token",
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
    });
    expect(JSON.parse(buildCodexRevoke({}, { access_token: "t" })?.body ?? "")).toEqual({
      token: "t",
      token_type_hint: "access_token",
    });
    expect(buildCodexRevoke({}, {})).toBeUndefined();
  });

  it.each([
    [401, '{"error":{"code":"refresh_token_reused","message":"x"}}', { kind: "refused", code: "refresh_token_reused" }],
    [400, '{"error":{"code":"refresh_token_reused"}}', { kind: "refused", code: "refresh_token_reused" }],
    [403, '{"error":"refresh_token_expired"}', { kind: "refused", code: "refresh_token_expired" }],
    [500, '{"code":"refresh_token_invalidated"}', { kind: "refused", code: "refresh_token_invalidated" }],
    [400, '{"error":"invalid_grant"}', { kind: "refused", code: "invalid_grant" }],
    [401, "<html>", { kind: "refused", code: "unauthorized" }],
    [401, '{"error":"a\\u001b[2Jb"}', { kind: "refused", code: "unauthorized" }],
    [400, '{"error":"invalid_request"}', { kind: "failed", reason: "network", again: false }],
    [403, "<html>", { kind: "failed", reason: "network", again: false, what: "answered 403" }],
    [408, "", { kind: "failed", reason: "network", again: true }],
    [429, "", { kind: "failed", reason: "limited", again: true, retryAfterMs: 7000 }],
    [503, "", { kind: "failed", reason: "network", again: true, retryAfterMs: 7000 }],
    [200, "<html>", { kind: "unclear", what: "answered 200 without a token" }],
    [200, "{}", { kind: "unclear" }],
    [200, '{"access_token":"two words"}', { kind: "unclear" }],
    [200, '{"refresh_token":"r"}', { kind: "granted", tokens: { refreshToken: "r" } }],
    [
      200,
      '{"access_token":"t","expires_in":60}',
      { kind: "granted", tokens: { accessToken: "t", expiresInMs: 60_000 } },
    ],
  ])("understands %i %s", (status, text, answer) => {
    expect(codexOauth.readRefresh(status, { "retry-after": "7" }, text, NOW)).toMatchObject(answer);
  });

  it("keeps what an answer leaves out, and what nobody knows", () => {
    const raw: Record<string, unknown> = { ...officialLogin({}), future: { a: [1] } };
    const merged = codexOauth.merge(raw, { accessToken: "t2" }, NOW);
    expect(merged).toEqual({
      ...raw,
      tokens: { ...(raw["tokens"] as object), access_token: "t2" },
      last_refresh: "2026-11-21T00:00:00.000Z",
    });
  });

  it.each([
    ["no end for a JWT", {}, jwt({}), {}],
    ["seconds from now for an opaque one", {}, "opaque", { expires_in: 60 }],
    ["a time in seconds", { expires_at: 1 }, "opaque", { expires_in: 60, expires_at: NOW / 1000 + 60 }],
    ["a time in milliseconds", { expires_at: 1e12 }, "opaque", { expires_in: 60, expires_at: NOW + 60_000 }],
    ["a time in words", { expires_at: "x" }, jwt({}), { expires_in: 60, expires_at: "2026-11-21T00:01:00.000Z" }],
  ])("writes %s, where the file did so", (_name, old, accessToken, end) => {
    const merged = codexOauth.merge({ access_token: "old", ...old }, { accessToken, expiresInMs: 60_000 }, NOW);
    expect(merged).toEqual({ access_token: accessToken, ...end, last_refresh: "2026-11-21T00:00:00.000Z" });
  });

  it("forgets the old end when the new one is not told", () => {
    const merged = codexOauth.merge({ access_token: "old", expires_at: 1, expires_in: 2 }, { accessToken: "t" }, NOW);
    expect(Object.keys(merged)).toEqual(["access_token", "last_refresh"]);
  });

  it.each([
    ["the same", { tokens: { id_token: forAccount("a") } }, { idToken: forAccount("a") }, false],
    ["another", { tokens: { id_token: forAccount("a") } }, { accessToken: forAccount("b") }, true],
    [
      "the login's, in a chosen workspace",
      { id_token: forAccount("a"), account_id: "w" },
      { idToken: forAccount("a") },
      false,
    ],
    ["another than the file's word", { access_token: "opaque", account_id: "a" }, { idToken: forAccount("b") }, true],
    ["unknown", { tokens: { id_token: forAccount("a") } }, { accessToken: "opaque" }, false],
  ])("knows whether the account is %s", (_name, raw, tokens, expected) => {
    expect(codexOauth.isOtherAccount(raw, tokens)).toBe(expected);
  });

  it("writes a login as the official client does", () => {
    const login = buildCodexLogin({ accessToken: "t", refreshToken: "r", idToken: forAccount("a") }, NOW);
    expect(login).toEqual({
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: { id_token: forAccount("a"), access_token: "t", refresh_token: "r", account_id: "a" },
      last_refresh: "2026-11-21T00:00:00.000Z",
    });
    expect(readGrantedTokens("[]")).toBeUndefined();
  });
});
