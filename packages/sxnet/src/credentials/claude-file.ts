import type { GrantedTokens } from "./oauth-vendor.js";
import { isJsonObject, type JsonObject } from "./jwt.js";

/**
 * The file of the Claude client: `claudeAiOauth` with `accessToken`, `refreshToken`, `expiresAt` (Unix milliseconds),
 * `scopes`, `subscriptionType`; or the same fields, or those of a token answer, without anything around them.
 * Source: notes on the Claude plan, 3, read 2026-11-21.
 */
const NESTED = "claudeAiOauth";

/**
 * When we last exchanged the tokens, and the end of those that came: the file has no field for the first, and without
 * it nobody knows how long its tokens live. Beside the login, where the client keeps other things too, and of no worth
 * once the login has another end.
 */
const NOTE = "scorpioxRefresh";

const PAIRS = [
  ["accessToken", "access_token"],
  ["refreshToken", "refresh_token"],
  ["expiresAt", "expires_at"],
] as const;

/** The object in which the tokens are. */
function nestedClaude(raw: JsonObject): JsonObject {
  const nested = raw[NESTED];
  return isJsonObject(nested) ? nested : raw;
}

/** The file's fields under the names of a token answer. */
export function flattenClaude(raw: JsonObject): JsonObject {
  const nested = nestedClaude(raw);
  const flat: Record<string, unknown> = { expires_in: nested["expires_in"], account_id: nested["account_id"] };
  for (const [own, general] of PAIRS) flat[general] = nested[own] ?? nested[general];
  const note = raw[NOTE];
  if (isJsonObject(note) && note["expiresAt"] === flat["expires_at"]) flat["last_refresh"] = note["at"];
  return { ...flat, subscription_type: nested["subscriptionType"] };
}

/** The file's object with the new tokens in it, in the words that it uses, and everything else as it was. */
export function mergeClaude(raw: JsonObject, tokens: GrantedTokens, nowMs: number): JsonObject {
  const old = nestedClaude(raw);
  const isGeneral = old["access_token"] !== undefined && old["accessToken"] === undefined;
  const [access, refresh, end] = PAIRS.map(([own, general]) => (isGeneral ? general : own));
  const merged: Record<string, unknown> = { ...old };
  if (tokens.refreshToken !== undefined && refresh !== undefined) merged[refresh] = tokens.refreshToken;
  const isNested = isJsonObject(raw[NESTED]);
  if (tokens.accessToken === undefined || access === undefined || end === undefined) {
    return isNested ? { ...raw, [NESTED]: merged } : merged;
  }
  merged[access] = tokens.accessToken;
  // What was said about the end of the old token must not be said of the new one.
  delete merged[end];
  delete merged["expires_in"];
  if (tokens.expiresInMs !== undefined) merged[end] = nowMs + tokens.expiresInMs;
  const note = { at: nowMs, expiresAt: merged[end] };
  return isNested ? { ...raw, [NESTED]: merged, [NOTE]: note } : { ...merged, [NOTE]: note };
}
