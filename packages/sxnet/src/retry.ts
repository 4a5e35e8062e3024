import type { ProviderError } from "./errors.js";

/** All times in milliseconds. */
export interface RetryPolicy {
  /** How often a failed request is repeated; 0 turns retries off. */
  readonly maxRetries: number;
  /** Upper end of the first wait; it doubles with each attempt. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A service that asks for a longer wait than this is not retried at all. */
  readonly maxServerDelayMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  maxRetries: 4,
  baseDelayMs: 500,
  maxDelayMs: 60_000,
  maxServerDelayMs: 300_000,
};

/** How much longer than asked we wait at most, so that many clients do not come back in the same moment. */
const SERVER_JITTER = 0.2;
/** setTimeout turns anything above into 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * How long to wait before repeating what failed for the `attempt`-th time (from 1); `undefined`: do not repeat it.
 * Full jitter over the doubling delay, or from what the service asked for up to a fifth more. `random` gives 0 up to 1.
 */
export function retryDelayMs(
  error: ProviderError,
  attempt: number,
  policy: RetryPolicy,
  random: () => number,
): number | undefined {
  if (!error.retryable || attempt > policy.maxRetries) return undefined;
  const wishMs = error.retryAfterMs;
  if (wishMs === undefined) {
    return Math.round(random() * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1)));
  }
  if (wishMs > policy.maxServerDelayMs) return undefined;
  return Math.max(0, wishMs + Math.floor(random() * wishMs * SERVER_JITTER));
}

/**
 * How long the service asks to wait, in whole milliseconds, read from what is most exact: `retry-after-ms`,
 * `retry-after`, words such as "try again in 6m0s", `x-ratelimit-reset…`. `undefined` when it does not say.
 * Source: Responses and Chat Completions error texts and headers, Google `RetryInfo`, RFC 9110 10.2.3, read 2026-11-20.
 */
export function parseRetryAfter(
  headers: Readonly<Record<string, string>>,
  text: string,
  nowMs: number,
): number | undefined {
  return (
    parseNumber(headers["retry-after-ms"], 1) ??
    parseNumber(headers["retry-after"], 1000) ??
    parseDate(headers["retry-after"], nowMs) ??
    parseSentence(text) ??
    parseResets(headers, nowMs)
  );
}

function parseNumber(value: string | undefined, unitMs: number): number | undefined {
  if (value === undefined || !/^\s*\d{1,15}(\.\d{1,15})?\s*$/.test(value)) return undefined;
  return Math.ceil(Number(value) * unitMs);
}

/** An HTTP date or an RFC 3339 time. Anything else is refused: `Date.parse` would find a year in "-5". */
function parseDate(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined || !/^\s*(\w{3,9}, .{1,30} GMT|\d{4}-\d\d-\d\dT[\d:.]{5,25}Z)\s*$/.test(value)) {
    return undefined;
  }
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function parseSentence(text: string): number | undefined {
  const found = /\b(?:try again|retry) (?:in|after) |"retryDelay"\s*:\s*"/i.exec(text);
  return found === null ? undefined : parseDuration(text.slice(found.index + found[0].length, found.index + 200));
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The leading part of `text` that is a duration: `12ms`, `1.5s`, `35 s`, `6m0s`, `20 seconds`, `1 hour and 5 minutes`. */
function parseDuration(text: string): number | undefined {
  const part =
    /[\s,]*(?:and\s+)?(\d{1,12}(?:\.\d{1,12})?)\s*(?:(ms|milliseconds?)|(s|secs?|seconds?)|(m|mins?|minutes?)|(h|hrs?|hours?)|(d|days?))(?![a-z])/iy;
  let totalMs: number | undefined;
  for (let found = part.exec(text); found !== null; found = part.exec(text)) {
    const unit = ["ms", "s", "m", "h", "d"].find((_, index) => found?.[index + 2] !== undefined) ?? "s";
    totalMs = (totalMs ?? 0) + Number(found[1]) * (UNITS_MS[unit] ?? 1000);
  }
  return totalMs === undefined ? undefined : Math.ceil(totalMs);
}

/**
 * The longest of the `x-ratelimit-reset…` headers whose window is used up. They come with every answer, so a window
 * that says it has something left is not what we wait for.
 */
function parseResets(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const prefix = "x-ratelimit-reset";
  let longestMs: number | undefined;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(prefix)) continue;
    const left = Number(headers[`x-ratelimit-remaining${name.slice(prefix.length)}`] ?? "0");
    const waitMs = left > 0 ? undefined : parseReset(value, nowMs);
    if (waitMs !== undefined) longestMs = Math.max(longestMs ?? 0, waitMs);
  }
  return longestMs;
}

/** The wait that a reset header means: `12ms`, `6m0s`, a time, or a number: seconds from now, or since 1970, or milliseconds since 1970, by its size. */
export function parseReset(value: string, nowMs: number): number | undefined {
  const number = parseNumber(value, 1);
  if (number === undefined) return parseDate(value, nowMs) ?? parseDuration(value);
  if (number >= 1e12) return Math.max(0, number - nowMs);
  return number >= 1e9 ? Math.max(0, number * 1000 - nowMs) : Math.ceil(Number(value) * 1000);
}

/** Waits. Rejects with the signal's reason as soon as it aborts; leaves no timer and no listener behind. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    signal?.addEventListener("abort", abort, { once: true });
  });
}
