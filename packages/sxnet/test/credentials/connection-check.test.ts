import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type CheckedHop,
  checkConnection,
  type ConnectionCheckOptions,
} from "../../src/credentials/connection-check.js";
import { CredentialError } from "../../src/credentials/credential-error.js";
import { createProvider } from "../../src/registry.js";
import type { Settings } from "../../src/types.js";

const ANSWER = 'data: {"choices":[{"index":0,"delta":{"content":"OK"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

/** One request, as a command would send it. */
function asking(settings: Settings): NonNullable<ConnectionCheckOptions["request"]>["send"] {
  return async (network, signal) => {
    const provider = await createProvider("openai", { settings, network, retry: { maxRetries: 0 } });
    onTestFinished(() => provider.close());
    const messages = [{ role: "user", content: [{ type: "text", text: "Hello" }] }] as const;
    await provider.stream({ model: "m", messages }, { signal }).result();
  };
}

describe("the way to an answer", () => {
  it("is told hop by hop, without a credential on the first one", async () => {
    const { url, seen } = await startService(200);
    const settings = { OPENAI_BASE_URL: url, OPENAI_API_KEY: "sk-secret" };
    const send = asking(settings);
    const hops = await check({ settings, request: { model: "m", send } });
    expect(hops).toEqual([
      { name: "endpoint", ok: true, detail: `${url} answers` },
      { name: "login", ok: true, detail: "OPENAI_API_KEY is set" },
      { name: "request", ok: true, detail: "m has answered" },
    ]);
    expect(seen.map(({ method, authorization }) => [method, authorization])).toEqual([
      ["GET", undefined],
      ["POST", "Bearer sk-secret"],
    ]);
  });

  it("ends without a request where none was wanted", async () => {
    const { url, seen } = await startService(200);
    expect((await check({ settings: { OPENAI_BASE_URL: url } })).map(({ name }) => name)).toEqual(["endpoint"]);
    expect(seen).toHaveLength(1);
  });

  it("names the endpoint that nobody listens at, and sends no request then", async () => {
    const { url, close } = await startService(200);
    await close();
    const send = (): never => expect.unreachable();
    const hops = await check({ settings: { OPENAI_BASE_URL: url }, request: { model: "m", send } });
    expect(hops).toEqual([{ name: "endpoint", ok: false, detail: expect.any(String), remedy: expect.any(String) }]);
  });

  it("names the proxy that cannot be reached", async () => {
    const { url, close } = await startService(200);
    await close();
    const [hop] = await check({ settings: { OPENAI_BASE_URL: "https://models.example" }, env: { HTTPS_PROXY: url } });
    expect(hop).toMatchObject({ name: "proxy", ok: false });
  });

  it("names settings of the network that cannot be used", async () => {
    const home = mkdtempSync(join(tmpdir(), "sx-check-"));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    writeFileSync(join(home, "ca.pem"), "no certificate");
    expect(await check({ settings: { SX_CA_FILE: join(home, "ca.pem") }, home })).toMatchObject([
      { name: "certificates", ok: false, detail: expect.stringContaining("SX_CA_FILE") },
    ]);
    expect(await check({ env: { HTTPS_PROXY: "ftp://x" } })).toMatchObject([{ name: "proxy", ok: false }]);
  });

  it.each<[string, ConstructorParameters<typeof CredentialError>[0], string, CheckedHop["name"]]>([
    ["a host key", "host_key", "ssh", "host key"],
    ["a token server", "network", "remote", "token server"],
    ["a login that is missing", "login_needed", "local", "login"],
    ["a login that is missing there", "login_needed", "remote", "login"],
  ])("names %s", async (_name, code, source, name) => {
    const { url } = await startService(200);
    const get = (): Promise<never> => Promise.reject(new CredentialError(code, "what failed; what to do"));
    const hops = await check({ provider: "codex", settings: { CODEX_BASE_URL: url }, login: { source, get } });
    expect(hops[1]).toEqual({ name, ok: false, detail: "what failed", remedy: "what to do" });
  });

  it("says what to do about a service that refuses", async () => {
    const { url } = await startService(401);
    const settings = { OPENAI_BASE_URL: url, OPENAI_API_KEY: "sk-secret-0123456789" };
    const send = asking(settings);
    const hops = await check({ settings, request: { model: "m", send } });
    expect(hops.at(-1)).toMatchObject({ name: "request", ok: false });
    expect(JSON.stringify(hops)).not.toContain("sk-secret");
  });

  it("ends with the signal's reason", async () => {
    const reason = new Error("enough");
    await expect(check({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

async function check(options: Partial<ConnectionCheckOptions>): Promise<readonly CheckedHop[]> {
  const hops: CheckedHop[] = [];
  const defaults = { provider: "openai", settings: {}, env: {}, home: tmpdir(), signal: new AbortController().signal };
  for await (const hop of checkConnection({ ...defaults, ...options })) hops.push(hop);
  return hops;
}

async function startService(status: number): Promise<{
  readonly url: string;
  readonly seen: { readonly method: string | undefined; readonly authorization: string | undefined }[];
  readonly close: () => Promise<void>;
}> {
  const seen: { method: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    seen.push({ method: request.method, authorization: request.headers.authorization });
    const isGood = request.method === "POST" && status === 200;
    response.writeHead(status, { "content-type": isGood ? "text/event-stream" : "application/json" });
    response.end(isGood ? ANSWER : "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, close };
}
