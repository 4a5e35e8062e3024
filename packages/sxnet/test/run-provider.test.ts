import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ProviderError } from "../src/errors.js";
import { createProvider, providerNames } from "../src/registry.js";
import { type GetCredential, runProvider } from "../src/run-provider.js";
import { CODEX_MODELS } from "../src/models-codex.js";
import type { AccessCredential, StreamEvent } from "../src/types.js";
import { type Answer, answering, codexAt, collect, HELLO, itemsAnswer, QUICK, sse, textAnswer } from "./answering.js";
import { expectNothingLeft } from "./leaks.js";
import { closed, gate } from "./loopback.js";

const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", noteUnhandled);
});
afterEach(async () => {
  // Rejections are reported a turn of the event loop after they stayed unhandled.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", noteUnhandled);
  expect(unhandled).toEqual([]);
});

const HALF = sse({ type: "response.output_text.delta", output_index: 0, delta: "Hel" });
const OVERLOADED: Answer = { status: 503, body: "" };

/** Sends headers and the bytes, and then nothing. */
function hanging(bytes: string, sent?: () => void): Answer {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    if (bytes === "") sent?.();
    else response.write(bytes, () => sent?.());
  };
}

const types = (events: readonly StreamEvent[]): readonly string[] => events.map(({ type }) => type);

describe("a good answer", () => {
  it("is read by its events, and whole, both", async () => {
    const provider = await codexAt(await answering({ body: textAnswer("Hello") }));
    const turn = provider.stream(HELLO);
    const { events, error } = await collect(turn);
    expect(error).toBeUndefined();
    expect(types(events)).toEqual(["block_start", "text_delta", "block_end", "done"]);
    expect(await turn.result()).toEqual({
      message: { role: "assistant", content: [{ type: "text", text: "Hello" }] },
      stopReason: "end_turn",
      rawStopReason: "completed",
      usage: { inputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 5, reasoningTokens: 0 },
      rawUsage: { input_tokens: 10, output_tokens: 5 },
    });
  });

  it("tells the limits of its headers first", async () => {
    const headers = { "x-codex-primary-used-percent": "12.5", "x-codex-primary-reset-after-seconds": "60" };
    const provider = await codexAt(await answering({ headers, body: textAnswer("Hello") }), { now: () => 1000 });
    const { events } = await collect(provider.stream(HELLO));
    expect(events[0]).toEqual({
      type: "limits",
      limits: { windows: [{ name: "primary", usedPercent: 12.5, resetsAtMs: 61_000 }] },
    });
  });

  it("ends with `done`, although the service sends more and keeps the connection open", async () => {
    const server = await answering(hanging(textAnswer("Hello") + HALF));
    const { events, error } = await collect((await codexAt(server)).stream(HELLO));
    expect(error).toBeUndefined();
    expect(types(events).at(-1)).toBe("done");
  });

  it("comes over a `fetch` that was handed in as well", async () => {
    const server = await answering({ body: textAnswer("Hello") });
    const urls: unknown[] = [];
    const provider = await codexAt(server, {
      fetch: (url, init) => {
        urls.push(url);
        return globalThis.fetch(url, init);
      },
    });
    expect((await provider.stream(HELLO).result()).message.content).toEqual([{ type: "text", text: "Hello" }]);
    expect(urls).toEqual([`${server.baseUrl}/responses`]);
  });

  it("sends nothing before it is read", async () => {
    const server = await answering({ body: textAnswer("Hello") });
    const turn = (await codexAt(server)).stream(HELLO);
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.requests).toHaveLength(0);
    await turn.result();
    expect(server.requests).toHaveLength(1);
  });
});

interface Row {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly expected: Readonly<Record<string, unknown>>;
}

const NOW_MS = Date.UTC(2026, 10, 20);
const final = (code: string, message: string, rest: object = {}) => ({ code, message, retryable: false, ...rest });
const again = (code: string, message: string, rest: object = {}) => ({ code, message, retryable: true, ...rest });

