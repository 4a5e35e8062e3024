import { describe, expect, it } from "vitest";
import type { FailureName, Turn } from "../src/index.js";
import { eventsOf, send } from "./client.js";
import {
  ADAPTIVE,
  answerOf,
  API_KEY,
  ask,
  blocksOf,
  type Json,
  LOGIN,
  messagesBody,
  OLD_VERSION,
  withSim,
} from "./messages-client.js";

const TEXT = [{ text: "some text" }];
const WHOLE = messagesBody("hi", { stream: false });

describe("a stream", () => {
  it("tells thinking, text and calls in the order of the script", async () => {
    const reply = [
      { thinking: "Let me look." },
      { text: "Reading 😀." },
      { tool_use: { name: "read", input: { path: "{{lastUserText}}.txt" } } },
      { tool_use: { name: "pwd", id: "toolu_mine" } },
    ];
    const { body, headers } = await answerOf({ reply });
    const events = eventsOf(body);
    expect(events.map((event) => String(event["type"]).replace("content_block_", "")).join(" ")).toBe(
      "message_start start ping delta delta stop start delta stop start delta delta delta stop start delta stop " +
        "message_delta message_stop",
    );
    expect(blocksOf(events)).toMatchObject([
      { type: "thinking", thinking: "", streamed: "Let me look.", signature: expect.stringMatching(/^[\w+/]+=*$/) },
      { type: "text", text: "", streamed: "Reading 😀." },
      {
        type: "tool_use",
        id: expect.stringMatching(/^toolu_t/),
        name: "read",
        input: {},
        streamed: '{"path":"hi.txt"}',
      },
      { type: "tool_use", id: "toolu_mine", name: "pwd", input: {}, streamed: "" },
    ]);
    expect(events[0]).toMatchObject({
      message: { type: "message", role: "assistant", content: [], stop_reason: null },
    });
    expect(headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "request-id": expect.stringMatching(/^req_/),
    });
  });

  it("names each event in a line of its own, and pads it before the last brace", async () => {
    const { body } = await answerOf({ reply: [{ text: "abcdef", deltas: 2 }] });
    const frames = body.split("\n\n").filter((frame) => frame !== "");
    for (const frame of frames) {
      const [event, data] = frame.split("\n");
      expect(event).toBe(`event: ${String((JSON.parse((data ?? "").slice(6)) as Json)["type"])}`);
    }
    expect(frames.filter((frame) => frame.endsWith(" }")).length).toBeGreaterThan(2);
    expect(body).not.toContain("[DONE]");
  });

  it("cuts deltas as asked, and never a character in two", async () => {
    const { body } = await answerOf({ deltas: 3, reply: [{ text: "ab😀cd😀😀é" }, { text: "xyz", deltas: 1 }] });
    const texts = eventsOf(body).flatMap((event) => (event["delta"] as Json | undefined)?.["text"] ?? []);
    expect(texts).toEqual(["ab😀", "cd😀", "😀é", "x", "y", "z"]);
  });

  it("carries raw parts and arguments that are no JSON as they are", async () => {
    const turn: Turn = {
      reply: [{ raw: "event: odd\ndata: {}\n\n" }, { tool_use: { name: "bash", rawInput: '{"command":"rm' } }],
      stopReason: "max_tokens",
    };
    const { body } = await answerOf(turn);
    expect(body).toContain("event: odd\ndata: {}\n\n");
    expect(blocksOf(eventsOf(body))[0]?.streamed).toBe('{"command":"rm');
    expect(eventsOf(body).at(-2)).toMatchObject({ delta: { stop_reason: "max_tokens" } });
  });
});

