import { describe, expect, it, onTestFinished } from "vitest";
import { createGeminiPrefixCache } from "../src/prefix-cache-gemini.js";
import type { PrefixCache, SideAnswer } from "../src/prefix-cache.js";
import { gemini } from "../src/provider-gemini.js";
import { runProvider } from "../src/run-provider.js";
import type { ChatRequest, Message, Settings } from "../src/types.js";
import { answering, sse } from "./answering.js";
import { gate } from "./loopback.js";

const SETTINGS: Settings = { GEMINI_API_KEY: "key-made-up", GEMINI_CACHE: "1" };
/** About 5,000 tokens by our estimate. */
const SYSTEM = "word ".repeat(4000);

const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });
const assistant = (text: string): Message => ({ role: "assistant", content: [{ type: "text", text }] });
const request = (messages: readonly Message[], rest: Partial<ChatRequest> = {}): ChatRequest => ({
  model: "gemini-3.8-flash",
  system: SYSTEM,
  messages,
  ...rest,
});

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

type Reply = SideAnswer | Error | Promise<SideAnswer>;

const reply = (status: number, body: unknown = {}): SideAnswer => ({
  status,
  headers: {},
  body: typeof body === "string" ? body : JSON.stringify(body),
});
const stored = (name: string) => reply(200, { name: `cachedContents/${name}` });
const tooSmall = (total: number, least: number) =>
  reply(400, {
    error: {
      code: 400,
      message: `Cached content is too small. total_token_count=${total}, min_total_token_count=${least}`,
      status: "INVALID_ARGUMENT",
    },
  });

/** The cache before a service that answers as told; creations get names of their own where nothing is told. */
function open(replies: readonly Reply[] = [], settings: Settings = {}) {
  const sent: Sent[] = [];
  const clock = { nowMs: 1_000_000 };
  const waiting = [...replies];
  let made = 0;
  const cache = createGeminiPrefixCache({
    settings: { ...SETTINGS, ...settings },
    userAgent: "scorpiox-code/0.0.0",
    now: () => clock.nowMs,
    async send({ method, url, headers, body }, signal) {
      expect(headers["x-goog-api-key"]).toBe("key-made-up");
      sent.push({
        method,
        path: new URL(url).pathname,
        body: body === undefined ? {} : (JSON.parse(body) as Record<string, unknown>),
      });
      const next = waiting.shift() ?? (method === "POST" ? stored(`n${(made += 1)}`) : reply(200));
      if (next instanceof Error) throw next;
      const answer = await next;
      signal?.throwIfAborted();
      return answer;
    },
  });
  if (cache === undefined) throw new Error("it is not wanted");
  return { cache, sent, clock, find: (asked: ChatRequest, signal?: AbortSignal) => cache.find(asked, signal) };
}

const methods = (sent: readonly Sent[]) => sent.map(({ method }) => method);

it("is there only when it is asked for", () => {
  const context = { userAgent: "u", now: () => 0, send: () => Promise.resolve(reply(200)) };
  for (const value of [undefined, "", "0"]) {
    expect(createGeminiPrefixCache({ ...context, settings: { ...SETTINGS, GEMINI_CACHE: value } })).toBeUndefined();
  }
});

