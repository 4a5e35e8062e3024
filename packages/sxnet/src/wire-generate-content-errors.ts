import { type ErrorDialect, type ErrorFields, errorLine, readErrorAnswer, readStreamFailure } from "./error-answer.js";
import type { ProviderError, ProviderErrorCode } from "./errors.js";
import type { FailedAnswer } from "./provider.js";
import { parseRetryAfter } from "./retry.js";
import { fieldsOf, listOf, textOf } from "./unknown-value.js";

/**
 * Errors of the generateContent wire format: `{"error": {code, message, status, details}}`, as an HTTP answer, as an
 * event, bare in a stream, or alone in a list.
 * Source: google.rpc.Status and its details, recorded answers, public reports of the texts, read 2026-11-20.
 */

const CODES: Readonly<Record<string, ProviderErrorCode>> = {
  INVALID_ARGUMENT: "invalid_request",
  FAILED_PRECONDITION: "invalid_request",
  OUT_OF_RANGE: "invalid_request",
  UNIMPLEMENTED: "invalid_request",
  UNAUTHENTICATED: "auth_rejected",
  PERMISSION_DENIED: "forbidden",
  RESOURCE_EXHAUSTED: "rate_limited",
  CANCELLED: "stream_incomplete",
  ABORTED: "server_error",
  INTERNAL: "server_error",
  UNKNOWN: "server_error",
  DATA_LOSS: "server_error",
  DEADLINE_EXCEEDED: "server_error",
  UNAVAILABLE: "overloaded",
  // Reasons of `google.rpc.ErrorInfo`, which say more than the status.
  API_KEY_INVALID: "auth_rejected",
  BILLING_DISABLED: "quota_exhausted",
  // Words of our own for what `google.rpc.QuotaFailure` says.
  QUOTA_PER_DAY: "quota_exhausted",
  QUOTA_OF_NOTHING: "quota_exhausted",
};

/** Reasons that outrank the status. */
const REASONS: ReadonlySet<string> = new Set(["API_KEY_INVALID", "BILLING_DISABLED"]);

/** Texts that say more than the status, first match wins. */
const TEXTS: readonly (readonly [RegExp, ProviderErrorCode])[] = [
  [/input token count.{0,40}exceeds the maximum|exceeds the maximum number of (input )?tokens/i, "context_too_long"],
  [/request payload size exceeds|text fields that are too large/i, "request_too_large"],
  [/api key (not valid|not found|expired)|api_key_invalid|reported as leaked/i, "auth_rejected"],
  [/(location|country|region) is not supported/i, "forbidden"],
  [/models?\/\S+ is not found|is not supported for generateContent|no longer available/i, "model_unavailable"],
  [/credits are depleted|spending cap|billing account.{0,40}(disabled|closed)/i, "quota_exhausted"],
];

const DIALECT: ErrorDialect = {
  codes: CODES,
  requestIds: ["x-request-id", "x-goog-request-id"],
  read: readErrorBody,
  classify: ({ message }) => TEXTS.find(([text]) => text.test(message))?.[1],
};

/** An error inside a stream of status 200: the object under `error`. */
export function classifyGenerateFailure(provider: string, error: unknown): ProviderError {
  return readStreamFailure(provider, readFields(fieldsOf(error)), DIALECT);
}

/** An HTTP answer that is not a stream. `advice` replaces what people are told to do about a code. */
export function readGenerateError(
  provider: string,
  answer: FailedAnswer,
  advice: Partial<Record<ProviderErrorCode, string>> = {},
): ProviderError {
  // A streaming call may get its error as one event.
  const body = answer.body.replace(/^\uFEFF?\s*data:\s*/, "");
  return readErrorAnswer(provider, { ...answer, body }, DIALECT, advice);
}

function readErrorBody(value: unknown): ErrorFields {
  const [first] = listOf(value);
  const { error } = fieldsOf(first ?? value);
  if (typeof error === "string") return { code: undefined, message: errorLine(error) };
  return readFields(fieldsOf(error));
}

function readFields(error: Readonly<Record<string, unknown>>): ErrorFields {
  const message = errorLine(textOf(error["message"]) ?? "");
  const details = listOf(error["details"]).map(fieldsOf);
  const ofType = (name: string): readonly Readonly<Record<string, unknown>>[] =>
    details.filter((detail) => textOf(detail["@type"])?.endsWith(`.rpc.${name}`));
  const reason = ofType("ErrorInfo")
    .map((detail) => textOf(detail["reason"]))
    .find((word) => word !== undefined && REASONS.has(word));
  const quotas = ofType("QuotaFailure")
    .flatMap((detail) => listOf(detail["violations"]))
    .map((violation) => textOf(fieldsOf(violation)["quotaId"]) ?? "");
  const delay = ofType("RetryInfo")
    .map((detail) => textOf(detail["retryDelay"]))
    .find((text) => text !== undefined);
  return {
    code: reason ?? quotaCode(quotas, textOf(error["message"]) ?? "") ?? textOf(error["status"]),
    message,
    retryAfterMs: delay === undefined ? undefined : parseRetryAfter({}, `retry in ${delay}`, 0),
  };
}

/** A quota by the day is not worth waiting for, and one of nothing never opens. */
function quotaCode(quotas: readonly string[], message: string): string | undefined {
  if (/\blimit: ?0\b/.test(message)) return "QUOTA_OF_NOTHING";
  return quotas.some((id) => /PerDay/i.test(id)) ? "QUOTA_PER_DAY" : undefined;
}