// Source: Codex wire contract, HTTP errors and `response.failed` codes, read 2026-11-20.
const HTTP: Readonly<Record<string, Row>> = {
  "400 of the gateway": {
    status: 400,
    body: { detail: "Unsupported parameter: temperature." },
    expected: final("invalid_request", "codex answered 400: Unsupported parameter: temperature"),
  },
  "400 context": {
    status: 400,
    body: { error: { code: "context_length_exceeded", message: "Too long." } },
    expected: final("context_too_long", "codex answered 400: Too long; start a new conversation or shorten this one"),
  },
  "400 content": {
    status: 400,
    body: { error: { code: "cyber_policy", message: "Not this." } },
    expected: final("content_refused", "codex answered 400: Not this"),
  },
  "400 image": {
    status: 400,
    body: { error: { code: "invalid_value", param: "input[0].image_url", message: "Not a valid image." } },
    expected: final("invalid_request", "codex answered 400: Not a valid image"),
  },
  "400 without a word": {
    status: 400,
    body: "",
    expected: final("invalid_request", "codex answered 400: no reason given"),
  },
  "402": { status: 402, body: {}, expected: final("quota_exhausted", "codex answered 402: no reason given") },
  "403 JSON": {
    status: 403,
    body: { detail: "Workspace not allowed." },
    expected: final("forbidden", "codex answered 403: Workspace not allowed"),
  },
  "403 page": {
    status: 403,
    headers: { "content-type": "text/html; charset=UTF-8", "cf-ray": "ray-1" },
    body: "<!DOCTYPE html><title>Just a moment</title>",
    expected: final(
      "forbidden",
      "codex answered 403 with a web page instead of data: a proxy, a login portal or the service's edge is in between",
      { requestId: "ray-1" },
    ),
  },
  "404 model": {
    status: 404,
    body: { error: { code: "model_not_found", message: "No such model." } },
    expected: {
      ...final("model_unavailable", expect.stringContaining("codex answered 404: No such model; models") as never),
    },
  },
  "404": {
    status: 404,
    body: { detail: "Not Found" },
    expected: final("invalid_request", "codex answered 404: Not Found"),
  },
  "413": {
    status: 413,
    body: "<html>too large</html>",
    expected: final("request_too_large", expect.stringContaining("codex answered 413 with a web page") as never),
  },
  "429 usage limit": {
    status: 429,
    headers: { "retry-after": "1", "x-should-retry": "true" },
    body: {
      error: { type: "usage_limit_reached", message: "The limit.", plan_type: "plus", resets_at: 1_795_200_000 },
    },
    expected: final("usage_limit", "codex answered 429: The limit", { resetsAtMs: 1_795_200_000_000 }),
  },
  "429 usage limit, relative": {
    status: 429,
    body: { error: { type: "usage_limit_reached", message: "The limit.", resets_in_seconds: 90 } },
    expected: final("usage_limit", "codex answered 429: The limit", { resetsAtMs: NOW_MS + 90_000 }),
  },
  "429 usage limit beside a code that says nothing": {
    status: 429,
    body: { error: { code: "too_many", type: "usage_limit_reached", message: "The limit." } },
    expected: final("usage_limit", "codex answered 429: The limit"),
  },
  "429 not in the plan": {
    status: 429,
    body: { error: { type: "usage_not_included", message: "Not in your plan." } },
    expected: final("quota_exhausted", "codex answered 429: Not in your plan", { resetsAtMs: undefined }),
  },
  "429 no credit": {
    status: 429,
    body: { error: { code: "insufficient_quota", type: "insufficient_quota", message: "No credit." } },
    expected: final("quota_exhausted", "codex answered 429: No credit"),
  },
  "429 with a wait": {
    status: 429,
    headers: { "retry-after-ms": "7" },
    body: { error: { code: "rate_limit_exceeded", message: "Slower." } },
    expected: again("rate_limited", "codex answered 429: Slower", { retryAfterMs: 7 }),
  },
  "429 without one": { status: 429, body: "", expected: again("rate_limited", "codex answered 429: no reason given") },
  "500": {
    status: 500,
    headers: { "x-request-id": "req-1" },
    body: { error: { type: "server_error", message: "Oops." } },
    expected: again("server_error", "codex answered 500: Oops", { requestId: "req-1" }),
  },
  "500 that forbids it": {
    status: 500,
    headers: { "x-should-retry": "false" },
    body: "",
    expected: final("server_error", "codex answered 500: no reason given"),
  },
  "400 that asks for it": {
    status: 400,
    headers: { "x-should-retry": "true" },
    body: { detail: "busy" },
    expected: again("invalid_request", "codex answered 400: busy"),
  },
  "503 overloaded": {
    status: 503,
    body: { error: { code: "server_is_overloaded", message: "Full." } },
    expected: again("overloaded", "codex answered 503: Full; try again in a moment, or choose another model"),
  },
  "502 page": {
    status: 502,
    headers: { "content-type": "text/html" },
    body: "<html>",
    expected: again("server_error", expect.stringContaining("codex answered 502 with a web page") as never),
  },
  "302": {
    status: 302,
    headers: { location: "http://127.0.0.1:1/" },
    body: "",
    expected: final("protocol", "codex answered 302 with a redirect, which is not followed; check the address"),
  },
  "200 JSON error": {
    headers: { "content-type": "application/json" },
    body: { error: { code: "rate_limit_exceeded", message: "Slower." } },
    expected: again("rate_limited", "codex answered 200: Slower"),
  },
  "200 JSON": {
    headers: { "content-type": "application/json; charset=utf-8" },
    body: { id: "resp_1", error: null, output: [] },
    expected: final("protocol", "codex answered 200 with a document instead of a stream; check the address"),
  },
  "200 page": {
    headers: { "content-type": "text/html" },
    body: "<html>Sign in",
    expected: final("protocol", expect.stringContaining("codex answered 200 with a web page") as never),
  },
  "control characters and credentials in the text": {
    status: 400,
    body: {
      detail:
        "bad\u001b[31m\n\tkey eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.sig of Bearer abcdefgh123 sk-abcdefghijklmnop1234",
    },
    expected: final("invalid_request", "codex answered 400: bad [31m key *** of *** ***"),
  },
  "a very long text": {
    status: 400,
    body: { detail: "x".repeat(20_000) },
    expected: final("invalid_request", `codex answered 400: ${"x".repeat(500)}…`),
  },
};

