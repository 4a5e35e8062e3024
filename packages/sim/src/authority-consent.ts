import { createHash } from "node:crypto";
import type { ExchangeTwist, Ledger } from "./authority-ledger.js";
import { makeAccount } from "./authority-login.js";
import { codexTokens } from "./authority-refresh.js";
import { type AuthorityCall, type CallResult, CODEX_CLIENT_ID, NO_STORE, oauthError } from "./authority-request.js";
import type { AuthoritySettings } from "./authority-settings.js";
import { makeOpaque } from "./authority-tokens.js";
import { type HttpAnswer, jsonAnswer } from "./wire.js";

/** What the parts of an authority share. */
export interface AuthorityParts {
  /** The authority's clock, in Unix milliseconds. */
  readonly now: () => number;
  readonly settings: () => AuthoritySettings;
  /** The authority's origin. */
  readonly url: () => string;
  readonly ledger: Ledger;
}

/** What an authorization code was given for. */
interface Grant {
  readonly challenge: string;
  readonly redirectUri: string;
  readonly offline: boolean;
  readonly issuedAtMs: number;
  /** The login that came out of it. */
  familyId?: number;
}

/** A callback that the client has registered. Source: notes on the Codex client, 1.6, read 2026-11-21. */
const CALLBACK = /^http:\/\/(?:localhost|127\.0\.0\.1):\d{1,5}\/auth\/callback$/;
/** SHA-256 as base64url. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
/** RFC 7636, section 4.1. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
/** 128 bits as base64url: RFC 9700 wants a state that nobody can guess. */
const MIN_STATE_CHARS = 22;

/** The authorize page, and the codes that it gives out. */
export class Consent {
  readonly #parts: AuthorityParts;
  readonly #grants = new Map<string, Grant>();

  constructor(parts: AuthorityParts) {
    this.#parts = parts;
  }

  /** `GET /oauth/authorize`: what a browser is sent to. */
  authorize({ query }: AuthorityCall): CallResult {
    const redirectUri = query.get("redirect_uri") ?? "";
    if (query.get("client_id") !== CODEX_CLIENT_ID || !CALLBACK.test(redirectUri)) {
      // Nobody is sent to an address that the client has not registered.
      const violation = "an authorize request has a foreign client_id or a redirect_uri that is not registered";
      return { answer: page(400, "This sign-in request is not valid."), outcome: "bad_request", violation };
    }
    const state = query.get("state") ?? "";
    const challenge = query.get("code_challenge") ?? "";
    const back = (fields: Readonly<Record<string, string>>): HttpAnswer =>
      redirect(redirectUri, state === "" ? fields : { ...fields, state });
    const wrong = whatIsWrong(query, state, challenge);
    if (wrong !== undefined) {
      const answer = back({ error: "invalid_request", error_description: wrong });
      return { answer, outcome: "bad_request", violation: `an authorize request ${wrong}` };
    }
    const violation =
      state.length < MIN_STATE_CHARS ? "an authorize request has a state of less than 128 bits" : undefined;
    const noted = violation === undefined ? {} : { violation };
    const { consent } = this.#parts.settings();
    switch (consent === "ask" ? query.get("decision") : consent) {
      case "approve": {
        const offline = (query.get("scope") ?? "").split(" ").includes("offline_access");
        const code = this.grant({ challenge, redirectUri, offline });
        return { answer: back({ code }), outcome: "approved", ...noted };
      }
      case "deny":
        return { answer: back({ error: "access_denied" }), outcome: "denied", ...noted };
      case null:
      default:
        return { answer: question(query), outcome: "asked", ...noted };
    }
  }

  /** Makes a code that can be exchanged once. */
  grant(grant: Pick<Grant, "challenge" | "redirectUri" | "offline">): string {
    const code = makeOpaque("ac_");
    this.#grants.set(code, { ...grant, issuedAtMs: this.#parts.now() });
    return code;
  }

  /** `POST /oauth/token` with an authorization code. */
  exchange(call: AuthorityCall, twist: ExchangeTwist): CallResult {
    const { client_id: clientId, code = "", redirect_uri: redirectUri, code_verifier: verifier = "" } = call.fields;
    if (call.encoding !== "form" || clientId !== CODEX_CLIENT_ID || code === "") {
      const answer = oauthError(400, "invalid_request", "a code, the client_id and a form body are needed");
      return { answer, outcome: "bad_request", violation: "a code exchange is not as it must be" };
    }
    const grant = this.#grants.get(code);
    const refuse = (outcome: string, violation?: string): CallResult => ({
      answer: oauthError(400, "invalid_grant", "the code is not good"),
      outcome,
      ...(violation === undefined ? {} : { violation }),
    });
    if (grant === undefined) return refuse("unknown", "a code was never given out");
    if (grant.familyId !== undefined) {
      // RFC 6749, section 4.1.2: what came out of the code ends as well.
      const ended = this.#parts.ledger.revokeFamily(grant.familyId);
      return refuse(ended ? "used_family_revoked" : "used", "a code was used again");
    }
    if (this.#parts.now() - grant.issuedAtMs >= this.#parts.settings().codeLifeMs) return refuse("expired");
    if (redirectUri !== grant.redirectUri) return refuse("bad_redirect", "a code came with another redirect_uri");
    if (!VERIFIER.test(verifier) || challengeOf(verifier) !== grant.challenge) {
      return refuse("bad_verifier", "a code came with a wrong code_verifier");
    }
    const { tokens, familyId } = this.#parts.ledger.signIn("codex", clientId, makeAccount(), twist);
    grant.familyId = familyId;
    const { refresh_token: refreshToken, ...fields } = codexTokens(tokens);
    const body = grant.offline ? { ...fields, refresh_token: refreshToken } : fields;
    return { answer: jsonAnswer(200, body, NO_STORE), outcome: "issued", familyId };
  }
}

/** The S256 challenge of a verifier. Source: RFC 7636, section 4.2. */
export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

function whatIsWrong(query: URLSearchParams, state: string, challenge: string): string | undefined {
  if (query.get("response_type") !== "code") return "does not ask for a code";
  if (query.get("code_challenge_method") !== "S256") return "does not use PKCE with S256";
  if (!CHALLENGE.test(challenge)) return "has no proper code_challenge";
  return state === "" ? "has no state" : undefined;
}

function redirect(redirectUri: string, fields: Readonly<Record<string, string>>): HttpAnswer {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return { status: 302, headers: { location: url.href, ...NO_STORE }, body: "" };
}

function question(query: URLSearchParams): HttpAnswer {
  const link = (decision: string): string => {
    const fields = new URLSearchParams(query);
    fields.set("decision", decision);
    return `<a href="/oauth/authorize?${fields.toString().replaceAll("&", "&amp;")}">${decision}</a>`;
  };
  return page(200, `A program asks to use the simulator's account: ${link("approve")} or ${link("deny")}.`);
}

/** A page of the authority. `content` is HTML and must hold nothing that came with a request unescaped. */
export function page(status: number, content: string): HttpAnswer {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'",
      ...NO_STORE,
    },
    body: `<!DOCTYPE html>\n<html lang="en"><head><title>scorpiox-sim</title></head><body><p>${content}</p></body></html>\n`,
  };
}
