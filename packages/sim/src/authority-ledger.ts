import { type Account, makeJwt, makeOpaque } from "./authority-tokens.js";

/** Whose token shapes a login has. */
export type Vendor = "codex" | "claude";

/** What an authority hands out at once. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** Codex only. */
  readonly idToken?: string;
  /** Absent when the old one stays good. */
  readonly refreshToken?: string;
  /** Unix milliseconds, by the authority's clock. */
  readonly expiresAtMs: number;
  readonly lifeMs: number;
  readonly account: Account;
}

export type Exchange =
  | { readonly ok: true; readonly tokens: IssuedTokens; readonly familyId: number; readonly grace: boolean }
  | { readonly ok: false; readonly reason: RefusedToken; readonly familyId?: number; readonly killedFamily: boolean };

/** Why a refresh token is refused. */
export type RefusedToken = "reused" | "invalidated" | "expired" | "unknown";

export type TokenState = "live" | "used" | "revoked" | "expired" | "unknown";

export interface LedgerOptions {
  /** Who says so in the tokens. */
  readonly issuer: () => string;
  /** The authority's clock, in Unix milliseconds. */
  readonly now: () => number;
  readonly accessTokenLifeMs: () => number;
  readonly refreshTokenLifeMs: () => number;
  readonly graceMs: () => number;
}

/** One sign-in and all the tokens that came out of it. */
interface Family {
  readonly id: number;
  readonly vendor: Vendor;
  readonly clientId: string;
  readonly account: Account;
  revoked: boolean;
}

interface RefreshEntry {
  readonly family: Family;
  readonly issuedAtMs: number;
  used?: { readonly atMs: number; readonly successor: string };
}

interface AccessEntry {
  readonly family: Family;
  readonly expiresAtMs: number;
  revoked: boolean;
}

/** How one exchange departs from the rule. */
export interface ExchangeTwist {
  readonly accountId?: string;
  readonly accessTokenLifeMs?: number;
  /** False: no new refresh token, the old one stays good. */
  readonly rotate?: boolean;
}

/**
 * Who holds which tokens. Every change happens within one call, without a pause: of two requests with the same refresh
 * token exactly one is the first.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #refresh = new Map<string, RefreshEntry>();
  readonly #access = new Map<string, AccessEntry>();
  readonly #families = new Map<number, Family>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  signIn(
    vendor: Vendor,
    clientId: string,
    account: Account,
    twist: ExchangeTwist = {},
  ): { tokens: IssuedTokens; familyId: number } {
    const family: Family = { id: this.#families.size + 1, vendor, clientId, account, revoked: false };
    this.#families.set(family.id, family);
    return { tokens: this.#issue(family, this.#newRefresh(family), twist), familyId: family.id };
  }

  exchange(vendor: Vendor, refreshToken: string, twist: ExchangeTwist = {}): Exchange {
    const entry = this.#refresh.get(refreshToken);
    if (entry === undefined || entry.family.vendor !== vendor)
      return { ok: false, reason: "unknown", killedFamily: false };
    const { family } = entry;
    const nowMs = this.#options.now();
    const refuse = (reason: RefusedToken, killedFamily = false): Exchange => ({
      ok: false,
      reason,
      familyId: family.id,
      killedFamily,
    });
    if (entry.used !== undefined) {
      if (
        !family.revoked &&
        nowMs - entry.used.atMs < this.#options.graceMs() &&
        this.#isUnused(entry.used.successor)
      ) {
        const tokens = this.#issue(family, entry.used.successor, twist);
        return { ok: true, tokens, familyId: family.id, grace: true };
      }
      const killedFamily = !family.revoked;
      this.#revoke(family);
      return refuse("reused", killedFamily);
    }
    if (family.revoked) return refuse("invalidated");
    if (nowMs - entry.issuedAtMs >= this.#options.refreshTokenLifeMs()) return refuse("expired");
    if (twist.rotate === false) {
      return { ok: true, tokens: this.#issue(family, undefined, twist), familyId: family.id, grace: false };
    }
    const successor = this.#newRefresh(family);
    entry.used = { atMs: nowMs, successor };
    return { ok: true, tokens: this.#issue(family, successor, twist), familyId: family.id, grace: false };
  }

  /**
   * Takes back a token: an access token alone, a refresh token with its whole family.
   * @returns whether a family ended by it
   */
  revoke(secret: string): boolean {
    const access = this.#access.get(secret);
    if (access !== undefined) access.revoked = true;
    const family = this.#refresh.get(secret)?.family;
    if (family === undefined || family.revoked) return false;
    this.#revoke(family);
    return true;
  }

  revokeFamily(familyId: number): boolean {
    const family = this.#families.get(familyId);
    if (family === undefined || family.revoked) return false;
    this.#revoke(family);
    return true;
  }

  stateOf(secret: string): TokenState {
    const access = this.#access.get(secret);
    if (access !== undefined) {
      if (access.revoked || access.family.revoked) return "revoked";
      return access.expiresAtMs <= this.#options.now() ? "expired" : "live";
    }
    const refresh = this.#refresh.get(secret);
    if (refresh === undefined) return "unknown";
    if (refresh.family.revoked) return "revoked";
    if (refresh.used !== undefined) return "used";
    return this.#options.now() - refresh.issuedAtMs >= this.#options.refreshTokenLifeMs() ? "expired" : "live";
  }

  /** Logins that can still be refreshed. */
  liveFamilies(): number {
    return [...this.#families.values()].filter((family) => !family.revoked).length;
  }

  #isUnused(refreshToken: string): boolean {
    return this.#refresh.get(refreshToken)?.used === undefined;
  }

  #revoke(family: Family): void {
    family.revoked = true;
  }

  #newRefresh(family: Family): string {
    const refreshToken = makeOpaque(family.vendor === "codex" ? "rt_" : "sk-ant-ort01-");
    this.#refresh.set(refreshToken, { family, issuedAtMs: this.#options.now() });
    return refreshToken;
  }

  #issue(family: Family, refreshToken: string | undefined, twist: ExchangeTwist): IssuedTokens {
    const nowMs = this.#options.now();
    const lifeMs = twist.accessTokenLifeMs ?? this.#options.accessTokenLifeMs();
    const account = twist.accountId === undefined ? family.account : { ...family.account, accountId: twist.accountId };
    const times = { issuer: this.#options.issuer(), issuedAtMs: nowMs, expiresAtMs: nowMs + lifeMs };
    const accessToken =
      family.vendor === "codex"
        ? makeJwt(account, { ...times, audience: "https://api.openai.com/v1" })
        : makeOpaque("sk-ant-oat01-");
    // A JWT tells whole seconds, and what it tells is what holds.
    const expiresAtMs = Math.floor(times.expiresAtMs / 1000) * 1000;
    this.#access.set(accessToken, { family, expiresAtMs, revoked: false });
    return {
      accessToken,
      ...(family.vendor === "codex" ? { idToken: makeJwt(account, { ...times, audience: family.clientId }) } : {}),
      ...(refreshToken === undefined ? {} : { refreshToken }),
      expiresAtMs,
      lifeMs,
      account,
    };
  }
}
