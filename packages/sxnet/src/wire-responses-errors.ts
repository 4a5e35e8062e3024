import { ProviderError, type ProviderErrorCode } from "./errors.js";
import type { FailedAnswer } from "./provider.js";
import { parseRetryAfter } from "./retry.js";

/**
 * Errors of the Responses wire format: HTTP answers and failures inside a stream, one row each.
 * Source: Responses API reference; behaviour of the Codex client 0.169 and reports named there, read 2026-11-20.
 */

const MAX_READ_CHARS = 4096;
const MAX_SHOWN_CHARS = 500;

const CODES: Readonly<Record<string, ProviderErrorCode>> = {
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

/** What people are told where the service's own text does not say what to do. */
const ADVICE: Partial<Record<ProviderErrorCode, string>> = {
  auth_rejected: "log in again",
  context_too_long: "start a new conversation or shorten this one",
  request_too_large: "start a new conversation, or send fewer or smaller images",
  overloaded: "try again in a moment, or choose another model",
};

/** What no header can turn into something worth repeating. */
const FINAL: ReadonlySet<ProviderErrorCode> = new Set<ProviderErrorCode>([
  "auth_rejected",
  "usage_limit",
  "quota_exhausted",
  "model_unavailable",
  "context_too_long",
  "request_too_large",
  "content_refused",
]);

/**
 * An error inside a stream of status 200: the `error` object of `response.failed`, or an `error` event. A code that is
 * not in the table is a broken stream, worth another try.
 */
export function classifyResponsesFailure(provider: string, failure: Readonly<Record<string, unknown>>): ProviderError {
  const error = readErrorFields(failure);
  const code = CODES[error.code ?? ""] ?? "server_error";
  return new ProviderError(code, sentence(`${provider} failed`, code, error), {
    provider,
    retryAfterMs: parseRetryAfter({}, error.message, 0),
    // Without a clock only the absolute time counts.
    resetsAtMs: code === "usage_limit" && error.resetsAtS !== undefined ? error.resetsAtS * 1000 : undefined,
  });
}

/** An HTTP answer that is not a stream. */
export function readResponsesError(provider: string, answer: FailedAnswer): ProviderError {
  const { status, headers, body, nowMs } = answer;
  const requestId = headers["x-request-id"] ?? headers["x-oai-request-id"] ?? headers["cf-ray"];
  const page = isPage(headers["content-type"], body);
  const error = page ? NOTHING : readErrorBody(body);
  const code = CODES[error.code ?? ""] ?? codeOf(status, page, error.message);
  const shouldRetry = headers["x-should-retry"];
  return new ProviderError(code, messageOf(provider, status, page, code, error), {
    provider,
    status,
    requestId,
    retryable: shouldRetry === "false" ? false : shouldRetry === "true" && !FINAL.has(code) ? true : undefined,
    retryAfterMs: parseRetryAfter(headers, error.message, nowMs),
    resetsAtMs: code === "usage_limit" ? resetsAt(error, nowMs) : undefined,
  });
}

function messageOf(
  provider: string,
  status: number,
  page: boolean,
  code: ProviderErrorCode,
  error: ErrorFields,
): string {
  const head = `${provider} answered ${status}`;
  if (page) {
    return `${head} with a web page instead of data: a proxy, a login portal or the service's edge is in between`;
  }
  if (error.code === undefined && error.message === "" && status < 400) {
    const what = status < 300 ? "with a document instead of a stream" : "with a redirect, which is not followed";
    return `${head} ${what}; check the address`;
  }
  return sentence(head, code, error);
}

interface ErrorFields {
  /** A word of the table, else what stands in `code` or `type`: usage limits put theirs into `type`. */
  readonly code: string | undefined;
  /** One line, empty when there is none. */
  readonly message: string;
  readonly resetsAtS?: number | undefined;
  readonly resetsInS?: number | undefined;
}

const NOTHING: ErrorFields = { code: undefined, message: "" };

/** Two shapes: `{"detail": text}` from the gateway, `{"error": {message, type, code}}` from the model service. */
function readErrorBody(body: string): ErrorFields {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Not JSON: the text itself is all there is to say.
    return { code: undefined, message: firstLine(body) };
  }
  const { error, detail, message } = fields(value);
  const told = [error, detail, message].find((part) => typeof part === "string");
  if (typeof told === "string") return { code: undefined, message: firstLine(told) };
  return readErrorFields(fields(error ?? detail));
}

function readErrorFields(error: Readonly<Record<string, unknown>>): ErrorFields {
  return {
    code: known(error["code"]) ?? known(error["type"]) ?? string(error["code"]) ?? string(error["type"]),
    message: firstLine(string(error["message"]) ?? ""),
    resetsAtS: number(error["resets_at"]),
    resetsInS: number(error["resets_in_seconds"]),
  };
}

function codeOf(status: number, page: boolean, message: string): ProviderErrorCode {
  if (status === 401) return "auth_rejected";
  if (status === 403) return "forbidden";
  if (status === 402) return "quota_exhausted";
  if (status === 413) return "request_too_large";
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return page ? "server_error" : "overloaded";
  if (status === 408 || status === 409 || status >= 500) return "server_error";
  if (/model.*(not supported|not found|does not exist)|newer version/i.test(message)) {
    return "model_unavailable";
  }
  // A page or a document of status 200 where a stream was due.
  return status < 400 ? "protocol" : "invalid_request";
}

function sentence(head: string, code: ProviderErrorCode, error: ErrorFields): string {
  const what = error.message === "" ? firstLine(error.code ?? "no reason given") : error.message;
  const advice = ADVICE[code];
  return `${head}: ${what.replace(/[.\s]+$/, "")}${advice === undefined ? "" : `; ${advice}`}`;
}

function resetsAt(error: ErrorFields, nowMs: number): number | undefined {
  if (error.resetsAtS !== undefined) return error.resetsAtS * 1000;
  return error.resetsInS === undefined ? undefined : nowMs + error.resetsInS * 1000;
}

function isPage(contentType: string | undefined, body: string): boolean {
  return /text\/html/i.test(contentType ?? "") || /^\s*<(!doctype|html)/i.test(body);
}

/** One line, bounded, without control characters and without what looks like a credential: it goes to terminals and logs. */
function firstLine(text: string): string {
  const line = text
    .slice(0, MAX_READ_CHARS)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
    .replace(/\b(?:eyJ[\w-]{8,}[\w.-]*|sk-[\w-]{16,}|Bearer\s+[\w.~+/-]{8,}=*)/g, "***")
    .trim();
  return (line.length > MAX_SHOWN_CHARS ? `${line.slice(0, MAX_SHOWN_CHARS)}…` : line).toWellFormed();
}

function known(value: unknown): string | undefined {
  return typeof value === "string" && Object.hasOwn(CODES, value) ? value : undefined;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
