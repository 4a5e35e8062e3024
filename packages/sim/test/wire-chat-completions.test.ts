import { describe, expect, it } from "vitest";
import type { FailureName, Turn } from "../src/index.js";
import {
  answerOf,
  argumentsOf,
  ask,
  calls,
  chatBody,
  chunksOf,
  deltasOf,
  type Json,
  KEY,
  MODEL,
  RESULT,
  turns,
} from "./chat-client.js";
import { send } from "./client.js";
import { withSim } from "./messages-client.js";

const TEXT = [{ text: "some text" }];
const WHOLE: Json = { ...chatBody("hi", { stream: false }), stream_options: undefined };

describe("a stream", () => {
  it("tells reasoning, text and calls in the order of the script", async () => {
    const reply = [
      { thinking: "Let me look." },
      { text: "Reading 😀." },
      { tool_use: { name: "read", input: { path: "{{lastUserText}}.txt" } } },
      { tool_use: { name: "pwd", id: "call_mine" } },
    ];
    const { body, headers } = await answerOf({ reply });
    const chunks = chunksOf(body);
    const deltas = deltasOf(chunks);
    expect(deltas[0]).toEqual({ role: "assistant", content: null, refusal: null });
    expect(deltas.map((delta) => delta.reasoning_content ?? "").join("")).toBe("Let me look.");
    expect(deltas.map((delta) => delta.content ?? "").join("")).toBe("Reading 😀.");
    expect(deltas.flatMap((delta) => delta.tool_calls ?? []).filter((call) => call.id !== undefined)).toEqual([
      { index: 0, id: expect.stringMatching(/^call_/), type: "function", function: { name: "read", arguments: "" } },
      { index: 1, id: "call_mine", type: "function", function: { name: "pwd", arguments: "" } },
    ]);
    expect([argumentsOf(chunks, 0), argumentsOf(chunks, 1)]).toEqual(['{"path":"hi.txt"}', "{}"]);
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({ object: "chat.completion.chunk", model: MODEL, created: 1_800_000_000 });
    }
    expect(new Set(chunks.map((chunk) => chunk["id"])).size).toBe(1);
    expect(body.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "x-request-id": expect.stringMatching(/^req_/),
    });
  });

  it("cuts deltas as asked, and never a character in two", async () => {
    const { body } = await answerOf({ deltas: 3, reply: [{ text: "ab😀cd😀😀é" }, { text: "xyz", deltas: 1 }] });
    const said = deltasOf(chunksOf(body)).flatMap((delta) => delta.content || []);
    expect(said).toEqual(["ab😀", "cd😀", "😀é", "x", "y", "z"]);
  });

  it("is padded, unless the request says otherwise", async () => {
    const padded = chunksOf((await answerOf({ reply: TEXT })).body);
    expect(padded.every((chunk) => typeof chunk["obfuscation"] === "string")).toBe(true);
    const bare = await answerOf({ reply: TEXT }, chatBody("hi", { stream_options: { include_obfuscation: false } }));
    expect(bare.body).not.toContain("obfuscation");
  });

  it("carries raw parts and arguments that are no JSON as they are", async () => {
    const turn: Turn = {
      reply: [{ raw: ": PROCESSING\n\n" }, { tool_use: { name: "bash", rawInput: '{"command":"rm' } }],
      stopReason: "max_tokens",
    };
    const { body } = await answerOf(turn);
    expect(body).toContain(": PROCESSING\n\n");
    expect(argumentsOf(chunksOf(body), 0)).toBe('{"command":"rm');
    expect(body).toContain('"finish_reason":"length"');
  });
});

