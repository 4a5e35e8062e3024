import { describe, expect, it } from "vitest";
import { createScrubber } from "../src/scrub.js";

const JWT = "eyJhbGciOiJub25lIn0.eyJleHAiOjE4MDAwMDAwMDB9.c2lnbmF0dXJl";

describe("text", () => {
  it.each([
    [`a ${JWT} b`, "a [redacted] b"],
    [`a ${JWT.slice(0, JWT.lastIndexOf("."))}. b`, "a [redacted] b"],
    ["Bearer abcdefgh12345", "Bearer [redacted]"],
    [`key sk-${"a1b2c3d4".repeat(3)}`, "key [redacted]"],
    ["ghp_0123456789abcdefghijABCDEFGHIJ0123", "[redacted]"],
    ["AKIAIOSFODNN7EXAMPLE", "[redacted]"],
    [`AIza${"x1".repeat(17)}y AQ.${"Ab8_".repeat(10)}`, "[redacted] [redacted]"],
    ['{"access_token":"short","x":1}', '{"access_token":"[redacted]","x":1}'],
    ['{"output":"{\\"refresh_token\\": \\"r\\"}"}', '{"output":"{\\"refresh_token\\": \\"[redacted]\\"}"}'],
    ['{"email":"me@example.invalid"}', '{"email":"[redacted]"}'],
    ["my known secret", "my [redacted]"],
    ["at-least-twenty-characters-of-words", "at-least-twenty-characters-of-words"],
    ['{"input_tokens":12,"total_tokens":13}', '{"input_tokens":12,"total_tokens":13}'],
  ])("%j", (text, clean) => {
    expect(createScrubber(["known secret"]).text(text)).toBe(clean);
  });

  it("keeps JSON what it is", () => {
    const body = JSON.stringify({ a: `Bearer ${JWT}`, password: 'p"w\\', b: [JWT, JWT] });
    expect(JSON.parse(createScrubber([]).text(body))).toMatchObject({
      a: "Bearer [redacted]",
      b: ["[redacted]", "[redacted]"],
    });
  });
});

describe("headers", () => {
  it("keeps only what is known to be harmless", () => {
    const scrubber = createScrubber([]);
    const headers = {
      authorization: "Bearer opaque-credential",
      "x-new-secret-header": "s3cr3t",
      "session-id": "abc",
      "x-codex-turn-state": "state",
      "content-type": "application/json",
      "x-codex-primary-used-percent": "5",
      "retry-after": "1",
      "anthropic-organization-id": "an account",
      "anthropic-ratelimit-unified-7d_sonnet-utilization": "0.5",
    };
    expect(scrubber.headers(headers)).toEqual({
      "content-type": "application/json",
      "anthropic-ratelimit-unified-7d_sonnet-utilization": "0.5",
      "x-codex-primary-used-percent": "5",
      "retry-after": "1",
    });
  });

  it("learns their credentials, each part of a cookie too", () => {
    const scrubber = createScrubber([]);
    const headers = {
      authorization: "Bearer opaque-credential",
      cookie: "a=first-part; b=second-part",
      "chatgpt-account-id": "acc-123",
      "x-goog-api-key": "goog-key-value",
    };
    scrubber.learn({ headers, query: "" });
    expect(scrubber.text("opaque-credential first-part second-part acc-123 goog-key-value")).toBe(
      "[redacted] [redacted] [redacted] [redacted] [redacted]",
    );
  });

  it("learns the key of a query, as it was sent and as it reads", () => {
    const scrubber = createScrubber([]);
    scrubber.learn({ headers: {}, query: "alt=sse&key=query%2Fkey%2Fvalue" });
    expect(scrubber.text("query/key/value query%2Fkey%2Fvalue alt=sse")).toBe("[redacted] [redacted] alt=sse");
  });
});
