import { resolveEndpoint } from "../endpoint.js";
import { ProviderError } from "../errors.js";
import type { HttpRequest } from "../http.js";
import { parseRetryAfter } from "../retry.js";
import type { Settings } from "../types.js";
import { VERSION } from "../version.js";
import { isAccessToken, readTokenAccount } from "./credential.js";
import { CredentialError } from "./credential-error.js";
import { isJsonObject, type JsonObject } from "./jwt.js";
import type { GrantedTokens, OauthVendor, TokenAnswer } from "./oauth.js";

/**
 * The Codex sign-in: endpoints, requests, answers.
 * Source: captures of the Codex client 0.104 to 0.169 and its public source (codex-rs/login), read 2026-11-20.
 */
const ISSUER = "https://auth.openai.com";

/** The public client of the Codex command line; it has no secret. */
export const CODEX_CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";

export const CODEX_TOKEN_PATH = "/oauth/token";
const REVOKE_PATH = "/oauth/revoke";
const ORIGINATOR = "scorpiox_code";

/** What the service says of a refresh token that will never be good again, with any status. */
const PERMANENT_CODES: ReadonlySet<string> = new Set([
  "refresh_token_expired",
  "refresh_token_reused",
  "refresh_token_invalidated",
]);

/**
 * The address of a sign-in endpoint: `CODEX_OAUTH_URL`, or the vendor's own, with `path` after it.
 * @throws CredentialError `configuration` for an address that cannot be used or is not safe.
 */
export function codexOauthUrl(settings: Settings, path: string): string {
  try {
    return resolveEndpoint(settings["CODEX_OAUTH_URL"], {
      key: "CODEX_OAUTH_URL",
      provider: "codex",
      fallback: ISSUER + path,
    });
  } catch (error) {
    if (ProviderError.is(error)) throw new CredentialError("configuration", error.message, { cause: error });
    throw error;
  }
}

/** The name that we give ourselves. */
export function codexOriginator(settings: Settings): string {
  return settings["CODEX_ORIGINATOR"] || ORIGINATOR;
}

export const codexOauth: OauthVendor = { buildRefresh, readRefresh, isOtherAccount, merge };

function buildRefresh(url: string, refreshToken: string, raw: JsonObject, originator: string): HttpRequest {
  const body = { client_id: clientIdOf(raw), grant_type: "refresh_token", refresh_token: refreshToken };
  return post(url, body, originator);
}

/** Newer files say which client their tokens belong to. */
function clientIdOf(raw: JsonObject): string {
  const provenance = nestedOf(raw)["oauth_provenance"];
  const written = isJsonObject(provenance) ? provenance["client_id"] : undefined;
  return typeof written === "string" && /^[\w.-]{1,128}$/u.test(written) ? written : CODEX_CLIENT_ID;
}

function post(url: string, body: JsonObject, originator: string): HttpRequest {
  return {
    method: "POST",
    url,
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      originator,
      "user-agent": `scorpiox-code/${VERSION}`,
    },
    body: JSON.stringify(body),
  };
}

/**
 * Takes a login back: the refresh token with all that came out of it, or the access token when there is no other.
 * Undefined when the file holds neither. Any 2xx is a yes.
 */
export function buildCodexRevoke(settings: Settings, raw: JsonObject): HttpRequest | undefined {
  const nested = nestedOf(raw);
  const url = codexOauthUrl(settings, REVOKE_PATH);
  const refreshToken = textOf(nested["refresh_token"]);
  if (refreshToken !== undefined) {
    const body = { token: refreshToken, token_type_hint: "refresh_token", client_id: clientIdOf(raw) };
    return post(url, body, codexOriginator(settings));
  }
  const accessToken = textOf(nested["access_token"]);
  if (accessToken === undefined) return undefined;
  return post(url, { token: accessToken, token_type_hint: "access_token" }, codexOriginator(settings));
}

/** A new login as the official client's file holds it. */
export function buildCodexLogin(
  tokens: { readonly accessToken: string; readonly refreshToken?: string; readonly idToken?: string },
  nowMs: number,
): JsonObject {
  return {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: tokens.idToken ?? "",
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken ?? "",
      account_id: readTokenAccount(tokens.idToken, tokens.accessToken) ?? null,
    },
    last_refresh: new Date(nowMs).toISOString(),
  };
}

