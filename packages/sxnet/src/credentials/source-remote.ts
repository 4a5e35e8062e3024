import { parseBase } from "../endpoint.js";
import { ProviderError } from "../errors.js";
import { createHttpClient, type HttpClient, type HttpResponse } from "../http.js";
import { parseRetryAfter } from "../retry.js";
import { VERSION } from "../version.js";
import type { Credential } from "./credential.js";
import { CredentialError } from "./credential-error.js";
import { keyOf, type LoginVendor, vendorOf } from "./login-vendor.js";
import { readNetworkOptions } from "./network-settings.js";
import { parseRemoteAnswer, readRefusal } from "./remote-answer.js";
import type { CredentialRequest, CredentialSource, SourcedCredential, SourceOptions } from "./source.js";
import { TimeLimit } from "./ssh/time-limit.js";
import { withTokenCache } from "./token-cache.js";

/** For everything together: name lookup, proxy, TLS, redirects, body. */
const TOTAL_MS = 15_000;
const MAX_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 3;

/**
 * The token server that `CODEX_REMOTE_URL` (or another vendor's key) names, asked with `TOKEN_HTTP_API_KEY` as bearer if there is one. It keeps
 * the refresh token; here only the access token arrives, and is shared by all processes of this user until it ends.
 *
 * Both keys are used as they are handed in. That a key of the user's goes to no server which a project file chose is
 * seen to where settings are read: `Configuration.settings()` then holds no key.
 */
export function createRemoteSource(options: SourceOptions): CredentialSource {
  return { name: "remote", get: (request = {}) => getRemote(options, request) };
}

async function getRemote(options: SourceOptions, request: CredentialRequest): Promise<SourcedCredential> {
  const vendor = vendorOf(options);
  const url = readUrl(options, vendor);
  const key = readKey(options);
  const giver = `the token server ${url.host}`;
  const { home, env, now } = options;
  const warnings: string[] = [];
  const cached = await withTokenCache(
    { identity: ["remote", vendor.name, url.href, key ?? ""], giver, home, env, now, ...request },
    async () => {
      const { credential, warning } = await fetchCredential({ vendor, url, key, giver, options }, request.signal);
      if (warning !== undefined) warnings.push(warning);
      return credential;
    },
  );
  return {
    ...cached.credential,
    source: "remote",
    path: `${url.origin}${url.pathname}`,
    warnings: [...cached.warnings, ...warnings],
  };
}

function readUrl({ settings }: SourceOptions, vendor: LoginVendor): URL {
  const key = keyOf(vendor, "REMOTE_URL");
  const text = (settings[key] ?? "").trim() || vendor.tokenServer;
  if (text === undefined) {
    throw new CredentialError("configuration", `${key} is not set; name the server that gives out access tokens`);
  }
  let url: URL;
  try {
    url = parseBase(text, { key, provider: vendor.name });
  } catch (error) {
    if (ProviderError.is(error)) throw new CredentialError("configuration", error.message);
    throw error;
  }
  if (url.protocol === "https:" || url.hostname !== "localhost") return url;
  // A name, and whoever answers for names decides where it leads.
  throw new CredentialError(
    "configuration",
    `${key} is ${JSON.stringify(url.href)}; for plain http write 127.0.0.1 or [::1] instead of localhost`,
  );
}

function readKey({ settings }: SourceOptions): string | undefined {
  const key = (settings["TOKEN_HTTP_API_KEY"] ?? "").trim();
  if (key === "") return undefined;
  if (/^[\u0021-\u007e]+$/u.test(key)) return key;
  throw new CredentialError(
    "configuration",
    "TOKEN_HTTP_API_KEY holds a blank or a character that cannot be sent; correct it",
  );
}

interface Fetching {
  readonly vendor: LoginVendor;
  readonly url: URL;
  readonly key: string | undefined;
  readonly giver: string;
  readonly options: SourceOptions;
}

async function fetchCredential(
  fetching: Fetching,
  outer: AbortSignal | undefined,
): Promise<{ readonly credential: Credential; readonly warning?: string }> {
  const { vendor, giver, options } = fetching;
  const network = options.network ?? (await readNetworkOptions(options));
  const describe = (): Error =>
    new CredentialError("network", `${giver} gave no access token within ${TOTAL_MS / 1000} s; try again later`);
  const limit = new TimeLimit(TOTAL_MS, describe, outer);
  const client = createHttpClient({ ...network, connectTimeoutMs: TOTAL_MS });
  try {
    const response = await sendFollowing(client, fetching, limit.signal);
    const nowMs = options.now();
    if (response.status !== 200) {
      response.discard();
      const retryAfterMs = parseRetryAfter(response.headers, "", nowMs);
      throw readRefusal(response.status, giver, fetching.key !== undefined, retryAfterMs, vendor);
    }
    const text = await readBody(response, giver);
    const serverMs = Date.parse(response.headers["date"] ?? "");
    return parseRemoteAnswer(text, giver, { nowMs, serverMs: Number.isNaN(serverMs) ? undefined : serverMs }, vendor);
  } catch (error) {
    throw ProviderError.is(error) ? toCredentialError(error, giver) : error;
  } finally {
    limit.end();
    client.close();
  }
}

/** Redirects are followed within the origin only: the key is for that server and for nobody it names. */
async function sendFollowing(client: HttpClient, fetching: Fetching, signal: AbortSignal): Promise<HttpResponse> {
  const { key, giver } = fetching;
  const urlKey = keyOf(fetching.vendor, "REMOTE_URL");
  const headers = {
    accept: "application/json",
    "user-agent": `scorpiox-code/${VERSION}`,
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  let { url } = fetching;
  for (let redirects = 0; ; redirects += 1) {
    const response = await client.send({ method: "GET", url: url.href, headers }, { signal, idleTimeoutMs: TOTAL_MS });
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    response.discard();
    const location = response.headers["location"] ?? "";
    const refuse = (what: string): CredentialError => new CredentialError("configuration", `${giver} ${what}`);
    if (location === "" || !URL.canParse(location, url.href)) {
      throw refuse(`redirects to nowhere (status ${response.status}); correct ${urlKey}`);
    }
    const next = new URL(location, url);
    if (next.origin !== fetching.url.origin || next.username !== "" || next.password !== "") {
      const host = JSON.stringify(next.host.slice(0, 100));
      throw refuse(`redirects to ${host}, where the key is not sent; if that is right, name it in ${urlKey}`);
    }
    if (redirects === MAX_REDIRECTS) throw refuse(`redirects in circles; correct ${urlKey}`);
    url = next;
  }
}

async function readBody(response: HttpResponse, giver: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let bytes = await response.read(); bytes !== undefined; bytes = await response.read()) {
    length += bytes.length;
    if (length > MAX_BYTES) {
      response.discard();
      throw new CredentialError("bad_input", `the answer of ${giver} is longer than 1 MiB, which no token is`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function toCredentialError(error: ProviderError, giver: string): CredentialError {
  const code = error.code === "configuration" || error.code === "invalid_request" ? "configuration" : "network";
  return new CredentialError(code, `${giver} gave no access token: ${error.message}`, {
    cause: error,
    // What is wrong here is not asked of anybody.
    retryAfterMs: code === "configuration" ? 0 : undefined,
  });
}
