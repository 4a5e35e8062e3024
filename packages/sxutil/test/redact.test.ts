import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor, maskSecret } from "../src/redact.js";

const SECRET = 'sk-Ab9/"+é secret';

describe("maskSecret", () => {
  it.each([
    ["", ""],
    ["abc", "****"],
    ["elevenchars", "****"],
    ["twelve-chars", "****hars"],
    ["sk-proj-0123456789", "****6789"],
    ["ends with a line\n", "****"],
    ["-----END KEY--é---", "****"],
  ])("shows %j as %j", (value, shown) => {
    expect(maskSecret(value)).toBe(shown);
  });
});

describe("createRedactor", () => {
  it.each([
    ["the value itself", `key=${SECRET};`, "key=[redacted];"],
    ["JSON", `{"k":${JSON.stringify(SECRET)}}`, '{"k":"[redacted]"}'],
    ["JSON inside JSON's ASCII form", '"sk-Ab9/\\"+\\u00e9 secret"', '"[redacted]"'],
    ["JSON with escaped slashes", '"sk-Ab9\\/\\"+é secret"', '"[redacted]"'],
    ["a URL", `?k=${encodeURIComponent(SECRET)}&x`, "?k=[redacted]&x"],
    [
      "a URL in lower case",
      `?k=${encodeURIComponent(SECRET).replaceAll(/%../g, (hex) => hex.toLowerCase())}`,
      "?k=[redacted]",
    ],
    ["a form", `k=${new URLSearchParams({ k: SECRET }).toString().slice(2)}`, "k=[redacted]"],
    ["twice", `${SECRET} ${SECRET}`, "[redacted] [redacted]"],
    ["nothing", "nothing to see", "nothing to see"],
    ["nothing at all", "", ""],
  ])("hides a secret in %s", (_name, text, expected) => {
    expect(createRedactor([SECRET]).redact(text)).toBe(expected);
  });

  it("hides a secret inside base64, wherever it starts", () => {
    for (const prefix of ["", "u:", "me:", "user:"]) {
      for (const suffix of ["", "x", "yz"]) {
        const shown = createRedactor([SECRET]).redact(Buffer.from(`${prefix}${SECRET}${suffix}`).toString("base64"));
        expect(shown).toContain("[redacted]");
        expect(Buffer.from(shown.replaceAll("[redacted]", ""), "base64").toString()).not.toContain("cret");
      }
    }
  });

  it("leaves no end of a secret that overlaps another", () => {
    const redactor = createRedactor(["abcdefgh", "efghijkl"]);
    expect(redactor.redact("1 abcdefghijkl 2")).toBe("1 [redacted] 2");
    expect(redactor.redact("abcdefghefghijkl")).toBe("[redacted]");
    expect(createRedactor(["abcabc"]).redact("abcabcabc")).toBe("[redacted]");
  });

  it("ignores short values, and knows the longest", () => {
    const redactor = createRedactor(["12345", ""]);
    expect(redactor.redact("12345")).toBe("12345");
    expect(redactor.longest).toBe(0);
    redactor.add("123456");
    expect(redactor.redact("123456")).toBe("[redacted]");
    expect(redactor.longest).toBeGreaterThanOrEqual(6);
  });

  const secret = fc
    .string({ unit: "grapheme", minLength: 6, maxLength: 40 })
    .filter((text) => !/[redact[\]]/u.test(text));

  it("never shows a secret in plain or JSON spelling, whatever is around it", () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        fc.array(fc.string(), { maxLength: 6 }),
        (secrets, around) => {
          const redactor = createRedactor(secrets);
          const text = around.map((part, index) => part + (secrets[index % secrets.length] ?? "")).join("");
          const shown = redactor.redact(JSON.stringify({ text })) + redactor.redact(text);
          for (const value of secrets) {
            expect(shown.includes(value)).toBe(false);
            expect(shown.includes(JSON.stringify(value).slice(1, -1))).toBe(false);
          }
        },
      ),
    );
  });

  it("changes nothing in a text without the secret", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(createRedactor(["\u{10ffff}\u{10fffe}\u{10fffd}"]).redact(text)).toBe(text);
      }),
    );
  });
});
