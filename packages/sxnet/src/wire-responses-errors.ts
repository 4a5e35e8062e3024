import { type ErrorDialect, type ErrorFields, errorLine, readErrorAnswer, readStreamFailure } from "./error-answer.js";
import type { ProviderError, ProviderErrorCode } from "./errors.js";
import type { FailedAnswer } from "./provider.js";
import { fieldsOf, numberOf, textOf } from "./unknown-value.js";

/**
 * Errors of the Responses wire format: HTTP answers and failures inside a stream, one row each.
 * Source: Responses API reference; behaviour of the Codex client 0.169 and reports named there, read 2026-11-20.
 */

/** The words of the wire, shared with its older sister. */
export const RESPONSES_CODES: Readonly<Record<string, ProviderErrorCode>> = {
  context_length_exceeded: "context_too_long",
  insufficient_quota: "quota_exhausted",
  usage_not_included: "quota_exhausted",
  usage_limit_reached: "usage_limit",
  invalid_prompt: "content_refused",
  cyber_policy: "content_refused",
  content_policy_violation: "content_refused",
  model_not_found: "model_unavailable",
  server_is_overloaded: "overloaded",
  slow_down: "overloaded",
  rate_limit_exceeded: "rate_limited",
  server_error: "server_error",
  invalid_api_key: "auth_rejected",
  token_expired: "auth_rejected",
};

const DIALECT: ErrorDialect = {
  codes: RESPONSES_CODES,
  requestIds: ["x-request-id", "x-oai-request-id", "cf-ray"],
  read: readErrorBody,
};

/** An error inside a stream of status 200: the `error` object of `response.failed`, or an `error` event. */
export function classifyResponsesFailure(provider: string, failure: Readonly<Record<string, unknown>>): ProviderError {
  return readStreamFailure(provider, readErrorFields(failure, undefined), DIALECT);
}

/** An HTTP answer that is not a stream. */
export function readResponsesError(provider: string, answer: FailedAnswer): ProviderError {
  return readErrorAnswer(provider, answer, DIALECT);
}

/** Two shapes: `{"detail": text}` from the gateway, `{"error": {message, type, code}}` from the model service. */
function readErrorBody(value: unknown, nowMs: number): ErrorFields {
  const { error, detail, message } = fieldsOf(value);
  const told = [error, detail, message].find((part) => typeof part === "string");
  if (typeof told === "string") return { code: undefined, message: errorLine(told) };
  return readErrorFields(fieldsOf(error ?? detail), nowMs);
}

/** The code is a word of the table, else what stands in `code` or `type`: usage limits put theirs into `type`. */
function readErrorFields(error: Readonly<Record<string, unknown>>, nowMs: number | undefined): ErrorFields {
  const code = known(error["code"]) ?? known(error["type"]) ?? textOf(error["code"]) ?? textOf(error["type"]);
  return {
    code,
    message: errorLine(textOf(error["message"]) ?? ""),
    ...(RESPONSES_CODES[code ?? ""] === "usage_limit" ? { resetsAtMs: resetsAt(error, nowMs) } : {}),
  };
}

/** Without a clock only the absolute time counts. */
function resetsAt(error: Readonly<Record<string, unknown>>, nowMs: number | undefined): number | undefined {
  const atS = numberOf(error["resets_at"]);
  if (atS !== undefined) return atS * 1000;
  const inS = numberOf(error["resets_in_seconds"]);
  return inS === undefined || nowMs === undefined ? undefined : nowMs + inS * 1000;
}

function known(value: unknown): string | undefined {
  return typeof value === "string" && Object.hasOwn(RESPONSES_CODES, value) ? value : undefined;
}
