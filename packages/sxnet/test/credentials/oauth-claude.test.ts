import { describe, expect, it } from "vitest";
import { parseCredential } from "../../src/credentials/credential.js";
import { LOGIN_VENDORS } from "../../src/credentials/login-vendor.js";
import { claudeOauth } from "../../src/credentials/oauth-claude.js";
import { needsRenewal } from "../../src/credentials/refresh/login-age.js";
import { claudeLogin } from "./logins.js";

const NOW = Date.parse("2026-11-21T00:00:00Z");
const HOUR_MS = 3_600_000;
const vendor = LOGIN_VENDORS.claude_code;
const parse = (file: unknown, savedAtMs?: number) =>
  parseCredential(JSON.stringify(file), { name: "~/f", ...(savedAtMs === undefined ? {} : { savedAtMs }) }, vendor);

describe("the file of a Claude plan", () => {
  it("is read", () => {
    const file = claudeLogin({ expiresAtMs: NOW + HOUR_MS });
    expect(parse(file)).toEqual({
      accessToken: "sk-ant-oat01-old",
      refreshToken: "sk-ant-ort01-secret-1",
      expiresAtMs: NOW + HOUR_MS,
      plan: "max",
      raw: file,
    });
  });

  it.each([
    ["without anything around it", { accessToken: "t", refreshToken: "r", expiresAt: NOW }],
    ["as a token answer", { access_token: "t", refresh_token: "r", expires_in: 3600 }],
    ["as a token answer with its end", { access_token: "t", refresh_token: "r", expires_at: NOW / 1000 }],
  ])("is also read %s", (_name, file) => {
    const credential = parse(file, NOW - HOUR_MS);
    expect(credential).toMatchObject({ accessToken: "t", refreshToken: "r", expiresAtMs: NOW });
  });

  it.each([
    ["nothing", {}],
    ["other things of the client", { mcpOAuth: { accessToken: "x" } }],
    ["an empty login", { claudeAiOauth: { accessToken: "" } }],
    ["a Codex login", { tokens: { access_token: "t" } }],
  ])("that holds %s is no login", (_name, file) => {
    expect(() => parse(file)).toThrow("~/f has no access token; log in with the official client (claude)");
  });

  it("never shows a token that cannot be one", () => {
    expect(() => parse({ claudeAiOauth: { accessToken: "SECRET\n" } })).toThrow(/^(?!.*SECRET)/u);
  });
});

