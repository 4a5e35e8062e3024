import { describe, expect, it } from "vitest";
import type { FailureName, Turn } from "../src/index.js";
import {
  answerOf,
  ask,
  type Chunk,
  chunksOf,
  generate,
  geminiBody,
  type Json,
  lastCandidate,
  partsOf,
  said,
  SECOND,
  THIRD,
  withSim,
} from "./generate-content-client.js";

const TEXT = [{ text: "some text" }];
const CALL = { tool_use: { name: "bash", input: { command: "ls <a>" } } };

async function chunks(turn: Turn, model = THIRD, body: unknown = geminiBody("hi")): Promise<readonly Chunk[]> {
  return chunksOf((await answerOf(turn, { model }, body)).body);
}

describe("a stream", () => {
  it("is spelled as Google spells it, byte for byte", async () => {
    const got = await answerOf(
      { reply: [CALL], usage: { inputTokens: 5, outputTokens: 7 } },
      { model: "gemini-2.0-x" },
    );
    expect(got.headers["content-type"]).toBe("text/event-stream");
    expect(got.body).toBe(
      'data: {"candidates": [{"content": {"parts": [{"functionCall": {"name": "bash","args": {"command": ' +
        String.raw`"ls \u003ca\u003e"` +
        '}}}],"role": "model"},"finishReason": "STOP","index": 0,"finishMessage": "Model generated function call(s)."}],' +
        '"usageMetadata": {"promptTokenCount": 5,"candidatesTokenCount": 7,"totalTokenCount": 12,"promptTokensDetails": ' +
        '[{"modality": "TEXT","tokenCount": 5}],"serviceTier": "standard"},"modelVersion": "gemini-2.0-x",' +
        '"responseId": "resp_t000001"}\r\n\r\n',
    );
  });

  it("has reasoning, text and calls, one piece a response, and no terminal event", async () => {
    const all = await chunks({ reply: [{ thinking: "hm hm" }, { text: "Grüße 😀😀", deltas: 7 }, CALL, CALL] });
    const parts = partsOf(all);
    expect(parts.filter((part) => part.thought === true)).toEqual([{ text: "hm hm", thought: true }]);
    expect(parts.flatMap((part) => (part.thought === true ? [] : (part.text ?? [])))).toEqual(["Grüße 😀", "😀", ""]);
    const calls = parts.flatMap((part) => part.functionCall ?? []);
    expect(calls).toMatchObject([
      { name: "bash", args: { command: "ls <a>" } },
      { name: "bash", args: { command: "ls <a>" } },
    ]);
    expect(new Set(calls.map((call) => call.id)).size).toBe(2);
    expect(all.slice(0, -1).some((chunk) => chunk.candidates?.[0]?.finishReason !== undefined)).toBe(false);
    expect(lastCandidate(all)).toEqual({
      content: { parts: [{ text: "" }], role: "model" },
      finishReason: "STOP",
      index: 0,
    });
    expect(new Set(all.map((chunk) => `${chunk.modelVersion} ${chunk.responseId}`)).size).toBe(1);
  });

  it("keeps calls up to 2.5 in one response, without ids", async () => {
    const all = await chunks({ reply: [{ text: "ok" }, CALL, { tool_use: { name: "bash", id: "mine" } }] }, SECOND);
    expect(all).toHaveLength(2);
    expect(all[1]?.candidates?.[0]?.content?.parts).toEqual([
      { functionCall: { name: "bash", args: { command: "ls <a>" } }, thoughtSignature: expect.any(String) },
      { functionCall: { name: "bash", args: {} } },
    ]);
    expect(lastCandidate(all)).toMatchObject({
      finishReason: "STOP",
      finishMessage: "Model generated function call(s).",
    });
  });

  it("takes the ids of the script where the model has ids", async () => {
    const parts = partsOf(await chunks({ reply: [{ tool_use: { name: "bash", id: "mine" } }] }));
    expect(parts[0]?.functionCall).toEqual({ name: "bash", args: {}, id: "mine" });
  });

  it("shows reasoning to requests that ask for it, and counts it for all", async () => {
    const turn = { reply: [{ thinking: "12345678" }, { text: "1234" }] };
    const all = await chunks(turn, THIRD, geminiBody("hi", { generationConfig: {} }));
    expect(partsOf(all).filter((part) => part.thought === true)).toEqual([]);
    expect(all.at(-1)?.usageMetadata).toMatchObject({ thoughtsTokenCount: 2, candidatesTokenCount: 1 });
  });

  it("puts the bytes of the script between its own", async () => {
    const { body } = await answerOf({ reply: [{ text: "a" }, { raw: ": comment\r\n\r\n" }, { text: "b" }] });
    expect(body.split("\r\n\r\n")[1]).toBe(": comment");
    expect(chunksOf(body)).toHaveLength(3);
  });

  it("does not double its line ends when the script asks for CR LF", async () => {
    const { body } = await answerOf({ reply: TEXT, crlf: true });
    expect(body).not.toContain("\r\r\n");
    expect(chunksOf(body)).toHaveLength(2);
  });
});