describe("storing", () => {
  it("takes system prompt, tools and all messages before the last ones of the user, once", async () => {
    const tools = [{ name: "t", description: "d", inputSchema: { type: "object", properties: { a: {} } } }];
    const { find, sent } = open([], { GEMINI_CACHE_TTL: "600" });
    const messages = [user("a"), assistant("b"), user("c"), user("d")];
    expect(await find(request(messages, { tools }))).toMatchObject({ name: "cachedContents/n1", messages: 2 });
    expect(sent).toEqual([
      {
        method: "POST",
        path: "/v1beta/cachedContents",
        body: {
          model: "models/gemini-3.8-flash",
          systemInstruction: { parts: [{ text: SYSTEM }] },
          tools: [
            { functionDeclarations: [{ name: "t", description: "d", parametersJsonSchema: tools[0]?.inputSchema }] },
          ],
          contents: [
            { role: "user", parts: [{ text: "a" }] },
            { role: "model", parts: [{ text: "b" }] },
          ],
          ttl: "600s",
        },
      },
    ]);
    const later = [...messages, assistant("e"), user("f")];
    expect(await find(request(later, { tools }))).toMatchObject({ name: "cachedContents/n1", messages: 2 });
    expect(sent).toHaveLength(1);
  });

  it.each([
    "https://example.org/p",
    "https://example.org/p/v1beta",
    "https://example.org/p/v1beta/models/x:generateContent",
    "https://example.org/p/v1beta/models",
  ])("is asked for where %s leads", async (GEMINI_BASE_URL) => {
    const { find, sent } = open([], { GEMINI_BASE_URL });
    await find(request([user("a")]));
    expect(sent[0]?.path).toBe("/p/v1beta/cachedContents");
  });

  it("begins with the head alone where there is nothing older", async () => {
    const { find, sent } = open();
    expect(await find(request([user("a")]))).toMatchObject({ messages: 0 });
    expect(sent[0]?.body).not.toHaveProperty("contents");
  });

  it.each<[name: string, asked: ChatRequest]>([
    ["a small prefix", request([user("a")], { system: "Be brief." })],
    ["a model without it", request([user("a")], { model: "gemma-4-31b-it" })],
    ["an unknown model", request([user("a")], { model: "sonet" })],
    ["an answer that must call", request([user("a")], { toolChoice: "required" })],
    ["a conversation that ends with the model", request([user("a"), assistant("b")])],
  ])("is not tried for %s", async (_name, asked) => {
    const { find, sent } = open();
    expect(await find(asked)).toBeUndefined();
    expect(sent).toEqual([]);
  });

  it("is one beginning for one conversation: others of the same head get their own", async () => {
    const { find, sent } = open();
    const [a, b] = [user("first"), user("second")];
    expect(await find(request([a, assistant("x".repeat(30_000)), user("c")]))).toMatchObject({
      name: "cachedContents/n1",
    });
    expect(await find(request([b, assistant("y"), user("c")]))).toMatchObject({ name: "cachedContents/n2" });
    expect(await find(request([a, assistant("x".repeat(30_000)), user("c")]))).toMatchObject({
      name: "cachedContents/n1",
    });
    for (const rest of [
      { system: `${SYSTEM}.` },
      { model: "gemini-3.6-flash" },
      { tools: [{ name: "t", description: "", inputSchema: {} }] },
    ]) {
      await find(request([a, assistant("x".repeat(30_000)), user("c")], rest));
    }
    expect(methods(sent).filter((method) => method === "POST")).toHaveLength(5);
    // Four are kept: the one that was used longest ago is gone.
    expect(sent.filter(({ method }) => method === "DELETE").map(({ path }) => path)).toEqual([
      "/v1beta/cachedContents/n2",
    ]);
  });

  it("knows a conversation again that was read from disk", async () => {
    const { find, sent } = open();
    const messages = [user("a"), assistant("b"), user("c")];
    await find(request(messages));
    expect(await find(request(JSON.parse(JSON.stringify(messages)) as Message[]))).toMatchObject({
      name: "cachedContents/n1",
    });
    expect(sent).toHaveLength(1);
  });

  it("is done anew when what was paid for in full has come to what it costs, and the old one is removed", async () => {
    const { find, sent } = open();
    const messages: Message[] = [user("a")];
    const names: string[] = [];
    for (let step = 0; step < 12; step += 1) {
      names.push((await find(request(messages)))?.name.slice("cachedContents/".length) ?? "");
      messages.push(assistant(`${step} ${"x".repeat(4000)}`), user("next"));
    }
    // About 5,000 tokens stored, 1,000 more with each step: 0.9 × (1,000 + 2,000 + 3,000 + 4,000) is as much as the 9,000
    // that are stored then. With more to store it takes longer.
    expect(names).toEqual(["n1", "n1", "n1", "n1", "n2", "n2", "n2", "n2", "n2", "n2", "n3", "n3"]);
    const created = sent
      .filter(({ method }) => method === "POST")
      .map(({ body }) => (body["contents"] as unknown[] | undefined)?.length);
    expect(created).toEqual([undefined, 8, 20]);
    expect(sent.filter(({ method }) => method === "DELETE").map(({ path }) => path)).toEqual([
      "/v1beta/cachedContents/n1",
      "/v1beta/cachedContents/n2",
    ]);
  });

  it("is never done twice at once, and who comes meanwhile sends the whole", async () => {
    const made = gate<SideAnswer>();
    const { find, sent } = open([made.opened]);
    const first = find(request([user("a")]));
    expect(await find(request([user("b")]))).toBeUndefined();
    made.open(stored("n1"));
    expect(await first).toMatchObject({ name: "cachedContents/n1" });
    expect(await find(request([user("b")]))).toMatchObject({ name: "cachedContents/n1" });
    expect(sent).toHaveLength(1);
  });

  it("counts images as the service does, and not by their size", async () => {
    const image: Message = {
      role: "user",
      content: [{ type: "image", mediaType: "image/png", data: "A".repeat(100_000) }],
    };
    const { find, sent } = open();
    expect(await find(request([image, assistant("b"), user("c")], { system: "Be brief." }))).toBeUndefined();
    expect(sent).toEqual([]);
  });
});