/** The tokens of a 2xx answer to a refresh or a code exchange; undefined when there is none in it. */
export function readCodexTokens(text: string): GrantedTokens | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const accessToken = textOf(value["access_token"]);
  const refreshToken = textOf(value["refresh_token"]);
  const idToken = textOf(value["id_token"]);
  const expiresIn = value["expires_in"];
  const tokens = {
    ...(accessToken !== undefined && isAccessToken(accessToken) ? { accessToken } : {}),
    ...(refreshToken !== undefined && isPrintable(refreshToken) ? { refreshToken } : {}),
    ...(idToken !== undefined && isPrintable(idToken) ? { idToken } : {}),
  };
  if (Object.keys(tokens).length === 0) return undefined;
  const isLifetime = typeof expiresIn === "number" && expiresIn > 0 && expiresIn < 1e9;
  return isLifetime ? { ...tokens, expiresInMs: expiresIn * 1000 } : tokens;
}

function readRefresh(
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
  nowMs: number,
): TokenAnswer {
  if (status >= 200 && status < 300) {
    const tokens = readCodexTokens(text);
    return tokens === undefined
      ? { kind: "unclear", what: `answered ${status} without a token` }
      : { kind: "granted", tokens };
  }
  const code = readErrorCode(text);
  if (code !== undefined && PERMANENT_CODES.has(code)) return { kind: "refused", code };
  if (status === 400 && code === "invalid_grant") return { kind: "refused", code };
  const again = status === 408 || status === 425 || status === 429 || status >= 500;
  if (status === 401) return { kind: "refused", code: code ?? "unauthorized" };
  return {
    kind: "failed",
    reason: status === 429 ? "limited" : "network",
    what: code === undefined ? `answered ${status}` : `answered ${status} (${code})`,
    again,
    retryAfterMs: again ? parseRetryAfter(headers, text.slice(0, 2000), nowMs) : undefined,
  };
}

/** `error.code`, else `error` when it is a string, else `code`; only what may be shown. */
function readErrorCode(text: string): string | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const { error } = value;
  const code = (isJsonObject(error) ? error["code"] : error) ?? value["code"];
  return typeof code === "string" && /^\w{1,64}$/u.test(code) ? code : undefined;
}

/**
 * Compared is what the tokens say: the file's `account_id` may be a workspace that somebody chose. An old token that
 * says nothing leaves only the file's word.
 */
function isOtherAccount(raw: JsonObject, tokens: GrantedTokens): boolean {
  const old = nestedOf(raw);
  const now = readTokenAccount(tokens.idToken, tokens.accessToken);
  const before = readTokenAccount(textOf(old["id_token"]), textOf(old["access_token"])) ?? textOf(old["account_id"]);
  return now !== undefined && before !== undefined && now !== before;
}

function merge(raw: JsonObject, tokens: GrantedTokens, nowMs: number): JsonObject {
  const isNested = isJsonObject(raw["tokens"]);
  const old = nestedOf(raw);
  const merged: Record<string, unknown> = {
    ...old,
    ...(tokens.idToken === undefined ? {} : { id_token: tokens.idToken }),
    ...(tokens.accessToken === undefined ? {} : { access_token: tokens.accessToken }),
    ...(tokens.refreshToken === undefined ? {} : { refresh_token: tokens.refreshToken }),
  };
  if (tokens.accessToken !== undefined) renewEnd(merged, tokens, nowMs);
  const lastRefresh = new Date(nowMs).toISOString();
  return isNested ? { ...raw, tokens: merged, last_refresh: lastRefresh } : { ...merged, last_refresh: lastRefresh };
}

/** What the file said about the end of the old token must not be said of the new one. */
function renewEnd(nested: Record<string, unknown>, tokens: GrantedTokens, nowMs: number): void {
  const oldEnd = nested["expires_at"];
  const hadEnd = oldEnd !== undefined || nested["expires_in"] !== undefined;
  delete nested["expires_at"];
  delete nested["expires_in"];
  const { expiresInMs, accessToken = "" } = tokens;
  if (expiresInMs === undefined) return;
  // A JWT says it itself; the official client's file has no field for it.
  if (!hadEnd && accessToken.split(".").length === 3) return;
  nested["expires_in"] = Math.floor(expiresInMs / 1000);
  const endMs = nowMs + expiresInMs;
  if (typeof oldEnd === "number") nested["expires_at"] = oldEnd > 1e11 ? endMs : Math.floor(endMs / 1000);
  else if (typeof oldEnd === "string") nested["expires_at"] = new Date(endMs).toISOString();
}

function nestedOf(raw: JsonObject): JsonObject {
  const nested = raw["tokens"];
  return isJsonObject(nested) ? nested : raw;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // A web page, half an answer, nothing: the caller knows the status.
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** One word of ASCII, as every token of this service is. */
function isPrintable(text: string): boolean {
  return /^[\u0021-\u007e]{1,32768}$/u.test(text);
}
