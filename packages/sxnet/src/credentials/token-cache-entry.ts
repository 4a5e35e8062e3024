import { oneLine } from "@scorpiox/sxutil";
import { type Credential, parseCredential, remainingMs } from "./credential.js";
import { CredentialError, type CredentialErrorCode, isCredentialErrorCode } from "./credential-error.js";
import { isJsonObject, type JsonObject } from "./jwt.js";

/** What one cache file holds. Times are Unix milliseconds. */
export interface CacheEntry {
  readonly token?: { readonly credential: Credential; readonly fetchedAtMs: number };
  readonly failure?: CachedFailure;
  /** SHA-256 of access tokens that a service refused, each with the end of its quarantine. */
  readonly refused: readonly { readonly sha256: string; readonly untilMs: number }[];
}

export interface CachedFailure {
  readonly code: CredentialErrorCode;
  readonly message: string;
  readonly atMs: number;
  /** Before this the other side is not asked again. */
  readonly untilMs: number;
}

export const EMPTY_ENTRY: CacheEntry = { refused: [] };

/** With less left than this, a token that can be had anew is asked for anew. */
const MARGIN_MS = 60_000;
/** Whoever answered less than this ago is taken to have no better answer yet. */
const JUST_NOW_MS = 30_000;
/** How long a token is kept of which nobody says when it ends. */
const UNKNOWN_LIFETIME_MS = 300_000;
/** Longest time that a failure is remembered, whatever is asked for. */
const MAX_FAILURE_MS = 3_600_000;
const MAX_REFUSED = 16;

/** Who asks, and since when. */
export interface CacheQuestion {
  readonly nowMs: number;
  /** When the caller asked first: what has come in since then was fetched for him too. */
  readonly sinceMs: number;
  readonly minTtlMs: number;
}

/** What a cache file's text says; an empty entry for text that is none, because then there is nothing to lose. */
export function parseCacheEntry(text: string): CacheEntry {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Cut or foreign: it will be replaced.
    return EMPTY_ENTRY;
  }
  if (!isJsonObject(value) || value["v"] !== 1) return EMPTY_ENTRY;
  const [token, failure] = [parseToken(value["token"]), parseFailure(value["failure"])];
  return {
    ...(token === undefined ? {} : { token }),
    ...(failure === undefined ? {} : { failure }),
    refused: parseRefused(value["refused"]),
  };
}

function parseToken(value: unknown): CacheEntry["token"] {
  if (!isJsonObject(value) || typeof value["fetched_at"] !== "number") return undefined;
  try {
    const fetchedAtMs = value["fetched_at"];
    return { credential: toCredential(value, fetchedAtMs), fetchedAtMs };
  } catch {
    // Not a token that we have written: none at all.
    return undefined;
  }
}

/** By the rules of every credential; what else stands there is left out, a refresh token above all. */
function toCredential(stored: JsonObject, savedAtMs: number): Credential {
  const { access_token, account_id, expires_at } = stored;
  const parsed = parseCredential(JSON.stringify({ access_token, account_id, expires_at }), { name: "", savedAtMs });
  const plan = wordOf(stored["plan"]) ?? parsed.plan;
  const email = wordOf(stored["email"]) ?? parsed.email;
  return {
    ...parsed,
    // What it was stored with: the source may have had reasons to correct it.
    ...(typeof expires_at === "number" ? { expiresAtMs: expires_at } : {}),
    ...(plan === undefined ? {} : { plan }),
    ...(email === undefined ? {} : { email }),
    raw: {},
  };
}

/** Nothing that could break a line or move a cursor. */
function wordOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[\p{L}\p{N}\p{P}\p{S}]{1,320}$/u.test(value) ? value : undefined;
}

function parseFailure(value: unknown): CachedFailure | undefined {
  if (!isJsonObject(value)) return undefined;
  const { code, message, at, until } = value;
  if (!isCredentialErrorCode(code) || typeof message !== "string") return undefined;
  if (typeof at !== "number" || typeof until !== "number" || until - at > MAX_FAILURE_MS) return undefined;
  return { code, message: oneLine(message, 500), atMs: at, untilMs: until };
}

function parseRefused(value: unknown): CacheEntry["refused"] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) => {
    if (!isJsonObject(one) || typeof one["sha256"] !== "string" || typeof one["until"] !== "number") return [];
    return [{ sha256: one["sha256"], untilMs: one["until"] }];
  });
}

/** The text of a cache file. Of a credential only what is needed to use the access token. */
export function buildCacheEntry({ token, failure, refused }: CacheEntry): string {
  return `${JSON.stringify({
    v: 1,
    token: token && {
      access_token: token.credential.accessToken,
      account_id: token.credential.accountId,
      expires_at: token.credential.expiresAtMs,
      plan: token.credential.plan,
      email: token.credential.email,
      fetched_at: token.fetchedAtMs,
    },
    failure: failure && { code: failure.code, message: failure.message, at: failure.atMs, until: failure.untilMs },
    refused: refused.slice(-MAX_REFUSED).map(({ sha256, untilMs }) => ({ sha256, until: untilMs })),
  })}\n`;
}

/** The cached credential, whatever is left of it, if that is enough for the question: when nobody has a better one. */
export function findLast({ token }: CacheEntry, { nowMs, minTtlMs }: CacheQuestion): Credential | undefined {
  if (token === undefined || nowMs < token.fetchedAtMs) return undefined;
  const leftMs = remainingMs(token.credential, nowMs) ?? 0;
  return leftMs > 0 && leftMs >= minTtlMs ? token.credential : undefined;
}

/**
 * The cached credential if it answers the question. One that was fetched just now answers it also when it is short of
 * `minTtlMs`: whoever gives tokens out has no longer one. Undefined: ask.
 */
export function findToken({ token }: CacheEntry, question: CacheQuestion): Credential | undefined {
  if (token === undefined) return undefined;
  const ageMs = question.nowMs - token.fetchedAtMs;
  // From the future: the clock was set back, and nothing is known about the age.
  if (ageMs < 0) return undefined;
  const leftMs = remainingMs(token.credential, question.nowMs);
  if (leftMs === undefined) return ageMs < UNKNOWN_LIFETIME_MS ? token.credential : undefined;
  if (leftMs <= 0) return undefined;
  const isFresh = ageMs < JUST_NOW_MS || token.fetchedAtMs >= question.sinceMs;
  return isFresh || leftMs >= Math.max(question.minTtlMs, MARGIN_MS) ? token.credential : undefined;
}

/** The failure that answers the question, as the error to throw; undefined: ask. */
export function findFailure({ failure }: CacheEntry, question: CacheQuestion): CredentialError | undefined {
  if (failure === undefined || failure.atMs > question.nowMs) return undefined;
  const leftMs = failure.untilMs - question.nowMs;
  if (leftMs <= 0 && failure.atMs < question.sinceMs) return undefined;
  const wait = leftMs <= 0 ? "" : ` (it is asked again in ${Math.ceil(leftMs / 1000)} s at the earliest)`;
  return new CredentialError(failure.code, `${failure.message}${wait}`, { retryAfterMs: Math.max(0, leftMs) });
}

/** `error` as it is remembered. */
export function toFailure(error: CredentialError, nowMs: number, defaultMs: number): CachedFailure {
  const lastsMs = Math.min(error.retryAfterMs ?? defaultMs, MAX_FAILURE_MS);
  return { code: error.code, message: error.message, atMs: nowMs, untilMs: nowMs + lastsMs };
}