describe("how an answer ends", () => {
  it.each<[string, Turn, string]>([
    ["text", { reply: TEXT }, "stop"],
    ["a call", { reply: [{ tool_use: { name: "bash" } }] }, "tool_calls"],
    ["max_tokens", { reply: TEXT, stopReason: "max_tokens" }, "length"],
    ["stop_sequence", { reply: TEXT, stopReason: "stop_sequence" }, "stop"],
    ["refusal", { reply: TEXT, stopReason: "refusal" }, "content_filter"],
    ["pause", { reply: TEXT, stopReason: "pause" }, "stop"],
  ])("%s", async (_name, turn, finish_reason) => {
    const chunks = chunksOf((await answerOf(turn)).body);
    expect(chunks.at(-2)).toMatchObject({ choices: [{ delta: {}, finish_reason }] });
    const whole = JSON.parse((await answerOf(turn, WHOLE)).body) as Json;
    expect(whole).toMatchObject({ choices: [{ finish_reason }] });
  });

  it.each<[string, Turn, Json, number]>([
    ["context_full", { reply: TEXT, stopReason: "context_full" }, { code: "context_length_exceeded" }, 400],
    [
      "an error",
      { reply: TEXT, error: { code: "server_is_overloaded", message: "busy" } },
      { code: "server_is_overloaded", message: "busy" },
      503,
    ],
    [
      "an error of another service",
      { error: { code: "overloaded_error", message: "busy" } },
      { code: "server_is_overloaded" },
      503,
    ],
    [
      "an error event",
      { reply: TEXT, error: { code: "slow_down", message: "later", event: "error" } },
      { code: "rate_limit_exceeded" },
      429,
    ],
    [
      "anything else",
      { error: { code: "tool_use_failed", message: "bad call" } },
      { code: "tool_use_failed", type: "server_error" },
      500,
    ],
  ])("%s", async (_name, turn, error, status) => {
    const { body } = await answerOf(turn);
    expect(chunksOf(body).at(-1)).toMatchObject({ error });
    expect(body).not.toContain("[DONE]");
    expect(body.includes("event: error\n")).toBe(turn.error?.event === "error");
    const whole = await answerOf(turn, WHOLE);
    expect(whole).toMatchObject({ status });
    expect(JSON.parse(whole.body)).toMatchObject({ error });
  });
});

