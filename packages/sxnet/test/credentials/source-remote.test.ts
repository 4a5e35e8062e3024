import { getEventListeners } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { CredentialError } from "../../src/credentials/credential-error.js";
import type { CredentialRequest, SourceOptions } from "../../src/credentials/source.js";
import { createCredentialSource } from "../../src/credentials/sources.js";
import { startConnectProxy } from "../connect-proxy.js";
import { closed, gate, listen, serve, serveRaw } from "../loopback.js";
import { createPrivateAuthority, hasOpenssl } from "../private-authority.js";
import { describeSource } from "./source-contract.js";

const KEY = "KEY-SECRET-1";

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sx-remote-"));
  const folder = home;
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});
afterEach(() => {
  vi.useRealTimers();
});

async function get(
  settings: SourceOptions["settings"],
  request: CredentialRequest = {},
  env: SourceOptions["env"] = {},
) {
  const options = { settings: { TOKEN_HTTP_API_KEY: KEY, ...settings }, home, env, now: Date.now };
  return (await createCredentialSource("remote", options)).get(request);
}

async function fail(...args: Parameters<typeof get>): Promise<CredentialError> {
  const error = await get(...args).then(
    () => undefined,
    (reason: unknown) => reason as CredentialError,
  );
  if (error === undefined) throw new Error("there was a credential");
  expect(error.message).toMatch(/^[^\r\n]+[^.\r\n]$/u);
  expect(`${String(error)} ${error.stack ?? ""} ${String(error.cause)}`).not.toContain("SECRET");
  return error;
}

function answer(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json").end(JSON.stringify(value));
}

describe.each([
  ["codex", "CODEX_REMOTE_URL"],
  ["claude_code", "CLAUDE_CODE_REMOTE_URL"],
] as const)("for %s", (vendor, key) => {
  describeSource("remote", async ({ home: folder, now }) => {
    let login: object | undefined;
    const { origin } = await serve((_request, response) => {
      // The clock stands still here, and so the server's does.
      response.setHeader("date", new Date(now()).toUTCString());
      if (login === undefined) response.writeHead(503).end("SECRET");
      else answer(response, login);
    });
    const settings = { [key]: `${origin}/token`, TOKEN_HTTP_API_KEY: KEY };
    return {
      source: await createCredentialSource("remote", { vendor, settings, home: folder, env: {}, now }),
      put: async ({ accessToken, accountId }) => {
        login = { access_token: accessToken, account_id: accountId };
      },
      remove: async () => {
        login = undefined;
      },
      secrets: [KEY, "SECRET"],
    };
  });
});