const FAILED: Readonly<Record<string, Row["expected"]>> = {
  context_length_exceeded: final(
    "context_too_long",
    "codex failed: Words; start a new conversation or shorten this one",
  ),
  insufficient_quota: final("quota_exhausted", "codex failed: Words"),
  usage_not_included: final("quota_exhausted", "codex failed: Words"),
  usage_limit_reached: final("usage_limit", "codex failed: Words", { resetsAtMs: 5000 }),
  invalid_prompt: final("content_refused", "codex failed: Words"),
  cyber_policy: final("content_refused", "codex failed: Words"),
  server_is_overloaded: again("overloaded", "codex failed: Words; try again in a moment, or choose another model"),
  slow_down: again("overloaded", "codex failed: Words; try again in a moment, or choose another model"),
  rate_limit_exceeded: again("rate_limited", "codex failed: Words", { resetsAtMs: undefined }),
  server_error: again("server_error", "codex failed: Words"),
  made_up_code: again("server_error", "codex failed: Words"),
};

describe("an error", () => {
  it.each(Object.entries(HTTP))("by HTTP: %s", async (_name, { status = 200, headers, body, expected }) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const server = await answering({ status, headers: { "content-type": "application/json", ...headers }, body: text });
    const provider = await codexAt(server, { now: () => NOW_MS, retry: { ...QUICK, maxRetries: 1 } });
    const { events, error } = await collect(provider.stream(HELLO));
    expect(error).toMatchObject({ provider: "codex", status, ...expected });
    expect(server.requests).toHaveLength(expected["retryable"] === true ? 2 : 1);
    expect(types(events)).toEqual(expected["retryable"] === true ? ["retry"] : []);
  });

  it.each(["", "\uFEFF", ": hello\n\n"])(
    "events under the name of a document are read as events (after %j)",
    async (mark) => {
      const answer: Answer = async (response) => {
        response.writeHead(200, { "content-type": "application/json; charset=UTF-8" });
        for (const piece of [mark, textAnswer("Hi").slice(0, 1), textAnswer("Hi").slice(1)]) {
          await new Promise((resolve) => response.write(piece, resolve));
        }
        response.end();
      };
      const provider = await codexAt(await answering(answer));
      expect((await provider.stream(HELLO).result()).message.content).toEqual([{ type: "text", text: "Hi" }]);
    },
  );

  it.each(Object.entries(FAILED))("inside the stream: %s", async (code, expected) => {
    const error = { code, message: "Words.", resets_at: 5 };
    for (const event of [
      { type: "response.failed", response: { status: "failed", error } },
      { type: "error", ...error },
      { type: "error", error },
    ]) {
      const server = await answering(hanging(sse(event)));
      const provider = await codexAt(server, { retry: { ...QUICK, maxRetries: 1 } });
      const { error: thrown } = await collect(provider.stream(HELLO));
      expect(thrown).toMatchObject({ provider: "codex", ...expected });
      expect(server.requests).toHaveLength(expected["retryable"] === true ? 2 : 1);
    }
  });

  it("inside the stream says how long to wait, in its text", async () => {
    const error = { code: "rate_limit_exceeded", message: "Rate limit. Please try again in 11ms." };
    const server = await answering(
      { body: sse({ type: "response.failed", response: { error } }) },
      { body: textAnswer("Hello") },
    );
    const { events } = await collect((await codexAt(server, { random: () => 0 })).stream(HELLO));
    expect(events[0]).toMatchObject({ type: "retry", attempt: 1, delayMs: 11 });
  });

  it("names the provider also where the network failed", async () => {
    const provider = await codexAt(await answering({ cut: true }), { retry: { maxRetries: 0 } });
    await expect(provider.stream(HELLO).result()).rejects.toMatchObject({ code: "network", provider: "codex" });
  });

  it("is `auth_missing` without getCredential, before anything is sent", async () => {
    const server = await answering({});
    const provider = await codexAt(server, { getCredential: undefined });
    await expect(provider.stream(HELLO).result()).rejects.toMatchObject({ code: "auth_missing", provider: "codex" });
    expect(server.requests).toHaveLength(0);
  });

  it.each([[undefined], [null], [{}], [{ accessToken: 5 }], [{ accessToken: " " }]])(
    "is `auth_missing` when getCredential gives %j",
    async (given) => {
      const server = await answering({ body: textAnswer("Hi") });
      const getCredential = () => Promise.resolve(given as AccessCredential);
      const { error } = await collect((await codexAt(server, { getCredential })).stream(HELLO));
      expect(error).toMatchObject({ code: "auth_missing", provider: "codex" });
      expect(server.requests).toHaveLength(0);
    },
  );

  it("takes a getCredential that answers at once, or throws at once", async () => {
    const server = await answering({ body: textAnswer("Hi") });
    const { signal } = new AbortController();
    const sync = (() => ({ accessToken: "access-made-up" })) as unknown as GetCredential;
    expect((await collect((await codexAt(server, { getCredential: sync })).stream(HELLO, { signal }))).error).toBe(
      undefined,
    );
    const own = new Error("mine");
    const throwing: GetCredential = () => {
      throw own;
    };
    const { error } = await collect((await codexAt(server, { getCredential: throwing })).stream(HELLO, { signal }));
    expect(error).toBe(own);
  });

  it("of getCredential itself is passed on as it is", async () => {
    const own = new Error("no login here");
    const provider = await codexAt(await answering({}), { getCredential: () => Promise.reject(own) });
    await expect(provider.stream(HELLO).result()).rejects.toBe(own);
  });

  it("is `configuration` for an unknown provider, with the names", async () => {
    for (const name of ["codx", "constructor", ""]) {
      await expect(createProvider(name)).rejects.toMatchObject({
        code: "configuration",
        key: "PROVIDER",
        message: `PROVIDER is "${name}"; choose ${providerNames().join(", ")}`,
      });
    }
  });
});

