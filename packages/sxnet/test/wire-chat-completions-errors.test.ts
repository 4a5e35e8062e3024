import { describe, expect, it } from "vitest";
import type { ProviderErrorCode } from "../src/errors.js";
import { openai } from "../src/provider-openai.js";
import { classifyChatFailure, findChatFailure } from "../src/wire-chat-completions-errors.js";

const read = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  openai.readError({ status, headers, body: typeof body === "string" ? body : JSON.stringify(body), nowMs: 0 });
const nested = (message: string, rest: object = {}) => ({ error: { message, type: "invalid_request_error", ...rest } });

/** Source: the answers that the wire's notes quote and public reports, read 2026-11-20. */
const OVERFLOWS: readonly (readonly [service: string, status: number, body: unknown])[] = [
  ["OpenAI, code", 400, nested("too long", { code: "context_length_exceeded" })],
  [
    "OpenAI, words",
    400,
    nested("Your input exceeds the context window of this model. Please adjust your input and try again."),
  ],
  [
    "OpenAI, older words",
    400,
    nested("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."),
  ],
  [
    "OpenAI, more than a minute's tokens",
    429,
    nested("Request too large for gpt-x in organization o on tokens per min (TPM): Limit 30000, Requested 40000.", {
      type: "tokens",
      code: "rate_limit_exceeded",
    }),
  ],
  [
    "DeepSeek, OpenRouter",
    400,
    nested("This endpoint's maximum context length is 65536 tokens. However, you requested 70000 tokens"),
  ],
  [
    "xAI",
    400,
    {
      code: "Client specified an invalid argument",
      error: "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    },
  ],
  ["Groq", 400, nested("Please reduce the length of the messages or completion.")],
  [
    "Groq, more than a minute's tokens",
    413,
    nested(
      "Request too large for model `m` in organization `o` on tokens per minute (TPM): Limit 12000, Requested 20000, please reduce your message size and try again.",
      { code: "rate_limit_exceeded" },
    ),
  ],
  [
    "llama.cpp",
    400,
    {
      error: {
        code: 400,
        message: "the request exceeds the available context size",
        type: "exceed_context_size_error",
        n_prompt_tokens: 9000,
        n_ctx: 8192,
      },
    },
  ],
  [
    "llama.cpp, while it answers",
    500,
    { error: { code: 500, message: "Context size has been exceeded.", type: "server_error" } },
  ],
  [
    "LM Studio",
    400,
    { error: "The number of tokens to keep from the initial prompt is greater than the context length." },
  ],
  ["Ollama cloud", 400, { error: "prompt too long; exceeded max context length by 100 tokens" }],
  ["Perplexity", 400, { error: { message: "no", type: "too_many_prompt_tokens", code: 400 } }],
  [
    "Mistral",
    400,
    {
      object: "error",
      message: "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
      type: "invalid_request_error",
    },
  ],
  ["Moonshot", 400, nested("Invalid request: Your request exceeded model token limit: 262144")],
  ["MiniMax", 400, nested("invalid params, context window exceeds limit (2013)")],
  [
    "Copilot",
    400,
    nested("prompt token count of 140000 exceeds the limit of 128000", { code: "model_max_prompt_tokens_exceeded" }),
  ],
  [
    "vLLM",
    400,
    {
      object: "error",
      message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
      type: "BadRequestError",
      code: 400,
    },
  ],
];

describe("an HTTP error", () => {
  it.each(OVERFLOWS)("says that the conversation is too long: %s", (_service, status, body) => {
    const error = read(status, body);
    expect(error).toMatchObject({ code: "context_too_long", status, retryable: false, provider: "openai" });
    expect(error.message).toMatch(/; start a new conversation or shorten this one$/);
  });

  it.each([400, 413])("means the same with status %s and no body at all", (status) => {
    expect(read(status, "", { "content-length": "0" }).code).toBe("context_too_long");
    expect(read(status, "<html>no</html>", { "content-type": "text/html" }).message).toMatch(/web page/);
  });

  it.each<[name: string, status: number, body: unknown, code: ProviderErrorCode, retryable: boolean, message: RegExp]>([
    [
      "no quota left",
      429,
      nested("You exceeded your current quota, please check your plan and billing details.", {
        type: "insufficient_quota",
        code: "insufficient_quota",
      }),
      "quota_exhausted",
      false,
      /check the account's balance and limits$/,
    ],
    ["no quota left, in words", 429, nested("You exceeded your current quota"), "quota_exhausted", false, /quota/],
    ["no money", 402, nested("Insufficient Balance"), "quota_exhausted", false, /Insufficient Balance/],
    [
      "too fast",
      429,
      nested("Rate limit reached. Please try again in 1.5s.", { code: "rate_limit_exceeded" }),
      "rate_limited",
      true,
      /Rate limit reached/,
    ],
    [
      "wrong key",
      401,
      nested("Incorrect API key provided: sk-aaaaaaaaaaaaaaaaaaaaaaaa.", { code: "invalid_api_key" }),
      "auth_rejected",
      false,
      /provided: \*\*\*; check OPENAI_API_KEY$/,
    ],
    [
      "wrong key at xAI",
      400,
      { code: "Client specified an invalid argument", error: "Incorrect API key provided: aa***bb." },
      "auth_rejected",
      false,
      /check OPENAI_API_KEY$/,
    ],
    [
      "no key",
      401,
      { error: "Unauthorized" },
      "auth_rejected",
      false,
      /answered 401: Unauthorized; check OPENAI_API_KEY$/,
    ],
    [
      "not allowed",
      403,
      nested("Country, region, or territory not supported", { code: "unsupported_country_region_territory" }),
      "forbidden",
      false,
      /territory not supported$/,
    ],
    [
      "unknown model",
      404,
      nested("The model `m` does not exist or you do not have access to it.", { code: "model_not_found" }),
      "model_unavailable",
      false,
      /set MODEL to another one$/,
    ],
    [
      "unknown model at Ollama",
      404,
      nested('model "m" not found, try pulling it first', { type: "not_found_error" }),
      "model_unavailable",
      false,
      /try pulling it first; set MODEL/,
    ],
    [
      "unknown model at OpenRouter",
      400,
      { error: { message: "m is not a valid model ID", code: 400 } },
      "model_unavailable",
      false,
      /not a valid model ID; set MODEL/,
    ],
    [
      "no model at LM Studio",
      404,
      nested("No models loaded. Please load a model in the developer page or use the `lms load` command."),
      "model_unavailable",
      false,
      /lms load/,
    ],
    [
      "a model that is loading",
      503,
      { error: { code: 503, message: "Loading model", type: "unavailable_error" } },
      "overloaded",
      true,
      /Loading model/,
    ],
    [
      "no tools",
      400,
      nested("registry.ollama.ai/library/gemma3:4b does not support tools", { type: "api_error" }),
      "invalid_request",
      false,
      /choose a model that can use tools$/,
    ],
    [
      "no such path",
      404,
      "404 page not found",
      "invalid_request",
      false,
      /404 page not found; check OPENAI_BASE_URL and OPENAI_API$/,
    ],
    [
      "no such path, as JSON",
      404,
      { detail: "Not Found" },
      "invalid_request",
      false,
      /Not Found; check OPENAI_BASE_URL/,
    ],
    [
      "tools that need the other API",
      400,
      nested("Function tools with reasoning_effort are not supported for m in /v1/chat/completions."),
      "invalid_request",
      false,
      /set OPENAI_API=responses$/,
    ],
    [
      "summaries that need a verified account",
      400,
      nested(
        "Your organization must be verified to generate reasoning summaries. Please go to: https://x/ and click on Verify.",
        { param: "reasoning.summary", code: "unsupported_value" },
      ),
      "invalid_request",
      false,
      /set OPENAI_REASONING_SUMMARY=off to do without summaries$/,
    ],
    [
      "reasoning that is not taken",
      400,
      nested(
        "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]",
      ),
      "invalid_request",
      false,
      /set OPENAI_SEND_REASONING=0$/,
    ],
    [
      "a field that is not taken",
      422,
      { detail: [{ loc: ["body", "stream_options"], msg: "Extra inputs are not permitted" }] },
      "invalid_request",
      false,
      /body\.stream_options: Extra inputs are not permitted; set OPENAI_STREAM_USAGE=0$/,
    ],
    ["detail as text", 400, { detail: "no" }, "invalid_request", false, /answered 400: no$/],
    [
      "a code and a text",
      400,
      { code: "invalid-argument", error: "no" },
      "invalid_request",
      false,
      /answered 400: no$/,
    ],
    ["a bare message", 400, { message: "no", type: "x" }, "invalid_request", false, /answered 400: no$/],
    [
      "a list",
      400,
      [{ error: { code: 400, message: "no", status: "INVALID_ARGUMENT" } }],
      "invalid_request",
      false,
      /answered 400: no$/,
    ],
    [
      "what a router heard",
      502,
      {
        error: {
          message: "Provider returned error",
          code: 502,
          metadata: { raw: "upstream fell over", provider_name: "Made Up" },
        },
      },
      "server_error",
      true,
      /Provider returned error: upstream fell over$/,
    ],
    [
      "a call that the service did not take",
      400,
      nested("Failed to call a function.", { code: "tool_use_failed", failed_generation: "{}" }),
      "server_error",
      true,
      /Failed to call a function$/,
    ],
    [
      "against the rules",
      400,
      nested("Your request was rejected by the safety system", { code: "content_policy_violation" }),
      "content_refused",
      false,
      /safety system$/,
    ],
    [
      "a strict schema",
      400,
      nested("Invalid schema for function 'f': In context=(), 'additionalProperties' is required", {
        code: "invalid_function_parameters",
      }),
      "invalid_request",
      false,
      /Invalid schema for function 'f'/,
    ],
    [
      "too large, whatever the word beside it",
      413,
      nested("Maximum content size limit (26214400) exceeded", { type: "server_error" }),
      "request_too_large",
      false,
      /26214400/,
    ],
    [
      "full, in the same word",
      503,
      nested("The engine is currently overloaded", { type: "server_error" }),
      "overloaded",
      true,
      /overloaded; try again/,
    ],
    ["a broken server", 500, "", "server_error", true, /answered 500/],
    ["nothing to read", 400, {}, "invalid_request", false, /no reason given$/],
  ])("%s", (_name, status, body, code, retryable, message) => {
    const error = read(status, body);
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code, retryable });
    expect(error.status).toBe(status);
    expect(error.message).toMatch(message);
  });

  it("is repeated or not as the service says, but never for nothing", () => {
    expect(read(500, "", { "x-should-retry": "false" }).retryable).toBe(false);
    expect(read(400, nested("no"), { "x-should-retry": "true" }).retryable).toBe(true);
    expect(read(429, nested("no", { code: "insufficient_quota" }), { "x-should-retry": "true" }).retryable).toBe(false);
  });

  it("says how long to wait, and which request it was", () => {
    expect(read(429, nested("slow"), { "retry-after-ms": "1500", "x-request-id": "req_1" })).toMatchObject({
      retryAfterMs: 1500,
      requestId: "req_1",
    });
    expect(read(429, nested("Please try again in 6m0s.")).retryAfterMs).toBe(360_000);
    const headers = { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m3s" };
    expect(read(429, nested("slow"), headers).retryAfterMs).toBe(63_000);
  });
});

