import { describe, expect, it } from "vitest";
import { bodyError, hopOf, inSeconds, placeOf, requestError } from "../src/http-errors.js";

function coded(code: string): Error {
  return Object.assign(new Error(`${code} with inner details`), { code });
}

describe("requestError", () => {
  it.each([
    ["ECONNREFUSED", /: the connection was refused/, true],
    ["ENOTFOUND", /: the host name was not found/, true],
    ["EAI_AGAIN", /: the name lookup failed/, true],
    ["ECONNRESET", /: the connection was closed before an answer came/, true],
    ["EPIPE", /: the connection was closed before an answer came/, true],
    ["ETIMEDOUT", /: no connection came about in time/, true],
    ["EHOSTUNREACH", /: the host cannot be reached/, true],
    ["ENETUNREACH", /: the network cannot be reached/, true],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", /: the certificate of the server is not trusted; .*NODE_EXTRA_CA_CERTS/, false],
    ["SELF_SIGNED_CERT_IN_CHAIN", /not trusted/, false],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /not trusted/, false],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", /not trusted/, false],
    ["CERT_HAS_EXPIRED", /has expired; check also the clock/, false],
    ["CERT_NOT_YET_VALID", /not valid yet; check the clock/, false],
    ["ERR_TLS_CERT_ALTNAME_INVALID", /is for another host name/, false],
    ["EPROTO", /speaks no TLS that we understand; check the port/, false],
    ["ERR_SSL_WRONG_VERSION_NUMBER", /speaks no TLS that we understand/, false],
    ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", /speaks no TLS that we understand/, false],
    ["EWHATEVER", /: the connection failed \(EWHATEVER\)$/, true],
    ["constructor", /: the connection failed \(constructor\)$/, true],
  ])("says %s in words", (code, message, retryable) => {
    const cause = coded(code);
    const error = requestError(cause, "host:443");
    expect(error).toMatchObject({ code: "network", retryable });
    expect(error.cause).toBe(cause);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^cannot reach host:443: [^\n]*[^.]$/);
    expect(error.message).not.toContain("inner details");
  });

  it("finds the code below fetch's error, and in a try of several addresses", () => {
    const several = new AggregateError([coded("ECONNREFUSED"), coded("ENETUNREACH")]);
    expect(requestError(new TypeError("fetch failed", { cause: several }), "h:1").message).toMatch(/refused/);
    expect(requestError(new TypeError("fetch failed", { cause: coded("ENOTFOUND") }), "h:1").message).toMatch(
      /not found/,
    );
  });

  it.each([undefined, null, "text", new Error("plain"), { code: 5 }])("copes with %s", (error) => {
    expect(requestError(error, "h:1").message).toBe("cannot reach h:1: the connection failed (no code)");
  });

  it("copes with a cause that contains itself", () => {
    const error = new Error("round");
    error.cause = error;
    expect(requestError(error, "h:1").code).toBe("network");
  });

  it.each([
    ["HPE_INVALID_CONSTANT", "protocol"],
    ["HPE_HEADER_OVERFLOW", "protocol"],
    ["UND_ERR_HEADERS_OVERFLOW", "protocol"],
    ["UND_ERR_HEADERS_TIMEOUT", "timeout"],
  ])("gives %s the code %s", (code, expected) => {
    expect(requestError(coded(code), "h:1").code).toBe(expected);
  });
});

describe("hopOf", () => {
  it.each([
    ["ENOTFOUND", "h:1", "name lookup"],
    ["EAI_AGAIN", "h:1 through the proxy p:1", "name lookup"],
    ["ENOTFOUND", "the proxy p:1", "proxy"],
    ["CERT_HAS_EXPIRED", "the proxy p:1", "proxy"],
    ["CERT_HAS_EXPIRED", "h:1 through the proxy p:1", "TLS"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "h:1", "TLS"],
    ["EPROTO", "h:1", "TLS"],
    ["ECONNREFUSED", "h:1", "connection"],
    ["HPE_INVALID_CONSTANT", "h:1", "http"],
    ["UND_ERR_HEADERS_TIMEOUT", "h:1", "http"],
  ])("puts %s of %s to %s", (code, place, hop) => {
    expect(hopOf(requestError(coded(code), place))).toBe(hop);
  });

  it("names the file of authorities only where an authority is missing", () => {
    const told = (code: string): string => requestError(coded(code), "h:1", "SX_CA_FILE (~/a.pem)").message;
    expect(told("SELF_SIGNED_CERT_IN_CHAIN")).toContain("also not by SX_CA_FILE (~/a.pem); add the authority");
    expect(told("CERT_HAS_EXPIRED")).not.toContain("SX_CA_FILE");
  });
});

describe("bodyError", () => {
  it.each([
    ["ECONNRESET", "network"],
    ["UND_ERR_SOCKET", "network"],
    ["HPE_INVALID_CHUNK_SIZE", "protocol"],
    ["UND_ERR_BODY_TIMEOUT", "timeout"],
  ])("gives %s the code %s", (code, expected) => {
    expect(bodyError(coded(code), "h:1")).toMatchObject({ code: expected, message: expect.stringContaining("h:1") });
  });
});

describe("placeOf", () => {
  it.each([
    ["https://host/path?query", "host:443"],
    ["http://host", "host:80"],
    ["http://[::1]:8080/x", "[::1]:8080"],
  ])("names host and port of %s", (url, place) => {
    expect(placeOf(new URL(url))).toBe(place);
  });
});

describe("inSeconds", () => {
  it.each([
    [20, "20 ms"],
    [1000, "1 second"],
    [1500, "1.5 seconds"],
    [300_000, "300 seconds"],
  ])("says %i ms as %s", (ms, words) => {
    expect(inSeconds(ms)).toBe(words);
  });
});
