/** What is sent and what comes back, whichever transport carries it. */

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
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
  /** Where `ca` is from, for messages: `SX_CA_FILE (~/company.pem)`. */
  readonly caName?: string | undefined;
  /** Shown to servers and proxies that ask for a certificate. */
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** Both as PEM; the key is a secret, and not encrypted. */
export interface ClientCertificate {
  /** The certificate, and after it those between it and its authority. */
  readonly cert: string;
  readonly key: string;
}

export interface HttpClientOptions extends NetworkOptions {
  /** Used instead of node:http; must stream. It manages its own connections. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** For name lookup, proxy, TCP and TLS together; not with `fetch`. Default 30,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** A longer answer is the error `protocol`. Default 512 MiB. */
  readonly maxBodyBytes?: number | undefined;
}
