import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CredentialError } from "../../src/credentials/credential-error.js";
import { parseRemoteAnswer, readRefusal } from "../../src/credentials/remote-answer.js";
import { jwt, officialLogin } from "./logins.js";

const NOW_MS = Date.parse("2026-11-21T00:00:00Z");
const HOUR_MS = 3_600_000;
const time = { nowMs: NOW_MS, serverMs: NOW_MS };
const parse = (value: unknown) => parseRemoteAnswer(JSON.stringify(value), "the giver", time).credential;

describe("parseRemoteAnswer", () => {
  it.each([
    [
      "what this program prints",
      {
        access_token: "t",
        token_type: "Bearer",
        expires_at: "2026-11-21T01:00:00Z",
        expires_in: 3600,
        account_id: "acc",
        source: "local",
      },
      { accessToken: "t", accountId: "acc", expiresAtMs: NOW_MS + HOUR_MS },
    ],
    [
      "what this program prints when it knows little",
      { access_token: "t", token_type: "Bearer", expires_at: null, expires_in: null, account_id: null },
      { accessToken: "t" },
    ],
    ["a lifetime", { access_token: "t", expires_in: 3600 }, { accessToken: "t", expiresAtMs: NOW_MS + HOUR_MS }],
    [
      "a lifetime, from now on whatever it says of the past",
      { access_token: "t", expires_in: 3600, last_refresh: "2020-01-01T00:00:00Z" },
      { accessToken: "t", expiresAtMs: NOW_MS + HOUR_MS },
    ],
    [
      "an end in seconds",
      { access_token: "t", expires_at: NOW_MS / 1000 + 60 },
      { accessToken: "t", expiresAtMs: NOW_MS + 60_000 },
    ],
    [
      "the official client's file without its refresh token",
      { tokens: { access_token: jwt({ exp: NOW_MS / 1000 + 60 }), account_id: "acc", refresh_token: null } },
      { accountId: "acc", expiresAtMs: NOW_MS + 60_000 },
    ],
    ["an empty refresh token", { access_token: "t", refresh_token: "" }, { accessToken: "t" }],
  ])("reads %s, and keeps nothing else", (_name, value, expected) => {
    expect(parse(value)).toMatchObject({ ...expected, raw: {} });
    expect(parse(value)).not.toHaveProperty("refreshToken");
  });

  it.each([
    ["nothing", "", "is empty"],
    ["blanks", " \n", "is empty"],
    ["a web page", "<!doctype html><p>SECRET", "is a web page"],
    ["garbage", "SECRET", "is not valid JSON"],
    ["half an answer", '{"access_token":"SECRET', "is not valid JSON"],
    ["a list", '["SECRET"]', "holds no access token"],
    ["null", "null", "holds no access token"],
    ["another object", '{"token":"SECRET"}', "holds no access token"],
    ["an odd token", '{"access_token":{"SECRET":1}}', "holds no access token"],
    ["a line break in the token", '{"access_token":"SECRET\\nx"}', "holds characters that no token has"],
    ["a bad account", '{"access_token":"t","account_id":"SECRET\\u001b"}', "holds characters that no id has"],
    ["another kind of token", '{"access_token":"t","token_type":"SECRET"}', "is not for use as a bearer"],
    ["a refresh token", '{"access_token":"t","refresh_token":"SECRET"}', "holds a refresh token"],
    ["a refresh token inside", JSON.stringify(officialLogin({})), "holds a refresh token"],
    ["a refresh token far inside", '{"access_token":"t","a":[{"refreshToken":"SECRET"}]}', "holds a refresh token"],
  ])("refuses %s without showing it", (_name, text, message) => {
    const run = (): unknown => {
      try {
        return parseRemoteAnswer(text, "the giver", time);
      } catch (error) {
        return error;
      }
    };
    expect(run()).toMatchObject({ code: "bad_input", exitCode: 42 });
    expect(String(run())).toContain("the answer of the giver");
    expect(String(run())).toContain(message);
    expect(JSON.stringify([String(run()), (run() as Error).cause])).not.toMatch(/SECRET|rt-secret/u);
  });

  it.each([
    ["ours is ahead", 2 * HOUR_MS, HOUR_MS, true],
    ["both say that it is over", 0, -HOUR_MS, false],
    ["ours is ahead, and it is over all the same", HOUR_MS, -2 * HOUR_MS, false],
  ])("when the clocks differ: %s", (_name, aheadMs, leftThereMs, moved) => {
    const serverMs = NOW_MS - aheadMs;
    const text = JSON.stringify({ access_token: "t", expires_at: (serverMs + leftThereMs) / 1000 });
    const answer = parseRemoteAnswer(text, "the giver", { nowMs: NOW_MS, serverMs });
    expect(answer.credential.expiresAtMs).toBe(moved ? NOW_MS + leftThereMs : serverMs + leftThereMs);
    expect(answer.warning).toBe(
      moved ? "the clock of this machine is 7200 s ahead of that of the giver; set it right" : undefined,
    );
  });

  it.each([
    ["a lifetime of nothing, whatever the clocks say", { expires_in: 0 }, NOW_MS - 2 * HOUR_MS],
    ["an end just now, as the header tells whole seconds only", { expires_at: NOW_MS / 1000 }, NOW_MS - 999],
    ["no header", { expires_at: NOW_MS / 1000 }, undefined],
  ])("moves no end for %s", (_name, value, serverMs) => {
    const text = JSON.stringify({ access_token: "t", ...value });
    const answer = parseRemoteAnswer(text, "the giver", { nowMs: NOW_MS, serverMs });
    expect(answer).toEqual({ credential: { accessToken: "t", expiresAtMs: NOW_MS, raw: {} } });
  });

  it("either gives a printable token and no refresh token, or a CredentialError", () => {
    const fields = fc.record(
      {
        access_token: fc.oneof(fc.string(), fc.constant("t"), fc.jsonValue()),
        refresh_token: fc.oneof(fc.constant(""), fc.jsonValue()),
        expires_in: fc.jsonValue(),
        token_type: fc.oneof(fc.constant("bearer"), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fields.map((value) => JSON.stringify(value)),
      fields.map((tokens) => JSON.stringify({ tokens })),
    );
    fc.assert(
      fc.property(text, (input) => {
        try {
          const { credential } = parseRemoteAnswer(input, "the giver", time);
          expect(credential.accessToken).toMatch(/^[\u0021-\u007e]+$/u);
          expect(credential.refreshToken).toBeUndefined();
          expect(credential.raw).toEqual({});
        } catch (error) {
          if (!(error instanceof CredentialError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("readRefusal", () => {
  it.each([
    [401, true, undefined, "login_needed", 41, "refused the key; correct TOKEN_HTTP_API_KEY (status 401)", 60_000],
    [401, false, undefined, "login_needed", 41, "wants a key; set TOKEN_HTTP_API_KEY (status 401)", 60_000],
    [403, true, undefined, "login_needed", 41, "gives you no access token (status 403); ask who runs it", 60_000],
    [
      404,
      true,
      undefined,
      "configuration",
      52,
      "has nothing at that address (status 404); correct CODEX_REMOTE_URL",
      60_000,
    ],
    [400, true, undefined, "configuration", 52, "gave no access token (status 400); correct CODEX_REMOTE_URL", 60_000],
    [204, true, undefined, "configuration", 52, "gave no access token (status 204); correct CODEX_REMOTE_URL", 60_000],
    [429, true, undefined, "limited", 57, "was asked too often (status 429); try again in 60 s", 60_000],
    [429, true, 7_000, "limited", 57, "was asked too often (status 429); try again in 7 s", 7_000],
    [429, true, 1e9, "limited", 57, "was asked too often (status 429); try again in 3600 s", 3_600_000],
    [
      500,
      true,
      undefined,
      "network",
      58,
      "is broken or busy (status 500); try again later, or ask who runs it",
      undefined,
    ],
    [503, true, 1e9, "network", 58, "is broken or busy (status 503); try again later, or ask who runs it", 300_000],
  ])("turns %i (key: %s, wait: %s) into %s", (status, hasKey, waitMs, code, exitCode, message, retryAfterMs) => {
    expect(readRefusal(status, "the giver", hasKey, waitMs)).toMatchObject({
      code,
      exitCode,
      message: `the giver ${message}`,
      retryAfterMs,
    });
  });
});
