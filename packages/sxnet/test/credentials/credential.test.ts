import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCredential, remainingMs, toAccessCredential } from "../../src/credentials/credential.js";
import { CredentialError } from "../../src/credentials/credential-error.js";
import { jwt, officialLogin } from "./logins.js";

const place = { name: "~/auth.json", savedAtMs: 1_000_000 };
const parse = (value: unknown) => parseCredential(JSON.stringify(value), place);
const failure = (text: string): unknown => {
  try {
    return parseCredential(text, place);
  } catch (error) {
    return error;
  }
};

describe("parseCredential", () => {
  it("reads the official client's file and keeps what it does not know", () => {
    const login = officialLogin({ exp: 1_900_000_000 });
    expect(parse(login)).toMatchObject({
      accountId: "acc-file",
      expiresAtMs: 1_900_000_000_000,
      refreshToken: "rt-secret-1",
      plan: "plus",
      email: "me@example.org",
      raw: login,
    });
  });

  it("takes the account from the claims when the file has none", () => {
    expect(parse(officialLogin({ accountId: null })).accountId).toBe("acc-claim");
  });

  it.each([
    ["expires_in from the time of saving", { access_token: "opaque", expires_in: 60 }, 1_060_000],
    [
      "expires_in from last_refresh",
      { access_token: "o", expires_in: 60, last_refresh: "1970-01-01T00:01:00Z" },
      120_000,
    ],
    ["expires_at in seconds", { access_token: "o", expires_at: 1_900_000_000 }, 1_900_000_000_000],
    ["expires_at in milliseconds", { access_token: "o", expires_at: 1_900_000_000_000 }, 1_900_000_000_000],
    ["expires_at as RFC 3339", { access_token: "o", expires_at: "2030-03-17T17:46:40Z" }, 1_900_000_000_000],
    ["expires_at as text", { access_token: "o", expires_at: "1900000000" }, 1_900_000_000_000],
    ["the earliest of all", { access_token: jwt({ exp: 1_500 }), expires_in: 60, expires_at: 1_400 }, 1_060_000],
    ["the token's own word", { access_token: jwt({ exp: 999 }), expires_in: 60 }, 999_000],
    ["nothing", { access_token: "opaque" }, undefined],
    ["nonsense", { access_token: jwt({ exp: 1e300 }), expires_in: {}, expires_at: "soon" }, undefined],
  ])("knows the end from %s", (_name, value, expiresAtMs) => {
    expect(parse(value).expiresAtMs).toBe(expiresAtMs);
  });

  it.each([
    ["an empty file", "", "bad_input", "~/auth.json is empty; log in again"],
    ["half a file", '{"tokens":{"access_token":"SECRET', "bad_input", "~/auth.json is not valid JSON; log in again"],
    ["other JSON", "[1]", "bad_input", "~/auth.json is JSON, but not a credential file; log in again"],
    [
      "no login",
      "{}",
      "login_needed",
      "~/auth.json has no access token; log in with the official client (codex login)",
    ],
    ["an API key", '{"OPENAI_API_KEY":"sk-SECRET"}', "login_needed", "holds an API key and no ChatGPT login"],
    [
      "a line break in the token",
      '{"access_token":"SECRET\\nX: y"}',
      "bad_input",
      "holds characters that no token has",
    ],
    ["a space in the token", '{"access_token":"SECRET x"}', "bad_input", "holds characters that no token has"],
    ["an endless token", `{"access_token":"${"S".repeat(40_000)}"}`, "bad_input", "holds characters that no token has"],
    [
      "a control character in the id",
      '{"access_token":"t","account_id":"SECRET\\u001b"}',
      "bad_input",
      "the account_id in",
    ],
  ])("refuses %s without showing it", (_name, text, code, message) => {
    const error = failure(text);
    expect(error).toBeInstanceOf(CredentialError);
    expect(error).toMatchObject({ code, exitCode: code === "bad_input" ? 42 : 41 });
    expect(String(error)).toContain(message);
    expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain("SECRET");
  });

  it("leaves out claims that are not fit to be shown", () => {
    const auth = { chatgpt_account_id: "a\nb", chatgpt_plan_type: "\u001b[2J" };
    const login = { access_token: jwt({ email: "a\u001b]0;x\u0007", "https://api.openai.com/auth": auth }) };
    expect(Object.keys(parse(login)).sort()).toEqual(["accessToken", "raw"]);
  });

  it("reads a file that begins with a byte-order mark", () => {
    expect(parseCredential('\u{feff}{"access_token":"t"}', place).accessToken).toBe("t");
  });

  it("either gives a printable token or a CredentialError, whatever it is fed", () => {
    const claims = fc.record({
      exp: fc.anything(),
      email: fc.anything(),
      "https://api.openai.com/auth": fc.anything(),
    });
    const accessToken = fc.oneof(
      fc.string(),
      fc.constant("t"),
      claims.map((value) => jwt(value as Record<string, unknown>)),
    );
    const login = fc.record(
      { access_token: fc.oneof(accessToken, fc.jsonValue()), expires_in: fc.jsonValue(), expires_at: fc.jsonValue() },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      login.map((value) => JSON.stringify(value)),
      login.map((tokens) => JSON.stringify({ tokens })),
    );
    fc.assert(
      fc.property(text, (input) => {
        const result = failure(input);
        if (result instanceof CredentialError) return;
        expect((result as { accessToken: string }).accessToken).toMatch(/^[\u0021-\u007e]+$/u);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a credential", () => {
  it("tells what is left of it", () => {
    const credential = parse({ access_token: "t", expires_at: 2_000 });
    expect([1_999_000, 2_000_000, 2_001_000].map((now) => remainingMs(credential, now))).toEqual([1_000, 0, -1_000]);
    expect(remainingMs(parse({ access_token: "t" }), 5)).toBeUndefined();
  });

  it("gives a provider only what it needs", () => {
    expect(toAccessCredential(parse(officialLogin({ accessToken: "t" })))).toEqual({
      accessToken: "t",
      accountId: "acc-file",
    });
    expect(toAccessCredential(parse({ access_token: "t" }))).toEqual({ accessToken: "t" });
  });
});