describe("an answer that comes whole", () => {
  it("is one object with the same content", async () => {
    const reply = [{ thinking: "hm" }, { text: "a" }, { tool_use: { name: "bash", input: { command: "ls" } } }];
    const { body, headers } = await answerOf({ reply, usage: { inputTokens: 3, outputTokens: 5 } }, WHOLE);
    expect(headers["content-type"]).toBe("application/json");
    expect(JSON.parse(body)).toMatchObject({
      object: "chat.completion",
      choices: [
        {
          message: {
            role: "assistant",
            content: "a",
            reasoning_content: "hm",
            tool_calls: [{ type: "function", function: { name: "bash", arguments: '{"command":"ls"}' } }],
          },
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    });
  });
});

describe("usage", () => {
  const GIVEN = { inputTokens: 10, cacheReadTokens: 5, cacheWriteTokens: 3, outputTokens: 7, reasoningTokens: 2 };

  it("includes what the cache served, in a chunk without choices", async () => {
    const chunks = chunksOf((await answerOf({ reply: TEXT, usage: GIVEN })).body);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 18,
        completion_tokens: 7,
        total_tokens: 25,
        prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    });
    expect(chunks.slice(0, -1).every((chunk) => chunk["usage"] === null)).toBe(true);
  });

  it.each<[string, Turn, Json]>([
    ["is not told unasked", { reply: TEXT, usage: GIVEN }, { stream_options: undefined }],
    ["is not told where the script has none", { reply: TEXT, usage: null }, {}],
  ])("%s", async (_name, turn, extra) => {
    expect((await answerOf(turn, chatBody("hi", extra))).body).not.toContain("prompt_tokens");
  });

  it("is estimated", async () => {
    const chunks = chunksOf((await answerOf({ reply: [{ thinking: "12345678" }, { text: "1234" }] })).body);
    expect(chunks.at(-1)).toMatchObject({
      usage: {
        prompt_tokens: Math.ceil(JSON.stringify(chatBody("hi")).length / 4),
        completion_tokens: 3,
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    });
  });
});

describe("rate limits", () => {
  it("are counts and durations", async () => {
    const { headers } = await answerOf({
      reply: TEXT,
      limits: {
        windows: [
          { name: "primary", usedPercent: 20, resetsInSeconds: 3661 },
          { name: "tokens", usedPercent: 100, resetsAtMs: 1_800_000_000_012 },
          { name: "7d", usedPercent: 5 },
        ],
      },
    });
    expect(headers).toMatchObject({
      "x-ratelimit-limit-requests": "5000",
      "x-ratelimit-remaining-requests": "4000",
      "x-ratelimit-reset-requests": "1h1m1s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "12ms",
    });
    expect(Object.keys(headers).filter((name) => name.includes("7d"))).toEqual([]);
  });
});

describe("HTTP failures", () => {
  it.each<[FailureName, number, string]>([
    ["unauthorized", 401, '"code":"invalid_api_key"'],
    ["forbidden", 403, '"code":"unsupported_country_region_territory"'],
    ["edge_block", 403, "<!DOCTYPE html>"],
    ["rate_limited", 429, '"code":"rate_limit_exceeded"'],
    ["usage_limit", 429, "requests per day (RPD)"],
    ["quota_exhausted", 429, '"code":"insufficient_quota"'],
    ["model_unavailable", 404, "The model `gpt-4.1-mini` does not exist"],
    ["context_too_long", 400, '"code":"context_length_exceeded"'],
    ["request_too_large", 413, "Maximum content size limit"],
    ["invalid_request", 400, '"type":"invalid_request_error"'],
    ["overloaded", 503, "The engine is currently overloaded"],
    ["server_error", 500, "The server had an error"],
  ])("%s", async (status, code, body) => {
    const got = await answerOf({ status });
    expect(got.status).toBe(code);
    expect(got.body).toContain(body);
  });

  it("say how long to wait", async () => {
    expect((await answerOf({ status: "rate_limited" })).headers).toMatchObject({
      "retry-after": "1",
      "retry-after-ms": "1000",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "1s",
    });
  });

  it("take a status and a body of the script", async () => {
    const bare = await answerOf({ status: 502 });
    expect(JSON.parse(bare.body)).toMatchObject({ error: { type: "server_error" } });
    expect(await answerOf({ status: 429, body: "plain" })).toMatchObject({ status: 429, body: "plain" });
  });
});

describe("the list of models", () => {
  it("is the one of the service that is asked", async () => {
    await withSim({ turns: [] }, async (sim) => {
      const list = async (path: string, headers: Readonly<Record<string, string>>): Promise<Json> =>
        JSON.parse((await send(`${sim.url}${path}`, { method: "GET", headers })).body) as Json;
      const all = await list("/v1/models", KEY);
      expect(all).toMatchObject({
        object: "list",
        data: [{ object: "model", id: expect.any(String) }, ...Array.from({ length: 5 }, () => ({}))],
      });
      expect(await list("/v1/models/gpt-4o", KEY)).toMatchObject({ id: "gpt-4o", owned_by: "system" });
      expect(await list("/v1/models/nothing", KEY)).toMatchObject({ error: { code: "model_not_found" } });
      expect(await list("/local/v1/models", {})).toEqual(all);
      const claude = { ...KEY, "anthropic-version": "2023-06-01", "anthropic-beta": "oauth-2025-04-20" };
      expect(await list("/v1/models", claude)).toMatchObject({ data: [{ type: "model" }, {}, {}, {}, {}, {}, {}] });
      expect(sim.problems()).toEqual([]);
      expect(await list("/v1/models", {})).toMatchObject({ error: { message: expect.stringContaining("API key") } });
      expect(sim.violations).toHaveLength(1);
    });
  });
});

describe("reasoning that does not come back", () => {
  const SCRIPT = {
    turns: [
      { reply: [{ thinking: "hm" }, { tool_use: { name: "bash", id: "call_1" } }] },
      { times: "any", reply: [{ text: "ok" }] },
    ],
  } as const;
  const call = { id: "call_1", type: "function", function: { name: "bash", arguments: "{}" } };

  it.each<[string, Json, string, number]>([
    ["is missed by DeepSeek", calls(call), "deepseek-reasoner", 400],
    ["is content when it is there", { ...calls(call), reasoning_content: "hm" }, "deepseek-reasoner", 200],
    ["is not asked for by others", calls(call), MODEL, 200],
  ])("%s", async (_name, answer, model, status) => {
    await withSim(SCRIPT, async (sim) => {
      await ask(sim, chatBody("hi", { model }));
      const got = await ask(sim, { ...turns(answer, RESULT), model });
      expect(got.status).toBe(status);
      if (status === 400) expect(got.body).toContain("must be passed back to the API");
    });
  });
});