describe("how an answer ends", () => {
  it.each<[string, Turn, Json]>([
    ["text", { reply: TEXT }, { stop_reason: "end_turn", stop_sequence: null, stop_details: null }],
    ["a call", { reply: [{ tool_use: { name: "bash" } }] }, { stop_reason: "tool_use" }],
    ["max_tokens", { reply: TEXT, stopReason: "max_tokens" }, { stop_reason: "max_tokens" }],
    [
      "stop_sequence",
      { reply: TEXT, stopReason: "stop_sequence" },
      { stop_reason: "stop_sequence", stop_sequence: "END" },
    ],
    ["refusal", { reply: TEXT, stopReason: "refusal" }, { stop_reason: "refusal", stop_details: { type: "refusal" } }],
    ["context_full", { reply: TEXT, stopReason: "context_full" }, { stop_reason: "model_context_window_exceeded" }],
    ["pause", { reply: TEXT, stopReason: "pause" }, { stop_reason: "pause_turn" }],
  ])("%s", async (_name, turn, delta) => {
    const { body } = await answerOf(turn, messagesBody("hi", { stop_sequences: ["END"] }));
    expect(eventsOf(body).slice(-2)).toMatchObject([{ type: "message_delta", delta }, { type: "message_stop" }]);
    const whole = await answerOf(turn, { ...WHOLE, stop_sequences: ["END"] });
    expect(JSON.parse(whole.body)).toMatchObject(delta);
  });

  it("pauses in a call of the service's own tool, and goes on from there", async () => {
    await withSim({ turns: [{ reply: TEXT, stopReason: "pause" }, { reply: [{ text: "more" }] }] }, async (sim) => {
      const first = JSON.parse((await ask(sim, { ...WHOLE, model: ADAPTIVE })).body) as { content: readonly Json[] };
      expect(first.content).toMatchObject([{ type: "text" }, { type: "server_tool_use", name: "web_search" }]);
      const messages = [
        { role: "user", content: "hi" },
        { role: "assistant", content: first.content },
      ];
      expect(await ask(sim, { ...WHOLE, model: ADAPTIVE, messages })).toMatchObject({ status: 200 });
      expect(sim.problems()).toEqual([]);
    });
  });

  it.each([
    ["overloaded_error", "overloaded_error", 529],
    ["server_is_overloaded", "overloaded_error", 529],
    ["slow_down", "rate_limit_error", 429],
    ["context_length_exceeded", "invalid_request_error", 400],
    ["anything", "api_error", 500],
  ])("the error %s", async (code, type, status) => {
    const turn: Turn = { reply: TEXT, error: { code, message: "no more" } };
    const { body } = await answerOf(turn);
    expect(body).toMatch(/event: error\ndata: .*\n\n$/);
    expect(eventsOf(body).at(-1)).toMatchObject({ type: "error", error: { type, message: "no more" } });
    expect(body).not.toContain("message_stop");
    const whole = await answerOf(turn, WHOLE);
    expect(whole).toMatchObject({ status });
    expect(JSON.parse(whole.body)).toMatchObject({ type: "error", error: { type, message: "no more" } });
  });
});

describe("an answer that comes whole", () => {
  it("is one object with the same blocks", async () => {
    const reply = [{ thinking: "hm" }, { text: "a" }, { tool_use: { name: "bash", input: { command: "ls" } } }];
    const { body, headers } = await answerOf({ reply, usage: { inputTokens: 3, outputTokens: 5 } }, WHOLE);
    expect(headers["content-type"]).toBe("application/json");
    expect(JSON.parse(body)).toMatchObject({
      type: "message",
      role: "assistant",
      stop_reason: "tool_use",
      content: [
        { type: "thinking", thinking: "hm", signature: expect.any(String) },
        { type: "text", text: "a" },
        { type: "tool_use", name: "bash", input: { command: "ls" } },
      ],
      usage: { input_tokens: 3, output_tokens: 5 },
    });
  });
});

describe("thinking that is not shown", () => {
  it.each<[string, Json, string]>([
    ["as asked", { thinking: { type: "adaptive", display: "omitted" }, model: ADAPTIVE }, ""],
    ["as newer models have it", { thinking: { type: "adaptive" }, model: ADAPTIVE }, ""],
    ["unless asked for", { thinking: { type: "adaptive", display: "summarized" }, model: ADAPTIVE }, "secret"],
    ["not by older models", { thinking: { type: "enabled", budget_tokens: 1024 } }, "secret"],
  ])("%s", async (_name, extra, streamed) => {
    const { body } = await answerOf({ reply: [{ thinking: "secret" }, ...TEXT] }, messagesBody("hi", extra));
    expect(blocksOf(eventsOf(body))[0]).toMatchObject({ streamed, signature: expect.any(String) });
    expect(eventsOf(body).at(-2)).toMatchObject({ usage: { output_tokens_details: { thinking_tokens: 2 } } });
  });
});

