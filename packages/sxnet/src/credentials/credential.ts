import type { AccessCredential } from "../types.js";
import { CredentialError } from "./credential-error.js";
import { isJsonObject, type JsonObject, readJwtClaims } from "./jwt.js";
import { LOGIN_VENDORS, type LoginVendor } from "./login-vendor.js";

/** A login as a credential file tells it. Claims inside the tokens are read, not verified. */
export interface Credential {
  /** Letters, digits and `-._~+/=` only: safe in a header, on a line, in a shell word. */
  readonly accessToken: string;
  /** Same alphabet and `:@`. */
  readonly accountId?: string;
  /** The earliest of what the token and the file say, in Unix milliseconds. Absent: nobody says. */
  readonly expiresAtMs?: number;
  /** When the access token was issued, by the clock of its issuer and by its own word; Unix milliseconds. */
  readonly issuedAtMs?: number;
  /** When the tokens were last exchanged, by the clock of who wrote the file and by the file's word. */
  readonly refreshedAtMs?: number;
  readonly refreshToken?: string;
  /** The service's own word, for example `plus`; new words appear. */
  readonly plan?: string;
  readonly email?: string;
  /** Everything that the file held, for writing it back without a loss. */
  readonly raw: JsonObject;
}

/** Where a credential's text is from. */
export interface CredentialPlace {
  /** For messages: the path as people write it. */
  readonly name: string;
  /** When the text was written, in Unix milliseconds: from here an `expires_in` counts. */
  readonly savedAtMs?: number;
}

/** RFC 6750 section 2.1: what may follow `Bearer`. */
const ACCESS_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/u;
const ACCOUNT_ID = /^[A-Za-z0-9\-._~+/=:@]{1,256}$/u;
const MAX_TOKEN_CHARS = 32_768;

/** The claim of OpenAI's tokens that holds account and plan. Source: codex auth token data, read 2026-11-20. */
const AUTH_CLAIM = "https://api.openai.com/auth";
const PROFILE_CLAIM = "https://api.openai.com/profile";

/**
 * Reads the official client's nested file (`tokens.access_token`, ...) and the flat answer of a token endpoint
 * (`access_token` with `expires_in` or `expires_at`), and another vendor's file after that vendor's own fashion.
 * @throws CredentialError `bad_input` for what cannot be read, `login_needed` for a file without such a login.
 */
export function parseCredential(
  text: string,
  place: CredentialPlace,
  vendor: LoginVendor = LOGIN_VENDORS.codex,
): Credential {
  const raw = parseObject(text, place);
  const file = vendor.flatten(raw);
  const nested = isJsonObject(file["tokens"]) ? file["tokens"] : file;
  const accessToken = textOf(nested["access_token"]);
  if (accessToken === undefined) {
    throw new CredentialError("login_needed", `${place.name} ${vendor.explainNoLogin(raw)}`);
  }
  if (!isAccessToken(accessToken)) {
    throw new CredentialError(
      "bad_input",
      `the access token in ${place.name} holds characters that no token has; log in again`,
    );
  }
  const accessClaims = readJwtClaims(accessToken);
  const claims = [readJwtClaims(textOf(nested["id_token"]) ?? ""), accessClaims].filter((one) => one !== undefined);
  const refreshToken = textOf(nested["refresh_token"]);
  return {
    accessToken,
    ...defined("accountId", readAccountId(nested, claims, place)),
    ...defined("expiresAtMs", readExpiry(file, nested, accessClaims, place)),
    ...defined("issuedAtMs", readDate(accessClaims?.["iat"])),
    ...defined("refreshedAtMs", readDate(file["last_refresh"])),
    ...defined("refreshToken", refreshToken),
    ...defined(
      "plan",
      firstMatch(
        [...claims, file],
        (claim) => objectOf(claim[AUTH_CLAIM])["chatgpt_plan_type"] ?? claim["subscription_type"],
        /^[\w-]{1,64}$/u,
      ),
    ),
    ...defined(
      "email",
      firstMatch(claims, (claim) => claim["email"] ?? objectOf(claim[PROFILE_CLAIM])["email"], EMAIL),
    ),
    raw,
  };
}

