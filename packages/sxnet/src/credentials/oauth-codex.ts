import type { HttpRequest } from "../http.js";
import type { Settings } from "../types.js";
import { VERSION } from "../version.js";
import { readTokenAccount } from "./credential.js";
import { isJsonObject, type JsonObject } from "./jwt.js";
import { LOGIN_VENDORS } from "./login-vendor.js";
import { resolveOauthUrl } from "./oauth-url.js";
import type { GrantedTokens, OauthVendor, TokenAnswer } from "./oauth-vendor.js";
import { readTokenAnswer, textOf } from "./oauth-answer.js";

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
  return resolveOauthUrl(LOGIN_VENDORS.codex, settings, ISSUER + path);
}

/** The name that we give ourselves. */
export function codexOriginator(settings: Settings): string {
  return settings["CODEX_ORIGINATOR"] || ORIGINATOR;
}

export const codexOauth: OauthVendor = {
  refreshUrl: (settings) => codexOauthUrl(settings, CODEX_TOKEN_PATH),
  originator: codexOriginator,
  buildRefresh,
  readRefresh,
  isOtherAccount,
  merge,
};

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

function readRefresh(
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
  nowMs: number,
): TokenAnswer {
  return readTokenAnswer(status, headers, text, nowMs, PERMANENT_CODES);
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
