import type { IssuedTokens } from "./authority-ledger.js";
import type { Account } from "./authority-tokens.js";
import type { CodexAuthFile } from "./fake-auth.js";

/** Whom a login is for; what is left out is made up. */
export interface SignInOptions extends Partial<Account> {
  /** Of the first access token; negative: it is over already. Default: the authority's setting. */
  readonly accessTokenLifeMs?: number;
}

/**
 * The file in which the Claude client keeps its login. Source: notes on the Claude plan, 3, read 2026-11-21.
 */
export interface ClaudeCredentialFile {
  readonly claudeAiOauth: {
    readonly accessToken: string;
    readonly refreshToken: string;
    /** Unix milliseconds. */
    readonly expiresAt: number;
    readonly scopes: readonly string[];
    readonly subscriptionType: string;
  };
}

/** The simulator's one user, where nothing else is said. */
export function makeAccount(options: SignInOptions = {}): Account {
  const {
    accountId = "00000000-0000-4000-8000-000000000000",
    userId = "user-simulator",
    email = "simulator@example.invalid",
    plan = "plus",
  } = options;
  return { accountId, userId, email, plan };
}

export function codexFile(tokens: IssuedTokens, nowMs: number): CodexAuthFile {
  const { idToken = "", accessToken, refreshToken = "", account } = tokens;
  return {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: idToken,
      access_token: accessToken,
      refresh_token: refreshToken,
      account_id: account.accountId,
    },
    last_refresh: new Date(nowMs).toISOString(),
  };
}

export function claudeFile(tokens: IssuedTokens): ClaudeCredentialFile {
  return {
    claudeAiOauth: {
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken ?? "",
      expiresAt: tokens.expiresAtMs,
      scopes: ["user:inference", "user:profile"],
      subscriptionType: tokens.account.plan,
    },
  };
}
