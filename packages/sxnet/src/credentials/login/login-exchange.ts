import { pause } from "@scorpiox/sxutil";
import { ProviderError } from "../../errors.js";
import { parseCredential } from "../credential.js";
import { CredentialError } from "../credential-error.js";
import { asLoginFailure, hostOf, type LoginAnswer, type LoginService, postLogin, refusal } from "./login-request.js";
import { CODEX_CLIENT_ID, CODEX_TOKEN_PATH } from "../oauth-codex.js";

/** A fresh login, checked; nothing of it has been saved. All three are secrets. */
export interface LoginTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string;
}

export interface CodeGrant {
  readonly code: string;
  readonly verifier: string;
  /** Exactly the one that the code was given for. */
  readonly redirectUri: string;
}

const CODE = /^[\u0021-\u007e]{1,8192}$/u;

/**
 * Exchanges an authorization code. A code is good for once: only a request for which no connection came about is
 * repeated, a second one would end the login that it has made.
 * Source: codex 0.169.0, form body, read 2026-11-20; RFC 6749 section 4.1.3, RFC 7636 section 4.5.
 * @throws CredentialError `login_needed` when the code is refused, `network`, `limited`; the signal's reason.
 */
export async function exchangeCode(service: LoginService, grant: CodeGrant): Promise<LoginTokens> {
  const { issuer } = service;
  if (!CODE.test(grant.code)) {
    throw new CredentialError("login_needed", "the login code has characters that none has; start the login again");
  }
  const form = {
    grant_type: "authorization_code",
    client_id: CODEX_CLIENT_ID,
    code: grant.code,
    redirect_uri: grant.redirectUri,
    code_verifier: grant.verifier,
  };
  let answer: LoginAnswer;
  try {
    answer = await postOnce(service, form);
  } catch (error) {
    throw asLoginFailure(error, issuer);
  }
  if (answer.status < 200 || answer.status > 299) throw refusal("the exchange of the login code", answer, issuer);
  return readTokens(answer, issuer);
}

const UNSENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const MAX_TRIES = 3;
const TRY_AGAIN_MS = 2_000;

async function postOnce(service: LoginService, form: Readonly<Record<string, string>>): Promise<LoginAnswer> {
  for (let tries = 1; ; tries += 1) {
    try {
      // On a connection that was kept from before, the client itself would repeat a request that breaks.
      service.http.close();
      return await postLogin(service, CODEX_TOKEN_PATH, { form });
    } catch (error) {
      const cause = ProviderError.is(error) ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
      if (tries === MAX_TRIES || !UNSENT.has(cause?.code ?? "")) throw error;
      await pause(TRY_AGAIN_MS, service.signal);
    }
  }
}

function readTokens({ body }: LoginAnswer, issuer: string): LoginTokens {
  const { access_token, refresh_token, id_token } = body;
  const texts = { access_token, refresh_token, id_token };
  for (const [name, value] of Object.entries(texts)) {
    if (typeof value === "string" && CODE.test(value)) continue;
    throw new CredentialError(
      "network",
      `the answer of ${hostOf(issuer)} has no usable ${name}; start the login again`,
    );
  }
  // The same rules as for every file that is read, before anything is written.
  const { accessToken } = parseCredential(JSON.stringify({ tokens: texts }), {
    name: `the answer of ${hostOf(issuer)}`,
  });
  return { accessToken, refreshToken: refresh_token as string, idToken: id_token as string };
}