describe("the remote source", () => {
  it("asks once, with the key and our name, and says where it asked", async () => {
    const seen: IncomingMessage[] = [];
    const { origin } = await serve((request, response) => {
      seen.push(request);
      answer(response, { access_token: "t", expires_in: 3600, account_id: "acc" });
    });
    const settings = { CODEX_REMOTE_URL: `${origin}/team/codex` };
    const found = await get(settings);
    expect(found).toMatchObject({ accessToken: "t", accountId: "acc", source: "remote", path: `${origin}/team/codex` });
    expect(await get(settings)).toEqual(found);
    expect(seen.map(({ method, url }) => `${method ?? ""} ${url ?? ""}`)).toEqual(["GET /team/codex"]);
    expect(seen[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, accept: "application/json" });
    expect(seen[0]?.headers["user-agent"]).toMatch(/^scorpiox-code\/\d/u);
  });

  it("asks for each vendor's token by itself, at the address of that vendor alone", async () => {
    let asked = 0;
    const { origin } = await serve((_request, response) => {
      asked += 1;
      const login = { accessToken: `t${asked}`, expiresAt: Date.now() + 3_600_000 };
      answer(response, asked === 1 ? { access_token: "t1", expires_in: 3600 } : { claudeAiOauth: login });
    });
    const fromClaude = async (settings: Readonly<Record<string, string>>) => {
      const options = { vendor: "claude_code", settings, home, env: {}, now: Date.now } as const;
      return (await createCredentialSource("remote", options)).get();
    };
    expect((await get({ CODEX_REMOTE_URL: origin, TOKEN_HTTP_API_KEY: "" })).accessToken).toBe("t1");
    expect((await fromClaude({ CLAUDE_CODE_REMOTE_URL: origin })).accessToken).toBe("t2");
    expect(asked).toBe(2);
    await expect(fromClaude({ CODEX_REMOTE_URL: origin })).rejects.toMatchObject({
      code: "configuration",
      message: "CLAUDE_CODE_REMOTE_URL is not set; name the server that gives out access tokens",
    });
    expect(asked).toBe(2);
  });

  it("asks anew with another key, and sends none when there is none", async () => {
    const keys: (string | undefined)[] = [];
    const { origin } = await serve((request, response) => {
      keys.push(request.headers.authorization);
      answer(response, { access_token: `t${keys.length}`, expires_in: 3600 });
    });
    const settings = { CODEX_REMOTE_URL: origin };
    expect((await get(settings)).accessToken).toBe("t1");
    expect((await get({ ...settings, TOKEN_HTTP_API_KEY: "other" })).accessToken).toBe("t2");
    expect((await get({ ...settings, TOKEN_HTTP_API_KEY: "" })).accessToken).toBe("t3");
    expect(keys).toEqual([`Bearer ${KEY}`, "Bearer other", undefined]);
  });

  it.each([
    ["http://token.test/codex", "use https://; plain http is for this machine only"],
    ["http://10.0.0.1/codex", "use https://"],
    ["http://localhost:1/codex", "write 127.0.0.1 or [::1] instead of localhost"],
    ["http://127.0.0.1.evil.test/", "use https://"],
    ["https://me:SECRET@token.test/", "remove the user name and password"],
    ["https://token.test/?key=SECRET", "remove everything from the ? or # on"],
    ["ftp://token.test/", "begin it with https://"],
    ["token.test", "give an address such as https://host"],
  ])("refuses the address %s", async (url, message) => {
    const error = await fail({ CODEX_REMOTE_URL: url });
    expect(error).toMatchObject({ code: "configuration", exitCode: 52 });
    expect(error.message).toMatch(/^CODEX_REMOTE_URL is "/u);
    expect(error.message).toContain(message);
  });

  it("refuses a key that cannot be sent, without showing it", async () => {
    expect(await fail({ TOKEN_HTTP_API_KEY: "SECRET\r\nx: y" })).toMatchObject({
      code: "configuration",
      message: expect.stringContaining("TOKEN_HTTP_API_KEY holds a blank") as string,
    });
  });

  it.each([
    [401, {}, "login_needed", 41, "refused the key; correct TOKEN_HTTP_API_KEY (status 401)"],
    [403, {}, "login_needed", 41, "gives you no access token (status 403)"],
    [404, {}, "configuration", 52, "has nothing at that address (status 404)"],
    [410, {}, "configuration", 52, "gave no access token (status 410)"],
    [429, { "retry-after": "20" }, "limited", 57, "was asked too often (status 429); try again in 20 s"],
    [500, {}, "network", 58, "is broken or busy (status 500)"],
    [503, { "retry-after": "20" }, "network", 58, "is broken or busy (status 503)"],
    [301, {}, "configuration", 52, "redirects to nowhere (status 301)"],
    [302, { location: "http://" }, "configuration", 52, "redirects to nowhere (status 302)"],
  ])("makes of the status %i (%j) one line that is remembered", async (status, headers, code, exitCode, message) => {
    let requests = 0;
    const { origin, port } = await serve((_request, response) => {
      requests += 1;
      response.writeHead(status, headers).end("SECRET\u001b[2J");
    });
    for (let round = 0; round < 2; round += 1) {
      const error = await fail({ CODEX_REMOTE_URL: origin });
      expect(error).toMatchObject({ code, exitCode });
      expect(error.message).toContain(`the token server 127.0.0.1:${port} ${message}`);
    }
    expect(requests).toBe(1);
  });

  it.each([
    ["an empty body", "", 42, "is empty"],
    ["a web page", "<html>SECRET", 42, "is a web page"],
    ["garbage", "\u0000SECRET", 42, "is not valid JSON"],
    ["a refresh token", '{"access_token":"t","refresh_token":"SECRET"}', 42, "holds a refresh token"],
    ["a token that is over", '{"access_token":"SECRET","expires_in":0}', 41, "expired at 20"],
    ["more than 1 MiB", JSON.stringify({ access_token: "t", pad: "x".repeat(1024 * 1024) }), 42, "longer than 1 MiB"],
  ])("makes of %s one line", async (_name, body, exitCode, message) => {
    const { origin, connections } = await serve((_request, response) => response.end(body));
    const error = await fail({ CODEX_REMOTE_URL: origin });
    expect(error.exitCode).toBe(exitCode);
    expect(error.message).toContain(message);
    await closed(connections[0]);
    for (const name of await readdir(join(home, ".cache/scorpiox/tokens"))) {
      expect(await readFile(join(home, ".cache/scorpiox/tokens", name), "utf8")).not.toContain("SECRET");
    }
  });

  it("reads an endless body no further than it must", async () => {
    const { origin, connections } = await serve((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    });
    expect((await fail({ CODEX_REMOTE_URL: origin })).message).toContain("longer than 1 MiB");
    await closed(connections[0]);
  });

  it.each([
    ["a server that is not there", () => "http://127.0.0.1:1", "the connection was refused"],
    [
      "one that speaks something else",
      async () => (await serveRaw((socket) => socket.end("hello\r\n"))).origin,
      "is not HTTP 1.1",
    ],
    [
      "one that hangs up",
      async () => (await serveRaw((socket) => socket.destroy())).origin,
      "the connection was closed",
    ],
    [
      "one that hangs up within the answer",
      async () => (await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"a'))).origin,
      "was cut before the answer was complete",
    ],
  ])("says what is wrong with %s", async (_name, open, message) => {
    const error = await fail({ CODEX_REMOTE_URL: await open() });
    expect(error).toMatchObject({ code: "network", exitCode: 58 });
    expect(error.message).toMatch(/^the token server 127\.0\.0\.1:\d+ gave no access token: /u);
    expect(error.message).toContain(message);
  });

  it.each(["before", "after"])("gives a slow server 15 seconds in all: silence %s the headers", async (when) => {
    const asked = gate();
    const { origin, connections } = await serve((_request, response) => {
      if (when === "after") response.writeHead(200).write("{");
      asked.open();
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const failing = fail({ CODEX_REMOTE_URL: origin });
    await asked.opened;
    await vi.advanceTimersByTimeAsync(15_000);
    const error = await failing;
    expect(error).toMatchObject({ code: "network", exitCode: 58 });
    expect(error.message).toMatch(/gave no access token within 15 s; try again later$/u);
    await closed(connections[0]);
  });

  it("can be aborted while it waits for the answer", async () => {
    const asked = gate();
    const { origin, connections } = await serve(() => asked.open());
    const controller = new AbortController();
    const getting = expect(get({ CODEX_REMOTE_URL: origin }, { signal: controller.signal })).rejects.toBe("enough");
    await asked.opened;
    controller.abort("enough");
    await getting;
    await closed(connections[0]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    expect((await readdir(join(home, ".cache/scorpiox/tokens"))).filter((name) => name.endsWith(".json"))).toEqual([]);
  });
});

describe("a redirect", () => {
  it("is followed within the origin, three times at most", async () => {
    let hops = 3;
    const keys = new Set<string | undefined>();
    const { origin } = await serve((request, response) => {
      const hop = Number(request.url?.slice(1) || "0");
      keys.add(request.headers.authorization);
      if (hop < hops) response.writeHead([302, 307, 308][hop % 3] ?? 301, { location: `/${hop + 1}` }).end();
      else answer(response, { access_token: "t", expires_in: 3600 });
    });
    expect((await get({ CODEX_REMOTE_URL: origin })).accessToken).toBe("t");
    expect([...keys]).toEqual([`Bearer ${KEY}`]);
    hops = 4;
    expect(await fail({ CODEX_REMOTE_URL: origin, TOKEN_HTTP_API_KEY: "other" })).toMatchObject({
      code: "configuration",
      message: expect.stringContaining("redirects in circles") as string,
    });
  });

  it("to another origin is refused, and the key not sent there", async () => {
    const other = await serve((_request, response) => answer(response, { access_token: "evil" }));
    for (const location of [
      `${other.origin}/`,
      `//127.0.0.1:${other.port}/`,
      `http://x:y@127.0.0.1:${other.port}/`,
      `https://127.0.0.1:${other.port}/`,
    ]) {
      const { origin } = await serve((_request, response) => response.writeHead(302, { location }).end());
      expect(await fail({ CODEX_REMOTE_URL: origin })).toMatchObject({
        code: "configuration",
        exitCode: 52,
        message: expect.stringContaining(`redirects to "127.0.0.1:${other.port}", where the key is not sent`) as string,
      });
    }
    expect(other.connections).toEqual([]);
  });
});

describe.skipIf(!hasOpenssl)("over TLS (skipped without openssl)", () => {
  it("trusts a private authority when it is named, and only then", async () => {
    const { ca, key, cert } = createPrivateAuthority(["DNS:token.test", "IP:127.0.0.1"]);
    let requests = 0;
    const server = createTlsServer({ key, cert }, (_request, response) => {
      requests += 1;
      answer(response, { access_token: "t", expires_in: 3600 });
    });
    const { port } = await listen(server);
    const file = join(home, "ca.pem");
    await writeFile(file, ca);
    const url = `https://127.0.0.1:${port}/codex`;
    const error = await fail({ CODEX_REMOTE_URL: url });
    expect(error).toMatchObject({ code: "network", exitCode: 58 });
    expect(error.message).toContain("the certificate of the server is not trusted");
    expect(requests).toBe(0);
    const trusting = { CODEX_REMOTE_URL: url, SX_CA_FILE: file };
    const other = { TOKEN_HTTP_API_KEY: "other" };
    expect((await get({ ...trusting, ...other })).accessToken).toBe("t");
    expect(
      (await get({ CODEX_REMOTE_URL: url, TOKEN_HTTP_API_KEY: "third" }, {}, { NODE_EXTRA_CA_CERTS: file }))
        .accessToken,
    ).toBe("t");

    const proxy = await startConnectProxy({ ports: { "token.test:443": port } });
    const proxied = { SX_CA_FILE: file, CODEX_REMOTE_URL: "https://token.test/codex" };
    const env = { HTTPS_PROXY: `http://me:PROXY-SECRET@127.0.0.1:${proxy.port}` };
    expect((await get(proxied, {}, env)).accessToken).toBe("t");
    expect(proxy.targets).toEqual(["token.test:443"]);
    expect(proxy.logins).toEqual([`Basic ${Buffer.from("me:PROXY-SECRET").toString("base64")}`]);
    const excepted = await get({ ...trusting, TOKEN_HTTP_API_KEY: "fourth" }, {}, { ...env, NO_PROXY: "127.0.0.1" });
    expect(excepted.accessToken).toBe("t");
    expect(proxy.targets).toHaveLength(1);
  });

  it("names the proxy that fails, and not its password", async () => {
    const env = { HTTPS_PROXY: "http://me:PROXY-SECRET@127.0.0.1:1" };
    const error = await fail({ CODEX_REMOTE_URL: "https://token.test/" }, {}, env);
    expect(error.exitCode).toBe(58);
    expect(error.message).toContain("cannot reach the proxy 127.0.0.1:1: the connection was refused");
  });

  it("says at once what is wrong with the settings, and again when they are right", async () => {
    const { origin } = await serve((_request, response) => answer(response, { access_token: "t" }));
    expect(await fail({ CODEX_REMOTE_URL: origin, SX_CA_FILE: join(home, "none") })).toMatchObject({ exitCode: 52 });
    expect((await get({ CODEX_REMOTE_URL: origin })).accessToken).toBe("t");
  });
});
