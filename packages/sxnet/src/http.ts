import { ProviderError } from "./errors.js";
import type { HttpClient, HttpClientOptions, HttpRequest, HttpResponse } from "./http-message.js";

export type {
  ClientCertificate,
  HttpClient,
  HttpClientOptions,
  HttpRequest,
  HttpResponse,
  NetworkOptions,
  ProxyOptions,
} from "./http-message.js";

const CONNECT_TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 512 * 1024 * 1024;

/**
 * POST and GET over HTTP 1.1; knows no vendor. Loads and opens nothing before the first request. Bodies are asked for
 * uncompressed.
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { fetch, connectTimeoutMs = CONNECT_TIMEOUT_MS, maxBodyBytes = MAX_BODY_BYTES, ...network } = options;
  let loading: Promise<HttpClient> | undefined;
  let loaded: HttpClient | undefined;
  const load = async (): Promise<HttpClient> => {
    if (fetch === undefined) {
      const { NodeHttpClient } = await import("./http-node.js");
      loaded = new NodeHttpClient({ connectTimeoutMs, maxBodyBytes }, network);
    } else {
      const { FetchHttpClient } = await import("./http-fetch.js");
      loaded = new FetchHttpClient(fetch, maxBodyBytes);
    }
    return loaded;
  };
  return {
    async send(request, sendOptions) {
      sendOptions.signal?.throwIfAborted();
      const checked = checkRequest(request);
      loading ??= load();
      const client = await loading;
      sendOptions.signal?.throwIfAborted();
      return client.send(checked, sendOptions);
    },
    close: () => loaded?.close(),
  };
}

/**
 * The body as text, for errors: at most the first `maxBytes`, the rest is discarded. A cut or silent body gives what
 * came before; only an abort rejects.
 */
export async function readText(response: HttpResponse, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let left = maxBytes;
  try {
    for (let bytes = await response.read(); bytes !== undefined; bytes = await response.read()) {
      text += decoder.decode(bytes.subarray(0, left), { stream: true });
      left -= bytes.length;
      if (left <= 0) break;
    }
  } catch (error) {
    // The status is known already, and half an explanation is better than none.
    if (!ProviderError.is(error)) throw error;
  }
  response.discard();
  return left <= 0 ? text : text + decoder.decode();
}

/** The runtimes' own complaints about these would quote the value, and the value may be a credential. */
function checkRequest(request: HttpRequest): HttpRequest {
  let url: URL | undefined;
  try {
    url = new URL(request.url);
  } catch {
    // Reported below, without the value: it may hold a query with a key.
  }
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new ProviderError("invalid_request", "the address of the request is not an http or https URL");
  }
  if (url.username !== "" || url.password !== "") {
    throw new ProviderError("invalid_request", `the address of ${url.host} holds a user name; remove it`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)) {
      throw new ProviderError(
        "invalid_request",
        `the header ${JSON.stringify(name)} holds a character that cannot be sent; check where its value comes from`,
      );
    }
    headers[name.toLowerCase()] = value;
  }
  headers["accept-encoding"] = "identity";
  return { ...request, url: url.href, headers };
}
