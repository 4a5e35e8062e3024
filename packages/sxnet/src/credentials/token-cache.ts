import type { Stats } from "node:fs";
import { chmod, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  cacheFolder,
  currentUserId,
  displayPath,
  Failure,
  oneLine,
  withFileLock,
  writeFileAtomic,
} from "@scorpiox/sxutil";
import type { AccessCredential } from "../types.js";
import { type Credential, remainingMs } from "./credential.js";
import { CredentialError } from "./credential-error.js";
import { readCredentialFile } from "./credential-file.js";
import {
  buildCacheEntry,
  type CacheEntry,
  type CacheQuestion,
  EMPTY_ENTRY,
  findFailure,
  findLast,
  findToken,
  parseCacheEntry,
  toFailure,
} from "./token-cache-entry.js";

/** How long a failure is remembered when nobody says: long enough for those who wait in line. */
const FAILURE_MS = 5_000;
/** How long a token that a service refused is not handed out to others either. */
const QUARANTINE_MS = 300_000;
/** Longest wait for another process that is fetching; longer than any fetch takes. */
const WAIT_MS = 40_000;

export interface TokenCacheOptions {
  /** All that decides which token comes, the source's name first: other words, another token. Only a hash is stored. */
  readonly identity: readonly string[];
  /** Who gives the token out, for messages: `the token server token.example.com`. */
  readonly giver: string;
  /** Absolute path of the user's home folder. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Wall clock in Unix milliseconds. */
  readonly now: () => number;
  readonly minTtlMs?: number | undefined;
  readonly rejected?: AccessCredential | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Longest wait for another process that is fetching, in milliseconds. Default 40,000. */
  readonly waitMs?: number | undefined;
}

export interface CachedCredential {
  /** `raw` is empty, and there is no refresh token, unless it was fetched by this very call. */
  readonly credential: Credential;
  /** One line each, for stderr. */
  readonly warnings: readonly string[];
}

/**
 * The short-lived access token that somebody else gives out, fetched once for all processes of this user. It is kept
 * in `~/.cache/scorpiox/tokens`: what is lost with a cache is one request. A token that is good enough is handed out
 * without a lock. Otherwise one process fetches while the others wait, saves what it got, and hands it out; they take
 * the same. Of a CredentialError they get the same too: it is remembered for its `retryAfterMs` (0: not at all;
 * default 5 s), unless the token that there is will do. A refused token is taken out before the next is fetched, and nobody is handed it for five minutes.
 *
 * Where the cache cannot be used, `fetch` is called all the same, and a warning says why.
 *
 * @throws CredentialError, also `login_needed` for a fetched token that is over or refused, and `ttl_too_short`;
 * Failure `lock_busy`; the signal's reason; whatever else `fetch` throws.
 */
export async function withTokenCache(
  options: TokenCacheOptions,
  fetch: () => Promise<Credential>,
): Promise<CachedCredential> {
  options.signal?.throwIfAborted();
  const cache = await TokenCache.open(options);
  const credential = await cache.get(fetch);
  checkLifetime(credential, options);
  return { credential, warnings: cache.warnings };
}

function checkLifetime(credential: Credential, { giver, now, minTtlMs = 0 }: TokenCacheOptions): void {
  const leftMs = remainingMs(credential, now());
  if (leftMs === undefined || leftMs >= minTtlMs) return;
  const [left, wanted] = [Math.floor(leftMs / 1000), Math.ceil(minTtlMs / 1000)];
  const message = `the access token of ${giver} lives for ${left} s, less than the ${wanted} s asked for; ask for less, or try again when it has been renewed there`;
  throw new CredentialError("ttl_too_short", message);
}

class TokenCache {
  readonly warnings: string[] = [];
  readonly #options: TokenCacheOptions;
  readonly #path: string;
  readonly #sinceMs: number;
  readonly #sha256: (text: string) => string;

  static async open(options: TokenCacheOptions): Promise<TokenCache> {
    const { createHash } = await import("node:crypto");
    return new TokenCache(options, (text) => createHash("sha256").update(text).digest("hex"));
  }

  private constructor(options: TokenCacheOptions, sha256: (text: string) => string) {
    this.#options = options;
    this.#sha256 = sha256;
    const name = `${sha256(JSON.stringify(options.identity))}.json`;
    this.#path = join(cacheFolder(options.env, options.home), "tokens", name);
    this.#sinceMs = options.now();
  }

