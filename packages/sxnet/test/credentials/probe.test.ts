import { createServer as createTlsServer } from "node:https";
import { describe, expect, it } from "vitest";
import { probeAddress, type ProbeOptions } from "../../src/credentials/probe.js";
import { startConnectProxy } from "../connect-proxy.js";
import { listen, serve, serveRaw } from "../loopback.js";
import { createPrivateAuthority, hasOpenssl } from "../private-authority.js";
import { hasTinyproxy, startTinyproxy } from "../tinyproxy.js";

if (!hasOpenssl) console.warn("SKIPPED: some tests of probe need the program openssl, which is not here");

function probe(address: string, more: Partial<ProbeOptions> = {}) {
  const { signal } = new AbortController();
  return probeAddress(address, { key: "X_URL", provider: "x", network: {}, timeoutMs: 10_000, signal, ...more });
}

describe("probeAddress", () => {
  it("sends no credential, and takes any status", async () => {
    const headers: string[] = [];
    const { origin, port } = await serve((request, response) => {
      headers.push(...Object.keys(request.headers));
      response.writeHead(401, { date: new Date(Date.now() - 7_200_000).toUTCString() }).end("no");
    });
    const found = await probe(`${origin}/v1`);
    expect(found).toMatchObject({ reached: true, status: 401, place: `127.0.0.1:${port}` });
    expect(found.reached && Math.round((found.skewMs ?? 0) / 60_000)).toBe(-120);
    expect(headers.sort()).toEqual(["accept", "accept-encoding", "connection", "host"]);
  });

  it("names an address that is none, and the setting", async () => {
    expect(await probe("ftp://host")).toMatchObject({ reached: false, hop: "address" });
    expect(await probe("http://host.test")).toMatchObject({
      hop: "address",
      message: expect.stringMatching(/^X_URL /),
    });
  });

  it("names the connection, and an answer that is none", async () => {
    expect(await probe("http://127.0.0.1:1")).toMatchObject({ reached: false, hop: "connection" });
    const { origin } = await serveRaw((socket) => socket.end("SSH-2.0-x\r\n\r\n"));
    expect(await probe(origin)).toMatchObject({ reached: false, hop: "http" });
  });

  it("ends after its time, and on an abort with the reason", async () => {
    const { origin } = await serveRaw(() => undefined);
    expect(await probe(origin, { timeoutMs: 50 })).toMatchObject({ reached: false, hop: "http" });
    const stop = new AbortController();
    const waiting = probe(origin, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });

  it.each([
    ["HTTP/1.1 403 Forbidden\r\n\r\n", "does not connect to api.test:443 (status 403)"],
    ["HTTP/1.1 502 Bad Gateway\r\n\r\n", "could not connect to api.test:443 (status 502)"],
    ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants a user name and a password"],
    ["HTTP/1.1 301 Moved\r\ncontent-type: text/html\r\n\r\n<html>", "does not connect to api.test:443 (status 301)"],
    ["<html>log in to the network</html>\r\n\r\n", "is not HTTP 1.1"],
    ["", "the connection was closed"],
  ])("names a proxy that answers %j", async (answer, message) => {
    const { port } = await serveRaw((socket) => socket.end(answer));
    const found = await probe("https://api.test", { network: { proxy: { https: `127.0.0.1:${port}` } } });
    expect(found).toMatchObject({ reached: false, hop: "proxy", message: expect.stringContaining(message) });
    expect(found).toMatchObject({ message: expect.stringContaining(`the proxy 127.0.0.1:${port}`) });
  });

  it.skipIf(!hasOpenssl)("names TLS with the file that does not know the authority", async () => {
    const { key, cert, ca } = createPrivateAuthority(["DNS:api.test"]);
    const { port } = await listen(createTlsServer({ key, cert }, (_request, response) => response.end()));
    const proxy = await startConnectProxy({ ports: { "api.test:443": port } });
    const network = { proxy: { https: proxy.origin }, caName: "SX_CA_FILE (~/a.pem)" };
    expect(await probe("https://api.test", { network: { ...network, ca: [ca] } })).toMatchObject({
      reached: true,
      proxy: `127.0.0.1:${proxy.port}`,
      status: 200,
    });
    expect(
      await probe("https://api.test", { network: { ...network, ca: [createPrivateAuthority(["DNS:x"]).ca] } }),
    ).toMatchObject({
      hop: "TLS",
      message: expect.stringMatching(/^cannot reach api\.test:443 through the proxy .*not by SX_CA_FILE \(~\/a\.pem\)/),
    });
  });

  it.skipIf(!hasTinyproxy)("names a real proxy that finds no such host", async () => {
    const { place } = await startTinyproxy();
    const found = await probe("https://127.0.0.1:1", { network: { proxy: { https: place } } });
    expect(found).toMatchObject({
      hop: "proxy",
      message: expect.stringContaining(`the proxy ${place} could not connect`),
    });
  });
});