it("learns from the service what a token is", async () => {
  // 10,000 for our 5,000: half as much of ours is then enough for another.
  const { find, sent } = open([reply(200, { name: "cachedContents/a", usageMetadata: { totalTokenCount: 10_000 } })]);
  await find(request([user("a")]));
  expect(await find(request([user("a")], { system: SYSTEM.slice(0, SYSTEM.length / 2) }))).toMatchObject({
    name: "cachedContents/n1",
  });
  expect(sent).toHaveLength(2);
});

describe("refusals", () => {
  it("of what is too small are believed: the same is not offered again, and more is when it is enough", async () => {
    const { find, sent } = open([tooSmall(3000, 4096)]);
    const messages: Message[] = [user("a")];
    expect(await find(request(messages))).toBeUndefined();
    expect(await find(request(messages))).toBeUndefined();
    expect(sent).toHaveLength(1);
    // 3,000 of its tokens are 5,000 of ours: 1,100 more of its are about 1,850 of ours.
    messages.push(assistant("x".repeat(4 * 1700)), user("b"));
    expect(await find(request(messages))).toBeUndefined();
    expect(sent).toHaveLength(1);
    messages.push(assistant("x".repeat(4 * 300)), user("c"));
    expect(await find(request(messages))).toMatchObject({ name: "cachedContents/n1" });
    expect(sent).toHaveLength(2);
  });

  it.each<[name: string, answer: Reply, again: boolean]>([
    ["not allowed", reply(403), false],
    ["no such thing", reply(404), false],
    ["not understood", reply(400, "{}"), false],
    ["too fast", reply(429), true],
    ["a failure", reply(503), true],
    ["no connection", new Error("reset"), true],
    ["an answer that is none", reply(200, "<html>"), false],
    ["a name that is none", reply(200, { name: "../models" }), false],
  ])("%s: the request goes whole, at once", async (_name, answer, again) => {
    const { find, sent, clock } = open([answer]);
    expect(await find(request([user("a")]))).toBeUndefined();
    expect(await find(request([user("a")]))).toBeUndefined();
    expect(sent).toHaveLength(1);
    clock.nowMs += 60_000;
    expect((await find(request([user("a")]))) !== undefined).toBe(again);
  });

  it("of its use are not met with another of the same", async () => {
    const { cache, find, sent, clock } = open();
    const found = await find(request([user("a")]));
    if (found === undefined) throw new Error("it was not stored");
    cache.forget(found);
    expect(await find(request([user("a")]))).toBeUndefined();
    clock.nowMs += 60_000;
    expect(await find(request([user("a")]))).toMatchObject({ name: "cachedContents/n2" });
    expect(methods(sent)).toEqual(["POST", "POST"]);
  });
});

