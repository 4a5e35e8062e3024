import type { FailureName } from "./script.js";
import { type FailureContext, type HttpAnswer, jsonAnswer } from "./wire.js";

/** Seconds until a used-up window opens again, where the script names none. */
const USAGE_LIMIT_SECONDS = 3600;

/** Source: section "HTTP errors" of our notes on the Codex client 0.169 and public reports, read 2026-11-20. */
const FAILURES: Readonly<Record<FailureName, (context: FailureContext) => HttpAnswer>> = {
  unauthorized: () =>
    service(401, "invalid_request_error", "token_expired", "Provided authentication token is expired."),
  forbidden: () => jsonAnswer(403, { detail: "This workspace does not allow Codex." }),
  edge_block: () => ({
    status: 403,
    headers: { "content-type": "text/html; charset=UTF-8", server: "cloudflare", "cf-ray": "0000000000000000-SIM" },
    body: "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>",
  }),
  rate_limited: () => {
    const answer = service(429, "requests", "rate_limit_exceeded", "Rate limit reached. Please try again in 1s.");
    return { ...answer, headers: { ...answer.headers, "retry-after": "1" } };
  },
  // Here the word is in `type`, and there is no `code`.
  usage_limit: ({ nowMs }) => {
    const error = {
      type: "usage_limit_reached",
      message: "The usage limit has been reached",
      plan_type: "plus",
      resets_at: Math.ceil(nowMs / 1000) + USAGE_LIMIT_SECONDS,
      resets_in_seconds: USAGE_LIMIT_SECONDS,
    };
    const headers = {
      "x-codex-active-limit": "codex",
      "x-codex-plan-type": "plus",
      "x-codex-primary-used-percent": "100",
    };
    return jsonAnswer(429, { error }, headers);
  },
  quota_exhausted: () => service(429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
  model_unavailable: ({ model }) =>
    jsonAnswer(400, { detail: `The '${model}' model is not supported when using Codex with a ChatGPT account.` }),
  context_too_long: () =>
    service(
      400,
      "invalid_request_error",
      "context_length_exceeded",
      "Your input exceeds the context window of this model.",
      "input",
    ),
  request_too_large: () => ({ status: 413, headers: { "content-type": "text/plain" }, body: "Payload Too Large" }),
  invalid_request: () => service(400, "invalid_request_error", "invalid_value", "Invalid value in the request."),
  overloaded: () => service(503, "server_error", "server_is_overloaded", "The server is overloaded."),
  server_error: () => service(500, "server_error", null, "An error occurred while processing your request."),
};

export function answerFailure(name: FailureName, context: FailureContext): HttpAnswer {
  return FAILURES[name](context);
}

/** The error body of the model service. The gateway before it says `{"detail": "…"}` instead. */
function service(
  status: number,
  type: string,
  code: string | null,
  message: string,
  param: string | null = null,
): HttpAnswer {
  return jsonAnswer(status, { error: { message, type, param, code } });
}
