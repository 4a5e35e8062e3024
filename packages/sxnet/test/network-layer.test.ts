import { createServer as createTlsServer } from "node:https";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "tsup";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  createCredentialSource,
  logInByDevice,
  openLoginService,
  readNetworkOptions,
  type SourceOptions,
} from "../src/credentials/index.js";
import { createProvider } from "../src/index.js";
import { listen } from "./loopback.js";
import { createPrivateAuthority, hasOpenssl } from "./private-authority.js";
import { hasTinyproxy, startTinyproxy } from "./tinyproxy.js";

const canRun = hasTinyproxy && hasOpenssl;
if (!canRun) console.warn("SKIPPED: the tests of network-layer need the programs tinyproxy and openssl");

describe.skipIf(!canRun)("every request goes through one layer", () => {
  let trust: ReturnType<typeof createPrivateAuthority>;
  let folder: string;
  let home: string;

  beforeAll(async () => {
    trust = createPrivateAuthority(["DNS:localhost", "IP:127.0.0.1"]);
    folder = await mkdtemp(join(tmpdir(), "sxnet-layer-"));
    await build({
      config: false,
      entry: { refresher: fileURLToPath(new URL("../src/credentials/refresh/refresher-bin.ts", import.meta.url)) },
      format: ["cjs"],
      outDir: folder,
      noExternal: [/.*/],
      silent: true,
      esbuildOptions(options) {
        options.conditions = ["@scorpiox/source", "module", "import"];
      },
    });
    await Promise.all([
      writeFile(join(folder, "ca.pem"), trust.ca),
      writeFile(join(folder, "other.pem"), createPrivateAuthority(["DNS:x"]).ca),
      writeFile(join(folder, "client.pem"), trust.client.cert),
      writeFile(join(folder, "client.key"), trust.client.key, { mode: 0o600 }),
      writeFile(join(folder, "server.key"), trust.key, { mode: 0o600 }),
    ]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "sxnet-home-"));
    const made = home;
    onTestFinished(() => rm(made, { recursive: true, force: true }));
  });

  /** A server that talks to nobody without a certificate of its authority, and refuses whatever is asked. */
  async function serveStrictly(): Promise<{ readonly port: number; readonly paths: string[] }> {
    const paths: string[] = [];
    const { key, cert, ca } = trust;
    const strict = { key, cert, ca, requestCert: true, rejectUnauthorized: true, keepAliveTimeout: 0 };
    const server = createTlsServer(strict, (request, response) => {
      paths.push(`${request.method ?? ""} ${request.url?.replace(/\?.*/, "") ?? ""}`);
      response.statusCode = 400;
      response.end("{}");
    });
    const { port } = await listen(server);
    return { port, paths };
  }

  function optionsFor(port: number, env: Record<string, string>, more: Record<string, string> = {}): SourceOptions {
    const url = `https://localhost:${port}`;
    return {
      home,
      env,
      now: Date.now,
      refresher: { command: process.execPath, args: [join(folder, "refresher.cjs")] },
      settings: {
        CODEX_BASE_URL: `${url}/backend-api/codex`,
        ANTHROPIC_API_URL: url,
        ANTHROPIC_API_KEY: "k",
        CODEX_REMOTE_URL: `${url}/token`,
        CODEX_OAUTH_URL: url,
        CODEX_CREDENTIALS_FILE: join(home, "login.json"),
        SX_CA_FILE: join(folder, "ca.pem"),
        SX_CLIENT_CERT: join(folder, "client.pem"),
        SX_CLIENT_KEY: join(folder, "client.key"),
        ...more,
      },
    };
  }

  async function openProvider(name: string, options: SourceOptions) {
    const network = await readNetworkOptions(options);
    const getCredential = () => Promise.resolve({ accessToken: "t" });
    const provider = await createProvider(name, {
      settings: options.settings,
      network,
      getCredential,
      retry: { maxRetries: 0 },
    });
    onTestFinished(() => provider.close());
    return provider;
  }

  async function answer(options: SourceOptions): Promise<unknown> {
    const provider = await openProvider("anthropic", options);
    const question = { role: "user", content: [{ type: "text", text: "q" }] } as const;
    return provider.stream({ model: "sonnet", messages: [question] }).result();
  }

  async function refresh(options: SourceOptions): Promise<unknown> {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const accessToken = `${part({})}.${part({ exp: 1_600_000_000 })}.${part("x")}`;
    const tokens = { access_token: accessToken, refresh_token: "r", id_token: accessToken, account_id: "a" };
    await writeFile(join(options.home, "login.json"), JSON.stringify({ tokens }), { mode: 0o600 });
    return (await createCredentialSource("local", options)).get();
  }

  async function logIn(options: SourceOptions): Promise<unknown> {
    const service = await openLoginService(options, AbortSignal.timeout(30_000));
    onTestFinished(() => service.http.close());
    return logInByDevice({ ...service, now: Date.now, onCode: () => undefined });
  }

  const REQUESTS: readonly [string, (options: SourceOptions) => Promise<unknown>, string][] = [
    ["an answer", answer, "POST /v1/messages"],
    ["a list of models", async (at) => (await openProvider("anthropic", at)).listModels?.(), "GET /v1/models"],
    ["limits", async (at) => (await openProvider("codex", at)).readLimits?.(), "GET /backend-api/wham/usage"],
    ["a token server", async (at) => (await createCredentialSource("remote", at)).get(), "GET /token"],
    ["a refresh, in a process of its own", refresh, "POST /oauth/token"],
    ["a login", logIn, "POST /api/accounts/deviceauth/usercode"],
  ];

  it.each(REQUESTS)("%s: proxy with a password, private authority, client certificate", async (_name, send, path) => {
    const { port, paths } = await serveStrictly();
    const proxy = await startTinyproxy({ user: "me", password: "word" });
    const options = optionsFor(port, { HTTPS_PROXY: `http://me:word@${proxy.place}` });
    await expect(send(options)).rejects.toThrow();
    expect(paths).toEqual([path]);
    expect(proxy.targets()).toEqual([`localhost:${port}`]);
  });

  it.each(REQUESTS)("%s: names the proxy that wants a password", async (_name, send) => {
    const { port, paths } = await serveStrictly();
    const proxy = await startTinyproxy({ user: "me", password: "word" });
    const options = optionsFor(port, { https_proxy: `http://${proxy.place}` });
    await expect(send(options)).rejects.toThrow(`the proxy ${proxy.place} wants a user name and a password`);
    expect(paths).toEqual([]);
  });

  it.each([
    ["localhost", true],
    ["LOCALHOST", true],
    ["*", true],
    [".localhost", true],
    ["other, localhost:PORT", true],
    ["localhost:1", false],
    ["host", false],
    ["127.0.0.0/8", false],
  ])("NO_PROXY=%s: goes there without it: %s", async (except, isExempt) => {
    const { port, paths } = await serveStrictly();
    const proxy = await startTinyproxy();
    const env = { HTTPS_PROXY: proxy.place, NO_PROXY: except.replace("PORT", String(port)) };
    await expect(answer(optionsFor(port, env))).rejects.toThrow("400");
    expect(paths).toHaveLength(1);
    expect(proxy.targets()).toHaveLength(isExempt ? 0 : 1);
  });

  it.each([
    [
      "the wrong authority",
      { SX_CA_FILE: "other.pem" },
      /not trusted, also not by SX_CA_FILE \(.*other\.pem\); add the/,
    ],
    ["no authority", { SX_CA_FILE: "" }, /certificate of the server is not trusted; .* set SX_CA_FILE/],
    ["no client certificate", { SX_CLIENT_CERT: "", SX_CLIENT_KEY: "" }, /set SX_CLIENT_CERT and SX_CLIENT_KEY/],
    ["half of one", { SX_CLIENT_CERT: "" }, /^SX_CLIENT_KEY is set and SX_CLIENT_CERT is not/],
    ["another's key", { SX_CLIENT_KEY: "server.key" }, /^SX_CLIENT_KEY names .*its key is that of another certificate/],
    ["no key", { SX_CLIENT_KEY: "ca.pem" }, /^SX_CLIENT_KEY names .*it holds no private key, or an encrypted one/],
    ["no file", { SX_CLIENT_CERT: "none.pem" }, /^SX_CLIENT_CERT names .*which does not exist; give your certificate/],
  ])("%s is told with the file and what to do", async (_name, given, message) => {
    const { port, paths } = await serveStrictly();
    const proxy = await startTinyproxy();
    const files = Object.entries(given).map(([key, file]) => [key, file === "" ? "" : join(folder, file)] as const);
    const options = optionsFor(port, { HTTPS_PROXY: proxy.place }, Object.fromEntries(files));
    await expect(answer(options)).rejects.toThrow(message);
    expect(paths).toEqual([]);
  });

  it("a proxy that cannot connect is named, with where it should have gone", async () => {
    const { port } = await listen(createTlsServer());
    const proxy = await startTinyproxy();
    const options = optionsFor(1, { HTTPS_PROXY: proxy.place });
    await expect(answer(options)).rejects.toThrow(
      `the proxy ${proxy.place} could not connect to localhost:1 (status 5`,
    );
    const nobody = optionsFor(port, { HTTPS_PROXY: "127.0.0.1:1" });
    await expect(answer(nobody)).rejects.toThrow("cannot reach the proxy 127.0.0.1:1: the connection was refused");
  });
});