/** Nothing that could move a cursor or break a line. */
const EMAIL = /^[\p{L}\p{N}\p{P}\p{S}]{1,320}$/u;

function parseObject(text: string, place: CredentialPlace): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith("\u{feff}") ? text.slice(1) : text);
  } catch {
    // The parser's message quotes the text, which is secret: it goes no further, not even as a cause.
    const what = text.trim() === "" ? "is empty" : "is not valid JSON";
    throw new CredentialError("bad_input", `${place.name} ${what}; log in again`);
  }
  if (isJsonObject(value)) return value;
  throw new CredentialError("bad_input", `${place.name} is JSON, but not a credential file; log in again`);
}

function readAccountId(nested: JsonObject, claims: readonly JsonObject[], place: CredentialPlace): string | undefined {
  const written = textOf(nested["account_id"]);
  if (written === undefined)
    return firstMatch(claims, (claim) => objectOf(claim[AUTH_CLAIM])["chatgpt_account_id"], ACCOUNT_ID);
  if (isAccountId(written)) return written;
  throw new CredentialError(
    "bad_input",
    `the account_id in ${place.name} holds characters that no id has; log in again`,
  );
}

function readExpiry(
  file: JsonObject,
  nested: JsonObject,
  claims: JsonObject | undefined,
  place: CredentialPlace,
): number | undefined {
  const savedAtMs = readTime(file["last_refresh"]) ?? place.savedAtMs;
  const lifetimeS = numberOf(nested["expires_in"]);
  const expS = numberOf(claims?.["exp"]);
  const known = [
    expS === undefined ? undefined : expS * 1000,
    readTime(nested["expires_at"]),
    savedAtMs === undefined || lifetimeS === undefined ? undefined : savedAtMs + lifetimeS * 1000,
  ].filter((time) => time !== undefined && isDate(time));
  return known.length === 0 ? undefined : Math.min(...(known as number[]));
}

/** A time as files write it: RFC 3339, Unix seconds, or Unix milliseconds (numbers that as seconds would be after 5138). */
function readTime(value: unknown): number | undefined {
  const number = numberOf(value);
  if (number !== undefined) return number > 1e11 ? number : number * 1000;
  const parsed = Date.parse(textOf(value) ?? "");
  return Number.isNaN(parsed) ? undefined : parsed;
}

function readDate(value: unknown): number | undefined {
  const time = readTime(value);
  return time !== undefined && isDate(time) ? time : undefined;
}

/** Whether a `Date` can hold it; what is beyond is nonsense from outside. */
function isDate(ms: number): boolean {
  return Math.abs(ms) <= 8.64e15;
}

function firstMatch(
  claims: readonly JsonObject[],
  pick: (claim: JsonObject) => unknown,
  pattern: RegExp,
): string | undefined {
  return claims.map((claim) => textOf(pick(claim))).find((value) => value !== undefined && pattern.test(value));
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Numbers, also those that somebody wrote as text. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === "string" && /^\d{1,15}$/u.test(value)) return Number(value);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function defined<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

/** The account that tokens say they are for; the id token's word before the access token's. Claims are not verified. */
export function readTokenAccount(idToken: string | undefined, accessToken: string | undefined): string | undefined {
  const claims = [idToken, accessToken].map((jwt) => readJwtClaims(jwt ?? "")).filter((one) => one !== undefined);
  return firstMatch(claims, (claim) => objectOf(claim[AUTH_CLAIM])["chatgpt_account_id"], ACCOUNT_ID);
}

/** Whether a text has the form of an access token. */
export function isAccessToken(text: string): boolean {
  return text.length <= MAX_TOKEN_CHARS && ACCESS_TOKEN.test(text);
}

/** Whether a text may stand in the account header. */
export function isAccountId(text: string): boolean {
  return ACCOUNT_ID.test(text);
}

/** How long the access token still lives, in milliseconds; negative when it is over, undefined when nobody says. */
export function remainingMs(credential: Credential, nowMs: number): number | undefined {
  return credential.expiresAtMs === undefined ? undefined : credential.expiresAtMs - nowMs;
}

/** The part that a provider is handed. */
export function toAccessCredential({ accessToken, accountId }: Credential): AccessCredential {
  return { accessToken, ...defined("accountId", accountId) };
}