describe("a refused credential", () => {
  const REFUSED: Answer = {
    status: 401,
    headers: { "content-type": "application/json" },
    body: '{"detail":"expired"}',
  };

  it("is asked for once more, with what was refused, and then sent", async () => {
    const server = await answering(REFUSED, { body: textAnswer("Hello") });
    const first = { accessToken: "first" };
    const getCredential = vi.fn<GetCredential>(({ rejected }) =>
      Promise.resolve(rejected === undefined ? first : { accessToken: "second" }),
    );
    const { events, error } = await collect((await codexAt(server, { getCredential })).stream(HELLO));
    expect(error).toBeUndefined();
    expect(types(events)).not.toContain("retry");
    expect(getCredential.mock.calls.map(([options]) => options.rejected)).toEqual([undefined, first]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer first", "Bearer second"]);
  });

  it("stops after the second refusal: exactly two requests", async () => {
    const server = await answering(REFUSED);
    const getCredential = vi.fn<GetCredential>(() => Promise.resolve({ accessToken: "a" }));
    const { error } = await collect((await codexAt(server, { getCredential })).stream(HELLO));
    expect(error).toMatchObject({
      code: "auth_rejected",
      status: 401,
      message: "codex answered 401: expired; log in again",
    });
    expect(server.requests).toHaveLength(2);
    expect(getCredential).toHaveBeenCalledTimes(2);
  });

  it("is asked for once more also after a retry, and retries go on with the new one", async () => {
    const server = await answering(OVERLOADED, REFUSED, OVERLOADED, { body: textAnswer("Hello") });
    let asked = 0;
    const getCredential: GetCredential = () => Promise.resolve({ accessToken: `number-${(asked += 1)}` });
    const { events } = await collect((await codexAt(server, { getCredential })).stream(HELLO));
    expect(types(events).filter((type) => type === "retry")).toHaveLength(2);
    expect(server.requests.map(({ headers }) => headers.authorization?.at(-1))).toEqual(["1", "1", "2", "2"]);
  });
});

describe("retry", () => {
  it("repeats the same bytes until the answer comes, and tells each time", async () => {
    const server = await answering(OVERLOADED, { status: 500 }, { body: "", cut: true }, { body: textAnswer("Hello") });
    const { events, error } = await collect((await codexAt(server, { random: () => 0 })).stream(HELLO));
    expect(error).toBeUndefined();
    expect(events.slice(0, 3)).toMatchObject(
      [
        { type: "retry", attempt: 1, error: { code: "overloaded", status: 503, message: /^codex answered 503/ } },
        { type: "retry", attempt: 2, error: { code: "server_error", status: 500 } },
        { type: "retry", attempt: 3, error: { code: "network" } },
      ].map((event) => ({ ...event, error: { ...event.error, message: expect.any(String) } })),
    );
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1);
  });

  it("gives up after the policy's number", async () => {
    const server = await answering(OVERLOADED);
    const { error } = await collect((await codexAt(server, { retry: { ...QUICK, maxRetries: 3 } })).stream(HELLO));
    expect(error).toMatchObject({ code: "overloaded" });
    expect(server.requests).toHaveLength(4);
  });

  it("waits as long as the service asks", async () => {
    const server = await answering({ status: 429, headers: { "retry-after-ms": "23" } }, { body: textAnswer("Hello") });
    const { events } = await collect((await codexAt(server, { random: () => 0 })).stream(HELLO));
    expect(events[0]).toMatchObject({ type: "retry", delayMs: 23 });
  });

  it("does not wait longer than a person would", async () => {
    const server = await answering({ status: 429, headers: { "retry-after": "3600" } });
    const { error } = await collect((await codexAt(server)).stream(HELLO));
    expect(error).toMatchObject({ code: "rate_limited", retryAfterMs: 3_600_000 });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["after a limits event only", sse({ type: "codex.rate_limits", rate_limits: { primary: { used_percent: 1 } } }), 2],
    ["never after a block began", HALF, 1],
  ])("happens %s", async (_name, body, requests) => {
    for (const cut of [true, false]) {
      const server = await answering({ body, cut });
      const { error } = await collect((await codexAt(server, { retry: { ...QUICK, maxRetries: 1 } })).stream(HELLO));
      expect(error).toMatchObject({ code: cut ? "network" : "stream_incomplete" });
      expect(server.requests).toHaveLength(requests);
    }
  });
});