describe("usage", () => {
  const GIVEN = { inputTokens: 10, cacheReadTokens: 5, cacheWriteTokens: 3, outputTokens: 7, reasoningTokens: 2 };
  const PROMPT = { input_tokens: 10, cache_creation_input_tokens: 3, cache_read_input_tokens: 5 };

  it("has what no cache served apart, first counts at the start and totals at the end", async () => {
    const events = eventsOf((await answerOf({ reply: TEXT, usage: GIVEN })).body);
    const cache_creation = { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 0 };
    expect(events[0]).toMatchObject({ message: { usage: { ...PROMPT, cache_creation, output_tokens: 1 } } });
    expect(events.at(-2)?.["usage"]).toEqual({
      ...PROMPT,
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 2 },
    });
  });

  it("tells writes in the counter of their life", async () => {
    const system = [{ type: "text", text: "x", cache_control: { type: "ephemeral", ttl: "1h" } }];
    const [start] = eventsOf((await answerOf({ reply: TEXT, usage: GIVEN }, messagesBody("hi", { system }))).body);
    expect(start).toMatchObject({ message: { usage: { cache_creation: { ephemeral_1h_input_tokens: 3 } } } });
  });

  it("is estimated, or left out", async () => {
    const estimated = eventsOf((await answerOf({ reply: [{ thinking: "12345678" }, { text: "1234" }] })).body);
    expect(estimated.at(-2)).toMatchObject({
      usage: {
        input_tokens: Math.ceil(JSON.stringify(messagesBody("hi")).length / 4),
        output_tokens: 3,
        output_tokens_details: { thinking_tokens: 2 },
      },
    });
    expect((await answerOf({ reply: TEXT, usage: null })).body).not.toContain("usage");
  });
});

describe("rate limits", () => {
  it("of a plan are shares and Unix seconds", async () => {
    const { headers } = await answerOf(
      {
        reply: TEXT,
        limits: {
          windows: [
            { name: "primary", usedPercent: 12.5, resetsInSeconds: 60 },
            { name: "7d", usedPercent: 85, resetsAtMs: 1_800_000_001_000 },
            { name: "7d_sonnet", usedPercent: 104 },
          ],
        },
      },
      messagesBody("hi"),
      LOGIN,
    );
    expect(headers).toMatchObject({
      "anthropic-ratelimit-unified-status": "rejected",
      "anthropic-ratelimit-unified-representative-claim": "seven_day_sonnet",
      "anthropic-ratelimit-unified-5h-utilization": "0.125",
      "anthropic-ratelimit-unified-5h-status": "allowed",
      "anthropic-ratelimit-unified-5h-reset": "1800000060",
      "anthropic-ratelimit-unified-7d-utilization": "0.85",
      "anthropic-ratelimit-unified-7d-status": "allowed_warning",
      "anthropic-ratelimit-unified-7d-reset": "1800000001",
      "anthropic-ratelimit-unified-7d_sonnet-utilization": "1.04",
      "anthropic-ratelimit-unified-7d_sonnet-status": "rejected",
    });
  });

  it("of a key are counts and times", async () => {
    const windows = [{ name: "requests", usedPercent: 25, resetsInSeconds: 60 }];
    const { headers } = await answerOf({ reply: TEXT, limits: { windows } });
    expect(headers).toMatchObject({
      "anthropic-ratelimit-requests-limit": "1000",
      "anthropic-ratelimit-requests-remaining": "750",
      "anthropic-ratelimit-requests-reset": "2027-01-15T08:01:00Z",
    });
    expect(headers).not.toHaveProperty("anthropic-ratelimit-unified-status");
  });
});

