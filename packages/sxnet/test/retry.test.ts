import { getEventListeners } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProviderError, type ProviderErrorCode } from "../src/errors.js";
import { DEFAULT_RETRY, parseRetryAfter, retryDelayMs, sleep } from "../src/retry.js";

const NOW_MS = Date.UTC(2026, 10, 20, 12, 0, 0);

function failure(code: ProviderErrorCode, retryAfterMs?: number, retryable?: boolean): ProviderError {
  return new ProviderError(code, "no", { retryAfterMs, retryable });
}

describe("retryDelayMs", () => {
  it.each([
    [1, 500],
    [2, 1000],
    [3, 2000],
    [4, 4000],
  ])("waits up to a doubling time before attempt %i + 1", (attempt, mostMs) => {
    const error = failure("overloaded");
    expect(retryDelayMs(error, attempt, DEFAULT_RETRY, () => 0)).toBe(0);
    expect(retryDelayMs(error, attempt, DEFAULT_RETRY, () => 0.5)).toBe(mostMs / 2);
    expect(retryDelayMs(error, attempt, DEFAULT_RETRY, () => 1 - 1e-9)).toBe(mostMs);
  });

  it("stays below the longest wait, also after very many attempts", () => {
    const policy = { ...DEFAULT_RETRY, maxRetries: Number.MAX_SAFE_INTEGER };
    for (const attempt of [8, 20, 5000]) {
      expect(retryDelayMs(failure("network"), attempt, policy, () => 1 - 1e-9)).toBe(60_000);
    }
  });

  it.each([
    ["an error that stays", failure("invalid_request"), 1],
    ["an error that says so itself", failure("network", undefined, false), 1],
    ["too many attempts", failure("network"), 5],
    ["a wish beyond the limit", failure("rate_limited", 300_001), 1],
  ])("gives up on %s", (_name, error, attempt) => {
    expect(retryDelayMs(error, attempt, DEFAULT_RETRY, () => 0)).toBeUndefined();
  });

  it("retries an error that overrules its code", () => {
    expect(retryDelayMs(failure("invalid_request", undefined, true), 1, DEFAULT_RETRY, () => 0)).toBe(0);
  });

  it("turns retries off with a policy of none", () => {
    expect(retryDelayMs(failure("network"), 1, { ...DEFAULT_RETRY, maxRetries: 0 }, () => 0)).toBeUndefined();
  });

  it("waits at least what the service asks, and at most a fifth more", () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(300_000), fc.integer({ min: 1, max: 4 }), random, (wishMs, attempt, value) => {
        const delayMs =
          retryDelayMs(failure("rate_limited", wishMs), attempt, DEFAULT_RETRY, () => value) ?? Number.NaN;
        expect(delayMs).toBeGreaterThanOrEqual(wishMs);
        expect(delayMs).toBeLessThanOrEqual(wishMs * 1.2);
      }),
    );
  });
});

