import { describe, expect, it } from "vitest";
import type { ProviderErrorCode } from "../src/errors.js";
import { classifyMessagesFailure, readMessagesError } from "../src/wire-messages-errors.js";

type Headers = Readonly<Record<string, string>>;

const NOW_MS = Date.parse("2026-11-21T12:00:00Z");

function read(status: number, body: unknown, headers: Headers = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return readMessagesError("p", { status, headers, body: text, nowMs: NOW_MS });
}

const told = (type: string, message: string, details?: object) => ({
  type: "error",
  error: { type, message, ...(details === undefined ? {} : { details }) },
  request_id: "req_made_up",
});

describe("an HTTP error", () => {
  it.each<[status: number, type: string, message: string, code: ProviderErrorCode, retryable: boolean]>([
    [400, "invalid_request_error", "messages: at least one message is required", "invalid_request", false],
    [401, "authentication_error", "invalid x-api-key", "auth_rejected", false],
    [402, "billing_error", "Payment failed.", "quota_exhausted", false],
    [403, "permission_error", "Not allowed.", "forbidden", false],
    [404, "not_found_error", "model: claude-nothing", "model_unavailable", false],
    [404, "not_found_error", "Not Found", "invalid_request", false],
    [409, "conflict_error", "Conflict.", "server_error", true],
    [413, "request_too_large", "Request exceeds the maximum allowed number of bytes", "request_too_large", false],
    [429, "rate_limit_error", "Number of request tokens has exceeded your per-minute limit", "rate_limited", true],
    [500, "api_error", "Internal server error", "server_error", true],
    [504, "timeout_error", "Timed out.", "server_error", true],
    [529, "overloaded_error", "Overloaded", "overloaded", true],
    // The words decide.
    [400, "invalid_request_error", "prompt is too long: 3333404 tokens > 200000 maximum", "context_too_long", false],
    [
      400,
      "invalid_request_error",
      "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length",
      "context_too_long",
      false,
    ],
    [413, "request_too_large", "Prompt is too long", "context_too_long", false],
    [
      400,
      "invalid_request_error",
      "messages.0.content.0.image.source.base64: image exceeds 10 MB maximum: 11663068 bytes > 10485760 bytes",
      "request_too_large",
      false,
    ],
    [
      400,
      "invalid_request_error",
      "At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels",
      "request_too_large",
      false,
    ],
    [400, "invalid_request_error", "Your credit balance is too low to access the API.", "quota_exhausted", false],
    [
      400,
      "invalid_request_error",
      "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
      "quota_exhausted",
      false,
    ],
    [400, "invalid_request_error", "Output blocked by content filtering policy", "content_refused", false],
    [
      400,
      "invalid_request_error",
      '"thinking.type.enabled" is not supported for this model.',
      "invalid_request",
      false,
    ],
    [400, "invalid_request_error", "This model does not support effort level 'xhigh'.", "invalid_request", false],
    [402, "billing_error", "Your plan does not include the long context window.", "quota_exhausted", false],
    // A rate limit stays one, whatever it talks about.
    [429, "rate_limit_error", "Extra usage is required for long context requests.", "rate_limited", true],
  ])("%d %s (%s) is %s", (status, type, message, code, retryable) => {
    const error = read(status, told(type, message), { "request-id": "req_made_up" });
    expect(error).toMatchObject({ code, retryable, status, provider: "p", requestId: "req_made_up" });
    expect(error.message).toContain(`p answered ${status}: ${message.replace(/\.$/, "")}`);
  });

  it.each<[word: string, status: number, code: ProviderErrorCode]>([
    ["contract_spend_limit_reached", 429, "quota_exhausted"],
    ["enforced_spend_limit_reached", 400, "quota_exhausted"],
    ["organization_on_hold", 403, "forbidden"],
    ["not_seen_before", 429, "rate_limited"],
  ])("with the cause %s (%d) is %s", (error_code, status, code) => {
    const type = status === 429 ? "rate_limit_error" : "invalid_request_error";
    expect(read(status, told(type, "made up", { error_code }))).toMatchObject({ code });
  });

  it.each<[server: string, status: number, error: Readonly<Record<string, unknown>>]>([
    [
      "llama.cpp",
      400,
      { type: "exceed_context_size_error", message: "the request exceeds the available context size" },
    ],
    ["llama.cpp, later", 500, { type: "server_error", message: "Context size has been exceeded." }],
    ["xAI behind it", 400, { type: "invalid_request_error", message: "maximum prompt length is 131072" }],
    ["Groq behind it", 413, { message: "Please reduce the length of the messages or completion." }],
    ["Perplexity behind it", 400, { type: "too_many_prompt_tokens", message: "no" }],
    ["Moonshot behind it", 400, { type: "BadRequestError", message: "Your request exceeded model token limit: 8192" }],
    ["Copilot behind it", 400, { message: "prompt token count of 5 exceeds the limit of 3" }],
  ])("too long in the words of %s is read", (_server, status, error) => {
    expect(read(status, { type: "error", error })).toMatchObject({ code: "context_too_long", retryable: false });
  });

  it.each<[name: string, status: number, body: unknown, code: ProviderErrorCode, message: string]>([
    [
      "of OpenAI",
      400,
      { error: { message: "too much", type: "invalid_request_error", code: "context_length_exceeded" } },
      "context_too_long",
      "too much",
    ],
    [
      "of OpenAI, quota",
      429,
      { error: { message: "no money", type: "insufficient_quota", code: null } },
      "quota_exhausted",
      "no money",
    ],
    [
      "of vLLM",
      404,
      { object: "error", message: "The model `x` does not exist.", type: "NotFoundError", code: 404 },
      "model_unavailable",
      "The model `x` does not exist",
    ],
    ["text alone", 500, { error: "broken" }, "server_error", "broken"],
    ["of FastAPI", 422, { detail: [{ loc: ["body"], msg: "field required" }] }, "invalid_request", "field required"],
    ["of FastAPI, short", 404, { detail: "Not Found" }, "invalid_request", "Not Found"],
    ["no JSON", 502, "upstream gone", "server_error", "upstream gone"],
    ["a page", 503, "<html>busy</html>", "server_error", "a web page instead of data"],
    ["nothing", 500, "", "server_error", "no reason given"],
    ["null", 500, "null", "server_error", "no reason given"],
    ["an odd one", 400, { error: { type: "constructor", message: 7 } }, "invalid_request", "constructor"],
  ])("in the shape %s is read", (_name, status, body, code, message) => {
    const error = read(status, body);
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
  });

  it.each<[name: string, status: number, headers: Headers, retryable: boolean, retryAfterMs: number | undefined]>([
    ["seconds to wait", 429, { "retry-after": "12" }, true, 12_000],
    ["no", 529, { "x-should-retry": "false" }, false, undefined],
    ["yes", 400, { "x-should-retry": "true" }, true, undefined],
    ["yes, but it is the credential", 401, { "x-should-retry": "true" }, false, undefined],
  ])("is repeated as its headers say: %s", (_name, status, headers, retryable, retryAfterMs) => {
    const type =
      status === 401 ? "authentication_error" : status === 400 ? "invalid_request_error" : "overloaded_error";
    expect(read(status, told(type, "made up"), headers)).toMatchObject({ retryable, retryAfterMs });
  });
});

describe("an error in the stream", () => {
  it.each<[event: Readonly<Record<string, unknown>>, code: ProviderErrorCode, retryable: boolean]>([
    [told("overloaded_error", "Overloaded"), "overloaded", true],
    [told("rate_limit_error", "Slow down"), "rate_limited", true],
    [told("api_error", "Internal server error"), "server_error", true],
    [told("authentication_error", "expired"), "auth_rejected", false],
    [told("invalid_request_error", "prompt is too long"), "context_too_long", false],
    [{ error: { message: "gone", type: "server_error" } }, "server_error", true],
    [{ type: "error", message: "flat" }, "server_error", true],
    [{ type: "error" }, "server_error", true],
    [{ error: "text" }, "server_error", true],
  ])("%j is %s", (event, code, retryable) => {
    expect(classifyMessagesFailure("p", event)).toMatchObject({ code, retryable, provider: "p" });
  });
});
