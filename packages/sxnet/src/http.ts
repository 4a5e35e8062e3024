import { ProviderError } from "./errors.js";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** http or https, without user name. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer whose headers are here. Its owner reads it to the end, discards it, or aborts the request. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; a repeated header is joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * All bytes that have arrived since the last call, at least one; waits when there are none; `undefined` at the end.
   * One call at a time. Bytes that came before a failure are handed out first.
   * Rejects with ProviderError `network`, `timeout` or `protocol`, or with the signal's reason; again on every call.
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * The caller needs no more. The connection is kept when the rest of the body comes at once, and ended otherwise.
   * Does not keep the process alive. Harmless after the end.
   */
  discard(): void;
}

export interface SendOptions {
  /** Ends the request in any phase; the pending promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** The longest silence in milliseconds: while connecting, sending, and waiting for headers or for more of the body. */
  readonly idleTimeoutMs: number;
}

export interface HttpClient {
  /**
   * Sends and waits for the headers. Any status is an answer; redirects are not followed.
   * @throws ProviderError `network`, `timeout`, `protocol` or `invalid_request`, or the signal's reason.
   */
  send(request: HttpRequest, options: SendOptions): Promise<HttpResponse>;
  /** Ends idle connections. Requests under way are not touched, and the client stays usable. */
  close(): void;
}

/** The proxies to use. An address is `http://host:port`, or `https://…`, with `user:password@` if need be. */
export interface ProxyOptions {
  /** For http requests; those to this machine take none. */
  readonly http?: string | undefined;
  /** For https requests. */
  readonly https?: string | undefined;
  /** Hosts that are reached without: names (with their sub-domains), addresses, ranges, each with `:port` if need be. */
  readonly except?: string | undefined;
}

/** How the network is reached; not with a `fetch` of one's own. */
export interface NetworkOptions {
  readonly proxy?: ProxyOptions | undefined;
  /** Certificates, as PEM, of authorities that are trusted beside those the runtime knows. */
  readonly ca?: readonly string[] | undefined;
}

export interface HttpClientOptions extends NetworkOptions {
  /** Used instead of node:http; must stream. It manages its own connections. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** For name lookup, proxy, TCP and TLS together; not with `fetch`. Default 30,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** A longer answer is the error `protocol`. Default 512 MiB. */
  readonly maxBodyBytes?: number | undefined;
}

const CONNECT_TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 512 * 1024 * 1024;

/**
 * POST and GET over HTTP 1.1; knows no vendor. Loads and opens nothing before the first request. Bodies are asked for
 * uncompressed.
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { fetch, connectTimeoutMs = CONNECT_TIMEOUT_MS, maxBodyBytes = MAX_BODY_BYTES, proxy, ca } = options;
  let loading: Promise<HttpClient> | undefined;
  let loaded: HttpClient | undefined;
  const load = async (): Promise<HttpClient> => {
    if (fetch === undefined) {
      const { NodeHttpClient } = await import("./http-node.js");
      loaded = new NodeHttpClient({ connectTimeoutMs, maxBodyBytes }, { proxy, ca });
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
