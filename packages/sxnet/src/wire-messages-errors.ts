import {
  type ErrorDialect,
  type ErrorFields,
  errorLine,
  NO_ERROR_FIELDS,
  readErrorAnswer,
  readStreamFailure,
} from "./error-answer.js";
import type { ProviderError, ProviderErrorCode } from "./errors.js";
import { saysTooLong } from "./overflow-words.js";
import type { FailedAnswer } from "./provider.js";
import { fieldsOf, listOf, textOf } from "./unknown-value.js";

/**
 * Errors of the Messages wire format: HTTP answers and failures inside a stream, one row each.
 * Source: Messages API reference, "Errors", error codes in the official TypeScript client 1.11.0, recorded answers and
 * reports of the service's words, read 2026-11-21.
 */

const CODES: Readonly<Record<string, ProviderErrorCode>> = {
  authentication_error: "auth_rejected",
  billing_error: "quota_exhausted",
  permission_error: "forbidden",
  conflict_error: "server_error",
  request_too_large: "request_too_large",
  rate_limit_error: "rate_limited",
  api_error: "server_error",
  timeout_error: "server_error",
  overloaded_error: "overloaded",
  // Causes in `details.error_code`.
  contract_spend_limit_reached: "quota_exhausted",
  enforced_spend_limit_reached: "quota_exhausted",
  linked_organization_spend_limit_reached: "quota_exhausted",
  linked_organization_billing_unavailable: "quota_exhausted",
  organization_on_hold: "forbidden",
  // Words of servers that imitate the format on top of another one.
  server_error: "server_error",
  rate_limit_exceeded: "rate_limited",
  insufficient_quota: "quota_exhausted",
  invalid_api_key: "auth_rejected",
  model_not_found: "model_unavailable",
  context_length_exceeded: "context_too_long",
  exceed_context_size_error: "context_too_long",
  too_many_prompt_tokens: "context_too_long",
};

/** What only the words tell, tried in this order. */
const WORDS: readonly (readonly [RegExp, ProviderErrorCode])[] = [
  [
    /prompt is too long|exceeds? (the )?(maximum )?context|context (window|limit|length)|too many tokens/i,
    "context_too_long",
  ],
  [/image exceeds|image dimensions exceed|exceeds the maximum (allowed )?(size|number of bytes)/i, "request_too_large"],
  [/credit balance is too low|usage limits?\b.*regain access/i, "quota_exhausted"],
  [/content filtering policy/i, "content_refused"],
  [/^model: |\bmodel\b.*(not (be )?(found|supported|available)|does not exist)/i, "model_unavailable"],
];

/** Only these leave the cause to the words. */
const VAGUE = new Set([undefined, "invalid_request_error", "not_found_error", "request_too_large", "error"]);

/** Statuses of who asks and what is left: a context that they name is one that the plan does not include. */
const SURE: ReadonlySet<number> = new Set([401, 402, 403, 429]);

/** Also for words of other formats, and for failures that some servers make of a prompt that is too long. */
function leavesCauseToWords(code: string | undefined): boolean {
  if (code === undefined || VAGUE.has(code) || !Object.hasOwn(CODES, code)) return true;
  return CODES[code] === "server_error";
}

const DIALECT: ErrorDialect = {
  codes: CODES,
  requestIds: ["request-id", "x-request-id", "cf-ray"],
  read: readErrorBody,
  classify({ code, message }, status) {
    if (!SURE.has(status) && leavesCauseToWords(code) && saysTooLong(message)) return "context_too_long";
    if (!VAGUE.has(code) || status === 401 || status === 403 || status === 429 || status >= 500) return undefined;
    return WORDS.find(([pattern]) => pattern.test(message))?.[1];
  },
};

/** An error inside a stream of status 200: the event `error`, or an error that stands alone. */
export function classifyMessagesFailure(provider: string, event: Readonly<Record<string, unknown>>): ProviderError {
  return readStreamFailure(provider, readErrorBody(event), DIALECT);
}

/** An HTTP answer that is not a stream. `advice` replaces what people are told to do about a code. */
export function readMessagesError(
  provider: string,
  answer: FailedAnswer,
  advice: Partial<Record<ProviderErrorCode, string>> = {},
): ProviderError {
  return readErrorAnswer(provider, answer, DIALECT, advice);
}

/** `{"type": "error", "error": {type, message, details}}`, the same of other formats, or a bare `detail`. */
function readErrorBody(value: unknown): ErrorFields {
  const body = fieldsOf(value);
  const { error, detail } = body;
  const told = textOf(error) ?? textOf(detail) ?? textOf(fieldsOf(listOf(detail)[0])["msg"]);
  if (told !== undefined) return { code: undefined, message: errorLine(told) };
  const fields = typeof error === "object" && error !== null ? fieldsOf(error) : body;
  // A whole answer where a stream was due has a type as well.
  if (fields === body && textOf(body["message"]) === undefined) return NO_ERROR_FIELDS;
  const words = [fieldsOf(fields["details"])["error_code"], fields["type"], fields["code"]].flatMap(
    (word) => textOf(word) ?? [],
  );
  const message = errorLine(textOf(fields["message"]) ?? "");
  return { code: words.find((word) => Object.hasOwn(CODES, word)) ?? words[0], message };
}
