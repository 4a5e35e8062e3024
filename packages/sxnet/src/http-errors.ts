import { ProviderError } from "./errors.js";

/** Where a message may say a request went: host and port, never path, query or headers. */
export function placeOf(url: URL): string {
  return `${url.hostname}:${url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port}`;
}

/** `500 ms`, `30 seconds`: a limit in words. */
export function inSeconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : ms === 1000 ? "1 second" : `${Number((ms / 1000).toFixed(1))} seconds`;
}

const CERTIFICATE =
  "the certificate of the server is not trusted; if a proxy or a private authority signs it, set SX_CA_FILE or NODE_EXTRA_CA_CERTS";
const CLIENT_CERTIFICATE =
  "the server wants a certificate of ours, or does not take the one it was shown; set SX_CLIENT_CERT and SX_CLIENT_KEY";
const CLOSED = "the connection was closed before an answer came; try again";

/** Why no connection came about. Source: Node.js "Errors", OpenSSL verify(1), undici "Errors", read 2026-11-20. */
const CONNECT_CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused; check the address and that the server runs",
  ENOTFOUND: "the host name was not found; check the address and the network",
  EAI_AGAIN: "the name lookup failed; check the network",
  EAI_NODATA: "the host name has no address; check the address",
  ECONNRESET: CLOSED,
  ECONNABORTED: CLOSED,
  EPIPE: CLOSED,
  UND_ERR_SOCKET: CLOSED,
  ETIMEDOUT: "no connection came about in time; check the network",
  UND_ERR_CONNECT_TIMEOUT: "no connection came about in time; check the network",
  EHOSTUNREACH: "the host cannot be reached; check the network",
  EHOSTDOWN: "the host cannot be reached; check the network",
  ENETUNREACH: "the network cannot be reached; check the network",
  ENETDOWN: "the network is down; check the network",
  EADDRNOTAVAIL: "this machine has no address to connect from; check the network",
  EACCES: "this machine does not allow the connection; check its firewall",
  EPERM: "this machine does not allow the connection; check its firewall",
  EMFILE: "this process has too many open files",
};

/** What repeating does not heal. */
const TLS_CAUSES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  CERT_UNTRUSTED: CERTIFICATE,
  CERT_REJECTED: CERTIFICATE,
  CERT_SIGNATURE_FAILURE: CERTIFICATE,
  INVALID_CA: CERTIFICATE,
  INVALID_PURPOSE: CERTIFICATE,
  CERT_REVOKED: "the certificate of the server has been revoked",
  CERT_HAS_EXPIRED: "the certificate of the server has expired; check also the clock of this machine",
  CERT_NOT_YET_VALID: "the certificate of the server is not valid yet; check the clock of this machine",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate of the server is for another host name; check the address",
  HOSTNAME_MISMATCH: "the certificate of the server is for another host name; check the address",
  EPROTO: "the server speaks no TLS that we understand; check the port, and whether the address begins with http://",
  // TLS alerts 40 to 49 and 116, as the server sends them. Source: RFC 8446 6.2, OpenSSL 3 names, read 2026-11-21.
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: CLIENT_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: CLIENT_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: CLIENT_CERTIFICATE,
  ERR_SSL_WRONG_VERSION_NUMBER:
    "the server speaks no TLS that we understand; check the port, and whether the address begins with http://",
};

const NOT_HTTP = "not HTTP 1.1, or its headers are too large; check the address";

/**
 * An error of node:http or fetch before the headers, in our words. The original is the `cause`. `caName`: where the
 * authorities are from that are trusted beside the runtime's.
 */
export function requestError(error: unknown, place: string, caName?: string): ProviderError {
  const code = codeOf(error);
  if (isParserError(code)) {
    return new ProviderError("protocol", `the answer of ${place} is ${NOT_HTTP}`, { cause: error });
  }
  if (/^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code)) {
    return new ProviderError("timeout", `${place} sent no answer in time; try again`, { cause: error });
  }
  const tls = Object.hasOwn(TLS_CAUSES, code)
    ? TLS_CAUSES[code]
    : code.startsWith("ERR_SSL_")
      ? TLS_CAUSES["EPROTO"]
      : undefined;
  const told = tls === CERTIFICATE && caName !== undefined ? notIn(caName) : tls;
  const reason = told ?? (Object.hasOwn(CONNECT_CAUSES, code) ? CONNECT_CAUSES[code] : undefined);
  return new ProviderError("network", `cannot reach ${place}: ${reason ?? `the connection failed (${code})`}`, {
    ...(tls === undefined ? {} : { retryable: false }),
    cause: error,
  });
}

/** Where a request failed on its way. `http`: there was an answer, or none came. */
export type Hop = "name lookup" | "proxy" | "connection" | "TLS" | "http";

/** Which hop a failure of this layer was at, by its cause; its message says the same in a sentence. */
export function hopOf(error: ProviderError): Hop {
  if (/^(cannot reach |the answer of )?the proxy /.test(error.message)) return "proxy";
  const code = codeOf(error.cause);
  if (/^(ENOTFOUND|EAI_)/.test(code)) return "name lookup";
  if (Object.hasOwn(TLS_CAUSES, code) || code.startsWith("ERR_SSL_")) return "TLS";
  return error.message.startsWith("cannot reach ") || error.message.startsWith("no connection to ")
    ? "connection"
    : "http";
}

function notIn(caName: string): string {
  return `the certificate of the server is not trusted, also not by ${caName}; add the authority that signed it, which may be that of a proxy, to this file`;
}

/** An error after the headers. */
export function bodyError(error: unknown, place: string): ProviderError {
  const code = codeOf(error);
  if (isParserError(code)) {
    return new ProviderError("protocol", `the answer of ${place} broke off into something that is not HTTP 1.1`, {
      cause: error,
    });
  }
  if (code === "UND_ERR_BODY_TIMEOUT") {
    return new ProviderError("timeout", `${place} sent nothing more in time; try again`, { cause: error });
  }
  return new ProviderError("network", `the connection to ${place} was cut before the answer was complete; try again`, {
    cause: error,
  });
}

export function tooLong(place: string, maxBytes: number): ProviderError {
  return new ProviderError("protocol", `the answer of ${place} is longer than ${maxBytes} bytes`);
}

function isParserError(code: string): boolean {
  return code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW";
}

/** The most telling code: `fetch` wraps the real error, and a try of several addresses lists them. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; typeof at === "object" && at !== null && depth < 5; depth++) {
    if ("code" in at && typeof at.code === "string") return at.code;
    at = at instanceof AggregateError ? at.errors[0] : at instanceof Error ? at.cause : undefined;
  }
  return "no code";
}
