import { ProviderError, type ProviderErrorCode } from "./errors.js";
import type { FailedAnswer } from "./provider.js";
import { parseRetryAfter } from "./retry.js";

/**
 * Errors of the Responses wire format: HTTP answers and failures inside a stream, one row each.
 * Source: Responses API reference; behaviour of the Codex client 0.169 and reports named there, read 2026-11-20.
 */

export interface ResponsesFailure {
  /** `error.code`, else `error.type`: usage limits put their word into `type`. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

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
  invalid_api_key: "auth_rejected",
  token_expired: "auth_rejected",
};

/** What people are told where the service's own text does not say what to do. */
const ADVICE: Partial<Record<ProviderErrorCode, string>> = {
  auth_rejected: "log in again",
  context_too_long: "start a new conversation or shorten this one",
  overloaded: "try again in a moment, or choose another model",
};

/** An error inside a stream of status 200: `response.failed`, or an `error` event. */
export function classifyResponsesFailure(provider: string, failure: ResponsesFailure): ProviderError {
  const code = CODES[failure.code ?? ""] ?? "server_error";
  return new ProviderError(code, sentence(provider, code, failure), {
    provider,
    retryAfterMs: parseRetryAfter({}, failure.message ?? "", 0),
  });
}

/** An HTTP answer that is not a stream. */
export function readResponsesError(provider: string, answer: FailedAnswer): ProviderError {
  const { status, headers, body, nowMs } = answer;
  const requestId = headers["x-request-id"] ?? headers["x-oai-request-id"] ?? headers["cf-ray"];
  const page = isPage(headers["content-type"], body);
  const error = page ? EMPTY : readErrorBody(body);
  const code = CODES[error.code ?? ""] ?? codeOf(status, page, error.message ?? "");
  const message = page
    ? `${provider} answered ${status} with a web page instead of data: a proxy, a login portal or the service's edge is in between`
    : sentence(provider, code, error, status);
  const shouldRetry = headers["x-should-retry"];
  return new ProviderError(code, message, {
    provider,
    status,
    requestId,
    retryable: shouldRetry === "true" ? true : shouldRetry === "false" ? false : undefined,
    retryAfterMs: parseRetryAfter(headers, error.message ?? "", nowMs),
    resetsAtMs: code === "usage_limit" ? resetsAt(error, nowMs) : undefined,
  });
}

interface ErrorBody extends ResponsesFailure {
  readonly resetsAtS?: number | undefined;
  readonly resetsInS?: number | undefined;
  readonly plan?: string | undefined;
}

const EMPTY: ErrorBody = { code: undefined, message: undefined };

/** Two shapes: `{"detail": text}` from the gateway, `{"error": {message, type, code}}` from the model service. */
function readErrorBody(body: string): ErrorBody {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Not JSON: the text itself is all there is to say.
    return { code: undefined, message: firstLine(body) };
  }
  const top = fields(value);
  if (typeof top["detail"] === "string") return { code: undefined, message: firstLine(top["detail"]) };
  const error = typeof top["error"] === "string" ? { message: top["error"] } : fields(top["error"] ?? fields(top["detail"]));
  return {
    code: known(error["code"]) ?? known(error["type"]) ?? string(error["code"]) ?? string(error["type"]),
    message: firstLine(string(error["message"]) ?? ""),
    resetsAtS: number(error["resets_at"]),
    resetsInS: number(error["resets_in_seconds"]),
    plan: string(error["plan_type"]),
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
  if (/model.*(not supported|not found|does not exist|newer version)|newer version of codex/i.test(message)) {
    return "model_unavailable";
  }
  // A page or a document of status 200 where a stream was due.
  return status < 400 ? "protocol" : "invalid_request";
}

function sentence(provider: string, code: ProviderErrorCode, failure: ErrorBody, status?: number): string {
  const what = failure.message === undefined || failure.message === "" ? (failure.code ?? "no reason given") : failure.message;
  const advice = ADVICE[code];
  const head = status === undefined ? `${provider} failed` : `${provider} answered ${status}`;
  return `${head}: ${what.replace(/[.\s]+$/, "")}${advice === undefined ? "" : `; ${advice}`}`;
}

function resetsAt(error: ErrorBody, nowMs: number): number | undefined {
  if (error.resetsAtS !== undefined) return error.resetsAtS * 1000;
  return error.resetsInS === undefined ? undefined : nowMs + error.resetsInS * 1000;
}

function isPage(contentType: string | undefined, body: string): boolean {
  return /text\/html/i.test(contentType ?? "") || /^\s*<(!doctype|html)/i.test(body);
}

/** One line, control characters dropped, bounded: it goes to terminals and logs. */
function firstLine(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return line.length > 500 ? `${line.slice(0, 500).toWellFormed()}…` : line;
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
