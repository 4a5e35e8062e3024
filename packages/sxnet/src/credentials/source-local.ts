import { pause } from "@scorpiox/sxutil";
import { type Credential, isAccessToken, parseCredential, remainingMs } from "./credential.js";
import { CredentialError } from "./credential-error.js";
import { correctClock, needsRenewal } from "./refresh/login-age.js";
import { type LoginVendor, vendorOf } from "./login-vendor.js";
import { checkSameAccount, findLogin, type FoundLogin, isOfficial, isShared } from "./login/login-place.js";
import type { CredentialRequest, CredentialSource, SourcedCredential, SourceOptions } from "./source.js";

/** How long another program may take to put a new login in the place of a refused one before we look again. */
const REREAD_AFTER_MS = 200;

/** How long a token that still lives keeps us waiting for the next one. */
const PATIENCE_MS = 10_000;

/**
 * The credential file of this machine (see `listLoginPlaces` for which). An access token that is good enough is handed
 * out as it is: no lock, no child, nothing written but the mode of a file that others could read. One that is nearly
 * over, or that the service has refused, is exchanged for a new one; while it still lives, a failure to do so is only
 * a warning.
 */
export function createLocalSource(options: SourceOptions): CredentialSource {
  return { name: "local", get: (request = {}) => getLocal(options, request) };
}

async function getLocal(options: SourceOptions, request: CredentialRequest): Promise<SourcedCredential> {
  const written = findWritten(options);
  if (written !== undefined) return handWritten(written, options, request);
  const { minTtlMs = 0, signal } = request;
  let found = await findLogin(options, signal);
  if (request.rejected !== undefined) checkSameAccount(found.place, request.rejected, found.credential);
  if (isGoodEnough(found, options, request)) return hand(found, options, minTtlMs);
  const mayRefresh = found.credential.refreshToken !== undefined && (await isOurs(found, options));
  if (isRejected(found, request) && !mayRefresh) {
    // Then another program renews it, and may be doing so.
    await pause(REREAD_AFTER_MS, signal);
    found = await findLogin(options, signal);
    if (request.rejected !== undefined) checkSameAccount(found.place, request.rejected, found.credential);
    if (isGoodEnough(found, options, request)) return hand(found, options, minTtlMs);
  }
  const isRefused = isRejected(found, request);
  const leftMs = leftOf(found, options);
  const isAlive = !isRefused && leftMs > 0;
  if (isAlive && leftMs >= minTtlMs && !mayRefresh) return hand(found, options, minTtlMs);
  try {
    const { refreshLogin } = await import("./refresh/refresh.js");
    const patienceMs = isAlive && leftMs >= minTtlMs ? Math.min(PATIENCE_MS, leftMs / 2) : undefined;
    const renewed = await refreshLogin(found, options, { patienceMs, signal });
    const fresh = hand(renewed, options, minTtlMs, true);
    return { ...fresh, warnings: [...found.warnings, ...fresh.warnings] };
  } catch (error) {
    signal?.throwIfAborted();
    if (isAlive && !isTooShort(error)) return handOld(found, options, minTtlMs, error as Error);
    throw explain(error, found, options, isRefused);
  }
}

async function isOurs({ place }: FoundLogin, options: SourceOptions): Promise<boolean> {
  return isShared(options) || !(await isOfficial(place, options));
}

function isGoodEnough(found: FoundLogin, options: SourceOptions, request: CredentialRequest): boolean {
  const nowMs = options.now();
  const credential = correctClock(found.credential, nowMs);
  return !isRejected(found, request) && !needsRenewal(credential, nowMs, request.minTtlMs ?? 0);
}

function leftOf(found: FoundLogin, options: SourceOptions): number {
  const nowMs = options.now();
  return remainingMs(correctClock(found.credential, nowMs), nowMs) ?? Number.POSITIVE_INFINITY;
}

function isTooShort(error: unknown): boolean {
  return error instanceof CredentialError && error.code === "ttl_too_short";
}

