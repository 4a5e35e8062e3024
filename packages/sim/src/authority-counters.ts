import { type AuthorityCall, type CallResult, REQUEST_KINDS, type RequestKind } from "./authority-request.js";
import type { FaultKind } from "./faults.js";

/** Numbers since the start. */
export interface AuthorityCounters {
  /** As they arrived, faults included. */
  readonly requests: Readonly<Record<RequestKind, number>>;
  /** Refresh tokens that were exchanged, or renewed without a new one. */
  readonly refreshes: number;
  /** Used refresh tokens that were answered again within the grace. */
  readonly graceRefreshes: number;
  /** Refreshes that were refused for their token. */
  readonly refused: number;
  /** Of these, with a token that had been used before. */
  readonly reuses: number;
  /** Logins that ended by a reuse or were revoked. */
  readonly familiesRevoked: number;
  readonly liveFamilies: number;
  /** Logins by code, by device and by the test. */
  readonly signIns: number;
  /** Answers that a fault befell. */
  readonly faults: number;
  /** Exchanges whose answer the client did not read to its end: with strict rotation, its login is lost. */
  readonly lostAnswers: number;
  readonly violations: number;
}

/** One request, as the log has it. Tokens are told by tags. */
export interface AuthorityRow {
  readonly n: number;
  /** When the request came: RFC 3339, true time. */
  readonly at: string;
  readonly kind: RequestKind;
  readonly method: string;
  readonly path: string;
  /** 0 when the connection ended before a status was sent. */
  readonly status: number;
  readonly ms: number;
  /** What came of it: `rotated`, `reused`, `pending`, …; `undone` when a fault stood before the work. */
  readonly outcome: string;
  readonly familyId?: number;
  /** First 12 hex digits of the SHA-256 of the token that was presented. */
  readonly presented?: string;
  readonly fault?: FaultKind;
  /** Whether the whole answer left. */
  readonly delivered: boolean;
  readonly violation?: string;
}

/** Counts results as they happen. */
export class Tally {
  readonly requests = Object.fromEntries(REQUEST_KINDS.map((kind) => [kind, 0])) as Record<RequestKind, number>;
  readonly numbers = {
    refreshes: 0,
    graceRefreshes: 0,
    refused: 0,
    reuses: 0,
    familiesRevoked: 0,
    signIns: 0,
    faults: 0,
    lostAnswers: 0,
  };

  /** A request has done its work. */
  count({ kind }: AuthorityCall, { outcome }: CallResult): void {
    const { numbers } = this;
    if (outcome === "revoked" || outcome.endsWith("family_revoked")) numbers.familiesRevoked += 1;
    if (kind === "code" && outcome === "issued") numbers.signIns += 1;
    if (kind !== "refresh" && kind !== "claude_refresh") return;
    if (outcome === "rotated" || outcome === "renewed") numbers.refreshes += 1;
    if (outcome === "repeated") numbers.graceRefreshes += 1;
    const reused = outcome.startsWith("reused");
    if (reused) numbers.reuses += 1;
    if (reused || ["invalidated", "expired", "unknown"].includes(outcome)) numbers.refused += 1;
  }
}
