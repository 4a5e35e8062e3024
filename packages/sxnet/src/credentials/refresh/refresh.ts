import { ExitCode, Failure, withFileLock } from "@scorpiox/sxutil";
import { readMarker, sha256 } from "./dead-marker.js";
import { CredentialError } from "../credential-error.js";
import { checkSameAccount, type FoundLogin, isOfficial, isShared, readLoginAt } from "../login/login-place.js";
import { keyOf, vendorOf } from "../login-vendor.js";
import { readNetworkOptions } from "../network-settings.js";
import { loadVendor } from "../oauth.js";
import { type RefreshJob, type RefreshOutcome, toFailure } from "./refresh-job.js";
import { logInAgain, refusedFailure } from "./refresh-words.js";
import { startRefresher } from "./refresher-start.js";
import type { SourceOptions } from "../source.js";

/** Longest wait for others who refresh the same login; longer than one refresh takes. */
const WAIT_MS = 150_000;

/** Longer than a refresher takes that has to wait for another one first. */
const PATIENCE_MS = 300_000;

/** A refresher that was killed may or may not have got as far as the network; once more is all that is tried. */
const MAX_STARTS = 2;

/** A difference of the clocks that is worth a word. */
const SKEW_MS = 300_000;

export interface RefreshWish {
  /** How long to wait, in milliseconds, all in all. What has been started goes on. Default: 300,000. */
  readonly patienceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets newer tokens into the file of `stale`, and reads them. Of all processes that want the same one at a time starts
 * a refresher; the others wait, and take what it has saved. The exchange itself is the refresher's affair, which
 * outlives this process: see docs/decisions.
 *
 * @throws CredentialError when there is no way to newer tokens, `limited` and `network` when there may be one later;
 * Failure `lock_busy`, `lock_failed`, `write_failed`, `refresh_failed`; the signal's reason.
 */
export async function refreshLogin(stale: FoundLogin, options: SourceOptions, wish: RefreshWish): Promise<FoundLogin> {
  const { place } = stale;
  const { refreshToken, accessToken } = stale.credential;
  await checkOwner(stale, options);
  const vendor = vendorOf(options);
  if (refreshToken === undefined) throw refusedFailure(vendor, place.name, "no_refresh_token");
  const { refresher, settings } = options;
  const oauth = await loadVendor(vendor.name);
  const job: RefreshJob = {
    vendor: vendor.name,
    path: place.path,
    name: place.name,
    url: oauth.refreshUrl(settings),
    originator: oauth.originator(settings),
    staleSha256: await sha256(accessToken),
    network: options.network ?? (await readNetworkOptions(options)),
  };
  await throwIfMarked(job, refreshToken, options);
  if (refresher === undefined) {
    const advice = `use ${vendor.name === "codex" ? "scorpiox-codex-fetchtoken" : vendor.client}, or hand in the option refresher`;
    throw new CredentialError("login_needed", `this program cannot refresh ${place.name}; ${advice}`);
  }
  const patience = new Patience(wish, place.name);
  const look = new Lookout(stale, options, patience.signal);
  try {
    const { signal } = patience;
    // The lock of the file itself is the refresher's. This one only keeps a hundred waiting processes from starting a
    // hundred refreshers; when we are killed, the next in line starts one, and that waits for ours.
    const lock = { waitMs: WAIT_MS, what: `the refresh of ${place.name}`, signal: look.signal };
    return await withFileLock(`${place.path}.refresh`, lock, async () => {
      look.end();
      for (let start = 1; ; start += 1) {
        const adopted = await findNewer(stale, options, signal);
        if (adopted !== undefined) return adopted;
        await throwIfMarked(job, refreshToken, options);
        if (start > MAX_STARTS) throw refresherDied(place.name);
        const outcome = await startRefresher(refresher, job, options.env, signal);
        if (outcome?.kind === "failed") throw toFailure(outcome.failure);
        const renewed = await findNewer(stale, options, signal);
        if (renewed !== undefined) return withNotes(renewed, outcome, options);
        if (outcome !== undefined) throw new CredentialError("network", noNewToken(place.name));
      }
    });
  } catch (error) {
    if (look.found !== undefined) return look.found;
    throw error;
  } finally {
    look.end();
    patience.end();
  }
}

/** The official client takes no lock and writes in place: its file is not ours to refresh, unless the user says so. */
async function checkOwner({ place }: FoundLogin, options: SourceOptions): Promise<void> {
  if (isShared(options) || !(await isOfficial(place, options))) return;
  const vendor = vendorOf(options);
  const { client } = vendor;
  const share = `set ${keyOf(vendor, "SHARE_LOGIN")}=1`;
  const ways = `use that once, which renews it, or ${share}${vendor.logIn === client ? "" : `, or ${logInAgain(vendor)}`}`;
  throw new CredentialError("login_needed", `${place.name} belongs to the official client (${client}); ${ways}`);
}

async function throwIfMarked(job: RefreshJob, refreshToken: string, options: SourceOptions): Promise<void> {
  const marker = await readMarker({ path: job.path, refreshToken, url: job.url }, options.now());
  if (marker !== undefined) throw refusedFailure(vendorOf(options), job.name, marker);
}

/** The file's login, if it is not the stale one any more. @throws CredentialError for one of another account. */
async function findNewer(
  stale: FoundLogin,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<FoundLogin | undefined> {
  const { place } = stale;
  const found = await readLoginAt(place, signal);
  if (found === undefined)
    throw new CredentialError("login_needed", `${place.name} is gone; ${logInAgain(vendorOf(options))}`);
  if (found.credential.accessToken === stale.credential.accessToken) return undefined;
  checkSameAccount(place, stale.credential, found.credential);
  return found;
}

async function withNotes(
  login: FoundLogin,
  outcome: RefreshOutcome | undefined,
  options: SourceOptions,
): Promise<FoundLogin> {
  if (outcome?.kind !== "refreshed") return login;
  const notes = [...outcome.warnings];
  const { name } = login.place;
  const skewMs = outcome.skewMs ?? 0;
  if (Math.abs(skewMs) >= SKEW_MS) {
    const by = `${Math.round(Math.abs(skewMs) / 60_000)} minutes ${skewMs > 0 ? "behind" : "ahead of"}`;
    notes.push(
      `the clock of this machine is ${by} that of the sign-in service; set it, or tokens seem to end too early`,
    );
  }
  if (await isOfficial(login.place, options)) {
    const key = keyOf(vendorOf(options), "SHARE_LOGIN");
    notes.push(`${name} was refreshed and is shared with the official client, which takes no lock (${key})`);
  }
  return { ...login, warnings: [...login.warnings, ...notes] };
}

function refresherDied(name: string): Failure {
  const message = `the refresh of ${name} ended without a result; try again, and log in again if it stays so`;
  return new Failure("refresh_failed", ExitCode.failure, message);
}

function noNewToken(name: string): string {
  return `the sign-in service gave no new access token for ${name}; try again, and log in again if it stays so`;
}

/** How often those who wait in line look whether they still have to. */
const LOOK_EVERY_MS = 150;

/** Stands in line with an eye on the file: who sees a newer login there leaves, and lets the others come up. */
class Lookout {
  found: FoundLogin | undefined;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal;
  readonly #stop = (): void => this.#controller.abort(this.#outer.reason);
  #ended = false;

  constructor(stale: FoundLogin, options: SourceOptions, outer: AbortSignal) {
    this.#outer = outer;
    if (outer.aborted) this.#stop();
    outer.addEventListener("abort", this.#stop, { once: true });
    this.#timer = setInterval(() => {
      findNewer(stale, options, outer).then(
        (newer) => {
          if (newer !== undefined) this.#see(newer);
        },
        // What is wrong with the file is said when it is our turn.
        () => undefined,
      );
    }, LOOK_EVERY_MS);
  }

  /** Aborts when there is no need to wait any more, and with the outer one. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#outer.removeEventListener("abort", this.#stop);
  }

  #see(newer: FoundLogin): void {
    if (this.#ended) return;
    this.found = newer;
    this.end();
    this.#controller.abort(new Error("a newer login is there"));
  }
}

/** The caller's signal and the end of his patience in one; neither the timer nor the listener outlives it. */
class Patience {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #stop = (): void => this.#controller.abort(this.#outer?.reason);
  readonly #timer: NodeJS.Timeout;

  constructor({ patienceMs = PATIENCE_MS, signal }: RefreshWish, name: string) {
    this.#outer = signal;
    if (signal?.aborted === true) this.#stop();
    signal?.addEventListener("abort", this.#stop, { once: true });
    this.#timer = setTimeout(() => {
      const message = `the refresh of ${name} is still under way after ${Math.ceil(patienceMs / 1000)} s`;
      this.#controller.abort(new Failure("refresh_slow", ExitCode.timeout, message));
    }, patienceMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#stop);
  }
}