describe("HTTP failures", () => {
  it.each<[FailureName, number, string, string]>([
    ["unauthorized", 401, "authentication_error", "invalid x-api-key"],
    ["forbidden", 403, "permission_error", "does not have permission"],
    ["rate_limited", 429, "rate_limit_error", "50 requests per minute"],
    ["usage_limit", 400, "invalid_request_error", "You will regain access on 2027-02-01"],
    ["quota_exhausted", 400, "invalid_request_error", "Your credit balance is too low"],
    ["model_unavailable", 404, "not_found_error", "model: claude-haiku-4-5-20251001"],
    ["context_too_long", 400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"],
    ["request_too_large", 413, "request_too_large", "maximum size"],
    ["invalid_request", 400, "invalid_request_error", "messages.0.content"],
    ["overloaded", 529, "overloaded_error", "Overloaded"],
    ["server_error", 500, "api_error", "Internal server error"],
  ])("%s", async (status, code, type, words) => {
    const got = await answerOf({ status });
    expect(got.status).toBe(code);
    expect(JSON.parse(got.body)).toMatchObject({
      type: "error",
      error: { type, message: expect.stringContaining(words) },
      request_id: expect.any(String),
    });
    expect(got.headers).toMatchObject({
      "request-id": expect.any(String),
      "x-should-retry": String(code === 429 || code >= 500),
    });
  });

  it("edge_block is a page", async () => {
    expect(await answerOf({ status: "edge_block" })).toMatchObject({
      status: 403,
      body: expect.stringContaining("<!DOCTYPE html>"),
    });
  });

  it("say how long to wait", async () => {
    const { headers } = await answerOf({ status: "rate_limited" });
    expect(headers).toMatchObject({
      "retry-after": "1",
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": "2027-01-15T08:01:00Z",
    });
  });

  it("of a plan's login are worded for it", async () => {
    const limit = await answerOf({ status: "usage_limit" }, messagesBody("hi"), LOGIN);
    expect(limit).toMatchObject({
      status: 429,
      headers: {
        "retry-after": "3600",
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-5h-reset": "1800003600",
        "anthropic-ratelimit-unified-reset": "1800003600",
      },
    });
    const expired = await answerOf({ status: "unauthorized" }, messagesBody("hi"), LOGIN);
    expect(expired.body).toContain("OAuth token has expired");
  });

  it("take a status, headers and a body of the script", async () => {
    const bare = await answerOf({ status: 529, headers: { "Retry-After": "7" } });
    expect(bare).toMatchObject({ status: 529, headers: { "retry-after": "7" } });
    expect(JSON.parse(bare.body)).toMatchObject({ error: { type: "overloaded_error" } });
    expect(await answerOf({ status: "rate_limited", body: "plain" })).toMatchObject({ status: 429, body: "plain" });
  });
});

describe("routes without a script", () => {
  const list = async (query: string): Promise<Json> =>
    withSim({ turns: [] }, async (sim) => {
      const got = await send(`${sim.url}/v1/models${query}`, { method: "GET", headers: OLD_VERSION });
      expect(sim.problems()).toEqual([]);
      return JSON.parse(got.body) as Json;
    });

  it("list models, in pages, with what they can do", async () => {
    const all = await list("?limit=1000");
    const data = all["data"] as readonly Json[];
    expect(all).toMatchObject({ has_more: false, first_id: data[0]?.["id"], last_id: data.at(-1)?.["id"] });
    const page = await list(`?limit=2&after_id=${String(data[1]?.["id"])}`);
    expect(page).toMatchObject({ has_more: true, data: data.slice(2, 4) });
    expect(data.find((model) => model["id"] === BUDGETED_ID)).toMatchObject({
      type: "model",
      capabilities: { thinking: { types: { enabled: { supported: true }, adaptive: { supported: false } } } },
    });
    expect(await list(`/${BUDGETED_ID}`)).toMatchObject({ id: BUDGETED_ID });
    expect(await list("/nothing")).toMatchObject({ error: { type: "not_found_error", message: "model: nothing" } });
  });

  it("count tokens of what could be asked", async () => {
    await withSim({ turns: [] }, async (sim) => {
      const { max_tokens, stream, ...body } = messagesBody("hi");
      const count = await ask(sim, body, OLD_VERSION, "/v1/messages/count_tokens");
      expect(JSON.parse(count.body)).toEqual({ input_tokens: Math.ceil(JSON.stringify(body).length / 4) });
      expect(sim.problems()).toEqual([]);
      const odd = await ask(sim, { ...body, max_tokens, stream }, OLD_VERSION, "/v1/messages/count_tokens");
      expect(odd).toMatchObject({ status: 400, body: expect.stringContaining("max_tokens: Extra inputs") });
      expect(sim.violations).toHaveLength(1);
    });
  });

  it("ask who it is", async () => {
    await withSim({ turns: [] }, async (sim) => {
      const headers = { "anthropic-version": "2023-06-01" };
      const got = await send(`${sim.url}/v1/models`, { method: "GET", headers });
      expect(got).toMatchObject({ status: 401, body: expect.stringContaining("authentication_error") });
      expect(sim.requests).toEqual([]);
      expect(got.body).not.toContain(API_KEY);
    });
  });
});

const BUDGETED_ID = "claude-haiku-4-5-20251001";