function isRejected(found: FoundLogin, { rejected }: CredentialRequest): boolean {
  return rejected?.accessToken === found.credential.accessToken;
}

/** A token that still lives, although there was no newer one to be had. */
function handOld(found: FoundLogin, options: SourceOptions, minTtlMs: number, why: Error): SourcedCredential {
  const old = hand(found, options, minTtlMs, false, why.message);
  return { ...old, warnings: [...old.warnings, `${why.message}; the old token is used`] };
}

/** @throws CredentialError for a token that is over, `ttl_too_short` for one that ends too soon. */
function hand(
  found: FoundLogin,
  options: SourceOptions,
  minTtlMs: number,
  isNew = false,
  why = "there is none that lives longer; ask for less",
): SourcedCredential {
  const { place, warnings } = found;
  const nowMs = options.now();
  const credential = correctClock(found.credential, nowMs);
  const leftMs = remainingMs(credential, nowMs);
  const sourced = { ...credential, source: "local", path: place.path, warnings };
  if (leftMs === undefined || leftMs >= Math.max(minTtlMs, 1)) return sourced;
  if (leftMs <= 0 && isNew) {
    const note = `the new access token in ${place.name} seems to be over already; check the clock of this machine`;
    return { ...sourced, warnings: [...warnings, note] };
  }
  if (leftMs <= 0) throw expired(credential, place.name);
  const [left, wanted] = [Math.floor(leftMs / 1000), Math.ceil(minTtlMs / 1000)];
  throw new CredentialError(
    "ttl_too_short",
    `the access token in ${place.name} lives for ${left} s, less than the ${wanted} s asked for, and ${why}`,
  );
}

function expired({ expiresAtMs }: Credential, name: string, why?: string): CredentialError {
  const when = expiresAtMs === undefined ? "" : ` at ${new Date(expiresAtMs).toISOString()}`;
  return new CredentialError("login_needed", `the access token in ${name} expired${when}${why ?? ""}`);
}

/** What a person must do comes with what was wrong: over, or refused. */
function explain(error: unknown, found: FoundLogin, options: SourceOptions, isRefused: boolean): unknown {
  if (!(error instanceof CredentialError) || error.code !== "login_needed") return error;
  const { name } = found.place;
  const credential = correctClock(found.credential, options.now());
  if (isRefused) {
    const message = `the service refused the access token in ${name}, and ${error.message}`;
    return new CredentialError("login_needed", message, { cause: error });
  }
  return expired(credential, name, `, and ${error.message}`);
}

/** An access token that a setting holds goes before every file; undefined where there is none. */
function findWritten(options: SourceOptions): FoundLogin | undefined {
  const vendor = vendorOf(options);
  const { tokenKey } = vendor;
  const accessToken = tokenKey === undefined ? "" : (options.settings[tokenKey] ?? "").trim();
  if (tokenKey === undefined || accessToken === "") return undefined;
  if (!isAccessToken(accessToken)) {
    const message = `${tokenKey} holds characters that no token has; ${makeAnother(vendor)}`;
    throw new CredentialError("configuration", message);
  }
  const credential = { ...parseCredential(JSON.stringify({ access_token: accessToken }), { name: tokenKey }), raw: {} };
  return { place: { path: tokenKey, name: tokenKey, kind: "chosen", vendor }, credential, warnings: [] };
}

/** Used as it is: there is nothing to refresh it with. */
function handWritten(found: FoundLogin, options: SourceOptions, request: CredentialRequest): SourcedCredential {
  const advice = makeAnother(vendorOf(options));
  request.signal?.throwIfAborted();
  const { name } = found.place;
  if (isRejected(found, request)) {
    throw new CredentialError("login_needed", `the service refused the access token in ${name}; ${advice}`);
  }
  if (leftOf(found, options) <= 0) throw expired(found.credential, name, `; ${advice}`);
  return hand(found, options, request.minTtlMs ?? 0);
}

function makeAnother({ makeToken = "another one" }: LoginVendor): string {
  return `make a new one with ${makeToken}, or unset it`;
}
