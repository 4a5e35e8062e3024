import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { CODEX_MODELS } from "../src/models-codex.js";
import type { PrefixCache, RemotePrefix } from "../src/prefix-cache.js";
import type { ProviderSpec } from "../src/provider.js";
import { type ProviderOptions, runProvider } from "../src/run-provider.js";
import { type Answer, answering, type AnsweringServer, HELLO } from "./answering.js";

const DONE = {
  type: "done",
  stopReason: "end_turn",
  rawStopReason: "end",
  usage: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  rawUsage: null,
} as const;

function specOf(server: AnsweringServer, rest: Partial<ProviderSpec> = {}): ProviderSpec {
  const get = { method: "GET", url: `${server.baseUrl}/list`, headers: {} } as const;
  return {
    name: "someone",
    usesCredential: true,
    models: CODEX_MODELS,
    images: { mediaTypes: [], maxBytes: 0, maxEdgePixels: 0, longerEdges: "scaled" },
    buildRequest: (_request, { prefix }) => ({
      method: "POST",
      url: server.baseUrl,
      headers: {},
      body: prefix?.name ?? "whole",
    }),
    createMapper: () => ({ map: () => [DONE] }),
    readError: ({ status }) =>
      new ProviderError(status === 401 ? "auth_rejected" : "server_error", `it answered ${status}`, { status }),
    modelList: {
      build: ({ credential }) => ({ ...get, headers: { authorization: credential?.accessToken ?? "" } }),
      read: (body) => (body as { ids: string[] }).ids.map((id) => ({ id })),
    },
    ...rest,
  };
}

const LIST: Answer = { headers: { "content-type": "application/json" }, body: '{"ids":["a","b"]}' };

function open(spec: ProviderSpec, options: ProviderOptions = {}) {
  let asked = 0;
  return runProvider(spec, {
    getCredential: () => Promise.resolve({ accessToken: `access-${(asked += 1)}` }),
    retry: { maxRetries: 0 },
    ...options,
  });
}

describe("a list of models", () => {
  it("is read from the service with the credential", async () => {
    const server = await answering(LIST);
    const provider = open(specOf(server));
    expect(await provider.listModels?.()).toEqual([{ id: "a" }, { id: "b" }]);
    expect(server.requests[0]?.headers.authorization).toBe("access-1");
    await provider.close();
  });

  it("is asked for once more with another credential after a refusal, and not a third time", async () => {
    const server = await answering({ status: 401 }, LIST);
    expect(await open(specOf(server)).listModels?.()).toHaveLength(2);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["access-1", "access-2"]);
    const refusing = await answering({ status: 401 });
    await expect(open(specOf(refusing)).listModels?.()).rejects.toMatchObject({
      code: "auth_rejected",
      provider: "someone",
    });
    expect(refusing.requests).toHaveLength(2);
  });

  it.each<[string, Answer, string]>([
    ["a failure", { status: 500 }, "server_error"],
    ["a page", { body: "<html>" }, "protocol"],
    ["nothing", { body: "" }, "protocol"],
  ])("that comes as %s is an error", async (_name, answer, code) => {
    await expect(open(specOf(await answering(answer))).listModels?.()).rejects.toMatchObject({ code });
  });

  it("ends with the signal's reason", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const server = await answering(() => stop.abort(reason));
    await expect(open(specOf(server)).listModels?.({ signal: stop.signal })).rejects.toBe(reason);
  });

  it("does not exist where the service has none", async () => {
    const bare: { -readonly [K in keyof ProviderSpec]: ProviderSpec[K] } = specOf(await answering(LIST));
    delete bare.modelList;
    expect(open(bare).listModels).toBeUndefined();
    expect(open(bare).readLimits).toBeUndefined();
  });
});

describe("a stored prefix", () => {
  function cacheOf(names: string[]): PrefixCache & { readonly forgotten: RemotePrefix[]; closed: number } {
    return {
      forgotten: [],
      closed: 0,
      find: () => {
        const name = names.shift();
        return Promise.resolve(name === undefined ? undefined : { name, messages: 0 });
      },
      forget(prefix) {
        this.forgotten.push(prefix);
      },
      close() {
        this.closed += 1;
        return Promise.resolve();
      },
    };
  }

  it.each([403, 404])("that is refused with %i is forgotten, and the request sent whole", async (status) => {
    const server = await answering({ status }, { body: "data: {}\n\n" });
    const cache = cacheOf(["stored"]);
    const provider = open(specOf(server, { createPrefixCache: () => cache }));
    await provider.stream(HELLO).result();
    expect(server.requests.map(({ body }) => body)).toEqual(["stored", "whole"]);
    expect(cache.forgotten).toEqual([{ name: "stored", messages: 0 }]);
    await provider.close();
    expect(cache.closed).toBe(1);
  });

  it("changes nothing about other errors", async () => {
    const server = await answering({ status: 500 });
    const cache = cacheOf(["stored"]);
    const provider = open(specOf(server, { createPrefixCache: () => cache }));
    await expect(provider.stream(HELLO).result()).rejects.toMatchObject({ code: "server_error" });
    expect(cache.forgotten).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it("is made with requests of its own", async () => {
    const server = await answering({ status: 201, body: "made" });
    let sent: unknown;
    const spec = specOf(server, {
      createPrefixCache: ({ send }) => ({
        async find(_request, signal) {
          sent = await send({ method: "DELETE", url: server.baseUrl, headers: {} }, signal);
          return undefined;
        },
        forget() {},
        close: () => Promise.resolve(),
      }),
    });
    await open(spec)
      .stream(HELLO)
      .result()
      .catch(() => {});
    expect(sent).toMatchObject({ status: 201, body: "made" });
  });
});

it("formats without a closing event end with the body, and only when they say so", async () => {
  const server = await answering({ body: "data: {}\n\n" });
  const ending = open(specOf(server, { createMapper: () => ({ map: () => [], end: () => [DONE] }) }));
  expect((await ending.stream(HELLO).result()).stopReason).toBe("end_turn");
  const silent = open(specOf(server, { createMapper: () => ({ map: () => [], end: () => [] }) }));
  await expect(silent.stream(HELLO).result()).rejects.toMatchObject({ code: "stream_incomplete" });
});
