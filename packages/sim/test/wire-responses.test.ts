import { describe, expect, it } from "vitest";
import { type FailureName, startSim, type Turn } from "../src/index.js";
import { codexBody, eventsOf, type Got, joinDeltas, post } from "./client.js";

const NOW_MS = 1_800_000_000_000;

async function answer(turn: Turn): Promise<Got> {
  const sim = await startSim({ script: { turns: [turn] }, seed: "t", now: () => NOW_MS });
  try {
    return await post(sim, codexBody("hi"));
  } finally {
    await sim.close();
  }
}

const TEXT = [{ text: "some text" }];

describe("how an answer ends", () => {
  it.each<[string, Turn, Readonly<Record<string, unknown>>]>([
    ["text", { reply: TEXT }, { type: "response.completed", response: { status: "completed" } }],
    [
      "max_tokens",
      { reply: TEXT, stopReason: "max_tokens" },
      {
        type: "response.incomplete",
        response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      },
    ],
    [
      "refusal",
      { reply: TEXT, stopReason: "refusal" },
      { type: "response.incomplete", response: { incomplete_details: { reason: "content_filter" } } },
    ],
    ["pause", { reply: TEXT, stopReason: "pause" }, { type: "response.completed", response: { end_turn: false } }],
    [
      "context_full",
      { reply: TEXT, stopReason: "context_full" },
      { type: "response.failed", response: { error: { code: "context_length_exceeded" } } },
    ],
    [
      "an error",
      { reply: TEXT, error: { code: "server_is_overloaded", message: "busy" } },
      {
        type: "response.failed",
        response: { status: "failed", error: { code: "server_is_overloaded", message: "busy" } },
      },
    ],
    [
      "an error event",
      { error: { code: "slow_down", message: "later", event: "error" } },
      { type: "error", error: { code: "slow_down", message: "later" } },
    ],
  ])("%s", async (_name, turn, last) => {
    const events = eventsOf((await answer(turn)).body);
    expect(events.at(-1)).toMatchObject(last);
    expect(events.slice(0, 2)).toMatchObject([{ type: "response.created" }, { type: "response.in_progress" }]);
  });

  it("marks a call whose arguments were cut off", async () => {
    const cut = '{"command":"rm';
    const { body } = await answer({ reply: [{ tool_use: { name: "bash", rawInput: cut } }], stopReason: "max_tokens" });
    expect(joinDeltas(body, "response.function_call_arguments.delta")).toBe(cut);
    expect(eventsOf(body).find((event) => event["type"] === "response.output_item.done")).toMatchObject({
      item: { type: "function_call", status: "incomplete", arguments: cut },
    });
  });
});

describe("usage", () => {
  it.each<[string, Turn, unknown]>([
    [
      "given",
      {
        reply: TEXT,
        usage: { inputTokens: 10, cacheReadTokens: 5, cacheWriteTokens: 3, outputTokens: 7, reasoningTokens: 2 },
      },
      {
        input_tokens: 18,
        input_tokens_details: { cached_tokens: 5, cache_write_tokens: 3 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 25,
      },
    ],
    ["none", { reply: TEXT, usage: null }, null],
    [
      "estimated",
      { reply: [{ thinking: "12345678" }, { text: "1234" }] },
      expect.objectContaining({ output_tokens: 3, output_tokens_details: { reasoning_tokens: 2 } }),
    ],
  ])("%s", async (_name, turn, usage) => {
    const last = eventsOf((await answer(turn)).body).at(-1);
    expect(last).toMatchObject({ response: { usage } });
  });
});

describe("rate limits", () => {
  it("are told in the headers and in the stream", async () => {
    const got = await answer({
      reply: TEXT,
      limits: {
        plan: "plus",
        credits: { unlimited: false, balance: "9.5" },
        windows: [
          { name: "primary", usedPercent: 12.5, windowMinutes: 300, resetsInSeconds: 60 },
          { name: "secondary", usedPercent: 99, windowMinutes: 10_080, resetsAtMs: NOW_MS + 1000 },
        ],
      },
    });
    expect(got.headers).toMatchObject({
      "x-codex-primary-used-percent": "12.5",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-at": "1800000060",
      "x-codex-secondary-used-percent": "99",
      "x-codex-secondary-reset-at": "1800000001",
      "x-codex-plan-type": "plus",
      "x-codex-credits-unlimited": "false",
      "x-codex-credits-balance": "9.5",
    });
    expect(eventsOf(got.body).find((event) => event["type"] === "codex.rate_limits")).toMatchObject({
      plan_type: "plus",
      rate_limits: {
        primary: { used_percent: 12.5, window_minutes: 300, reset_at: 1_800_000_060 },
        secondary: { used_percent: 99, window_minutes: 10_080, reset_at: 1_800_000_001 },
      },
      credits: { unlimited: false, balance: "9.5" },
    });
  });
});

describe("HTTP failures", () => {
  it.each<[FailureName, number, string]>([
    ["unauthorized", 401, '"code":"token_expired"'],
    ["forbidden", 403, '{"detail":'],
    ["edge_block", 403, "<!DOCTYPE html>"],
    ["rate_limited", 429, '"code":"rate_limit_exceeded"'],
    ["usage_limit", 429, '"type":"usage_limit_reached"'],
    ["quota_exhausted", 429, '"code":"insufficient_quota"'],
    ["model_unavailable", 400, "The 'gpt-5.5' model is not supported when using Codex"],
    ["context_too_long", 400, '"code":"context_length_exceeded"'],
    ["request_too_large", 413, "Payload Too Large"],
    ["invalid_request", 400, '"type":"invalid_request_error"'],
    ["overloaded", 503, '"code":"server_is_overloaded"'],
    ["server_error", 500, '"type":"server_error"'],
  ])("%s", async (status, code, body) => {
    const got = await answer({ status });
    expect(got.status).toBe(code);
    expect(got.body).toContain(body);
  });

  it("say when a used-up window opens again", async () => {
    const { body } = await answer({ status: "usage_limit" });
    expect(JSON.parse(body)).toMatchObject({ error: { resets_at: 1_800_003_600, resets_in_seconds: 3600 } });
  });

  it("take a status, headers and a body of the script", async () => {
    const got = await answer({ status: 429, headers: { "Retry-After": "7" }, body: { error: { code: "x" } } });
    expect(got).toMatchObject({ status: 429, body: '{"error":{"code":"x"}}', headers: { "retry-after": "7" } });
    const named = await answer({ status: "rate_limited", headers: { "retry-after": "7" }, body: "plain" });
    expect(named).toMatchObject({ status: 429, body: "plain", headers: { "retry-after": "7" } });
  });
});

describe("deltas", () => {
  it("are as long as asked, and never half a character", async () => {
    const text = "ab😀cd😀😀é";
    const { body } = await answer({ deltas: 3, reply: [{ text }, { thinking: "abc", deltas: 1 }] });
    const deltas = eventsOf(body).filter((event) => event["type"] === "response.output_text.delta");
    expect(deltas.map((event) => event["delta"])).toEqual(["ab😀", "cd😀", "😀é"]);
    expect(eventsOf(body).filter((event) => event["type"] === "response.reasoning_summary_text.delta")).toHaveLength(3);
  });
});

it.each(["\ud800", "mod\u00e8le \u6a21", "two\r\nlines"])("answers whatever the model is called: %j", async (model) => {
  const sim = await startSim({ script: { turns: [{ reply: TEXT }] } });
  try {
    expect((await post(sim, { ...codexBody("hi"), model })).status).toBe(200);
  } finally {
    await sim.close();
  }
});