describe("the sign-in of Claude plans", () => {
  it("asks where it should, in the words of the vendor and under our name", () => {
    const url = claudeOauth.refreshUrl({});
    expect(url).toBe("https://platform.claude.com/v1/oauth/token");
    const request = claudeOauth.buildRefresh(url, "sk-ant-ort01-1", {}, "x");
    expect(request).toMatchObject({ method: "POST", url, headers: { "anthropic-beta": "oauth-2025-04-20" } });
    expect(request.headers?.["user-agent"]).toMatch(/^scorpiox-code\//u);
    expect(JSON.parse(request.body ?? "")).toEqual({
      grant_type: "refresh_token",
      refresh_token: "sk-ant-ort01-1",
      client_id: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    });
  });

  it("asks elsewhere only when told, and never in clear", () => {
    const at = (value: string) =>
      claudeOauth.refreshUrl({ CLAUDE_CODE_OAUTH_URL: value, CODEX_OAUTH_URL: "https://no" });
    expect(at("https://console.anthropic.com")).toBe("https://console.anthropic.com/v1/oauth/token");
    expect(at("http://127.0.0.1:9/v1/oauth/token")).toBe("http://127.0.0.1:9/v1/oauth/token");
    expect(() => at("http://example.com")).toThrow(
      expect.objectContaining({
        code: "configuration",
        message: expect.stringContaining("CLAUDE_CODE_OAUTH_URL") as string,
      }) as Error,
    );
  });

  it.each([
    [400, '{"error":"invalid_grant","error_description":"x"}', { kind: "refused", code: "invalid_grant" }],
    [401, "{}", { kind: "refused", code: "unauthorized" }],
    [400, '{"error":"invalid_request"}', { kind: "failed", again: false, what: "answered 400 (invalid_request)" }],
    [403, "<html>", { kind: "failed", reason: "network", again: false }],
    [429, "", { kind: "failed", reason: "limited", again: true, retryAfterMs: 7000 }],
    [529, "", { kind: "failed", reason: "network", again: true, retryAfterMs: 7000 }],
    [200, "<html>", { kind: "unclear" }],
    [
      200,
      '{"access_token":"t","refresh_token":"r","expires_in":28800,"scope":"user:inference"}',
      { kind: "granted", tokens: { accessToken: "t", refreshToken: "r", expiresInMs: 28_800_000 } },
    ],
  ])("understands %i %s", (status, text, answer) => {
    expect(claudeOauth.readRefresh(status, { "retry-after": "7" }, text, NOW)).toMatchObject(answer);
  });
});

describe("new tokens in the file of a Claude plan", () => {
  const tokens = { accessToken: "new", refreshToken: "new-r", expiresInMs: 8 * HOUR_MS };

  it("take the place of the old ones, and leave everything else", () => {
    const file = claudeLogin({});
    const merged = claudeOauth.merge(file, tokens, NOW);
    expect(merged).toEqual({
      ...file,
      claudeAiOauth: {
        ...file.claudeAiOauth,
        accessToken: "new",
        refreshToken: "new-r",
        expiresAt: NOW + 8 * HOUR_MS,
      },
      scorpioxRefresh: { at: NOW, expiresAt: NOW + 8 * HOUR_MS },
    });
    expect(parse(merged)).toMatchObject({ ...tokensOf(merged), refreshedAtMs: NOW });
  });

  it.each([
    [
      { accessToken: "t", expiresAt: 1, future: 1 },
      { accessToken: "new", refreshToken: "new-r", future: 1 },
    ],
    [
      { access_token: "t", expires_in: 1, future: 1 },
      { access_token: "new", refresh_token: "new-r", future: 1 },
    ],
  ])("are named as the old ones in %j", (file, wanted) => {
    const merged = claudeOauth.merge(file, tokens, NOW);
    expect(merged).toMatchObject(wanted);
    expect(merged).not.toHaveProperty("expires_in");
    expect(Object.keys(merged)).not.toContain("accessToken" in file ? "access_token" : "accessToken");
    expect(parse(merged)).toMatchObject({ accessToken: "new", refreshToken: "new-r", expiresAtMs: NOW + 8 * HOUR_MS });
  });

  it("keep the old token's end off a new one of unknown end", () => {
    const merged = claudeOauth.merge(claudeLogin({}), { accessToken: "new" }, NOW);
    const credential = parse(merged);
    expect(credential).toMatchObject({ accessToken: "new", refreshToken: "sk-ant-ort01-secret-1", refreshedAtMs: NOW });
    expect(credential.expiresAtMs).toBeUndefined();
  });

  it("save a new refresh token also when it comes alone", () => {
    const file = claudeLogin({});
    const { claudeAiOauth } = file;
    expect(claudeOauth.merge(file, { refreshToken: "new-r" }, NOW)).toEqual({
      ...file,
      claudeAiOauth: { ...claudeAiOauth, refreshToken: "new-r" },
    });
  });

  it("tell how long they live, so that nobody renews them in vain for a longer life", () => {
    const merged = claudeOauth.merge(claudeLogin({}), tokens, NOW);
    const credential = parse(merged);
    expect(needsRenewal(credential, NOW + HOUR_MS, 9 * HOUR_MS)).toBe(false);
    expect(needsRenewal(credential, NOW + HOUR_MS, 7.5 * HOUR_MS)).toBe(true);
    // The client has renewed it since: what we noted says nothing about that.
    const later = { ...merged, claudeAiOauth: { ...claudeLogin({}).claudeAiOauth, expiresAt: NOW + 9 * HOUR_MS } };
    expect(parse(later).refreshedAtMs).toBeUndefined();
  });
});

function tokensOf(merged: unknown) {
  const { accessToken, refreshToken, expiresAt } = (merged as ReturnType<typeof claudeLogin>).claudeAiOauth;
  return { accessToken, refreshToken, expiresAtMs: expiresAt };
}
