import { CredentialError } from "../credential-error.js";
import type { CallbackAnswer, CallbackListener } from "./login-callback.js";
import { exchangeCode, type LoginTokens } from "./login-exchange.js";
import type { LoginService } from "./login-request.js";
import { CODEX_CLIENT_ID } from "../oauth-codex.js";
import { TimeLimit } from "../ssh/time-limit.js";

export interface BrowserLoginOptions extends LoginService {
  /** Called once with the address of the login page, when its answer can be taken. */
  readonly onUrl: (url: string) => void;
  /** Lines that a person types: one of them may be the address that the browser ended up at. Read until there is an answer. */
  readonly pasted?: AsyncIterable<string> | undefined;
  /** Called when such a line is not the answer. */
  readonly onBadPaste?: (() => void) | undefined;
  /** Where the answer is taken, tried in order. Default: the two that the official client has registered. */
  readonly ports?: readonly number[] | undefined;
  /** How long the answer is waited for. Default: 5 minutes. */
  readonly limitMs?: number | undefined;
}

/** Source: codex login server, default port and its fallback, read 2026-11-20. */
const PORTS = [1455, 1457];
const LIMIT_MS = 5 * 60_000;
const SCOPE = "openid profile email offline_access";

/**
 * Logs in through the person's browser: PKCE with S256, a state of 256 bits, and an answer on 127.0.0.1 that is taken
 * once. Nothing is saved here, and the listener is gone when this settles.
 * Source: codex 0.169.0, authorize URL, read 2026-11-20; RFC 7636, RFC 8252.
 * @throws CredentialError `login_needed` when the login is refused, cancelled or not answered in time, `network`,
 * `limited`; the signal's reason.
 */
export async function logInByBrowser(options: BrowserLoginOptions): Promise<LoginTokens> {
  const { signal: outer, limitMs = LIMIT_MS } = options;
  outer.throwIfAborted();
  // Loaded here: who only reads a login needs neither a server nor cryptography.
  const { createPkcePair, createState } = await import("./pkce.js");
  const { listenForCallback, readCallback } = await import("./login-callback.js");
  const [state, pair] = [createState(), createPkcePair()];
  const listener = await listenForCallback(state, options.ports ?? PORTS);
  const limit = new TimeLimit(limitMs, () => notInTime(limitMs), outer);
  let answer: CallbackAnswer;
  try {
    options.onUrl(buildAuthorizeUrl(options.issuer, listener.redirectUri, state, pair.challenge));
    answer = await takeAnswer(listener, (text) => readCallback(text, state), options, limit.signal);
  } finally {
    limit.end();
    await listener.close();
  }
  if (answer.kind === "code") {
    return await exchangeCode(options, { ...pair, code: answer.code, redirectUri: listener.redirectUri });
  }
  const why = answer.kind === "cancelled" ? "cancelled by another login" : `refused on the page (${answer.code})`;
  throw new CredentialError("login_needed", `the login was ${why}; nothing has changed`);
}

function buildAuthorizeUrl(issuer: string, redirectUri: string, state: string, challenge: string): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CODEX_CLIENT_ID,
    redirect_uri: redirectUri,
    scope: SCOPE,
    code_challenge: challenge,
    code_challenge_method: "S256",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    state,
    originator: "codex_cli_rs",
  });
  return `${issuer}/oauth/authorize?${query.toString()}`;
}

type ReadCallback = (text: string) => CallbackAnswer | undefined;

/** From the browser or from the person, whichever comes first. */
async function takeAnswer(
  listener: CallbackListener,
  read: ReadCallback,
  options: BrowserLoginOptions,
  signal: AbortSignal,
): Promise<CallbackAnswer> {
  return await new Promise<CallbackAnswer>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    const settle = (answer: CallbackAnswer): void => {
      signal.removeEventListener("abort", stop);
      resolve(answer);
    };
    if (signal.aborted) stop();
    void listener.answer.then(settle);
    if (options.pasted !== undefined)
      void readPasted(options.pasted, read, options.onBadPaste).then(settle, () => undefined);
  });
}

/** Never settles when the lines end without an answer: the browser may still bring it. */
async function readPasted(
  lines: AsyncIterable<string>,
  read: ReadCallback,
  onBadPaste: (() => void) | undefined,
): Promise<CallbackAnswer> {
  for await (const line of lines) {
    const text = line.trim();
    if (text === "") continue;
    const answer = read(text);
    if (answer !== undefined) return answer;
    onBadPaste?.();
  }
  return await new Promise(() => undefined);
}

function notInTime(limitMs: number): CredentialError {
  return new CredentialError(
    "login_needed",
    `no answer from the browser within ${Math.round(limitMs / 1000)} s; start the login again, or use the code instead (without --browser)`,
  );
}