it("gives no event after `done`, whatever a mapper says", async () => {
  const server = await answering({ body: textAnswer("Hello") + HALF });
  const done = {
    type: "done",
    stopReason: "end_turn",
    rawStopReason: "end",
    usage: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 },
    rawUsage: null,
  } as const;
  const provider = runProvider({
    name: "talkative",
    usesCredential: false,
    buildRequest: () => ({ method: "POST", url: server.baseUrl, headers: {}, body: "{}" }),
    models: CODEX_MODELS,
    images: { mediaTypes: [], maxBytes: 0, maxEdgePixels: 0, longerEdges: "scaled" },
    createMapper: () => ({ map: () => [done] }),
    readError: () => new ProviderError("server_error", "no"),
  });
  onTestFinished(() => provider.close());
  expect((await collect(provider.stream(HELLO))).events).toEqual([done]);
});

describe("what had arrived", () => {
  const reasoning = { type: "reasoning", summary: [{ text: "Hm." }], encrypted_content: "sealed" };
  const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };

  it("stands on the error: whole blocks, open text, no open call, no seal without its consequence", async () => {
    const body = [
      { type: "response.output_item.done", output_index: 0, item: reasoning },
      { type: "response.output_item.done", output_index: 1, item: call },
      { type: "response.output_item.done", output_index: 2, item: reasoning },
      { type: "response.output_text.delta", output_index: 3, delta: "Hel" },
      { type: "response.output_item.added", output_index: 4, item: { ...call, arguments: "" } },
      { type: "response.function_call_arguments.delta", output_index: 4, delta: '{"a":1}' },
    ].map(sse);
    const server = await answering({ body: body.join("") });
    const { error } = await collect((await codexAt(server)).stream(HELLO));
    expect(ProviderError.is(error) && error.partial).toEqual({
      role: "assistant",
      content: [
        { type: "thinking", text: "Hm.", opaque: expect.objectContaining({ provider: "codex", model: "gpt-5.5" }) },
        { type: "tool_use", id: "c", name: "f", input: {} },
        { type: "thinking", text: "Hm." },
        { type: "text", text: "Hel" },
      ],
    });
  });
});

