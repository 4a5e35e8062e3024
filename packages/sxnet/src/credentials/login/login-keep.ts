import { type Credential, parseCredential, remainingMs } from "../credential.js";
import { CredentialError } from "../credential-error.js";
import { readMarker } from "../refresh/dead-marker.js";
import { removeLogin, saveLogin } from "./login-file.js";
import type { LoginTokens } from "./login-exchange.js";
import { type LoginPlace, readLoginAt } from "./login-place.js";
import { type Revocation, revokeLogin, type RevokeOptions } from "./login-revoke.js";
import { buildCodexLogin, CODEX_TOKEN_PATH, codexOauthUrl } from "../oauth-codex.js";
import type { SourceOptions } from "../source.js";

export interface KeepOptions extends RevokeOptions {
  /** Wall clock in Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Whether a new login would take the place of one that may still be of use. One that is refused for good, or that is
 * over and cannot be refreshed, is none.
 * @throws CredentialError `bad_input` for a file that cannot be read; the signal's reason.
 */
export async function findLiveLogin(
  place: LoginPlace,
  options: Pick<SourceOptions, "settings" | "now">,
  signal: AbortSignal,
): Promise<Credential | undefined> {
  const found = await readLoginOrNone(place, signal);
  if (found === undefined) return undefined;
  const { refreshToken } = found;
  const nowMs = options.now();
  if (refreshToken === undefined) return (remainingMs(found, nowMs) ?? 1) > 0 ? found : undefined;
  const url = codexOauthUrl(options.settings, CODEX_TOKEN_PATH);
  const marker = await readMarker({ path: place.path, refreshToken, url }, nowMs);
  return marker === undefined || marker.untilMs !== undefined ? found : undefined;
}

/** A file without a login in it (an API key, say) is there, but holds none. */
async function readLoginOrNone(place: LoginPlace, signal: AbortSignal): Promise<Credential | undefined> {
  try {
    return (await readLoginAt(place, signal))?.credential;
  } catch (error) {
    if (error instanceof CredentialError && error.code === "login_needed") return undefined;
    throw error;
  }
}

/**
 * Saves a fresh login in its place, and then revokes the one that it replaces, if there was one.
 * @returns what the file now holds, and what became of the old login: undefined when there was none
 * @throws Failure `lock_busy`, `write_failed`: then the fresh login is revoked, and the old one is as it was; the
 * signal's reason.
 */
export async function keepLogin(
  place: LoginPlace,
  tokens: LoginTokens,
  options: KeepOptions,
): Promise<{ readonly credential: Credential; readonly replaced: Revocation | undefined }> {
  const { signal, now } = options;
  const login = buildCodexLogin(tokens, now());
  let old: Credential | undefined;
  try {
    await saveLogin(place.path, login, {
      name: place.name,
      signal,
      // Read under the lock: a refresh may just have changed it.
      first: async () => {
        old = await readLoginOrNone(place, signal).catch(() => undefined);
      },
    });
  } catch (error) {
    // Nobody will ever use it again.
    if (!signal.aborted) await revokeLogin(login, options);
    throw error;
  }
  const credential = parseCredential(JSON.stringify(login), { name: place.name });
  const isOther = old !== undefined && old.accessToken !== credential.accessToken;
  return { credential, replaced: isOther && old !== undefined ? await revokeLogin(old.raw, options) : undefined };
}

/**
 * Revokes a login and removes its file, whatever comes of the revocation. Under the lock of the file: a refresh that is
 * under way is waited for, and what it brings is revoked too.
 * @returns undefined when there was no file
 * @throws Failure `lock_busy`, `remove_failed`; the signal's reason: the file is then still there.
 */
export async function dropLogin(place: LoginPlace, options: RevokeOptions): Promise<Revocation | undefined> {
  const { signal } = options;
  let revocation: Revocation = { kind: "none" };
  const removed = await removeLogin(place.path, {
    name: place.name,
    signal,
    first: async () => {
      // What cannot be read cannot be revoked; it is removed all the same.
      const login = await readLoginOrNone(place, signal).catch(() => undefined);
      if (login !== undefined) revocation = await revokeLogin(login.raw, options);
    },
  });
  return removed ? revocation : undefined;
}
