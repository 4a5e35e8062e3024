import type { FailureName, StreamError } from "./script.js";
import type { FailureContext, HttpAnswer } from "./wire.js";
import type { Notes } from "./wire-messages-notes.js";
import { errorAnswer, statusOfType } from "./wire-messages-refusal.js";

/** Seconds until a used-up window of a plan opens again, where the script names none. */
const USAGE_LIMIT_SECONDS = 3600;
const MINUTE_MS = 60_000;

const CONTEXT_TOO_LONG = "prompt is too long: 208310 tokens > 200000 maximum";

/**
 * Source: Messages API reference, "Errors" and "Rate limits", recorded errors, and public reports of the others' words
 * and headers, read 2026-11-21.
 */
const FAILURES: Readonly<Record<FailureName, (context: FailureContext<Notes>) => HttpAnswer>> = {
  unauthorized: ({ notes }) =>
    errorAnswer(
      401,
      notes?.login === true
        ? "OAuth token has expired. Please obtain a new token or refresh your existing token."
        : "invalid x-api-key",
    ),
  forbidden: ({ notes }) =>
    errorAnswer(
      403,
      notes?.login === true
        ? "OAuth authentication is currently not allowed for this organization."
        : "Your API key does not have permission to use the specified resource.",
    ),
  edge_block: () => ({
    status: 403,
    headers: { "content-type": "text/html; charset=UTF-8", server: "cloudflare", "cf-ray": "0000000000000000-SIM" },
    body: "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>",
  }),
  rate_limited: ({ nowMs }) =>
    errorAnswer(
      429,
      "This request would exceed the rate limit for your organization of 50 requests per minute. For details, refer " +
        "to: https://docs.claude.com/en/api/rate-limits.",
      {
        "retry-after": "1",
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": timeOf(nowMs + MINUTE_MS),
      },
    ),
  usage_limit: (context) => (context.notes?.login === true ? planLimit(context) : spendLimit(context)),
  quota_exhausted: () =>
    errorAnswer(
      400,
      "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase " +
        "credits.",
    ),
  model_unavailable: ({ model }) => errorAnswer(404, `model: ${model}`),
  context_too_long: () => errorAnswer(400, CONTEXT_TOO_LONG),
  request_too_large: () => errorAnswer(413, "Request exceeds the maximum size"),
  invalid_request: () => errorAnswer(400, "messages.0.content: Input should be a valid list"),
  overloaded: () => errorAnswer(529, "Overloaded"),
  server_error: () => errorAnswer(500, "Internal server error"),
};

export function answerFailure(name: FailureName, context: FailureContext<Notes>): HttpAnswer {
  return FAILURES[name](context);
}

/** A window of a plan that is used up. */
function planLimit({ nowMs }: FailureContext): HttpAnswer {
  const reset = String(Math.ceil(nowMs / 1000) + USAGE_LIMIT_SECONDS);
  const unified = "anthropic-ratelimit-unified";
  return errorAnswer(429, "This request would exceed your account's rate limit. Please try again later.", {
    "retry-after": String(USAGE_LIMIT_SECONDS),
    [`${unified}-status`]: "rejected",
    [`${unified}-reset`]: reset,
    [`${unified}-representative-claim`]: "five_hour",
    [`${unified}-5h-status`]: "rejected",
    [`${unified}-5h-utilization`]: "1.0",
    [`${unified}-5h-reset`]: reset,
  });
}

/** With a key the limit is one of money, for the month. */
function spendLimit({ nowMs }: FailureContext): HttpAnswer {
  const now = new Date(nowMs);
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString().slice(0, 10);
  return errorAnswer(
    400,
    `You have reached your specified API usage limits. You will regain access on ${next} at 00:00 UTC.`,
  );
}

/** Words of other services' stream errors, as scripts use them, and what this one says in their place. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/overload|unavailable/, "overloaded_error"],
  [/rate_?limit|quota|slow_down/, "rate_limit_error"],
  [/timeout|deadline/, "timeout_error"],
  [/context|invalid/, "invalid_request_error"],
];

/** The type of an error inside an answer: the script's own word where it is one of this service. */
export function typeOfStreamError({ code }: Pick<StreamError, "code">): string {
  if (statusOfType(code) !== undefined) return code;
  return FOREIGN.find(([pattern]) => pattern.test(code.toLowerCase()))?.[1] ?? "api_error";
}

/** RFC 3339, in whole seconds, as the service writes it. */
export function timeOf(ms: number): string {
  return `${new Date(Math.ceil(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}
