import type { HttpAnswer } from "./wire.js";
import { bodyJson } from "./wire-generate-content-json.js";

/** A rule of the service that a request breaks. */
export interface BrokenRule {
  readonly refusal: HttpAnswer;
  /** One line for people; absent where a correct client may be refused so. */
  readonly reason?: string;
}

/** What an error says in its body. */
export interface GoogleError {
  readonly code: number;
  readonly message: string;
  readonly status: string;
  readonly details?: readonly unknown[];
}

/** Source: `google.rpc.Code` and its HTTP mapping, read 2026-11-20. */
const STATUS_OF_CODE: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  500: "INTERNAL",
  501: "UNIMPLEMENTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

export const JSON_TYPE = "application/json; charset=UTF-8";

export function statusOfCode(code: number): string {
  return STATUS_OF_CODE[code] ?? (code >= 500 ? "INTERNAL" : "INVALID_ARGUMENT");
}

/** The number of a status word such as `UNAVAILABLE`. */
export function codeOfStatus(status: string): number | undefined {
  const found = Object.entries(STATUS_OF_CODE).find(([, word]) => word === status);
  return found === undefined ? undefined : Number(found[0]);
}

/**
 * An error as a whole body. `inList`: a stream that was asked for as a list has a list of one error.
 * Source: recorded errors of the Gemini API, read 2026-11-20.
 */
export function errorAnswer(error: GoogleError, inList = false): HttpAnswer {
  const json = bodyJson({ error });
  return {
    status: error.code,
    headers: { "content-type": JSON_TYPE },
    body: inList ? `[${json}\n]` : `${json}\n`,
  };
}

/** A refusal that a correct client never meets. */
export function refused(message: string, code = 400, details?: readonly unknown[]): BrokenRule {
  return { refusal: refusal(message, code, details), reason: message.trim().replaceAll(/\s*\n\s*/g, " ") };
}

/** A refusal that a correct client may meet, for example after a cache has run out. */
export function refusedAnyway(message: string, code: number): BrokenRule {
  return { refusal: refusal(message, code) };
}

function refusal(message: string, code: number, details?: readonly unknown[]): HttpAnswer {
  return errorAnswer({ code, message, status: statusOfCode(code), ...(details === undefined ? {} : { details }) });
}

/** A field's value that the service does not like, in the form of its request checks. */
export function refusedField(field: string, what: string): BrokenRule {
  return refused(`* GenerateContentRequest.${field}: ${what}\n`);
}
