import { type HttpAnswer, jsonAnswer } from "./wire.js";

/** A rule of the service that a request breaks. */
export interface BrokenRule {
  readonly refusal: HttpAnswer;
  /** One line for people. */
  readonly reason: string;
}

/** What an error says in its body. */
export interface ErrorWords {
  readonly message: string;
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** Source: recorded errors of the OpenAI API, read 2026-11-20. */
export function errorBody({ message, type = "invalid_request_error", param = null, code = null }: ErrorWords): {
  readonly error: Readonly<Record<string, unknown>>;
} {
  return { error: { message, type, param, code } };
}

export function errorAnswer(
  status: number,
  words: ErrorWords,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return jsonAnswer(status, errorBody(words), { "x-request-id": "req_simulator", ...headers });
}

export function refused(message: string, param: string | null, code: string | null = null, status = 400): BrokenRule {
  return { refusal: errorAnswer(status, { message, param, code }), reason: message };
}

export function missing(param: string): BrokenRule {
  return refused(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}

export function wrongType(param: string, wanted: string): BrokenRule {
  return refused(`Invalid type for '${param}': expected ${wanted}.`, param, "invalid_type");
}

export function emptyList(param: string): BrokenRule {
  const message = `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`;
  return refused(message, param, "empty_array");
}

export function wrongValue(param: string, value: unknown, known: readonly string[]): BrokenRule {
  const shown = typeof value === "string" ? value.slice(0, 60) : JSON.stringify(value ?? null).slice(0, 60);
  const list = known.map((word) => `'${word}'`).join(", ");
  return refused(`Invalid value: '${shown}'. Supported values are: ${list}.`, param, "invalid_value");
}
