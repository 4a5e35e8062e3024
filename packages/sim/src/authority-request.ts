import { isObject } from "./json-check.js";
import { type HttpAnswer, jsonAnswer, type RawRequest } from "./wire.js";

/** What a request to the authority is about. */
export const REQUEST_KINDS = [
  "refresh",
  "code",
  "device_start",
  "device_poll",
  "authorize",
  "revoke",
  "claude_refresh",
  "page",
  "other",
] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** A request with the fields of its body, whichever way they came. */
export interface AuthorityCall {
  readonly kind: RequestKind;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly encoding: "json" | "form" | "none" | "broken";
  readonly fields: Readonly<Record<string, string>>;
}

/** What came of it. */
export interface CallResult {
  readonly answer: HttpAnswer;
  /** One word, or a few joined by `_`, for the log. */
  readonly outcome: string;
  readonly familyId?: number;
  /** The token that was presented. Goes into the log as a tag only. */
  readonly presented?: string;
  /** What a correct client never does, if it did. */
  readonly violation?: string;
}

/** Paths of both vendors. Source: notes on the Codex client, 1.3-1.7, and on the Claude plan, 3; read 2026-11-21. */
const ROUTES: Readonly<Record<string, RequestKind>> = {
  "POST /api/accounts/deviceauth/usercode": "device_start",
  "POST /api/accounts/deviceauth/token": "device_poll",
  "GET /oauth/authorize": "authorize",
  "POST /oauth/revoke": "revoke",
  "POST /v1/oauth/token": "claude_refresh",
  "GET /codex/device": "page",
  "POST /codex/device": "page",
};

/** The client id of the official client. Source: notes on the Codex client 0.169, 1.3, read 2026-11-21. */
export const CODEX_CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";
/** Source: notes on the Claude plan, 3, read 2026-11-21. */
export const CLAUDE_CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";

export function readCall(request: RawRequest): AuthorityCall {
  const body = readFields(request);
  const { method, path } = request;
  const known = ROUTES[`${method} ${path}`];
  const tokenKind = body.fields["grant_type"] === "authorization_code" ? "code" : "refresh";
  const kind = `${method} ${path}` === "POST /oauth/token" ? tokenKind : (known ?? "other");
  return { kind, method, path, query: new URLSearchParams(request.query), ...body };
}

function readFields({ headers, body }: RawRequest): Pick<AuthorityCall, "encoding" | "fields"> {
  if (body === "") return { encoding: "none", fields: {} };
  const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded") {
    return { encoding: "form", fields: Object.fromEntries(new URLSearchParams(body)) };
  }
  try {
    const value: unknown = JSON.parse(body);
    if (type !== "application/json" || !isObject(value)) return { encoding: "broken", fields: {} };
    const texts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    return { encoding: "json", fields: Object.fromEntries(texts) };
  } catch {
    // A body that cannot be read is answered as the service does, by the route.
    return { encoding: "broken", fields: {} };
  }
}

/** An error as the Codex authority words it. Source: notes on the Codex client, 1.4, read 2026-11-21. */
export function codexError(status: number, code: string, message: string): HttpAnswer {
  return jsonAnswer(status, { error: { message, type: "invalid_request_error", param: null, code } }, NO_STORE);
}

/** An error as RFC 6749 words it. */
export function oauthError(status: number, code: string, message: string): HttpAnswer {
  return jsonAnswer(status, { error: code, error_description: message }, NO_STORE);
}

export const NO_STORE = { "cache-control": "no-store" };
