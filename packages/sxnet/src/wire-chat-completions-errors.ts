import { type ErrorDialect, type ErrorFields, errorLine, readErrorAnswer, readStreamFailure } from "./error-answer.js";
import type { ProviderError, ProviderErrorCode } from "./errors.js";
import { saysTooLong } from "./overflow-words.js";
import type { FailedAnswer } from "./provider.js";
import { type Fields, fieldsOf, listOf, textOf } from "./unknown-value.js";
import { RESPONSES_CODES } from "./wire-responses-errors.js";

/**
 * Errors of the Chat Completions wire format and of the many servers that speak it. A server that has both this wire
 * and Responses words its errors alike, so both are read here.
 * Source: API references and recorded errors of the services named below, read 2026-11-20.
 */

const CODES: Readonly<Record<string, ProviderErrorCode>> = {
  ...RESPONSES_CODES,
  exceed_context_size_error: "context_too_long",
  too_many_prompt_tokens: "context_too_long",
  billing_hard_limit_reached: "quota_exhausted",
  billing_not_active: "quota_exhausted",
  insufficient_balance: "quota_exhausted",
  authentication_error: "auth_rejected",
  permission_error: "forbidden",
  content_filter: "content_refused",
  moderation_blocked: "content_refused",
  model_not_available: "model_unavailable",
  unavailable_error: "overloaded",
  overloaded_error: "overloaded",
  engine_overloaded: "overloaded",
  engine_overloaded_error: "overloaded",
  insufficient_system_resource: "overloaded",
  rate_limit_error: "rate_limited",
  rate_limit_reached_error: "rate_limited",
  // The model wrote a call that the service did not take: another try is another call.
  tool_use_failed: "server_error",
  network_error: "server_error",
};

const MODEL =
  /model\b.{0,100}\b(not found|does not exist|not exist|not supported|is not available|unknown)|no models? loaded|unknown model|not a valid model/i;
const QUOTA = /exceeded your current quota|insufficient (balance|quota|credits?|funds)|out of credits|billing/i;
const KEY = /(incorrect|invalid|wrong|bad) api[ _-]?key|api key (is )?(not valid|invalid)|no auth credentials/i;

const DIALECT: ErrorDialect = {
  codes: CODES,
  requestIds: ["x-request-id", "x-oai-request-id", "cf-ray"],
  read: (value) => readFields(fieldsOf(Array.isArray(value) ? value[0] : value)),
  classify,
};

/** An HTTP answer that is not a stream. `advice` replaces what people are told to do about a code. */
export function readChatError(
  provider: string,
  answer: FailedAnswer,
  advice: Partial<Record<ProviderErrorCode, string>> = {},
): ProviderError {
  return readErrorAnswer(provider, answer, DIALECT, advice);
}

/**
 * The error in a chunk of a stream of status 200, if it is one: beside or instead of choices, as the event's name, or
 * inside the choice.
 */
export function findChatFailure(chunk: Fields, eventName: string | undefined): Fields | undefined {
  const { error, choices, object, detail, x_groq: extra } = chunk;
  if (isTold(error)) return chunk;
  const { error: beside } = fieldsOf(extra);
  if (isTold(beside)) return { error: beside };
  if (eventName === "error" || object === "error") return chunk;
  if (!Array.isArray(choices)) return isTold(detail) ? chunk : undefined;
  const { error: inside } = fieldsOf(choices[0]);
  return isTold(inside) ? { error: inside } : undefined;
}

/** That error in our words. */
export function classifyChatFailure(provider: string, chunk: Fields): ProviderError {
  return readStreamFailure(provider, readFields(chunk), DIALECT);
}

function isTold(value: unknown): boolean {
  return typeof value === "object" ? value !== null : typeof value === "string" && value !== "";
}

/**
 * `{"error": {…}}`, `{"error": text, "code"}`, `{"detail": text or list}`, `{"message", "type", "code"}`; a router puts
 * what the service behind it said into `metadata.raw`.
 */
function readFields(body: Fields): ErrorFields {
  const { error, detail } = body;
  if (typeof error === "string") return { code: wordOf(body["code"], body["type"]), message: errorLine(error) };
  if (isTold(error)) return readObject(fieldsOf(error));
  if (typeof detail === "string") return { code: wordOf(body["code"], body["type"]), message: errorLine(detail) };
  if (Array.isArray(detail)) return { code: undefined, message: errorLine(listOf(detail).map(problem).join("; ")) };
  return readObject(isTold(detail) ? fieldsOf(detail) : body);
}

function readObject(error: Fields): ErrorFields {
  const { raw } = fieldsOf(error["metadata"]);
  const behind = typeof raw === "string" ? raw : "";
  const told = textOf(error["message"]) ?? "";
  return {
    code: wordOf(error["code"], error["type"]),
    message: errorLine([told, behind].filter((part) => part !== "").join(": ")),
  };
}

/** One entry of a validation error: where, and what is wrong there. */
function problem(entry: unknown): string {
  const { loc, msg } = fieldsOf(entry);
  const place = listOf(loc).map(String).join(".");
  return `${place === "" ? "" : `${place}: `}${textOf(msg) ?? "not valid"}`;
}

/** A word of the table, else what is there. A number repeats the status, also where a stream has none of its own. */
function wordOf(code: unknown, type: unknown): string | undefined {
  const words = [code, type].map((word) => (typeof word === "number" ? String(word) : textOf(word)));
  return words.find((word) => word !== undefined && Object.hasOwn(CODES, word)) ?? words.find((word) => word);
}

function classify(
  { code, message }: ErrorFields,
  status: number,
  headers: FailedAnswer["headers"],
): ProviderErrorCode | undefined {
  if (saysTooLong(message)) return "context_too_long";
  if (QUOTA.test(message) && (status === 429 || status === 402 || status === 403 || status === 200)) {
    return "quota_exhausted";
  }
  if (KEY.test(message)) return "auth_rejected";
  if (code !== undefined && Object.hasOwn(CODES, code)) return undefined;
  if (MODEL.test(message)) return "model_unavailable";
  // Some say nothing at all when a conversation is too long.
  const isBare = message === "" && headers["content-length"] === "0";
  if (isBare && (status === 400 || status === 413)) return "context_too_long";
  return status === 200 ? codeOfNumber(code) : undefined;
}

/** What a status inside a stream means. */
function codeOfNumber(code: string | undefined): ProviderErrorCode | undefined {
  const status = Number(code);
  if (!(status >= 400 && status <= 599)) return code === "invalid_request_error" ? "invalid_request" : undefined;
  if (status === 401) return "auth_rejected";
  if (status === 402) return "quota_exhausted";
  if (status === 403) return "content_refused";
  if (status === 404) return "model_unavailable";
  if (status === 413) return "context_too_long";
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return "overloaded";
  return status === 408 || status === 409 || status >= 500 ? "server_error" : "invalid_request";
}
