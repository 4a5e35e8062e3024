import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createHttpClient, type HttpClient, type HttpClientOptions, type HttpResponse } from "../src/http.js";
import { startConnectProxy } from "./connect-proxy.js";
import { expectNothingLeft } from "./leaks.js";
import { closed, gate, listen, serve } from "./loopback.js";
import { createPrivateAuthority, hasOpenssl } from "./private-authority.js";

if (!hasOpenssl) console.warn("SKIPPED: the tests of http-tunnel need the program openssl, which is not here");

function client(options: HttpClientOptions): HttpClient {
  const made = createHttpClient(options);
  onTestFinished(() => made.close());
  return made;
}

function get(made: HttpClient, url: string, options = {}): Promise<HttpResponse> {
  return made.send(
    { method: "GET", url, headers: { authorization: "Bearer SECRET" } },
    { idleTimeoutMs: 30_000, ...options },
  );
}

async function textOf(response: HttpResponse): Promise<string> {
  let text = "";
  for (let bytes = await response.read(); bytes !== undefined; bytes = await response.read()) {
    text += new TextDecoder().decode(bytes);
  }
  return text;
}

describe.skipIf(!hasOpenssl)("a request through a proxy", () => {
  let trust: ReturnType<typeof createPrivateAuthority>;
  beforeAll(() => {
    trust = createPrivateAuthority(["DNS:token.test", "IP:127.0.0.1"]);
  });

  async function serveTls() {
    const paths: string[] = [];
    const server = createTlsServer({ key: trust.key, cert: trust.cert, keepAliveTimeout: 0 }, (request, response) => {
      paths.push(`${request.headers.host ?? ""}${request.url ?? ""}`);
      response.end("ok");
    });
    return { ...(await listen(server)), paths };
  }

  it("reaches a host whose name only the proxy knows, and keeps the connection", async () => {
    const { port, paths } = await serveTls();
    const proxy = await startConnectProxy({ ports: { "token.test:443": port } });
    const made = client({ proxy: { https: `http://me:p%40ss@127.0.0.1:${proxy.port}` }, ca: [trust.ca] });
    for (let round = 0; round < 3; round++) expect(await textOf(await get(made, "https://token.test/x"))).toBe("ok");
    expect(paths).toEqual(Array(3).fill("token.test/x"));
    expect(proxy.targets).toEqual(["token.test:443"]);
    expect(proxy.logins).toEqual([`Basic ${Buffer.from("me:p@ss").toString("base64")}`]);
  });

  it("may go through a proxy that speaks TLS itself", async () => {
    const { port } = await serveTls();
    const proxy = await startConnectProxy({ ports: { "token.test:443": port }, tls: trust });
    const made = client({ proxy: { https: `https://127.0.0.1:${proxy.port}` }, ca: [trust.ca] });
    expect(await textOf(await get(made, "https://token.test/"))).toBe("ok");
  });

  it("also carries plain http to other machines", async () => {
    const { port } = await serve((request, response) => response.end(request.url));
    const proxy = await startConnectProxy({ ports: { "token.test:80": port } });
    const made = client({ proxy: { http: proxy.origin } });
    expect(await textOf(await get(made, "http://token.test/plain"))).toBe("/plain");
    expect(proxy.targets).toEqual(["token.test:80"]);
  });

  it("takes no proxy for excepted hosts, nor for http on this machine", async () => {
    const secure = await serveTls();
    const plain = await serve((_request, response) => response.end("ok"));
    const proxy = await startConnectProxy();
    const made = client({
      proxy: { http: proxy.origin, https: proxy.origin, except: `127.0.0.1:${secure.port}` },
      ca: [trust.ca],
    });
    expect(await textOf(await get(made, `https://127.0.0.1:${secure.port}/`))).toBe("ok");
    expect(await textOf(await get(made, `${plain.origin}/`))).toBe("ok");
    expect(proxy.connections).toEqual([]);
  });

  it("does not trust the server more for it", async () => {
    const { port, paths } = await serveTls();
    const proxy = await startConnectProxy({ ports: { "token.test:443": port, "other.test:443": port } });
    const proxied = { proxy: { https: proxy.origin } };
    await expect(get(client(proxied), "https://token.test/")).rejects.toMatchObject({
      code: "network",
      retryable: false,
      message: expect.stringContaining(
        `cannot reach token.test:443 through the proxy 127.0.0.1:${proxy.port}: the certificate of the server is not trusted`,
      ) as string,
    });
    await expect(get(client({ ...proxied, ca: [trust.ca] }), "https://other.test/")).rejects.toMatchObject({
      code: "network",
      message: expect.stringContaining("is for another host name") as string,
    });
    expect(paths).toEqual([]);
  });

  it.each([
    [407, "", "wants a user name and a password; put them into its address", false],
    [407, "me:HIDDEN@", "refused the user name and the password in its address; correct them", false],
    [403, "", "does not connect to token.test:443 (status 403); ask who runs it", false],
    [204, "", "does not connect to token.test:443 (status 204); ask who runs it", false],
    [502, "", "could not connect to token.test:443 (status 502); try again", true],
  ])("names the proxy when it answers %i to %j", async (status, login, message, retryable) => {
    const proxy = await startConnectProxy({
      answer: (_request, socket) => {
        socket.end(`HTTP/1.1 ${status} X\r\nproxy-authenticate: Basic realm="x"\r\ncontent-length: 0\r\n\r\n`);
        return true;
      },
    });
    const made = client({ proxy: { https: `http://${login}127.0.0.1:${proxy.port}` } });
    const error = await get(made, "https://token.test/").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "network", retryable });
    expect(String(error)).toContain(`the proxy 127.0.0.1:${proxy.port} ${message}`);
    expect(String(error)).not.toMatch(/HIDDEN|SECRET/);
    await closed(proxy.connections[0]);
  });

  it("names the proxy when that cannot be reached, or is none", async () => {
    const made = client({ proxy: { https: "http://me:HIDDEN@127.0.0.1:1" } });
    await expect(get(made, "https://token.test/")).rejects.toMatchObject({
      code: "network",
      message:
        "cannot reach the proxy 127.0.0.1:1: the connection was refused; check the address and that the server runs",
    });
    const none = await startConnectProxy({
      answer: (_request, socket) => {
        socket.end("SSH-2.0-OpenSSH\r\n");
        return true;
      },
    });
    await expect(get(client({ proxy: { https: none.origin } }), "https://token.test/")).rejects.toMatchObject({
      code: "protocol",
      message: expect.stringContaining(`the answer of the proxy 127.0.0.1:${none.port} is not HTTP 1.1`) as string,
    });
    await expect(get(client({ proxy: { https: "socks5://x" } }), "https://token.test/")).rejects.toMatchObject({
      code: "configuration",
    });
  });

  it("counts a proxy that is silent as part of connecting, and leaves nothing", async () => {
    const proxy = await startConnectProxy({ answer: () => true });
    const made = client({ proxy: { https: proxy.origin }, connectTimeoutMs: 100 });
    await expect(get(made, "https://token.test/")).rejects.toMatchObject({
      code: "timeout",
      message: `no connection to token.test:443 through the proxy 127.0.0.1:${proxy.port} for 100 ms; try again`,
    });
    await closed(proxy.connections[0]);
  });

  it.each(["while the proxy is asked", "inside the handshake"])("can be aborted %s", async (when) => {
    const asked = gate<Socket>();
    const proxy = await startConnectProxy({
      answer: (_request, socket) => {
        if (when !== "while the proxy is asked") {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          socket.once("data", () => asked.open(socket));
        } else asked.open(socket);
        return true;
      },
    });
    const made = client({ proxy: { https: proxy.origin } });
    const controller = new AbortController();
    await expectNothingLeft(controller.signal, async () => {
      const sending = get(made, "https://token.test/", { signal: controller.signal });
      const rejected = expect(sending).rejects.toBe("over");
      const socket = await asked.opened;
      controller.abort("over");
      await rejected;
      await closed(socket);
    });
  });
});