describe("its life", () => {
  it("is prolonged when it nears its end", async () => {
    const { find, sent, clock } = open();
    await find(request([user("a")]));
    clock.nowMs += 150_000;
    await find(request([user("a")]));
    expect(sent).toHaveLength(1);
    clock.nowMs += 60_000;
    expect(await find(request([user("a")]))).toMatchObject({ name: "cachedContents/n1" });
    expect(sent[1]).toEqual({ method: "PATCH", path: "/v1beta/cachedContents/n1", body: { ttl: "300s" } });
    clock.nowMs += 150_000;
    expect(await find(request([user("a")]))).toMatchObject({ name: "cachedContents/n1" });
    expect(sent).toHaveLength(2);
  });

  it("is over when it is over: nothing is asked about it, and another one is stored", async () => {
    const { find, sent, clock } = open();
    await find(request([user("a")]));
    clock.nowMs += 296_000;
    expect(await find(request([user("a")]))).toMatchObject({ name: "cachedContents/n2" });
    expect(methods(sent)).toEqual(["POST", "POST"]);
  });

  it.each<[name: string, answer: Reply, methods: readonly string[], used: string]>([
    ["gone", reply(404), ["POST", "PATCH", "POST"], "n2"],
    ["not ours", reply(403), ["POST", "PATCH", "POST"], "n2"],
    ["a failure, and there is still time", reply(500), ["POST", "PATCH"], "n1"],
    ["no connection, and there is still time", new Error("reset"), ["POST", "PATCH"], "n1"],
  ])("cannot be prolonged: %s", async (_name, answer, expected, used) => {
    const { find, sent, clock } = open([stored("n1"), answer, stored("n2")]);
    await find(request([user("a")]));
    clock.nowMs += 250_000;
    expect(await find(request([user("a")]))).toMatchObject({ name: `cachedContents/${used}` });
    expect(methods(sent)).toEqual(expected);
  });

  it("is measured by the service's clock", async () => {
    const times = { updateTime: "2026-08-19T14:34:12.817004Z", expireTime: "2026-08-19T14:34:42.796558493Z" };
    const { find, sent, clock } = open([reply(200, { name: "cachedContents/a", ...times })]);
    await find(request([user("a")]));
    clock.nowMs += 26_000;
    expect(await find(request([user("a")]))).toMatchObject({ name: "cachedContents/n1" });
    expect(methods(sent)).toEqual(["POST", "POST"]);
  });
});

describe("an abort", () => {
  it.each(["POST", "PATCH"])("during %s ends it with the signal's reason", async (method) => {
    const never = new Promise<SideAnswer>(() => {});
    const stop = new AbortController();
    const reason = new Error("enough");
    const calls: string[] = [];
    const cache = createGeminiPrefixCache({
      settings: SETTINGS,
      userAgent: "u",
      now: () => (calls.length === 0 ? 0 : 250_000),
      send: (asked, signal) => {
        calls.push(asked.method);
        if (asked.method !== method) return Promise.resolve(stored("n1"));
        setImmediate(() => stop.abort(reason));
        return Promise.race([
          never,
          new Promise<never>((_resolve, reject) =>
            signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
          ),
        ]);
      },
    });
    if (method === "PATCH") await cache?.find(request([user("a")]), undefined);
    await expect(cache?.find(request([user("a")]), stop.signal)).rejects.toBe(reason);
    await expect(cache?.find(request([user("a")]), stop.signal)).rejects.toBe(reason);
    expect(calls.at(-1)).toBe(method);
  });

  it("leaves room for the next", async () => {
    const stop = new AbortController();
    const made = gate<SideAnswer>();
    const { find } = open([made.opened]);
    const first = find(request([user("a")]), stop.signal);
    stop.abort(new Error("enough"));
    made.open(stored("lost"));
    await expect(first).rejects.toThrow("enough");
    expect(await find(request([user("a")]))).toMatchObject({ name: "cachedContents/n1" });
  });
});

