import { ProviderError, type ProviderErrorCode } from "./errors.js";
import type { FailedAnswer } from "./provider.js";
import { parseRetryAfter } from "./retry.js";

/** What the wire formats share about errors: pages, redirects, words for people, and who may be asked again. */

/** What an error body says. */
export interface ErrorFields {
  /** The service's word for it, where it has one. */
  readonly code: string | undefined;
  /** One line, bounded and clean; empty when there is none. */
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly resetsAtMs?: number | undefined;
  /** False where the body itself says that waiting does not help. */
  readonly retryable?: boolean | undefined;
}

/** One wire format's errors. */
export interface ErrorDialect {
  readonly codes: Readonly<Record<string, ProviderErrorCode>>;
  /** Names of headers that hold a request id, best first. */
  readonly requestIds: readonly string[];
  /** Reads the parsed body. */
  read(value: unknown, nowMs: number): ErrorFields;
  /** Where status or message say more than the code: tried before the table. */
  classify?(fields: ErrorFields, status: number, headers: FailedAnswer["headers"]): ProviderErrorCode | undefined;
}

export const NO_ERROR_FIELDS: ErrorFields = { code: undefined, message: "" };

const MAX_READ_CHARS = 4096;
const MAX_SHOWN_CHARS = 500;

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

/** Statuses that say more than the word "server error", which some services put beside all of theirs. */
const TELLING: ReadonlySet<number> = new Set([413, 429, 503, 529]);

/** An HTTP answer that is not a stream, as an error. `advice` replaces what people are told to do about a code. */
export function readErrorAnswer(
  provider: string,
  answer: FailedAnswer,
  dialect: ErrorDialect,
  advice: Partial<Record<ProviderErrorCode, string>> = {},
): ProviderError {
  const { status, headers, body, nowMs } = answer;
  const requestId = dialect.requestIds.map((name) => headers[name]).find((id) => id !== undefined);
  const page = isPage(headers["content-type"], body);
  const fields = page ? NO_ERROR_FIELDS : parseFields(body, dialect, nowMs);
  const word = lookUp(dialect, fields);
  const told = word === "server_error" && TELLING.has(status) ? undefined : word;
  const code = dialect.classify?.(fields, status, headers) ?? told ?? codeOf(status, page, fields);
  const shouldRetry = headers["x-should-retry"];
  return new ProviderError(code, messageOf(provider, status, page, code, fields, advice), {
    provider,
    status,
    requestId,
    retryable:
      shouldRetry === "false" || fields.retryable === false
        ? false
        : shouldRetry === "true" && !FINAL.has(code)
          ? true
          : undefined,
    retryAfterMs: fields.retryAfterMs ?? parseRetryAfter(headers, fields.message, nowMs),
    resetsAtMs: fields.resetsAtMs,
  });
}

/** An error that a stream of status 200 tells. A code that is not in the table is a broken stream, worth another try. */
export function readStreamFailure(
  provider: string,
  fields: ErrorFields,
  dialect: Pick<ErrorDialect, "codes" | "classify">,
): ProviderError {
  const code = dialect.classify?.(fields, 200, {}) ?? lookUp(dialect, fields) ?? "server_error";
  return new ProviderError(code, sentence(`${provider} failed`, code, fields, {}), {
    provider,
    retryable: fields.retryable,
    retryAfterMs: fields.retryAfterMs ?? parseRetryAfter({}, fields.message, 0),
    resetsAtMs: fields.resetsAtMs,
  });
}

function parseFields(body: string, dialect: ErrorDialect, nowMs: number): ErrorFields {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Not JSON: the text itself is all there is to say.
    return { code: undefined, message: errorLine(body) };
  }
  return dialect.read(value, nowMs);
}

function messageOf(
  provider: string,
  status: number,
  page: boolean,
  code: ProviderErrorCode,
  fields: ErrorFields,
  advice: Partial<Record<ProviderErrorCode, string>>,
): string {
  const head = `${provider} answered ${status}`;
  if (page) {
    return `${head} with a web page instead of data: a proxy, a login portal or the service's edge is in between`;
  }
  if (fields.code === undefined && fields.message === "" && status < 400) {
    const what = status < 300 ? "with a document instead of a stream" : "with a redirect, which is not followed";
    return `${head} ${what}; check the address`;
  }
  return sentence(head, code, fields, advice);
}

function codeOf(status: number, page: boolean, { message }: ErrorFields): ProviderErrorCode {
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

function sentence(
  head: string,
  code: ProviderErrorCode,
  fields: ErrorFields,
  advice: Partial<Record<ProviderErrorCode, string>>,
): string {
  const what = fields.message === "" ? errorLine(fields.code ?? "no reason given") : fields.message;
  const todo = advice[code] ?? ADVICE[code];
  return `${head}: ${what.replace(/[.\s]+$/, "")}${todo === undefined ? "" : `; ${todo}`}`;
}

function isPage(contentType: string | undefined, body: string): boolean {
  return /text\/html/i.test(contentType ?? "") || /^\s*<(!doctype|html)/i.test(body);
}

/** One line, bounded, without control characters and without what looks like a credential: it goes to terminals and logs. */
export function errorLine(text: string): string {
  const line = text
    .slice(0, MAX_READ_CHARS)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
    .replace(
      /\b(?:eyJ[\w-]{8,}[\w.-]*|sk-[\w-]{16,}|(?:AIza|AQ\.|gsk_|xai-|pplx-|hf_|nvapi-|csk-)[\w-]{16,}|Bearer\s+[\w.~+/-]{8,}=*)/g,
      "***",
    )
    .trim();
  return (line.length > MAX_SHOWN_CHARS ? `${line.slice(0, MAX_SHOWN_CHARS)}…` : line).toWellFormed();
}

/** Only own rows: a code from a server may be any word. */
function lookUp({ codes }: Pick<ErrorDialect, "codes">, { code }: ErrorFields): ProviderErrorCode | undefined {
  return code !== undefined && Object.hasOwn(codes, code) ? codes[code] : undefined;
}