  async get(fetch: () => Promise<Credential>): Promise<Credential> {
    let entry = await this.#read();
    if (entry !== undefined) {
      const found = this.#find(entry);
      if (found !== undefined) return found;
    }
    if (entry === undefined || !(await this.#prepareFolder())) return this.#obtain(fetch, EMPTY_ENTRY);
    const { signal, waitMs = WAIT_MS, giver } = this.#options;
    const lock = { waitMs, what: `the token of ${giver}`, ...(signal === undefined ? {} : { signal }) };
    let isLocked = false;
    try {
      return await withFileLock(this.#path, lock, async () => {
        isLocked = true;
        entry = (await this.#read()) ?? EMPTY_ENTRY;
        return this.#find(entry) ?? (await this.#renew(entry, fetch));
      });
    } catch (error) {
      if (isLocked || !(error instanceof Failure) || error.code !== "lock_failed") throw error;
      this.#warn(error.message);
      return this.#obtain(fetch, entry ?? EMPTY_ENTRY);
    }
  }

  /** Under the lock. Whatever comes of it is on disk before it is handed out. */
  async #renew(old: CacheEntry, fetch: () => Promise<Credential>): Promise<Credential> {
    const refused = this.#addRejected(old);
    const { token } = old;
    const isRefused = token !== undefined && this.#isRefused(token.credential.accessToken, refused);
    const kept: CacheEntry = { ...(token === undefined || isRefused ? {} : { token }), refused };
    if (isRefused) await this.#save(kept);
    try {
      const credential = await this.#obtain(fetch, kept);
      await this.#save({ token: { credential, fetchedAtMs: this.#options.now() }, refused });
      return credential;
    } catch (error) {
      if (error instanceof CredentialError && error.retryAfterMs !== 0 && this.#options.signal?.aborted !== true)
        await this.#save({ ...kept, failure: toFailure(error, this.#options.now(), FAILURE_MS) });
      const last = error instanceof CredentialError ? findLast(kept, this.#question()) : undefined;
      if (last === undefined) throw error;
      return last;
    }
  }

  /** Fetches, and refuses what nobody can use. */
  async #obtain(fetch: () => Promise<Credential>, { refused }: CacheEntry): Promise<Credential> {
    const credential = await fetch();
    const { giver, now } = this.#options;
    const nowMs = now();
    const leftMs = remainingMs(credential, nowMs);
    if (leftMs !== undefined && leftMs <= 0) {
      const when = new Date(nowMs + leftMs).toISOString();
      const message = `the access token of ${giver} expired at ${when}; the login there must be renewed`;
      throw new CredentialError("login_needed", message);
    }
    if (!this.#isRefused(credential.accessToken, refused)) return credential;
    const message = `the service refused the access token of ${giver}, and there is no other; the login there must be renewed`;
    throw new CredentialError("login_needed", message);
  }

  /** What the cache can answer by itself: a token, or an error that it throws. */
  #find(entry: CacheEntry): Credential | undefined {
    const question = this.#question();
    const isGood = (one: Credential | undefined): boolean =>
      one !== undefined && !this.#isRefused(one.accessToken, entry.refused);
    const found = findToken(entry, question);
    if (isGood(found)) return found;
    const failure = findFailure(entry, question);
    if (failure === undefined) return undefined;
    const last = findLast(entry, question);
    if (isGood(last)) return last;
    throw failure;
  }

  #question(): CacheQuestion {
    const { now, minTtlMs = 0 } = this.#options;
    return { nowMs: now(), sinceMs: this.#sinceMs, minTtlMs };
  }

  #isRefused(accessToken: string, refused: CacheEntry["refused"]): boolean {
    if (this.#options.rejected?.accessToken === accessToken) return true;
    if (refused.length === 0) return false;
    const [sha256, nowMs] = [this.#sha256(accessToken), this.#options.now()];
    return refused.some((one) => one.sha256 === sha256 && isQuarantined(one.untilMs, nowMs));
  }

  #addRejected({ refused }: CacheEntry): CacheEntry["refused"] {
    const nowMs = this.#options.now();
    const current = refused.filter(({ untilMs }) => isQuarantined(untilMs, nowMs));
    const { rejected } = this.#options;
    if (rejected === undefined) return current;
    const sha256 = this.#sha256(rejected.accessToken);
    return [...current.filter((one) => one.sha256 !== sha256), { sha256, untilMs: nowMs + QUARANTINE_MS }];
  }

  /** Undefined when the cache cannot be used; said once. */
  async #read(): Promise<CacheEntry | undefined> {
    const name = displayPath(this.#path, this.#options.home);
    try {
      const file = await readCredentialFile(this.#path, { name, signal: this.#options.signal });
      if (file === undefined) return EMPTY_ENTRY;
      this.warnings.push(...file.warnings);
      return parseCacheEntry(file.text);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      this.#warn((error as Error).message);
      return undefined;
    }
  }

  /** The folder, this user's own and closed to all others. False when there can be none. */
  async #prepareFolder(): Promise<boolean> {
    const folder = dirname(this.#path);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const info = await stat(folder);
      checkFolder(info);
      if ((info.mode & 0o077) !== 0 && currentUserId() !== undefined) await chmod(folder, 0o700);
      return true;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#warn(`${displayPath(folder, this.#options.home)}: ${code ?? message}`);
      return false;
    }
  }

  async #save(entry: CacheEntry): Promise<void> {
    try {
      await writeFileAtomic(this.#path, buildCacheEntry(entry), { mode: 0o600 });
    } catch (error) {
      // The token is good although it could not be kept: the next process fetches its own.
      this.#warn((error as Error).message);
    }
  }

  #warn(why: string): void {
    const warning = `the token cache is not used: ${oneLine(why, 300)}`;
    if (!this.warnings.includes(warning)) this.warnings.push(warning);
  }
}

/** Not when the clock was set back meanwhile: that would make it last. */
function isQuarantined(untilMs: number, nowMs: number): boolean {
  return untilMs > nowMs && untilMs - nowMs <= QUARANTINE_MS;
}

function checkFolder(info: Stats): void {
  const userId = currentUserId();
  if (!info.isDirectory()) throw new Error("it is not a folder");
  if (userId !== undefined && info.uid !== userId) throw new Error("it belongs to another user");
}