describe("silence", () => {
  it.each([
    ["before the headers", () => undefined, 40, "no answer from", 2],
    // Long enough for the first bytes to arrive on a busy machine.
    ["in the body", hanging(": keep-alive\n\n"), 500, "nothing more from", 2],
    ["after the answer began", hanging(HALF), 500, "nothing more from", 1],
  ] as const)("%s ends the request", async (_name, answer, idleTimeoutMs, words, requests) => {
    const server = await answering(answer);
    const provider = await codexAt(server, { idleTimeoutMs, retry: { ...QUICK, maxRetries: 1 } });
    const { error } = await collect(provider.stream(HELLO));
    expect(error).toMatchObject({ code: "timeout", provider: "codex", message: expect.stringContaining(words) });
    expect(server.requests).toHaveLength(requests);
  });
});

describe("abort", () => {
  const reason = new Error("enough");

  /** Aborts when `when` says so, and sees that the turn ends with the reason and leaves nothing. */
  async function expectAborted(
    answer: Answer,
    options: Parameters<typeof codexAt>[1],
    when: (stop: () => void, signal: AbortSignal) => void,
    onEvent: (event: StreamEvent, stop: () => void) => void = () => undefined,
  ) {
    const server = await answering(answer);
    const provider = await codexAt(server, options);
    const controller = new AbortController();
    const stop = (): void => controller.abort(reason);
    await expectNothingLeft(controller.signal, async () => {
      when(stop, controller.signal);
      const turn = provider.stream(HELLO, { signal: controller.signal });
      const reading = (async () => {
        for await (const event of turn) onEvent(event, stop);
      })();
      await expect(reading).rejects.toBe(reason);
      await expect(turn.result()).rejects.toBe(reason);
      await provider.close();
      for (const connection of server.connections) await closed(connection);
    });
    return server;
  }

  it("before the start sends nothing", async () => {
    const server = await expectAborted({}, {}, (stop) => stop());
    expect(server.requests).toHaveLength(0);
  });

  it("while waiting for the headers", async () => {
    const asked = gate();
    const server = await expectAborted(
      () => asked.open(),
      {},
      (stop) => void asked.opened.then(stop),
    );
    expect(server.requests).toHaveLength(1);
  });

  it("in the middle of the body", async () => {
    await expectAborted(
      hanging(HALF),
      {},
      () => undefined,
      (event, stop) => event.type === "text_delta" && stop(),
    );
  });

  it("in the middle of the body, while nothing comes", async () => {
    const sent = gate();
    await expectAborted(
      hanging("", () => sent.open()),
      {},
      (stop) => void sent.opened.then(() => setImmediate(stop)),
    );
  });

  it("during the wait before a retry", async () => {
    const server = await expectAborted(
      { status: 429, headers: { "retry-after": "200" } },
      {},
      () => undefined,
      (event, stop) => event.type === "retry" && setImmediate(stop),
    );
    expect(server.requests).toHaveLength(1);
  });

  it("during getCredential, also when that does not watch its signal", async () => {
    const asked = gate();
    const getCredential: GetCredential = () => {
      asked.open();
      return new Promise(() => undefined);
    };
    const server = await expectAborted({}, { getCredential }, (stop) => void asked.opened.then(stop));
    expect(server.requests).toHaveLength(0);
  });

  it("during getCredential after a refusal, which may reject later on", async () => {
    const asked = gate();
    const getCredential: GetCredential = async ({ rejected, signal }) => {
      if (rejected === undefined) return { accessToken: "a" };
      expect(signal?.aborted).toBe(false);
      asked.open();
      await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
      throw new Error("too late");
    };
    const server = await expectAborted(
      { status: 401 },
      { getCredential },
      (stop) => void asked.opened.then(() => setImmediate(stop)),
    );
    expect(server.requests).toHaveLength(1);
  });

  it("a good answer leaves nothing on the signal either", async () => {
    const server = await answering({ body: textAnswer("Hello") });
    const provider = await codexAt(server);
    const { signal } = new AbortController();
    await expectNothingLeft(signal, async () => {
      await provider.stream(HELLO, { signal }).result();
      await provider.close();
    });
  });

  it("a failed one neither", async () => {
    const server = await answering({ status: 500 });
    const provider = await codexAt(server);
    const { signal } = new AbortController();
    await expectNothingLeft(signal, async () => {
      await collect(provider.stream(HELLO, { signal }));
      await provider.close();
    });
  });
});

