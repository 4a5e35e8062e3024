import { describe, expect, it } from "vitest";
import { classifyGenerateFailure, readGenerateError } from "../src/wire-generate-content-errors.js";

const TYPE = "type.googleapis.com/google.rpc.";
const body = (code: number, status: string, message: string, details: readonly object[] = []): string =>
  JSON.stringify({ error: { code, message, status, details } });
const answer = (status: number, text: string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: text,
  nowMs: 0,
});

const quota = (quotaId: string): object => ({
  "@type": `${TYPE}QuotaFailure`,
  violations: [{ quotaMetric: "m", quotaId }],
});
const retry = (retryDelay: string): object => ({ "@type": `${TYPE}RetryInfo`, retryDelay });
const reason = (word: string): object => ({ "@type": `${TYPE}ErrorInfo`, reason: word, domain: "googleapis.com" });
const EXHAUSTED = "You exceeded your current quota, please check your plan and billing details.";

describe("readGenerateError", () => {
  it.each<[name: string, status: number, text: string, expected: object]>([
    [
      "a bad request",
      400,
      body(400, "INVALID_ARGUMENT", 'Unknown name "x": Cannot find field.'),
      { code: "invalid_request", retryable: false },
    ],
    [
      "a bad key",
      400,
      body(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [reason("API_KEY_INVALID")]),
      {
        code: "auth_rejected",
        retryable: false,
        message: "gemini answered 400: API key not valid. Please pass a valid API key; get one",
      },
    ],
    [
      "a bad key, by its reason alone",
      400,
      body(400, "INVALID_ARGUMENT", "no", [reason("API_KEY_INVALID")]),
      { code: "auth_rejected" },
    ],
    [
      "a bad key, by its text alone",
      400,
      body(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."),
      { code: "auth_rejected" },
    ],
    ["no key", 401, body(401, "UNAUTHENTICATED", "m"), { code: "auth_rejected" }],
    ["not allowed", 403, body(403, "PERMISSION_DENIED", "m", [reason("SERVICE_DISABLED")]), { code: "forbidden" }],
    [
      "a key that leaked",
      403,
      body(403, "PERMISSION_DENIED", "Your API key was reported as leaked."),
      { code: "auth_rejected" },
    ],
    [
      "a region",
      400,
      body(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
      { code: "forbidden" },
    ],
    ["no billing", 403, body(403, "PERMISSION_DENIED", "m", [reason("BILLING_DISABLED")]), { code: "quota_exhausted" }],
    [
      "an unknown model",
      404,
      body(
        404,
        "NOT_FOUND",
        "models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.",
      ),
      { code: "model_unavailable", retryable: false },
    ],
    [
      "something else that is not there",
      404,
      body(404, "NOT_FOUND", "m"),
      { code: "invalid_request", retryable: false },
    ],
    [
      "an overflow",
      400,
      body(
        400,
        "INVALID_ARGUMENT",
        "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
      ),
      { code: "context_too_long", retryable: false },
    ],
    [
      "a body too large",
      400,
      body(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."),
      { code: "request_too_large" },
    ],
    [
      "a limit of a minute",
      429,
      body(429, "RESOURCE_EXHAUSTED", EXHAUSTED, [
        quota("GenerateRequestsPerMinutePerProjectPerModel"),
        retry("48.9s"),
      ]),
      { code: "rate_limited", retryable: true, retryAfterMs: 48_900 },
    ],
    [
      "a wait in milliseconds",
      429,
      body(429, "RESOURCE_EXHAUSTED", EXHAUSTED, [retry("900ms")]),
      { code: "rate_limited", retryAfterMs: 900 },
    ],
    [
      "a wait in the text alone",
      429,
      body(429, "RESOURCE_EXHAUSTED", `${EXHAUSTED} Please retry in 48.93s.`),
      { code: "rate_limited", retryAfterMs: 48_930 },
    ],
    [
      "the quota of a day",
      429,
      body(429, "RESOURCE_EXHAUSTED", EXHAUSTED, [
        quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
        retry("3s"),
      ]),
      { code: "quota_exhausted", retryable: false },
    ],
    [
      "no quota at all",
      429,
      body(429, "RESOURCE_EXHAUSTED", `${EXHAUSTED}\n* Quota exceeded for metric: x, limit: 0, model: y`, [
        retry("3s"),
      ]),
      { code: "quota_exhausted", retryable: false },
    ],
    ["a limit that only begins with 0", 429, body(429, "RESOURCE_EXHAUSTED", "limit: 05"), { code: "rate_limited" }],
    [
      "credit used up",
      429,
      body(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
      { code: "quota_exhausted" },
    ],
    ["a 429 without a word", 429, "", { code: "rate_limited", retryable: true }],
    [
      "a cancelled request",
      499,
      body(499, "CANCELLED", "The operation was cancelled."),
      { code: "stream_incomplete", retryable: true },
    ],
    ["a failure", 500, body(500, "INTERNAL", "m"), { code: "server_error", retryable: true }],
    ["an overload", 503, body(503, "UNAVAILABLE", "The model is overloaded."), { code: "overloaded", retryable: true }],
    ["a deadline", 504, body(504, "DEADLINE_EXCEEDED", "m"), { code: "server_error", retryable: true }],
    [
      "as one event",
      404,
      `data: ${body(404, "NOT_FOUND", "models/x is not found")}\r\n\r\n`,
      { code: "model_unavailable", message: "gemini answered 404: models/x is not found" },
    ],
    [
      "in a list",
      503,
      `[${body(503, "UNAVAILABLE", "m")}]`,
      { code: "overloaded", message: expect.stringContaining("503: m;") as string },
    ],
    [
      "of somebody in between",
      400,
      '{"error":"no such thing"}',
      { code: "invalid_request", message: "gemini answered 400: no such thing" },
    ],
    ["a page", 502, "<html>", { code: "server_error" }],
    [
      "a document where a stream was due",
      200,
      "[]",
      { code: "protocol", message: "gemini answered 200 with a document instead of a stream; check the address" },
    ],
  ])("%s", (_name, status, text, expected) => {
    expect(readGenerateError("gemini", answer(status, text), { auth_rejected: "get one" })).toMatchObject({
      status,
      ...expected,
    });
  });

  it("tells the request's id, and no key", () => {
    const key = `AIza${"x".repeat(35)}`;
    const text = body(400, "INVALID_ARGUMENT", `API key not valid: ${key}`);
    const error = readGenerateError("gemini", answer(400, text, { "x-request-id": "r1" }));
    expect(error.requestId).toBe("r1");
    expect(error.message).not.toContain(key);
  });

  it("survives details of any shape", () => {
    for (const details of [
      null,
      "x",
      [
        null,
        1,
        { "@type": 5 },
        { "@type": `${TYPE}QuotaFailure`, violations: 7 },
        { "@type": `${TYPE}RetryInfo`, retryDelay: {} },
      ],
    ]) {
      const text = JSON.stringify({ error: { code: 429, message: "m", status: "RESOURCE_EXHAUSTED", details } });
      expect(readGenerateError("gemini", answer(429, text))).toMatchObject({
        code: "rate_limited",
        retryAfterMs: undefined,
      });
    }
  });
});

it.each<[failure: unknown, expected: object]>([
  [
    { code: 429, status: "RESOURCE_EXHAUSTED", message: "m", details: [retry("2s")] },
    { code: "rate_limited", retryAfterMs: 2000 },
  ],
  [
    { code: 500, status: "A_NEW_WORD", message: "m" },
    { code: "server_error", retryable: true },
  ],
  ["text", { code: "server_error", message: "gemini failed: no reason given" }],
])("inside a stream: %j", (failure, expected) => {
  expect(classifyGenerateFailure("gemini", failure)).toMatchObject(expected);
});