describe("the end", () => {
  it("removes what was stored, once, and the cache stays usable", async () => {
    const { cache, find, sent } = open();
    await find(request([user("a")]));
    await find(request([user("a")], { model: "gemini-3.6-flash" }));
    await cache.close();
    await cache.close();
    expect(sent.slice(2).map(({ method, path }) => `${method} ${path}`)).toEqual([
      "DELETE /v1beta/cachedContents/n1",
      "DELETE /v1beta/cachedContents/n2",
    ]);
    expect(await find(request([user("a")]))).toMatchObject({ name: "cachedContents/n3" });
  });

  it("waits for what is being stored, and removes it as well", async () => {
    const made = gate<SideAnswer>();
    const { cache, find, sent } = open([made.opened]);
    const finding = find(request([user("a")]));
    const closing = cache.close();
    made.open(stored("late"));
    await finding;
    await closing;
    expect(sent.at(-1)).toMatchObject({ method: "DELETE", path: "/v1beta/cachedContents/late" });
  });

  it.each<[name: string, answer: Reply]>([
    ["refuses", reply(404)],
    ["fails", new Error("reset")],
  ])("throws nothing when the service %s", async (_name, answer) => {
    const { cache, find } = open([stored("n1"), answer]);
    await find(request([user("a")]));
    await expect(cache.close()).resolves.toBeUndefined();
  });

  it("asks for nothing where nothing was stored", async () => {
    const { cache, sent } = open();
    await cache.close();
    expect(sent).toEqual([]);
  });
});

it("works with a real service: made, used, refused once, removed", async () => {
  const answer = sse({
    candidates: [{ content: { parts: [{ text: "Hi" }] }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 5010, cachedContentTokenCount: 5000, candidatesTokenCount: 1 },
  });
  const json = { "content-type": "application/json" };
  const made = (name: string) => ({
    headers: json,
    body: JSON.stringify({ name: `cachedContents/${name}`, usageMetadata: { totalTokenCount: 5000 } }),
  });
  const gone = {
    status: 403,
    headers: json,
    body: '{"error":{"code":403,"message":"CachedContent not found (or permission denied)","status":"PERMISSION_DENIED"}}',
  };
  const server = await answering(made("a"), { body: answer }, gone, { body: answer }, { headers: json, body: "{}" });
  const provider = runProvider(gemini, {
    settings: { ...SETTINGS, GEMINI_BASE_URL: server.baseUrl },
    retry: { maxRetries: 0 },
  });
  onTestFinished(() => provider.close());
  const first = await provider.stream(request([user("a")])).result();
  expect(first.usage).toMatchObject({ inputTokens: 10, cacheReadTokens: 5000 });
  await provider.stream(request([user("a"), first.message, user("b")])).result();
  await provider.close();
  const seen = server.requests.map(({ url, body }) => [
    url.split("/v1beta/")[1],
    Object.keys(JSON.parse(body || "{}") as object),
  ]);
  expect(seen).toEqual([
    ["cachedContents", ["model", "systemInstruction", "ttl"]],
    ["models/gemini-3.8-flash:streamGenerateContent?alt=sse", ["cachedContent", "contents", "generationConfig"]],
    ["models/gemini-3.8-flash:streamGenerateContent?alt=sse", ["cachedContent", "contents", "generationConfig"]],
    ["models/gemini-3.8-flash:streamGenerateContent?alt=sse", ["systemInstruction", "contents", "generationConfig"]],
  ]);
});

it("is of the interface that the loop runs", () => {
  const { cache } = open();
  const _checked: PrefixCache = cache;
  expect(_checked).toBe(cache);
});
