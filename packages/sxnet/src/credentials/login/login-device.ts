import { pause } from "@scorpiox/sxutil";
import { ProviderError } from "../../errors.js";
import { CredentialError } from "../credential-error.js";
import { exchangeCode, type LoginTokens } from "./login-exchange.js";
import {
  asLoginFailure,
  hostOf,
  type LoginAnswer,
  type LoginService,
  postLogin,
  readField,
  refusal,
} from "./login-request.js";
import { CODEX_CLIENT_ID } from "../oauth-codex.js";

/** What the person needs to type, and where. */
export interface DeviceCode {
  /** Letters, digits and dashes. Whoever types it gives this login away, so it is shown to nobody else. */
  readonly userCode: string;
  readonly url: string;
  /** How long it is good, in milliseconds from now. */
  readonly lifeMs: number;
}

export interface DeviceLoginOptions extends LoginService {
  /** Called once, as soon as there is a code. */
  readonly onCode: (code: DeviceCode) => void;
  /** Called with a line for people when asking fails for now, and with undefined when it works again. */
  readonly onTrouble?: ((line: string | undefined) => void) | undefined;
  /** How long the code is tried. Default: 15 minutes. The server may say less. */
  readonly limitMs?: number | undefined;
  /** Wall clock in Unix milliseconds, to read the server's times with. */
  readonly now: () => number;
  /** Default: a timer. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

const LIMIT_MS = 15 * 60_000;
const DEFAULT_INTERVAL_MS = 5_000;
const MIN_INTERVAL_MS = 1_000;
const MAX_INTERVAL_MS = 60_000;
/** RFC 8628 section 3.5: what `slow_down` adds, from then on. */
const SLOWER_MS = 5_000;

const USER_CODE = /^[A-Za-z0-9-]{4,32}$/u;
const OPAQUE = /^[\u0021-\u007e]{1,4096}$/u;
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/u;

const DENIED = new Set(["access_denied", "authorization_denied", "deviceauth_denied"]);
const EXPIRED = new Set(["expired_token", "deviceauth_expired", "code_expired"]);
const SLOW_DOWN = new Set(["slow_down", "deviceauth_slow_down"]);

/**
 * Logs in with a code that the person types on another page, which may be on another machine. Waits through failures of
 * the network until the code's time is over. Nothing is saved here.
 * Source: codex 0.169.0, `/api/accounts/deviceauth`, read 2026-11-20: the server chooses the PKCE pair; 403 and 404 mean
 * that the person has not decided; `interval` is text. RFC 8628 for the rest.
 * @throws CredentialError `login_needed` when the person or the server refuses or the time is over, `network`,
 * `limited`; the signal's reason.
 */
export async function logInByDevice(options: DeviceLoginOptions): Promise<LoginTokens> {
  const { issuer } = options;
  const startedMs = performance.now();
  const start = await startLogin(options);
  const userCode = readField(start, ["user_code", "usercode"], USER_CODE, issuer);
  const deviceAuthId = readField(start, ["device_auth_id"], OPAQUE, issuer);
  const lifeMs = Math.min(options.limitMs ?? LIMIT_MS, readLifeMs(start, options.now()));
  options.onCode({ userCode, url: `${issuer}/codex/device`, lifeMs });
  const poll = new DevicePoll(options, { device_auth_id: deviceAuthId, user_code: userCode }, readIntervalMs(start));
  const granted = await poll.untilDecided(startedMs + lifeMs);
  return await exchangeCode(options, {
    code: readField(granted, ["authorization_code"], OPAQUE, issuer),
    verifier: readField(granted, ["code_verifier"], VERIFIER, issuer),
    redirectUri: `${issuer}/deviceauth/callback`,
  });
}

async function startLogin(options: DeviceLoginOptions): Promise<LoginAnswer> {
  const { issuer } = options;
  let answer: LoginAnswer;
  try {
    answer = await postLogin(options, "/api/accounts/deviceauth/usercode", { json: { client_id: CODEX_CLIENT_ID } });
  } catch (error) {
    throw asLoginFailure(error, issuer);
  }
  if (answer.status === 404) {
    const message = `${hostOf(issuer)} does not offer login by code; allow device codes in the account's security settings, or use login --browser`;
    throw new CredentialError("login_needed", message);
  }
  if (answer.status < 200 || answer.status > 299) throw refusal("the request for a login code", answer, issuer);
  return answer;
}

/** Asks again and again, never faster than the server wants. */
class DevicePoll {
  #failures = 0;

