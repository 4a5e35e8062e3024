import type { FailureName, StreamError } from "./script.js";
import type { FailureContext, HttpAnswer } from "./wire.js";
import { errorAnswer, type ErrorWords } from "./wire-chat-completions-refusal.js";

/** Seconds until the requests of a day are counted anew, where the script names none. */
const USAGE_LIMIT_SECONDS = 3600;

export const CONTEXT_TOO_LONG: ErrorWords = {
  message:
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130310 tokens. Please " +
    "reduce the length of the messages.",
  param: "messages",
  code: "context_length_exceeded",
};

/** Source: API reference, "Error codes" and "Rate limits", public reports of the service's words, read 2026-11-20. */
const FAILURES: Readonly<Record<FailureName, (context: FailureContext) => HttpAnswer>> = {
  unauthorized: () =>
    errorAnswer(401, {
      message:
        "Incorrect API key provided: simulato*-key. You can find your API key at " +
        "https://platform.openai.com/account/api-keys.",
      code: "invalid_api_key",
    }),
  forbidden: () =>
    errorAnswer(403, {
      message: "Country, region, or territory not supported",
      type: "request_forbidden",
      code: "unsupported_country_region_territory",
    }),
  edge_block: () => ({
    status: 403,
    headers: { "content-type": "text/html; charset=UTF-8", server: "cloudflare", "cf-ray": "0000000000000000-SIM" },
    body: "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>",
  }),
  rate_limited: ({ model }) => limited(model, "requests per min (RPM): Limit 500, Used 500", "1s", "requests", 500, 1),
  usage_limit: ({ model }) =>
    limited(
      model,
      "requests per day (RPD): Limit 10000, Used 10000",
      "1h0m0s",
      "requests",
      10_000,
      USAGE_LIMIT_SECONDS,
    ),
  quota_exhausted: () =>
    errorAnswer(429, {
      message:
        "You exceeded your current quota, please check your plan and billing details. For more information on this " +
        "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
      type: "insufficient_quota",
      code: "insufficient_quota",
    }),
  model_unavailable: ({ model }) =>
    errorAnswer(404, {
      message: `The model \`${model}\` does not exist or you do not have access to it.`,
      code: "model_not_found",
    }),
  context_too_long: () => errorAnswer(400, CONTEXT_TOO_LONG),
  request_too_large: () =>
    errorAnswer(413, { message: "Maximum content size limit (26214400) exceeded", type: "server_error" }),
  invalid_request: () =>
    errorAnswer(400, { message: "Invalid value in the request.", param: "messages", code: "invalid_value" }),
  overloaded: () =>
    errorAnswer(503, { message: "The engine is currently overloaded, please try again later", type: "server_error" }),
  server_error: () =>
    errorAnswer(500, {
      message: "The server had an error while processing your request. Sorry about that!",
      type: "server_error",
    }),
};

export function answerFailure(name: FailureName, context: FailureContext): HttpAnswer {
  return FAILURES[name](context);
}

function limited(model: string, what: string, wait: string, type: string, limit: number, seconds: number): HttpAnswer {
  const message =
    `Rate limit reached for ${model} in organization org-simulator on ${what}, Requested 1. Please try again in ${wait}. ` +
    "Visit https://platform.openai.com/account/rate-limits to learn more.";
  return errorAnswer(
    429,
    { message, type, code: "rate_limit_exceeded" },
    {
      "retry-after": String(seconds),
      "retry-after-ms": String(seconds * 1000),
      [`x-ratelimit-limit-${type}`]: String(limit),
      [`x-ratelimit-remaining-${type}`]: "0",
      [`x-ratelimit-reset-${type}`]: wait,
    },
  );
}

/** Words of other services' stream errors, as scripts use them, and what this one says in their place. */
const FOREIGN: readonly (readonly [RegExp, Required<Pick<ErrorWords, "type" | "code">>, number])[] = [
  [/overload|unavailable/, { type: "server_error", code: "server_is_overloaded" }, 503],
  [/quota/, { type: "insufficient_quota", code: "insufficient_quota" }, 429],
  [/rate_?limit|slow_down/, { type: "requests", code: "rate_limit_exceeded" }, 429],
  [/context/, { type: "invalid_request_error", code: "context_length_exceeded" }, 400],
  [/invalid/, { type: "invalid_request_error", code: "invalid_value" }, 400],
];

/** An error inside an answer, and the status that it has where nothing was sent yet. */
export function streamError({ code, message }: Pick<StreamError, "code" | "message">): {
  readonly words: ErrorWords;
  readonly status: number;
} {
  const [, words, status] = FOREIGN.find(([pattern]) => pattern.test(code.toLowerCase())) ?? [];
  return { words: { message, ...(words ?? { type: "server_error", code }) }, status: status ?? 500 };
}