describe("the reader", () => {
  it("who leaves ends the request; the signal is not touched", async () => {
    const server = await answering(hanging(HALF));
    const provider = await codexAt(server);
    const { signal } = new AbortController();
    await expectNothingLeft(signal, async () => {
      const turn = provider.stream(HELLO, { signal });
      for await (const event of turn) if (event.type === "text_delta") break;
      await closed(server.connections[0]);
      await expect(turn.result()).rejects.toMatchObject({ name: "AbortError" });
    });
    expect(signal.aborted).toBe(false);
  });

  it("who leaves while a retry waits", async () => {
    const server = await answering({ status: 429, headers: { "retry-after": "200" } });
    const provider = await codexAt(server);
    const { signal } = new AbortController();
    await expectNothingLeft(signal, async () => {
      for await (const event of provider.stream(HELLO, { signal })) if (event.type === "retry") break;
      await provider.close();
    });
    expect(server.requests).toHaveLength(1);
  });

  it("who leaves when the answer is complete has its result", async () => {
    const turn = (await codexAt(await answering({ body: textAnswer("Hello") }))).stream(HELLO);
    for await (const event of turn) if (event.type === "done") break;
    expect((await turn.result()).message.content).toEqual([{ type: "text", text: "Hello" }]);
  });

  it("who waits for the result of a turn that somebody else leaves is told", async () => {
    const turn = (await codexAt(await answering(hanging(HALF)))).stream(HELLO);
    const whole = turn.result();
    for await (const event of turn) if (event.type === "text_delta") break;
    await expect(whole).rejects.toMatchObject({ name: "AbortError" });
  });

  it("of the result alone gets each error once, and no event gets lost to nobody", async () => {
    const turn = (await codexAt(await answering({ status: 400 }))).stream(HELLO);
    const first = await turn.result().catch((error: unknown) => error);
    expect(first).toMatchObject({ code: "invalid_request" });
    await expect(turn.result()).rejects.toBe(first);
  });

  it("of both may begin with either", async () => {
    const answers = [{ status: 400 }, { body: itemsAnswer([]) }] as const;
    for (const answer of answers) {
      const early = (await codexAt(await answering(answer))).stream(HELLO);
      const whole = early.result();
      const { error } = await collect(early);
      if (error === undefined) expect((await whole).stopReason).toBe("end_turn");
      else await expect(whole).rejects.toBe(error);
    }
  });

  it("who loops and forgets the result he asked for is told once, in the loop", async () => {
    const turn = (await codexAt(await answering({ status: 400 }))).stream(HELLO);
    void turn.result();
    const { error } = await collect(turn);
    expect(error).toMatchObject({ code: "invalid_request" });
    // The check after each test sees that no rejection stayed unhandled.
  });

  it("cannot read a stream twice", async () => {
    const turn = (await codexAt(await answering({ body: textAnswer("Hello") }))).stream(HELLO);
    await collect(turn);
    const { error } = await collect(turn);
    expect(error).toBeInstanceOf(TypeError);
  });
});

it("an unknown model is told before anybody is asked for a credential", async () => {
  let asked = 0;
  const provider = await createProvider("codex", {
    getCredential: () => {
      asked += 1;
      return Promise.resolve({ accessToken: "a" });
    },
  });
  onTestFinished(() => provider.close());
  const { error } = await collect(provider.stream({ ...HELLO, model: "sonet" }));
  expect(error).toMatchObject({ code: "model_unavailable", message: expect.stringContaining("sonnet") as string });
  expect(asked).toBe(0);
});