  constructor(
    private readonly options: DeviceLoginOptions,
    private readonly json: Readonly<Record<string, string>>,
    private intervalMs: number,
  ) {}

  /** The answer with the code. `endMs` by the monotonic clock. */
  async untilDecided(endMs: number): Promise<LoginAnswer> {
    const { issuer, signal, wait = pause } = this.options;
    for (;;) {
      // The failures of the network wait longer and longer, up to a minute.
      const waitMs = Math.min(
        this.intervalMs * 2 ** Math.min(this.#failures, 6),
        Math.max(this.intervalMs, MAX_INTERVAL_MS),
      );
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) throw timeIsOver();
      await wait(Math.min(waitMs, leftMs), signal);
      if (performance.now() >= endMs) throw timeIsOver();
      const answer = await this.ask();
      if (answer === undefined) continue;
      if (answer.status >= 200 && answer.status <= 299) return answer;
      this.judge(answer, issuer);
    }
  }

  /** Undefined when there was no answer to go by. */
  private async ask(): Promise<LoginAnswer | undefined> {
    const { onTrouble, issuer } = this.options;
    try {
      const answer = await postLogin(this.options, "/api/accounts/deviceauth/token", { json: this.json });
      if (answer.status >= 500) {
        this.#failures += 1;
        onTrouble?.(`${hostOf(issuer)} answered ${answer.status}; trying again`);
        return undefined;
      }
      if (this.#failures > 0) onTrouble?.(undefined);
      this.#failures = 0;
      return answer;
    } catch (error) {
      // A certificate that is not trusted will not be so in a minute.
      if (!ProviderError.is(error) || !error.retryable) throw asLoginFailure(error, issuer);
      this.#failures += 1;
      onTrouble?.(`${error.message}; trying again`);
      return undefined;
    }
  }

  /** Returns when the person has not decided yet. */
  private judge(answer: LoginAnswer, issuer: string): void {
    const { status, code = "", retryAfterMs = 0 } = answer;
    if (DENIED.has(code))
      throw new CredentialError("login_needed", "the login was refused on the page; nothing has changed");
    if (EXPIRED.has(code)) throw timeIsOver();
    if (SLOW_DOWN.has(code) || status === 429) {
      this.intervalMs = Math.min(Math.max(this.intervalMs + SLOWER_MS, retryAfterMs), MAX_INTERVAL_MS);
      return;
    }
    if (status === 403 || status === 404 || code.endsWith("authorization_pending")) return;
    throw refusal("the question whether the code was typed", answer, issuer);
  }
}

function timeIsOver(): CredentialError {
  return new CredentialError("login_needed", "the login code was not used in time; start the login again");
}

/** Seconds as text or as a number. */
function readIntervalMs({ body }: LoginAnswer): number {
  const seconds = readNumber(body["interval"]);
  if (seconds === undefined) return DEFAULT_INTERVAL_MS;
  return Math.min(Math.max(seconds * 1000, MIN_INTERVAL_MS), MAX_INTERVAL_MS);
}

/** What the server says about the code's end; the name of its field is not certain. */
function readLifeMs({ body }: LoginAnswer, nowMs: number): number {
  const seconds = readNumber(body["expires_in"]);
  if (seconds !== undefined && seconds > 0) return seconds * 1000;
  const endMs = typeof body["expires_at"] === "string" ? Date.parse(body["expires_at"]) : Number.NaN;
  // An end in the past is a wrong clock, here or there.
  return endMs > nowMs ? endMs - nowMs : LIMIT_MS;
}

function readNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,6}(?:\.\d{1,3})?$/u.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
}
