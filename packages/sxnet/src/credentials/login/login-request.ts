import { oneLine } from "@scorpiox/sxutil";
import { ProviderError } from "../../errors.js";
import { createHttpClient, type HttpClient, readText } from "../../http.js";
import { parseRetryAfter } from "../../retry.js";
import { CredentialError } from "../credential-error.js";
import { isJsonObject, type JsonObject } from "../jwt.js";
import { readNetworkOptions } from "../network-settings.js";
import { CODEX_TOKEN_PATH, codexOauthUrl } from "../oauth-codex.js";
import type { SourceOptions } from "../source.js";
import { TimeLimit } from "../ssh/time-limit.js";

/** Whom a login is asked from, and how he is reached. */
export interface LoginService {
  /** Origin of the issuer, without a slash at its end. */
  readonly issuer: string;
  readonly http: HttpClient;
  /** Ends everything; what is pending rejects with its reason. */
  readonly signal: AbortSignal;
}

export interface LoginAnswer {
  readonly status: number;
  /** Empty when the body is no JSON object. */
  readonly body: JsonObject;
  /** The error code of the body, if it has one. */
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/**
 * The service that the settings name. The caller closes `http` at the end.
 * @throws CredentialError `configuration`
 */
export async function openLoginService(options: SourceOptions, signal: AbortSignal): Promise<LoginService> {
  // Asked with the longest path: a setting may hold the whole address of an endpoint.
  const issuer = codexOauthUrl(options.settings, CODEX_TOKEN_PATH).slice(0, -CODEX_TOKEN_PATH.length);
  const network = await readNetworkOptions(options);
  return { issuer, http: createHttpClient({ ...network, maxBodyBytes: MAX_BYTES }), signal };
}

const MAX_BYTES = 1024 * 1024;
const REQUEST_LIMIT_MS = 30_000;

/**
 * One POST of a login. The official client sends neither `originator` nor `user-agent` here, and nor do we.
 * Source: codex 0.169.0, device code login, read 2026-11-20.
 * @throws ProviderError `network`, `timeout` or `protocol` when there is no answer; the signal's reason.
 */
export async function postLogin(
  service: LoginService,
  path: string,
  body: { readonly json: JsonObject } | { readonly form: Readonly<Record<string, string>> },
): Promise<LoginAnswer> {
  const { issuer, http, signal: outer } = service;
  const describe = (): Error => new ProviderError("timeout", `no answer within ${REQUEST_LIMIT_MS / 1000} s`);
  const limit = new TimeLimit(REQUEST_LIMIT_MS, describe, outer);
  try {
    const { signal } = limit;
    const response = await http.send(
      {
        method: "POST",
        url: `${issuer}${path}`,
        headers: {
          accept: "application/json",
          "content-type": "json" in body ? "application/json" : "application/x-www-form-urlencoded",
        },
        body: "json" in body ? JSON.stringify(body.json) : new URLSearchParams(body.form).toString(),
      },
      { signal, idleTimeoutMs: REQUEST_LIMIT_MS },
    );
    const text = await readText(response, MAX_BYTES);
    const json = parseObject(text);
    return {
      status: response.status,
      body: json,
      code: readErrorCode(json),
      retryAfterMs: parseRetryAfter(response.headers, "", Date.now()),
    };
  } finally {
    limit.end();
  }
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    // A page of a proxy, say: the status and the missing fields tell that nothing can be done with it.
    return {};
  }
}

/** `error.code`, `error` as text, or `code`. Source: codex login, error lookup, read 2026-11-20. */
function readErrorCode(body: JsonObject): string | undefined {
  const { error, code } = body;
  const found = isJsonObject(error) ? (error["code"] ?? error["type"]) : (error ?? code);
  return typeof found === "string" && /^[\w.-]{1,80}$/u.test(found) ? found : undefined;
}

/** A field of an answer that must be there and hold only such characters. @throws CredentialError `network` */
export function readField(answer: LoginAnswer, names: readonly string[], pattern: RegExp, issuer: string): string {
  const value = names.map((name) => answer.body[name]).find((one) => one !== undefined);
  if (typeof value === "string" && pattern.test(value)) return value;
  const what = value === undefined ? `has no ${names.join(" or ")}` : `has a ${names.join(" or ")} that cannot be one`;
  throw new CredentialError("network", `the answer of ${hostOf(issuer)} ${what}; check CODEX_OAUTH_URL and the proxy`);
}

/** What a refused request of a login comes to. */
export function refusal(what: string, answer: LoginAnswer, issuer: string): CredentialError {
  const host = hostOf(issuer);
  const said = `${host} answered ${answer.status}${answer.code === undefined ? "" : ` (${answer.code})`} to ${what}`;
  const { status, retryAfterMs } = answer;
  if (status === 429) {
    const wait = retryAfterMs === undefined ? "a while" : `${Math.ceil(retryAfterMs / 1000)} s`;
    return new CredentialError("limited", `${said}; try again in ${wait}`, { retryAfterMs });
  }
  if (status >= 500) return new CredentialError("network", `${said}; try again later`);
  if (status >= 400) return new CredentialError("login_needed", `${said}; start the login again`);
  return new CredentialError("network", `${said}, which no login service does; check CODEX_OAUTH_URL and the proxy`);
}

/** A failure of the network as a failure of the login; everything else as it is. */
export function asLoginFailure(error: unknown, issuer: string): unknown {
  if (!ProviderError.is(error)) return error;
  const message = `no login at ${hostOf(issuer)}: ${oneLine(error.message, 300)}`;
  return new CredentialError("network", message, { cause: error });
}

export function hostOf(issuer: string): string {
  return new URL(issuer).host;
}
