import { type Credential, parseCredential, remainingMs } from "./credential.js";
import { CredentialError } from "./credential-error.js";
import { isJsonObject, type JsonObject } from "./jwt.js";
import { keyOf, LOGIN_VENDORS, type LoginVendor } from "./login-vendor.js";

/** A failure that only a person can end is remembered for this long: cron jobs go on asking. */
const REFUSAL_MS = 60_000;
/** No server is believed that asks for more. */
const MAX_WAIT_MS = 3_600_000;
const MAX_BUSY_MS = 300_000;
/** Clocks that differ by less are right; the header tells whole seconds, and its way takes time. */
const MIN_SKEW_MS = 30_000;

/** A token server's answer other than 200, as an error. `hasKey`: a key was sent. */
export function readRefusal(
  status: number,
  giver: string,
  hasKey: boolean,
  retryAfterMs?: number,
  vendor: LoginVendor = LOGIN_VENDORS.codex,
): CredentialError {
  const urlKey = keyOf(vendor, "REMOTE_URL");
  const refuse = (code: "login_needed" | "configuration", what: string): CredentialError =>
    new CredentialError(code, `${giver} ${what}`, { retryAfterMs: REFUSAL_MS });
  if (status === 401) {
    const advice = hasKey ? "refused the key; correct TOKEN_HTTP_API_KEY" : "wants a key; set TOKEN_HTTP_API_KEY";
    return refuse("login_needed", `${advice} (status 401)`);
  }
  if (status === 403) return refuse("login_needed", "gives you no access token (status 403); ask who runs it");
  if (status === 404) return refuse("configuration", `has nothing at that address (status 404); correct ${urlKey}`);
  if (status === 429) {
    const waitMs = Math.min(retryAfterMs ?? REFUSAL_MS, MAX_WAIT_MS);
    const message = `${giver} was asked too often (status 429); try again in ${Math.ceil(waitMs / 1000)} s`;
    return new CredentialError("limited", message, { retryAfterMs: waitMs });
  }
  if (status >= 500) {
    const waitMs = retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, MAX_BUSY_MS);
    const message = `${giver} is broken or busy (status ${status}); try again later, or ask who runs it`;
    return new CredentialError("network", message, { retryAfterMs: waitMs });
  }
  return refuse("configuration", `gave no access token (status ${status}); correct ${urlKey}`);
}

/** When an answer was given, by both clocks, in Unix milliseconds. */
export interface AnswerTime {
  readonly nowMs: number;
  /** What the server's `date` header says. */
  readonly serverMs: number | undefined;
}

/**
 * The credential in a token server's answer: what `--format json` of this program prints, the flat answer of a token
 * endpoint, or the official client's file. Lifetimes count from now. What is over only by a clock of ours that is
 * ahead of the server's gets its end moved by the difference, and a warning.
 * @throws CredentialError `bad_input`; nothing of the answer is in its message.
 */
export function parseRemoteAnswer(
  text: string,
  giver: string,
  { nowMs, serverMs }: AnswerTime,
  vendor: LoginVendor = LOGIN_VENDORS.codex,
): { readonly credential: Credential; readonly warning?: string } {
  const value = parseAnswer(text, giver, vendor);
  // `last_refresh` is for files: in an answer, `expires_in` counts from its arrival.
  const answer = JSON.stringify({ ...value, last_refresh: undefined });
  const parseAt = (savedAtMs: number): Credential => ({
    ...parseCredential(answer, { name: `the answer of ${giver}`, savedAtMs }, vendor),
    raw: {},
  });
  const credential = parseAt(nowMs);
  if (serverMs === undefined || nowMs - serverMs < MIN_SKEW_MS || (remainingMs(credential, nowMs) ?? 1) > 0) {
    return { credential };
  }
  const leftThereMs = remainingMs(parseAt(serverMs), serverMs) ?? 0;
  if (leftThereMs <= 0) return { credential };
  const aheadS = Math.round((nowMs - serverMs) / 1000);
  return {
    credential: { ...credential, expiresAtMs: nowMs + leftThereMs },
    warning: `the clock of this machine is ${aheadS} s ahead of that of ${giver}; set it right`,
  };
}

function parseAnswer(text: string, giver: string, vendor: LoginVendor): JsonObject {
  const urlKey = keyOf(vendor, "REMOTE_URL");
  const refuse = (what: string): CredentialError => new CredentialError("bad_input", `the answer of ${giver} ${what}`);
  if (text.trim() === "") throw refuse(`is empty; correct ${urlKey}, or ask who runs it`);
  if (/^\s*</u.test(text)) {
    throw refuse(`is a web page; correct ${urlKey}, and see whether a sign-in page or a proxy is in between`);
  }
  let holdsRefreshToken = false;
  let value: unknown;
  try {
    value = JSON.parse(text, (key, inner: unknown) => {
      if (/^refresh_?token$/iu.test(key) && inner !== null && inner !== "") holdsRefreshToken = true;
      return inner;
    });
  } catch {
    // The parser's message quotes the text, which may be a token.
    throw refuse(`is not valid JSON; correct ${urlKey}, or ask who runs it`);
  }
  if (holdsRefreshToken) {
    throw refuse("holds a refresh token, which must never leave that server; nothing of it was used, tell who runs it");
  }
  const file = isJsonObject(value) ? vendor.flatten(value) : undefined;
  const tokens = isJsonObject(file?.["tokens"]) ? file["tokens"] : file;
  if (!isJsonObject(value) || !isJsonObject(tokens) || typeof tokens["access_token"] !== "string") {
    throw refuse(`holds no access token; correct ${urlKey}, or ask who runs it`);
  }
  const type = tokens["token_type"];
  if (type !== undefined && type !== null && !(typeof type === "string" && /^bearer$/iu.test(type))) {
    throw refuse("holds a token that is not for use as a bearer; ask who runs it");
  }
  return value;
}
