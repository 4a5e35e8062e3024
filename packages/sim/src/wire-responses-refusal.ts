import { type HttpAnswer, jsonAnswer } from "./wire.js";

/** A rule of the service that a request breaks. */
export interface BrokenRule {
  readonly refusal: HttpAnswer;
  /** One line for people. */
  readonly reason: string;
}

/** Longest id and cache key. Source: public reports of "string too long", read 2026-11-20. */
export const MAX_KEY_CHARS = 64;

/** The gateway's shape of a refusal. */
export function fromGateway(detail: string): BrokenRule {
  return { refusal: jsonAnswer(400, { detail }), reason: detail };
}

/** The model service's shape of a refusal. */
export function fromService(
  message: string,
  code: string | null,
  param: string | null = null,
  status = 400,
): BrokenRule {
  const body = { error: { message, type: "invalid_request_error", param, code } };
  return { refusal: jsonAnswer(status, body), reason: message };
}

/** Of an id or a key. */
export function tooLong(param: string, length: number): BrokenRule {
  const message = `Invalid '${param}': string too long. Expected a string with maximum length ${MAX_KEY_CHARS}, but got a string with length ${length} instead.`;
  return fromService(message, "string_above_max_length", param);
}