describe("parseRetryAfter", () => {
  it.each<[string, Record<string, string>, string, number | undefined]>([
    ["nothing", {}, "", undefined],
    ["milliseconds", { "retry-after-ms": "250" }, "", 250],
    ["milliseconds with decimals", { "retry-after-ms": "250.2" }, "", 251],
    ["seconds", { "retry-after": "20" }, "", 20_000],
    ["seconds with decimals", { "retry-after": "1.5" }, "", 1500],
    ["zero", { "retry-after": "0" }, "", 0],
    ["the more exact header first", { "retry-after-ms": "100", "retry-after": "1" }, "try again in 9s", 100],
    ["a date", { "retry-after": "Fri, 20 Nov 2026 12:00:35 GMT" }, "", 35_000],
    ["a date in the past", { "retry-after": "Fri, 20 Nov 2026 11:00:35 GMT" }, "", 0],
    ["an RFC 3339 time", { "retry-after": "2026-11-20T12:00:01.500Z" }, "", 1500],
    ["a negative number", { "retry-after": "-5" }, "", undefined],
    ["a word", { "retry-after": "soon" }, "", undefined],
    ["a year alone", { "retry-after": "Mon" }, "", undefined],
    ["a word, but a sentence", { "retry-after": "soon" }, "Please try again in 2s.", 2000],
    ["35 s", {}, "Rate limit reached. Please try again in 35 s.", 35_000],
    ["1.5s", {}, "try again in 1.5s", 1500],
    ["1.242s and more text", {}, "Please try again in 1.242s. Visit https://x/y for 3m", 1242],
    ["200ms", {}, "Try again in 200ms.", 200],
    ["20 seconds", {}, "try again in 20 seconds", 20_000],
    ["6m0s", {}, "Please try again in 6m0s.", 360_000],
    ["1h2m3.5s", {}, "try again in 1h2m3.5s", 3_723_500],
    ["1 hour and 5 minutes", {}, "try again in 1 hour and 5 minutes.", 3_900_000],
    ["3 days", {}, "try again in 3 days", 259_200_000],
    ["retry in", {}, "Please retry in 34.074824224s.", 34_075],
    ["RetryInfo", {}, '{"@type":"x.RetryInfo","retryDelay":"34s"}', 34_000],
    ["a number without unit", {}, "try again in 5", undefined],
    ["an unknown unit", {}, "try again in 5 moons", undefined],
    ["later", {}, "try again later in 5s", undefined],
    ["a duration of something else", {}, "the limit is 5s", undefined],
    [
      "a window that is used up",
      { "x-ratelimit-reset-requests": "12ms", "x-ratelimit-remaining-requests": "0" },
      "",
      12,
    ],
    ["a window in minutes", { "x-ratelimit-reset-tokens": "6m0s" }, "", 360_000],
    [
      "a window with something left",
      { "x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "9" },
      "",
      undefined,
    ],
    ["the longest of two", { "x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "2s" }, "", 2000],
    ["the sentence before the window", { "x-ratelimit-reset-tokens": "6m0s" }, "try again in 1s", 1000],
    ["a window in seconds", { "x-ratelimit-reset": "7.5" }, "", 7500],
    ["a window until a second", { "x-ratelimit-reset": String(NOW_MS / 1000 + 9) }, "", 9000],
    ["a window until a millisecond", { "x-ratelimit-reset": String(NOW_MS + 9) }, "", 9],
    ["a window until a time", { "x-ratelimit-reset-requests": "2026-11-20T12:00:02Z" }, "", 2000],
    ["a window of nonsense", { "x-ratelimit-reset-tokens": "soon" }, "", undefined],
  ])("reads %s", (_name, headers, text, expected) => {
    expect(parseRetryAfter(headers, text, NOW_MS)).toBe(expected);
  });

  it("gives a finite number of at least 0, or nothing, for any input", () => {
    const value = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.msh :-]{0,30}$/));
    const names = ["retry-after-ms", "retry-after", "x-ratelimit-reset-tokens", "x-ratelimit-reset"];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), value, (headers, text) => {
        const found = parseRetryAfter(headers, `try again in ${text}`, NOW_MS);
        expect(found === undefined || (Number.isFinite(found) && found >= 0)).toBe(true);
      }),
    );
  });
});

describe("sleep", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("waits, and leaves nothing on the signal", async () => {
    const { signal } = new AbortController();
    let done = false;
    const sleeping = sleep(1000, signal).then(() => (done = true));
    await vi.advanceTimersByTimeAsync(999);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with the reason at once, and leaves no timer", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const sleeping = sleep(1000, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("does not begin when the signal is aborted already", async () => {
    await expect(sleep(1000, AbortSignal.abort("over"))).rejects.toBe("over");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not shorten a wait that is too long for a timer", async () => {
    const controller = new AbortController();
    const sleeping = sleep(2 ** 40, controller.signal);
    await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(1);
    controller.abort("over");
    await expect(sleeping).rejects.toBe("over");
  });
});
