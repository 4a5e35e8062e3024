import { type Check, flag, number, object, oneOf, whole } from "./json-check.js";

/** How the authority behaves; all of it can be changed while it runs. */
export interface AuthoritySettings {
  /** Default ten days, as the real ones. */
  readonly accessTokenLifeMs: number;
  /** A refresh token that was not used for so long is expired. Default 90 days. */
  readonly refreshTokenLifeMs: number;
  /** How long a used refresh token is answered with its successor, for clients whose answer was lost. Default 0: never. */
  readonly graceMs: number;
  /** Between the reading of a request and the moment in which its token or code is used up. Default 0. */
  readonly beforeCommitMs: number;
  /** Between that moment and the answer: a client that dies here has lost its login. Default 0. */
  readonly afterCommitMs: number;
  /** How far the authority's clock is ahead of the true time; `exp`, `expires_at` and `Date` follow it. Default 0. */
  readonly clockSkewMs: number;
  /** How far the `Date` header alone is ahead of the authority's clock. Default 0. */
  readonly dateSkewMs: number;
  /** False: the first request of a device login is answered 404. Default true. */
  readonly deviceLogin: boolean;
  /** What a device login is told to wait between two polls. Default 5. */
  readonly deviceIntervalS: number;
  /** How long a user code is good. Default 15 minutes. */
  readonly deviceLifeMs: number;
  /** The poll of that number is answered as if the user had agreed before it. Default 0: the user has to. */
  readonly deviceApprovedAtPoll: number;
  /** What a poll is answered until the user has decided. Default 403. */
  readonly devicePendingStatus: 403 | 404;
  /** What the user does at the authorize page. `ask`, the page asks. Default `approve`. */
  readonly consent: "approve" | "deny" | "ask";
  /** How long an authorization code is good. Default 10 minutes. */
  readonly codeLifeMs: number;
}

const DAY_MS = 24 * 3_600_000;
const life = whole(-1000 * DAY_MS, 100_000 * DAY_MS);
const wait = whole(0, 3_600_000);

const CHECKS: Readonly<Record<keyof AuthoritySettings, Check>> = {
  accessTokenLifeMs: life,
  refreshTokenLifeMs: life,
  graceMs: whole(0, DAY_MS),
  beforeCommitMs: wait,
  afterCommitMs: wait,
  clockSkewMs: life,
  dateSkewMs: life,
  deviceLogin: flag,
  deviceIntervalS: number(0, 3600),
  deviceLifeMs: life,
  deviceApprovedAtPoll: whole(0, 1000),
  devicePendingStatus: whole(403, 404),
  consent: oneOf(["approve", "deny", "ask"]),
  codeLifeMs: life,
};

export function defaultSettings(): AuthoritySettings {
  return {
    accessTokenLifeMs: 10 * DAY_MS,
    refreshTokenLifeMs: 90 * DAY_MS,
    graceMs: 0,
    beforeCommitMs: 0,
    afterCommitMs: 0,
    clockSkewMs: 0,
    dateSkewMs: 0,
    deviceLogin: true,
    deviceIntervalS: 5,
    deviceLifeMs: 15 * 60_000,
    deviceApprovedAtPoll: 0,
    devicePendingStatus: 403,
    consent: "approve",
    codeLifeMs: 10 * 60_000,
  };
}

/** @throws CheckError */
export function parseSettings(value: unknown): Partial<AuthoritySettings> {
  object(CHECKS)(value, "settings");
  return value as Partial<AuthoritySettings>;
}