describe("signatures", () => {
  it.each([
    ["the first call of a set", THIRD, [CALL, CALL], [true, false, false]],
    ["the first call after text", THIRD, [{ text: "a" }, CALL], [false, true, false]],
    ["a last part of empty text", THIRD, [{ text: "a" }], [false, true]],
    ["the first call of 2.5", SECOND, [CALL, CALL], [true, false]],
    ["no text of 2.5", SECOND, [{ text: "a" }], [false]],
  ] as const)("stand on %s", async (_name, model, reply, signed) => {
    const parts = partsOf(await chunks({ reply }, model));
    expect(parts.map((part) => part.thoughtSignature !== undefined)).toEqual(signed);
  });
});

describe("the forms of an answer", () => {
  const turn: Turn = { reply: [{ thinking: "hm" }, { text: "some longer text" }, { text: " and more" }], deltas: 4 };

  it("is a list without alt=sse", async () => {
    const got = await answerOf(turn, { method: ":streamGenerateContent" });
    expect(got.headers["content-type"]).toBe("application/json; charset=UTF-8");
    expect(got.body).toMatch(/^\[\{\n {2}"candidates": \[\n/);
    expect(got.body).toContain("\n}\n,\r\n{\n");
    const listed = JSON.parse(got.body) as readonly Chunk[];
    expect(partsOf(listed)).toEqual(partsOf(await chunks(turn)));
  });

  it("is one object for generateContent, the signature on its last text", async () => {
    const got = await answerOf(turn, { method: ":generateContent" });
    expect(got.headers["content-type"]).toBe("application/json; charset=UTF-8");
    const whole = JSON.parse(got.body) as Chunk;
    expect(whole.candidates).toEqual([
      {
        content: {
          parts: [
            { text: "hm", thought: true },
            { text: "some longer text and more", thoughtSignature: expect.any(String) },
          ],
          role: "model",
        },
        finishReason: "STOP",
        index: 0,
      },
    ]);
    expect(whole.usageMetadata).toEqual((await chunks(turn)).at(-1)?.usageMetadata);
  });

  it("fails with a status where nothing has been sent yet", async () => {
    const error = { code: "UNAVAILABLE", message: "busy" };
    const got = await answerOf({ reply: TEXT, error }, { method: ":generateContent" });
    expect(got.status).toBe(503);
    expect(JSON.parse(got.body)).toEqual({ error: { code: 503, message: "busy", status: "UNAVAILABLE" } });
  });
});

describe("how an answer ends", () => {
  it.each<[string, Turn, Json]>([
    ["text", { reply: TEXT }, { finishReason: "STOP" }],
    ["stop_sequence", { reply: TEXT, stopReason: "stop_sequence" }, { finishReason: "STOP" }],
    ["a call", { reply: [CALL] }, { finishReason: "STOP" }],
    ["max_tokens", { reply: TEXT, stopReason: "max_tokens" }, { finishReason: "MAX_TOKENS" }],
    ["refusal", { reply: TEXT, stopReason: "refusal" }, { finishReason: "SAFETY" }],
    [
      "pause",
      { reply: TEXT, stopReason: "pause" },
      { finishReason: "CONTINUATION", continuationToken: expect.any(String) },
    ],
    ["nothing at all", { reply: [] }, { finishReason: "STOP" }],
  ])("%s", async (_name, turn, last) => {
    for (const model of [THIRD, SECOND]) expect(lastCandidate(await chunks(turn, model))).toMatchObject(last);
  });

  it("tells a prompt that was stopped before the model", async () => {
    const all = await chunks({ reply: [], stopReason: "refusal" });
    expect(all).toMatchObject([{ promptFeedback: { blockReason: "SAFETY" } }]);
    expect(all[0]?.candidates).toBeUndefined();
  });

  it.each([THIRD, SECOND])(
    "says that a call cannot be read, and drops all calls: %s",
    async (model) => {
      const reply = [{ text: "Let me." }, CALL, { tool_use: { name: "bash", rawInput: '{"command":"rm' } }];
      const all = await chunks({ reply }, model);
      expect(partsOf(all).map((part) => part.text)).toEqual(["Let me."]);
      expect(lastCandidate(all)).toEqual({
        content: {},
        finishReason: "MALFORMED_FUNCTION_CALL",
        index: 0,
        finishMessage: 'Malformed function call: bash({"command":"rm)',
      });
      const whole = await answerOf({ reply }, { model, method: ":generateContent" });
      expect((JSON.parse(whole.body) as Chunk).candidates?.[0]).toMatchObject({
        content: {},
        finishReason: "MALFORMED_FUNCTION_CALL",
      });
    },
    10_000,
  );

  it("ends at the limit where the script says so of a call that was cut off", async () => {
    const reply = [{ tool_use: { name: "bash", rawInput: '{"command":"rm' } }];
    const all = await chunks({ reply, stopReason: "max_tokens" });
    expect(lastCandidate(all)).toMatchObject({ finishReason: "MAX_TOKENS" });
    expect(partsOf(all).some((part) => part.functionCall !== undefined)).toBe(false);
  });

  it("sends arguments that are JSON, however the script wrote them", async () => {
    const parts = partsOf(await chunks({ reply: [{ tool_use: { name: "bash", rawInput: ' {"a": 1} ' } }] }));
    expect(parts[0]?.functionCall?.args).toEqual({ a: 1 });
  });

  it.each([
    ["503", 503, "UNAVAILABLE"],
    ["RESOURCE_EXHAUSTED", 429, "RESOURCE_EXHAUSTED"],
    ["server_is_overloaded", 503, "UNAVAILABLE"],
    ["rate_limit_exceeded", 429, "RESOURCE_EXHAUSTED"],
    ["whatever", 500, "INTERNAL"],
  ])("an error %s as an event", async (code, number, status) => {
    const all = await chunks({ reply: TEXT, error: { code, message: "no" } });
    expect(all).toHaveLength(2);
    expect(all[1]).toEqual({ error: { code: number, message: "no", status } });
  });

  it("an error as bare JSON after good events", async () => {
    const { body } = await answerOf({ reply: TEXT, error: { code: "499", message: "gone", event: "error" } });
    const [event = "", bare = ""] = body.split("\r\n\r\n");
    expect(chunksOf(event)).toHaveLength(1);
    expect(bare).toMatch(/^\{\n {2}"error": \{\n {4}"code": 499,\n/);
    expect(JSON.parse(bare)).toEqual({ error: { code: 499, message: "gone", status: "CANCELLED" } });
  });

  it("an error in a list", async () => {
    const turn = { reply: TEXT, error: { code: "500", message: "no" } };
    const { body } = await answerOf(turn, { method: ":streamGenerateContent" });
    expect((JSON.parse(body) as readonly Chunk[])[1]).toMatchObject({ error: { code: 500 } });
  });

  it("a context that is full", async () => {
    const all = await chunks({ reply: TEXT, stopReason: "context_full" });
    expect(all.at(-1)?.error?.message).toContain("exceeds the maximum number of tokens allowed");
  });
});

describe("usage", () => {
  it("is counted as the service counts", async () => {
    const usage = { inputTokens: 10, cacheReadTokens: 5, cacheWriteTokens: 3, outputTokens: 7, reasoningTokens: 2 };
    const all = await chunks({ reply: TEXT, usage });
    expect(all.at(-1)?.usageMetadata).toEqual({
      promptTokenCount: 18,
      candidatesTokenCount: 5,
      totalTokenCount: 25,
      cachedContentTokenCount: 5,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: 18 }],
      cacheTokensDetails: [{ modality: "TEXT", tokenCount: 5 }],
      thoughtsTokenCount: 2,
      serviceTier: "standard",
    });
  });

  it("grows from response to response", async () => {
    const all = await chunks({ reply: [{ thinking: "1234" }, { text: "123456789012", deltas: 4 }] });
    const counts = all.map(({ usageMetadata }) => [
      usageMetadata?.["thoughtsTokenCount"],
      usageMetadata?.["candidatesTokenCount"],
    ]);
    expect(counts).toEqual([
      [1, undefined],
      [1, 1],
      [1, 2],
      [1, 3],
      [1, 3],
    ]);
  });

  it("is absent when the script says so", async () => {
    const all = await chunks({ reply: TEXT, usage: null });
    expect(all.some((chunk) => "usageMetadata" in chunk)).toBe(false);
  });

  it("is what countTokens says", async () => {
    await withSim({ turns: [{ reply: TEXT }] }, async (sim) => {
      const body = geminiBody("how many?");
      const counted = await generate(sim, { generateContentRequest: body }, { method: ":countTokens" });
      const [first] = chunksOf((await generate(sim, body)).body);
      expect(JSON.parse(counted.body)).toMatchObject({ totalTokens: first?.usageMetadata?.["promptTokenCount"] });
      const fewer = await generate(sim, { contents: [said("how many?")] }, { method: ":countTokens" });
      expect(JSON.parse(fewer.body)).toMatchObject({ totalTokens: expect.any(Number) });
      const wrong = await generate(sim, { contents: [said("x")], tools: [] }, { method: ":countTokens" });
      expect(wrong.status).toBe(400);
      expect(sim.violations.join()).toContain('Unknown name "tools": Cannot find field.');
    });
  });
});

describe("HTTP failures", () => {
  it.each<[FailureName, number, string, string]>([
    ["unauthorized", 400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."],
    ["forbidden", 403, "PERMISSION_DENIED", "it is disabled"],
    ["rate_limited", 429, "RESOURCE_EXHAUSTED", "Please retry in 1s."],
    ["usage_limit", 429, "RESOURCE_EXHAUSTED", "limit: 250"],
    ["quota_exhausted", 429, "RESOURCE_EXHAUSTED", "limit: 0"],
    ["model_unavailable", 404, "NOT_FOUND", `models/${THIRD} is not found for API version v1beta`],
    ["context_too_long", 400, "INVALID_ARGUMENT", "The input token count (1250074) exceeds the maximum"],
    ["request_too_large", 400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."],
    ["invalid_request", 400, "INVALID_ARGUMENT", "Request contains an invalid argument."],
    ["overloaded", 503, "UNAVAILABLE", "The model is overloaded. Please try again later."],
    ["server_error", 500, "INTERNAL", "An internal error has occurred."],
  ])("%s", async (status, code, word, message) => {
    const got = await answerOf({ status });
    expect(got).toMatchObject({ status: code, headers: { "content-type": "application/json; charset=UTF-8" } });
    const { error } = JSON.parse(got.body) as { error: { code: number; status: string; message: string } };
    expect(error).toMatchObject({ code, status: word });
    expect(error.message).toContain(message);
    const listed = await answerOf({ status }, { method: ":streamGenerateContent" });
    expect(JSON.parse(listed.body)).toMatchObject([{ error: { code } }]);
  });

  it("of the edge are a page", async () => {
    const got = await answerOf({ status: "edge_block" });
    expect(got).toMatchObject({ status: 403, headers: { "content-type": "text/html; charset=UTF-8" } });
  });

  it("say in their details how long to wait, and for which quota", async () => {
    const details = async (status: FailureName): Promise<unknown> =>
      (JSON.parse((await answerOf({ status })).body) as { error: { details: unknown } }).error.details;
    const retry = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" };
    const minute = { quotaId: "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", quotaValue: "10" };
    expect(await details("rate_limited")).toEqual(expect.arrayContaining([retry]));
    expect(await details("rate_limited")).toMatchObject([{}, { violations: [minute] }, {}]);
    const day = { quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier" };
    expect(await details("usage_limit")).toMatchObject([{}, { violations: [day] }, { retryDelay: "3600s" }]);
    expect(await details("unauthorized")).toMatchObject([{ reason: "API_KEY_INVALID" }, { locale: "en-US" }]);
  });

  it("repeat the script's status in the body", async () => {
    const got = await answerOf({ status: 503 });
    expect(JSON.parse(got.body)).toMatchObject({ error: { code: 503, status: "UNAVAILABLE" } });
  });
});

describe("the list of models", () => {
  it("comes in pages, with what each can do", async () => {
    await withSim({ turns: [] }, async (sim) => {
      const first = JSON.parse((await ask(sim, "GET", "/v1beta/models?pageSize=4")).body) as {
        models: readonly { name: string; supportedGenerationMethods: readonly string[] }[];
        nextPageToken: string;
      };
      expect(first.models).toHaveLength(4);
      const rest = await ask(sim, "GET", `/v1beta/models?pageToken=${first.nextPageToken}`);
      expect(rest.body).not.toContain("nextPageToken");
      expect(first.models[0]).toMatchObject({ name: "models/gemini-2.5-flash", inputTokenLimit: 1_048_576 });
      expect(rest.body).toContain("gemini-embedding-001");
      expect((await ask(sim, "GET", "/v1beta/models/gemini-2.5-pro")).status).toBe(200);
      expect((await ask(sim, "GET", "/v1beta/models/gemini-0")).status).toBe(404);
      expect(sim.violations).toEqual([]);
      expect((await ask(sim, "GET", "/v1beta/models", undefined, {})).status).toBe(403);
      expect(sim.violations).toHaveLength(1);
    });
  });
});

it("is in the environment", async () => {
  await withSim({ turns: [] }, async (sim) => {
    expect(sim.env).toMatchObject({ GEMINI_BASE_URL: sim.url, GEMINI_API_KEY: "simulator-key" });
  });
});
