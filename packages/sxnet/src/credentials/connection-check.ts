import { findKey, oneLine } from "@scorpiox/sxutil";
import { ProviderError, type ProviderErrorCode } from "../errors.js";
import { createHttpClient, type NetworkOptions } from "../http.js";
import type { Settings } from "../types.js";
import type { Credential } from "./credential.js";
import { CredentialError } from "./credential-error.js";
import { readNetworkOptions } from "./network-settings.js";

/** One step on the way to an answer, as it was found. */
export interface CheckedHop {
  readonly name: "certificates" | "proxy" | "endpoint" | "login" | "token server" | "host key" | "request";
  readonly ok: boolean;
  /** One line; never a secret. May quote names from outside. */
  readonly detail: string;
  /** What to do; only where `ok` is false. */
  readonly remedy?: string;
}

export interface ConnectionCheckOptions {
  /** The name of a service, not the router's. */
  readonly provider: string;
  readonly settings: Settings;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly home: string;
  /** For a provider with a login; `source` is what `tokenSourceOf` says. */
  readonly login?: {
    readonly source: string;
    /** Asked once; it may exchange a token or go to another machine. */
    get(signal: AbortSignal): Promise<Pick<Credential, "expiresAtMs">>;
  };
  /** Given where one tiny request, which costs a few tokens, may be sent: what sends it. */
  readonly request?: { readonly model: string; send(network: NetworkOptions, signal: AbortSignal): Promise<void> };
  readonly signal: AbortSignal;
  /** For each hop, in milliseconds. Default 15,000; the request has four times that. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;

/** The key that moves each service's endpoint; the key table knows where it is without. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  codex: "CODEX_BASE_URL",
  claude_code: "CLAUDE_CODE_API_URL",
  anthropic: "ANTHROPIC_API_URL",
  gemini: "GEMINI_BASE_URL",
  openai: "OPENAI_BASE_URL",
};

/** The key that holds each service's API key, where it must have one. */
const API_KEYS: Readonly<Record<string, string>> = {
  anthropic: "ANTHROPIC_API_KEY",
  gemini: "GEMINI_API_KEY",
  openai: "OPENAI_API_KEY",
};

/**
 * Goes the way to an answer hop by hop and tells each as it is done: certificates and proxy settings, the connection to
 * the endpoint, the login, and, where `request` is given, one request. Without it nothing is charged. It stops at the
 * first hop without which the others cannot be; nothing is thrown for what does not work.
 * @throws the signal's reason
 */
export async function* checkConnection(options: ConnectionCheckOptions): AsyncGenerator<CheckedHop, void, undefined> {
  const { settings, env, home } = options;
  let network: NetworkOptions;
  try {
    network = await readNetworkOptions({ settings, env, home });
  } catch (error) {
    const detail = tell(error);
    const name = detail.includes("PROXY") || detail.includes("proxy") ? "proxy" : "certificates";
    yield { name, ok: false, ...split(error, "correct it, then check again") };
    return;
  }
  if (settings["SX_CA_FILE"] !== undefined) {
    yield { name: "certificates", ok: true, detail: `SX_CA_FILE is read (${settings["SX_CA_FILE"]})` };
  }
  const endpoint = await checkEndpoint(options, network);
  yield endpoint;
  const login = await checkLogin(options);
  if (login !== undefined) yield login;
  if (!endpoint.ok || login?.ok === false || options.request === undefined) return;
  yield await checkRequest(options, network, options.request);
}

async function checkEndpoint(options: ConnectionCheckOptions, network: NetworkOptions): Promise<CheckedHop> {
  const { provider, settings, signal, timeoutMs = TIMEOUT_MS } = options;
  const key = ENDPOINTS[provider] ?? "";
  const address = settings[key] ?? findKey(key)?.builtIn ?? "";
  if (!URL.canParse(address)) {
    return { name: "endpoint", ok: false, detail: `${key} is no address`, remedy: `scorpiox-config unset ${key}` };
  }
  const { origin } = new URL(address);
  const client = createHttpClient({ ...network, connectTimeoutMs: timeoutMs });
  try {
    // Any answer at all means that names, proxy, TCP and TLS work; no credential goes with it.
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const answer = await client.send(
      { method: "GET", url: origin, headers: {} },
      { signal: bounded, idleTimeoutMs: timeoutMs },
    );
    answer.discard();
    return { name: "endpoint", ok: true, detail: `${origin} answers` };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return explainConnection(error, origin, key, timeoutMs);
  } finally {
    client.close();
  }
}

function explainConnection(error: unknown, origin: string, key: string, timeoutMs: number): CheckedHop {
  const isSilent = !ProviderError.is(error);
  const detail = isSilent ? `${origin} does not answer within ${timeoutMs / 1000} s` : tell(error);
  if (/\bproxy\b/i.test(detail)) {
    return { name: "proxy", ok: false, ...split(error, "correct HTTPS_PROXY, or name the host in NO_PROXY") };
  }
  if (/certificate|\bTLS\b|self-signed/i.test(detail)) {
    const remedy = "name the file of your company's authority: scorpiox-config set SX_CA_FILE /path.pem";
    return { name: "certificates", ok: false, detail: split(error, "").detail, remedy };
  }
  const remedy = `is the network up, and ${key} right?`;
  return isSilent
    ? { name: "endpoint", ok: false, detail, remedy }
    : { name: "endpoint", ok: false, ...split(error, remedy) };
}

async function checkLogin(options: ConnectionCheckOptions): Promise<CheckedHop | undefined> {
  const { provider, settings, login, signal, timeoutMs = TIMEOUT_MS } = options;
  if (login === undefined) {
    const key = API_KEYS[provider];
    if (key === undefined) return undefined;
    if (settings[key] !== undefined) return { name: "login", ok: true, detail: `${key} is set` };
    // A server of one's own may want none.
    if (provider === "openai" && settings["OPENAI_BASE_URL"] !== undefined) return undefined;
    return { name: "login", ok: false, detail: `${key} is not set`, remedy: `scorpiox-config set ${key} - < key.txt` };
  }
  try {
    const { expiresAtMs } = await login.get(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    const until = expiresAtMs === undefined ? "" : `, good until ${new Date(expiresAtMs).toISOString()}`;
    return { name: "login", ok: true, detail: `an access token from the ${login.source} source${until}` };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return explainLogin(error, login.source, provider, timeoutMs);
  }
}

function explainLogin(error: unknown, source: string, provider: string, timeoutMs: number): CheckedHop {
  const prefix = provider === "codex" ? "CODEX" : "CLAUDE_CODE";
  if (!(error instanceof CredentialError)) {
    const isSilent = error instanceof Error && error.name === "TimeoutError";
    const detail = isSilent ? `the ${source} source gives nothing within ${timeoutMs / 1000} s` : tell(error);
    return { name: "login", ok: false, detail, remedy: "try again, or choose another source" };
  }
  if (error.code === "host_key") {
    const remedy = `ask the owner of the machine for its fingerprint, then set ${prefix}_SSH_HOST_KEY`;
    return { name: "host key", ok: false, ...split(error, remedy) };
  }
  if (source === "remote" && error.code !== "login_needed") {
    return { name: "token server", ok: false, ...split(error, `is ${prefix}_REMOTE_URL right, and its key?`) };
  }
  const logIn = provider === "codex" ? "scorpiox-codex-fetchtoken login" : "log in with claude";
  const remedy = source === "ssh" ? `is ${prefix}_SSH_HOST right, and is somebody logged in there?` : logIn;
  return { name: "login", ok: false, ...split(error, remedy) };
}

async function checkRequest(
  { signal, timeoutMs = TIMEOUT_MS }: ConnectionCheckOptions,
  network: NetworkOptions,
  { model, send }: NonNullable<ConnectionCheckOptions["request"]>,
): Promise<CheckedHop> {
  try {
    await send(network, AbortSignal.any([signal, AbortSignal.timeout(4 * timeoutMs)]));
    return { name: "request", ok: true, detail: `${model} has answered` };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const { detail, remedy } = split(error, remedyFor(error));
    return { name: "request", ok: false, detail: ProviderError.is(error) ? detail : `${model}: ${detail}`, remedy };
  }
}

const REMEDIES: Partial<Record<ProviderErrorCode, string>> = {
  auth_missing: "log in again, or give another key",
  auth_rejected: "log in again, or give another key",
  forbidden: "look at the plan and the credit of the account",
  quota_exhausted: "look at the plan and the credit of the account",
  usage_limit: "wait, or choose another provider",
  rate_limited: "wait, or choose another provider",
  overloaded: "wait, or choose another provider",
  model_unavailable: "choose another model; sx models lists them",
};

function remedyFor(error: unknown): string {
  const known = ProviderError.is(error) ? REMEDIES[error.code] : undefined;
  return known ?? "try again; sx doctor looks at this machine";
}

/** Our messages say what failed and, after the last semicolon, what to do about it. */
function split(error: unknown, remedy: string): { readonly detail: string; readonly remedy: string } {
  const text = tell(error);
  const at = text.lastIndexOf("; ");
  return at === -1 ? { detail: text, remedy } : { detail: text.slice(0, at), remedy: text.slice(at + 2) };
}

function tell(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error), 400);
}
