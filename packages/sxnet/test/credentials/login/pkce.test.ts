import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { createPkcePair, createState, isSameSecret } from "../../../src/credentials/login/pkce.js";

it("makes pairs by RFC 7636, S256", () => {
  const [one, other] = [createPkcePair(), createPkcePair()];
  expect(one.verifier).toMatch(/^[A-Za-z0-9_-]{43,128}$/u);
  expect(one.challenge).toBe(createHash("sha256").update(one.verifier).digest("base64url"));
  expect(one.verifier).not.toBe(other.verifier);
});

it("makes states of 128 bits or more", () => {
  expect(Buffer.from(createState(), "base64url").length).toBeGreaterThanOrEqual(16);
  expect(createState()).not.toBe(createState());
});

it.each([
  ["abc", "abc", true],
  ["abc", "abd", false],
  ["abc", "", false],
  ["abc", "abcabc", false],
])("compares %j and %j", (ours, theirs, same) => {
  expect(isSameSecret(ours, theirs)).toBe(same);
});
