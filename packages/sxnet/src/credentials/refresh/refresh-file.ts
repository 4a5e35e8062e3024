import { Failure, pause, withFileLock } from "@scorpiox/sxutil";
import { type Credential, parseCredential } from "../credential.js";
import { CredentialError } from "../credential-error.js";
import { readCredentialFile } from "../credential-file.js";
import { type MarkedToken, readMarker, removeMarker, sha256, writeMarker } from "./dead-marker.js";
import { reserveDisk } from "./disk-reserve.js";
import { saveWhateverItTakes } from "../login/login-file.js";
import { LOGIN_VENDORS } from "../login-vendor.js";
import { loadVendor } from "../oauth.js";
import type { GrantedTokens, OauthVendor, TokenAnswer } from "../oauth-vendor.js";
import { exchangeRefreshToken, type Exchange, type ExchangeTools } from "./refresh-exchange.js";
import { type RefreshJob, type RefreshOutcome, toRecord } from "./refresh-job.js";
import { failedNote, refusedFailure } from "./refresh-words.js";

/** How long to wait for another refresher; longer than its exchange can take. */
const LOCK_WAIT_MS = 150_000;

/** How long another program may take to put a new login in the place of a refused one before we look again. */
const REREAD_AFTER_MS = 300;

/** For how long a failure without a word about it keeps others from trying. */
const FAILURE_MS = 5_000;

/**
 * Exchanges the refresh token of a credential file for new tokens, under the lock of the file, and saves them durably
 * before anything else. One at a time on this machine, whoever asks. The file is never left in a worse state: it is
 * replaced by newer tokens or not touched. Not to be interrupted: between the authority's commit and the saving lies
 * the only copy of the login.
 */
export async function refreshFile(job: RefreshJob, tools: ExchangeTools): Promise<RefreshOutcome> {
  try {
    return await withFileLock(job.path, { waitMs: LOCK_WAIT_MS, what: job.name }, () => refreshLocked(job, tools));
  } catch (error) {
    if (error instanceof Failure) return { kind: "failed", failure: toRecord(error) };
    throw error;
  }
}

async function refreshLocked(job: RefreshJob, tools: ExchangeTools): Promise<RefreshOutcome> {
  const before = await readLogin(job);
  if ((await sha256(before.accessToken)) !== job.staleSha256) return { kind: "adopted" };
  const { refreshToken } = before;
  if (refreshToken === undefined) throw refusedFailure(LOGIN_VENDORS[job.vendor], job.name, "no_refresh_token");
  const token: MarkedToken = { path: job.path, refreshToken, url: job.url };
  const known = await readMarker(token, tools.now());
  if (known !== undefined) throw refusedFailure(LOGIN_VENDORS[job.vendor], job.name, known);

  const vendor = await loadVendor(job.vendor);
  const request = vendor.buildRefresh(job.url, refreshToken, before.raw, job.originator);
  const reserve = await reserveDisk(job.path, job.name, Buffer.byteLength(JSON.stringify(before.raw)));
  try {
    const exchange = await exchangeRefreshToken(vendor, request, tools);
    const { answer } = exchange;
    if (answer.kind !== "granted") return await giveUp(job, token, answer, tools);
    await reserve.free();
    return await save(job, token, vendor, before, answer.tokens, exchange, tools);
  } finally {
    await reserve.free();
  }
}

async function readLogin(job: RefreshJob): Promise<Credential> {
  const file = await readCredentialFile(job.path, { name: job.name });
  if (file === undefined) throw new CredentialError("login_needed", `${job.name} is gone; log in again`);
  return parseCredential(file.text, { name: job.name, savedAtMs: file.savedAtMs }, LOGIN_VENDORS[job.vendor]);
}

async function save(
  job: RefreshJob,
  token: MarkedToken,
  vendor: OauthVendor,
  before: Credential,
  tokens: GrantedTokens,
  exchange: Exchange,
  { now }: ExchangeTools,
): Promise<RefreshOutcome> {
  if (vendor.isOtherAccount(before.raw, tokens)) {
    const code = "account_mismatch";
    await writeMarker(token, { code, atMs: now() });
    throw refusedFailure(LOGIN_VENDORS[job.vendor], job.name, code);
  }
  // A program without our lock may have written meanwhile; what it wrote is kept, but for the tokens. A login that was
  // taken away is not put back.
  const current = await readLogin(job).catch((error: unknown) => {
    if (error instanceof CredentialError && error.code === "login_needed") throw error;
    return before;
  });
  if (current.refreshToken !== before.refreshToken) return { kind: "adopted" };
  await saveWhateverItTakes(job.path, vendor.merge(current.raw, tokens, now()));
  await removeMarker(job.path);
  const warnings =
    tokens.accessToken === undefined ? [`the authority renewed ${job.name} without a new access token`] : [];
  return { kind: "refreshed", skewMs: exchange.skewMs, warnings };
}

async function giveUp(
  job: RefreshJob,
  token: MarkedToken,
  answer: Exclude<TokenAnswer, { kind: "granted" }>,
  { now }: ExchangeTools,
): Promise<RefreshOutcome> {
  if (answer.kind === "refused") {
    // A program that takes no lock may have been faster, and be just writing.
    if ((await hasChanged(job)) || (await pause(REREAD_AFTER_MS), await hasChanged(job))) return { kind: "adopted" };
    await writeMarker(token, { code: answer.code, atMs: now() });
    throw refusedFailure(LOGIN_VENDORS[job.vendor], job.name, answer.code);
  }
  if (await hasChanged(job)) return { kind: "adopted" };
  const delayMs = answer.kind === "failed" ? (answer.retryAfterMs ?? FAILURE_MS) : FAILURE_MS;
  const reason = answer.kind === "failed" ? answer.reason : "network";
  const message = failedNote(LOGIN_VENDORS[job.vendor], job.name, job.url, answer, delayMs);
  await writeMarker(token, { code: reason, atMs: now(), untilMs: now() + delayMs, message });
  throw new CredentialError(reason, message, { retryAfterMs: delayMs });
}

async function hasChanged(job: RefreshJob): Promise<boolean> {
  try {
    return (await sha256((await readLogin(job)).accessToken)) !== job.staleSha256;
  } catch {
    // Gone or broken meanwhile: nothing that could be adopted.
    return false;
  }
}
