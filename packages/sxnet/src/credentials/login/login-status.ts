import { stat } from "node:fs/promises";
import type { Credential } from "../credential.js";
import { CredentialError } from "../credential-error.js";
import { readMarker, type RefreshMarker } from "../refresh/dead-marker.js";
import { correctClock, needsRenewal } from "../refresh/login-age.js";
import { findLogin, type FoundLogin, isOfficial, isShared, type LoginPlace, readLoginAt } from "./login-place.js";
import { vendorOf } from "../login-vendor.js";
import { loadVendor } from "../oauth.js";
import type { SourceOptions } from "../source.js";

export interface LoginChoice {
  /** Default: the place that the local source would take. */
  readonly place?: LoginPlace | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is known about a login of this machine without asking anybody. */
export interface LoginStatus {
  readonly place: LoginPlace;
  /** With its end by this machine's clock. It holds the tokens: show other fields only. */
  readonly credential: Credential;
  /** Permission bits of the file. */
  readonly mode: number;
  /** One line each: what was wrong with the file and has been put right, or could not be. */
  readonly warnings: readonly string[];
  /** `left_alone`: the official client's file, which that renews itself. `waiting`: until `marker.untilMs`. */
  readonly refresh: "possible" | "left_alone" | "no_refresh_token" | "refused" | "waiting";
  /** For `refused` and `waiting`. */
  readonly marker?: RefreshMarker | undefined;
}

/** @throws CredentialError `login_needed` when there is none, `bad_input`, `configuration`; the signal's reason. */
export async function readStatus(options: SourceOptions, choice: LoginChoice = {}): Promise<LoginStatus> {
  const { place, credential, warnings } = await chooseLogin(options, choice);
  const { mode } = await stat(place.path);
  const nowMs = options.now();
  const status = { place, credential: correctClock(credential, nowMs), mode: mode & 0o777, warnings };
  const { refreshToken } = credential;
  if (refreshToken === undefined) return { ...status, refresh: "no_refresh_token" };
  const url = (await loadVendor(vendorOf(options).name)).refreshUrl(options.settings);
  const marker = await readMarker({ path: place.path, refreshToken, url }, nowMs);
  if (marker !== undefined) return { ...status, refresh: marker.untilMs === undefined ? "refused" : "waiting", marker };
  const isOurs = isShared(options) || !(await isOfficial(place, options));
  return { ...status, refresh: isOurs ? "possible" : "left_alone" };
}

export interface RefreshedLogin extends FoundLogin {
  /** False: the token was good enough, and nothing was done. */
  readonly refreshed: boolean;
}

/**
 * Refreshes a login of this machine when it is time to, or in any case with `force`. What a failed attempt has left
 * behind (a refused token, a wait that the service asked for) holds for `force` as well.
 * @throws CredentialError; Failure `lock_busy`, `write_failed`, `refresh_failed`; the signal's reason.
 */
export async function refreshNow(
  options: SourceOptions,
  choice: LoginChoice & { readonly force?: boolean | undefined } = {},
): Promise<RefreshedLogin> {
  const found = await chooseLogin(options, choice);
  const nowMs = options.now();
  const isTime = choice.force === true || needsRenewal(correctClock(found.credential, nowMs), nowMs, 0);
  if (!isTime) return { ...found, refreshed: false };
  const { refreshLogin } = await import("../refresh/refresh.js");
  const renewed = await refreshLogin(found, options, { signal: choice.signal });
  return { ...renewed, credential: correctClock(renewed.credential, options.now()), refreshed: true };
}

async function chooseLogin(options: SourceOptions, { place, signal }: LoginChoice): Promise<FoundLogin> {
  if (place === undefined) return findLogin(options, signal);
  const found = await readLoginAt(place, signal);
  if (found !== undefined) return found;
  throw new CredentialError("login_needed", `there is no login in ${place.name}`);
}
