import type { SourcedCredential } from "@scorpiox/sxnet/credentials";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCredential, formatGitCredential, FORMATS } from "../src/format.js";

const NOW_MS = Date.parse("2026-11-21T00:00:00Z");
const credential: SourcedCredential = {
  accessToken: "a.b-c_d",
  accountId: "acc-1",
  expiresAtMs: NOW_MS + 90_500,
  refreshToken: "rt-secret",
  raw: { tokens: { refresh_token: "rt-secret" } },
  source: "local",
  path: "/home/me/.codex/auth.json",
  warnings: [],
};
const bare: SourcedCredential = { accessToken: "t", raw: {}, source: "local", path: "/x", warnings: [] };

describe("formatCredential", () => {
  it.each([
    ["token", "a.b-c_d"],
    ["header", "Authorization: Bearer a.b-c_d"],
    ["env", "CODEX_ACCESS_TOKEN=a.b-c_d"],
    [
      "json",
      '{"access_token":"a.b-c_d","token_type":"Bearer","expires_at":"2026-11-21T00:01:30Z","expires_in":90,"account_id":"acc-1","source":"local"}',
    ],
    [
      "credential-process",
      '{"Version":1,"AccessToken":"a.b-c_d","AccountId":"acc-1","Expiration":"2026-11-21T00:01:30Z"}',
    ],
    ["git-credential", "username=oauth2\npassword=a.b-c_d\npassword_expiry_utc=1795219290"],
  ] as const)("as %s", (format, text) => {
    expect(formatCredential(credential, format, NOW_MS)).toBe(text);
  });

  it.each([
    [
      "json",
      '{"access_token":"t","token_type":"Bearer","expires_at":null,"expires_in":null,"account_id":null,"source":"local"}',
    ],
    ["credential-process", '{"Version":1,"AccessToken":"t"}'],
    ["git-credential", "username=oauth2\npassword=t"],
  ] as const)("as %s, when little is known", (format, text) => {
    expect(formatCredential(bare, format, NOW_MS)).toBe(text);
  });

  it.each(FORMATS)("never shows the refresh token as %s", (format) => {
    expect(formatCredential(credential, format, NOW_MS)).not.toContain("rt-secret");
  });

  it("prints one line of visible ASCII or nothing, whatever a source hands over", () => {
    const formats = fc.constantFrom(...FORMATS.filter((format) => format !== "git-credential"));
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary" }),
        formats,
        (accessToken, accountId, format) => {
          let text = "";
          try {
            text = formatCredential({ ...credential, accessToken, accountId }, format, NOW_MS);
          } catch (error) {
            expect(error).toMatchObject({ code: "bad_input" });
          }
          expect(text).toMatch(/^[\u0020-\u007e]*$/u);
        },
      ),
    );
  });

  it.each(["", "a b", "a\nb", "a\r", 'a"b', "a'b", "$(x)", "a;b", "\u001b[2J", "é"])(
    "refuses the token %j",
    (accessToken) => {
      for (const format of FORMATS) {
        expect(() => formatCredential({ ...credential, accessToken }, format, NOW_MS)).toThrow(
          "characters that none has",
        );
      }
    },
  );
});

describe("formatGitCredential", () => {
  it("answers with a bearer where git understands it", () => {
    expect(formatGitCredential(credential, { username: undefined, understandsBearer: true })).toBe(
      "capability[]=authtype\nauthtype=Bearer\ncredential=a.b-c_d\nephemeral=1\npassword_expiry_utc=1795219290",
    );
  });

  it.each([
    ["me", "username=me"],
    ["me\npassword=x", "username=oauth2"],
  ])("takes git's user name %j", (username, line) => {
    expect(formatGitCredential(credential, { username, understandsBearer: false }).split("\n")[0]).toBe(line);
  });
});