describe("an error inside a stream", () => {
  const found = (chunk: Readonly<Record<string, unknown>>, name?: string) => {
    const failure = findChatFailure(chunk, name);
    return failure === undefined ? undefined : classifyChatFailure("openai", failure);
  };

  it.each<[name: string, chunk: Readonly<Record<string, unknown>>, code: ProviderErrorCode]>([
    ["an object", { error: { message: "no", code: "rate_limit_exceeded" } }, "rate_limited"],
    ["a text", { error: "no" }, "server_error"],
    ["beside choices", { choices: [], error: { message: "no", code: 400 } }, "invalid_request"],
    ["inside the choice", { choices: [{ error: { message: "no", code: 503 } }] }, "overloaded"],
    ["of an extension", { choices: [], x_groq: { error: "over capacity" } }, "server_error"],
    ["as an object of its own", { object: "error", message: "no", code: 401 }, "auth_rejected"],
    ["a detail", { detail: "no" }, "server_error"],
    ["number 402", { error: { code: 402, message: "no" } }, "quota_exhausted"],
    ["number 403", { error: { code: 403, message: "no" } }, "content_refused"],
    ["number 404", { error: { code: 404, message: "no" } }, "model_unavailable"],
    ["number 408", { error: { code: 408, message: "no" } }, "server_error"],
    ["number 413", { error: { code: 413, message: "no" } }, "context_too_long"],
    ["number 429", { error: { code: 429, message: "no" } }, "rate_limited"],
    ["number 502", { error: { code: 502, message: "no" } }, "server_error"],
    ["a number that is none", { error: { code: 7, message: "no" } }, "server_error"],
    ["without anything", { error: {} }, "server_error"],
  ])("is found: %s", (_name, chunk, code) => {
    expect(found(chunk)).toMatchObject({ code, provider: "openai" });
  });

  it.each(OVERFLOWS)("says that the conversation is too long: %s", (_service, _status, body) => {
    expect(found(body as Readonly<Record<string, unknown>>, "error")?.code).toBe("context_too_long");
  });

  it.each([
    ["none at all", { choices: [{ delta: {} }] }],
    ["null", { error: null, choices: [] }],
    ["nothing said", { error: "", choices: [{ error: null }] }],
    ["only an extension", { choices: [], x_groq: { id: "1" } }],
    ["counts alone", { usage: {} }],
  ])("is not seen where there is %s", (_name, chunk) => {
    expect(found(chunk)).toBeUndefined();
  });

  it("is one when the event is called so", () => {
    expect(found({ message: "no" }, "error")?.message).toBe("openai failed: no");
  });
});
