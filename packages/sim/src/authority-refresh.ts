import type { ExchangeTwist, IssuedTokens, Ledger, RefusedToken } from "./authority-ledger.js";
import {
  type AuthorityCall,
  type CallResult,
  CLAUDE_CLIENT_ID,
  CODEX_CLIENT_ID,
  codexError,
  NO_STORE,
  oauthError,
} from "./authority-request.js";
import { jsonAnswer } from "./wire.js";

/** Codes as the Codex authority says them. Source: notes on the Codex client, 1.4, read 2026-11-21. */
const CODEX_REFUSALS: Readonly<Record<RefusedToken, HttpAnswerParts>> = {
  reused: [401, "refresh_token_reused", "Your refresh token has already been used to generate a new access token."],
  invalidated: [401, "refresh_token_invalidated", "Your refresh token has been revoked."],
  expired: [401, "refresh_token_expired", "Your refresh token has expired."],
  // What the service says of a token that it never issued is not known; this is RFC 6749, section 5.2.
  unknown: [400, "invalid_grant", "The refresh token is not known."],
};
type HttpAnswerParts = readonly [status: number, code: string, message: string];

/** `POST /oauth/token` with a refresh token. */
export function refreshCodex(call: AuthorityCall, ledger: Ledger, twist: ExchangeTwist): CallResult {
  const { client_id: clientId, grant_type: grantType, refresh_token: presented = "" } = call.fields;
  if (grantType !== "refresh_token") {
    return {
      answer: oauthError(400, "unsupported_grant_type", "this grant type is not offered"),
      outcome: "unsupported",
    };
  }
  if (clientId !== CODEX_CLIENT_ID) {
    const violation = `a refresh ${clientId === undefined ? "has no client_id" : "has a foreign client_id"}`;
    return { answer: oauthError(401, "invalid_client", "the client is not known"), outcome: "bad_client", violation };
  }
  if (presented === "") {
    const answer = oauthError(400, "invalid_request", "refresh_token is missing");
    return { answer, outcome: "bad_request", violation: "a refresh has no refresh token" };
  }
  const exchange = ledger.exchange("codex", presented, twist);
  if (exchange.ok) {
    const { tokens, familyId, grace } = exchange;
    return {
      answer: jsonAnswer(200, codexTokens(tokens), NO_STORE),
      outcome: outcomeOf(grace, tokens),
      familyId,
      presented,
    };
  }
  const [status, code, message] = CODEX_REFUSALS[exchange.reason];
  const answer = exchange.reason === "unknown" ? oauthError(status, code, message) : codexError(status, code, message);
  return { answer, presented, ...refusal(exchange) };
}

/** `POST /v1/oauth/token`. Source: notes on the Claude plan, 3, read 2026-11-21; its error texts are a guess. */
export function refreshClaude(call: AuthorityCall, ledger: Ledger, twist: ExchangeTwist): CallResult {
  const { client_id: clientId, grant_type: grantType, refresh_token: presented = "" } = call.fields;
  if (call.encoding !== "json" || grantType !== "refresh_token" || clientId !== CLAUDE_CLIENT_ID || presented === "") {
    const answer = oauthError(400, "invalid_request", "Invalid request format");
    return { answer, outcome: "bad_request", violation: "a Claude refresh is not as it must be" };
  }
  const exchange = ledger.exchange("claude", presented, twist);
  if (!exchange.ok) {
    const answer = oauthError(400, "invalid_grant", "Refresh token not found or invalid");
    return { answer, presented, ...refusal(exchange) };
  }
  const { tokens, familyId, grace } = exchange;
  const body = {
    token_type: "Bearer",
    access_token: tokens.accessToken,
    expires_in: seconds(tokens.lifeMs),
    refresh_token: tokens.refreshToken,
    scope: "user:inference user:profile",
  };
  return { answer: jsonAnswer(200, body, NO_STORE), outcome: outcomeOf(grace, tokens), familyId, presented };
}

/** The answer to a Codex refresh or code exchange. */
export function codexTokens(tokens: IssuedTokens): Readonly<Record<string, unknown>> {
  return {
    id_token: tokens.idToken,
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    token_type: "Bearer",
    expires_in: seconds(tokens.lifeMs),
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function outcomeOf(grace: boolean, tokens: IssuedTokens): string {
  if (grace) return "repeated";
  return tokens.refreshToken === undefined ? "renewed" : "rotated";
}

function refusal(exchange: {
  readonly reason: RefusedToken;
  readonly familyId?: number;
  readonly killedFamily: boolean;
}): Pick<CallResult, "outcome" | "familyId" | "violation"> {
  return {
    outcome: exchange.killedFamily ? "reused_family_revoked" : exchange.reason,
    ...(exchange.familyId === undefined ? {} : { familyId: exchange.familyId }),
    ...(exchange.reason === "reused"
      ? { violation: `a refresh token of family ${exchange.familyId} was used again` }
      : {}),
  };
}
