import { type HttpAnswer, jsonAnswer } from "./wire.js";

/** A rule of the service that a request breaks. */
export interface BrokenRule {
  readonly refusal: HttpAnswer;
  /** One line for people. */
  readonly reason: string;
}

/** Errors have no id maker at hand; clients only show it. */
const REQUEST_ID = "req_simulator";

/** Source: Messages API reference, "Errors", our notes, section 2, read 2026-11-20. */
const TYPE_OF_STATUS: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  504: "timeout_error",
  529: "overloaded_error",
};

function typeOfStatus(status: number): string {
  return TYPE_OF_STATUS[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
}

/** The status that goes with an error type such as `overloaded_error`. */
export function statusOfType(type: string): number | undefined {
  const found = Object.entries(TYPE_OF_STATUS).find(([, word]) => word === type);
  return found === undefined ? undefined : Number(found[0]);
}

/** The body of an error, as a whole answer and as an event. */
export function errorBody(type: string, message: string): Readonly<Record<string, unknown>> {
  return { type: "error", error: { type, message }, request_id: REQUEST_ID };
}

/** Source: recorded errors, with `x-should-retry: false` on 400 and 404, read 2026-11-20. */
export function errorAnswer(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const retry = status === 409 || status === 429 || status >= 500;
  return jsonAnswer(status, errorBody(typeOfStatus(status), message), {
    "request-id": REQUEST_ID,
    "x-should-retry": String(retry),
    ...headers,
  });
}

export function refused(message: string, status = 400): BrokenRule {
  return { refusal: errorAnswer(status, message), reason: message };
}

/** A field that is not there. Source: recorded and reported errors of the service, read 2026-11-20. */
export function missing(field: string): BrokenRule {
  return refused(`${field}: Field required`);
}

/** A field that the service does not have in this place. */
export function extra(field: string): BrokenRule {
  return refused(`${field}: Extra inputs are not permitted`);
}
