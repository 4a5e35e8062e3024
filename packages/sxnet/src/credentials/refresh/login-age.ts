import { type Credential, remainingMs } from "../credential.js";

/** An access token is exchanged this long before its end. Source: Codex client 0.169, read 2026-11-20. */
const MARGIN_MS = 300_000;

/** A token of unknown end is exchanged when it is this old. Source: as above, "8-day rule". */
const UNKNOWN_END_AGE_MS = 8 * 24 * 60 * 60 * 1000;

/**
 * The credential with the end that it has by this machine's clock. Who saved a token that was already as good as over
 * has a clock that is fast: then its end is counted from the time of saving, by the same clock. A time of saving that
 * lies in the future (the clock was set back since) says nothing.
 */
export function correctClock<T extends Credential>(credential: T, nowMs: number): T {
  const { expiresAtMs, issuedAtMs, refreshedAtMs } = credential;
  if (expiresAtMs === undefined || issuedAtMs === undefined || refreshedAtMs === undefined) return credential;
  const lifetimeMs = expiresAtMs - issuedAtMs;
  if (lifetimeMs <= 0 || refreshedAtMs > nowMs) return credential;
  if (expiresAtMs - refreshedAtMs > marginMs(lifetimeMs)) return credential;
  return { ...credential, expiresAtMs: refreshedAtMs + lifetimeMs };
}

/** Whether it is time for a new access token: nearly over, of unknown end and old, or not as long-lived as asked for. */
export function needsRenewal(credential: Credential, nowMs: number, minTtlMs: number): boolean {
  const leftMs = remainingMs(credential, nowMs);
  if (leftMs === undefined) {
    const { refreshedAtMs } = credential;
    return refreshedAtMs !== undefined && nowMs - refreshedAtMs > UNKNOWN_END_AGE_MS;
  }
  const lifetimeMs = lifetimeOf(credential);
  if (leftMs <= marginMs(lifetimeMs)) return true;
  // A new token would not live longer than this one did when it was new.
  return leftMs < minTtlMs && (lifetimeMs === undefined || lifetimeMs >= minTtlMs);
}

function lifetimeOf({ expiresAtMs, issuedAtMs, refreshedAtMs }: Credential): number | undefined {
  const fromMs = issuedAtMs ?? refreshedAtMs;
  return expiresAtMs === undefined || fromMs === undefined ? undefined : expiresAtMs - fromMs;
}

/** Tokens of minutes would be exchanged all the time with the margin for tokens of days. */
function marginMs(lifetimeMs: number | undefined): number {
  return lifetimeMs === undefined || lifetimeMs <= 0 ? MARGIN_MS : Math.min(MARGIN_MS, lifetimeMs / 10);
}
