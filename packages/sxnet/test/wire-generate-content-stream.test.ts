import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { PartialAnswer } from "../src/partial-answer.js";
import type { StreamEvent } from "../src/types.js";
import { createGenerateMapper } from "../src/wire-generate-content-stream.js";

const mapper = (names: Readonly<Record<string, string>> = {}, messages = 1) =>
  createGenerateMapper({
    provider: "gemini",
    model: "gemini-3.8-flash",
    names: new Map(Object.entries(names)),
    messages,
  });

function map(chunks: readonly unknown[], read = mapper()): readonly StreamEvent[] {
  const events = chunks.flatMap((chunk) => read.map({ event: undefined, data: JSON.stringify(chunk) }));
  return [...events, ...(read.end?.() ?? [])];
}

function failureOf(work: () => unknown): ProviderError {
  try {
    work();
  } catch (error) {
    if (ProviderError.is(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

const parts = (list: readonly unknown[], finishReason?: string, rest: object = {}) => ({
  candidates: [{ content: { parts: list, role: "model" }, ...(finishReason === undefined ? {} : { finishReason }) }],
  ...rest,
});
const text = (value: string) => ({ text: value });
const callPart = (name: string, rest: object = {}) => ({ functionCall: { name, args: {}, ...rest } });
const doneOf = (events: readonly StreamEvent[]) => events.find((event) => event.type === "done");
const callsOf = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.type === "block_end" && event.block.type === "tool_use" ? [event.block] : []));

const FIELDS =
  "candidates content parts finishReason finishMessage usageMetadata promptFeedback blockReason responseId error code message status text thought thoughtSignature functionCall functionResponse name id args partialArgs jsonPath stringValue numberValue willContinue executableCode inlineData promptTokenCount";
const WORDS = [
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "MALFORMED_FUNCTION_CALL",
  "UNEXPECTED_TOOL_CALL",
  "FINISH_REASON_UNSPECIFIED",
  "constructor",
  "$.a",
  "$.a.b[0]",
  "$['__proto__'].x",
  "$.list[999999999]",
];

it("meets any JSON with events in order or a ProviderError, nothing else", () => {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.constantFrom<unknown>(null, true, 0, 1, -1, 2 ** 40, 0.5, "", "text", ...WORDS),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...FIELDS.split(" "), "__proto__"), tie("value"), { maxKeys: 6 }),
    ),
  }));
  const part = fc.dictionary(fc.constantFrom(...FIELDS.split(" ").slice(11)), value, { maxKeys: 4 });
  const good = fc
    .tuple(fc.array(part, { maxLength: 3 }), fc.option(fc.constantFrom(...WORDS), { nil: undefined }))
    .map(([list, reason]) => parts(list, reason));
  const frame = fc.oneof({ weight: 3, arbitrary: good }, value);
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
      const read = mapper();
      const partial = new PartialAnswer();
      const open = new Set<number>();
      let ended = false;
      const take = (events: readonly StreamEvent[]): void => {
        for (const event of events) {
          expect(ended).toBe(false);
          partial.add(event);
          if (event.type === "block_start") open.add(event.index);
          else if (event.type === "block_end") expect(open.delete(event.index)).toBe(true);
          else if (event.type === "done") ended = true;
          else expect("index" in event && open.has(event.index)).toBe(true);
        }
      };
      try {
        for (const each of frames) take(read.map({ event: undefined, data: JSON.stringify(each) }));
        take(read.end?.() ?? []);
      } catch (error) {
        if (!ProviderError.is(error)) throw error;
        expect(error.message).not.toContain("undefined");
      }
      expect(ended && open.size > 0).toBe(false);
      partial.message();
    }),
    { numRuns: 3000 },
  );
});

describe("reasons to end", () => {
  it.each<[raw: string, stopReason: string]>([
    ["STOP", "end_turn"],
    ["MAX_TOKENS", "max_tokens"],
    ["CONTINUATION", "max_tokens"],
    ["SAFETY", "refusal"],
    ["RECITATION", "refusal"],
    ["LANGUAGE", "refusal"],
    ["BLOCKLIST", "refusal"],
    ["PROHIBITED_CONTENT", "refusal"],
    ["SPII", "refusal"],
    ["OTHER", "refusal"],
    ["TOO_MANY_TOOL_CALLS", "refusal"],
    ["IMAGE_SAFETY", "refusal"],
    ["NO_IMAGE", "refusal"],
    ["MODEL_ARMOR", "refusal"],
    ["A_WORD_OF_LATER_YEARS", "refusal"],
    ["constructor", "refusal"],
  ])("%s is %s", (raw, stopReason) => {
    expect(doneOf(map([parts([text("a")], raw)]))).toMatchObject({ stopReason, rawStopReason: raw });
  });

  it.each([
    ["STOP", "tool_use"],
    ["UNEXPECTED_TOOL_CALL", "tool_use"],
    ["TOO_MANY_TOOL_CALLS", "tool_use"],
    ["MAX_TOKENS", "max_tokens"],
    ["SAFETY", "refusal"],
  ])("%s with a call is %s", (raw, stopReason) => {
    expect(doneOf(map([parts([callPart("f")], raw)]))).toMatchObject({ stopReason });
  });

  it.each<[name: string, chunks: readonly unknown[], message: string]>([
    [
      "a call that the model garbled",
      [parts([], "MALFORMED_FUNCTION_CALL")],
      "gemini ended the answer with MALFORMED_FUNCTION_CALL",
    ],
    ["a garbled answer", [parts([text("a")], "MALFORMED_RESPONSE")], "gemini ended the answer with MALFORMED_RESPONSE"],
    [
      "a call without tools that never came",
      [parts([text("a")], "UNEXPECTED_TOOL_CALL")],
      "gemini ended the answer with UNEXPECTED_TOOL_CALL",
    ],
    ["nothing at all", [parts([], "STOP")], "gemini gave an empty answer"],
    [
      "nothing but a signature",
      [parts([{ text: "", thoughtSignature: "s" }]), parts([], "STOP")],
      "gemini gave an empty answer",
    ],
    ["nothing but thoughts", [parts([{ text: "hm", thought: true }], "STOP")], "gemini gave an empty answer"],
    [
      "an open call",
      [parts([callPart("f", { willContinue: true })], "STOP")],
      "gemini ended the answer before a tool call was complete",
    ],
  ])("%s is worth another try", (_name, chunks, message) => {
    expect(failureOf(() => map(chunks))).toMatchObject({ code: "stream_incomplete", message, retryable: true });
  });

  it("nothing is shown of an empty answer, so that it can be asked for again", () => {
    const read = mapper();
    const chunk = parts([{ text: "", thoughtSignature: "s" }, { executableCode: { code: "1" } }]);
    expect(read.map({ event: undefined, data: JSON.stringify(chunk) })).toEqual([]);
  });

  it("without one it was cut", () => {
    expect(map([parts([text("a")])]).map(({ type }) => type)).toEqual(["block_start", "text_delta"]);
    expect(map([parts([text("a")], "FINISH_REASON_UNSPECIFIED")]).some(({ type }) => type === "done")).toBe(false);
    expect(map([parts([text("a")], "STOP"), parts([text("b")])]).at(-1)).toMatchObject({ rawStopReason: "STOP" });
  });

  it("a file alone is an answer", () => {
    const file = { inlineData: { mimeType: "image/png", data: "AAAA" } };
    expect(map([parts([file], "STOP")])).toMatchObject([
      { type: "block_start" },
      { type: "block_end", block: { type: "text", text: "", opaque: { data: { parts: [{ part: file }] } } } },
      { type: "done", stopReason: "end_turn" },
    ]);
  });
});

describe("calls", () => {
  it("each have an id of their own, in the answer and in the conversation", () => {
    const list = [callPart("f", { id: "a" }), callPart("f", { id: "a" }), callPart("f"), callPart("f", { id: "" })];
    const ids = (read = mapper(), rest: object = {}) =>
      callsOf(map([parts(list, "STOP", rest)], read)).map(({ id }) => id);
    expect(ids()).toEqual(["a", "a_2", "call_1_2", "call_1_3"]);
    expect(ids(mapper({}, 7)).slice(2)).toEqual(["call_7_2", "call_7_3"]);
    expect(ids(mapper(), { responseId: "r" }).slice(2)).toEqual(["call_r_2", "call_r_3"]);
    expect(ids()).toEqual(ids());
  });

  it("bear the names that the request gave them", () => {
    expect(callsOf(map([parts([callPart("a_b_1")], "STOP")], mapper({ a_b_1: "a b" })))[0]?.name).toBe("a b");
  });

  it.each<[name: string, pieces: readonly object[], expected: object]>([
    [
      "text that goes on",
      [
        { jsonPath: "$.a", stringValue: "x", willContinue: true },
        { jsonPath: "$.a", stringValue: "y" },
      ],
      { input: { a: "xy" } },
    ],
    [
      "text that does not, said again",
      [
        { jsonPath: "$.a", stringValue: "x" },
        { jsonPath: "$.a", stringValue: "y" },
      ],
      { input: { a: "y" } },
    ],
    [
      "another path between",
      [
        { jsonPath: "$.a", stringValue: "x", willContinue: true },
        { jsonPath: "$.b", numberValue: 1 },
        { jsonPath: "$.a", stringValue: "y" },
      ],
      { input: { a: "y", b: 1 } },
    ],
    ["quoted names", [{ jsonPath: "$['a b'][\"c.d\"]", boolValue: false }], { input: { "a b": { "c.d": false } } }],
    ["null", [{ jsonPath: "$.a", nullValue: "NULL_VALUE" }], { input: { a: null } }],
    [
      "lists in lists",
      [
        { jsonPath: "$.a[0][0]", numberValue: 1 },
        { jsonPath: "$.a[1]", numberValue: 2 },
      ],
      { input: { a: [[1], 2] } },
    ],
    [
      "a name that reaches the prototype",
      [{ jsonPath: "$.__proto__.x", numberValue: 1 }],
      { input: JSON.parse('{"__proto__":{"x":1}}') as object },
    ],
    [
      "no path",
      [{ stringValue: "x" }],
      { inputError: "the pieces of the arguments do not fit together", rawInput: "{}" },
    ],
    ["a path to nowhere", [{ jsonPath: "$.a[5]", numberValue: 1 }], { inputError: expect.any(String) as string }],
    [
      "a path through a value",
      [
        { jsonPath: "$.a", numberValue: 1 },
        { jsonPath: "$.a.b", numberValue: 2 },
      ],
      { inputError: expect.any(String) as string },
    ],
    [
      "a name in a list",
      [
        { jsonPath: "$.a[0]", numberValue: 1 },
        { jsonPath: "$.a.b", numberValue: 2 },
      ],
      { inputError: expect.any(String) as string },
    ],
    ["no path language", [{ jsonPath: "$..a", numberValue: 1 }], { inputError: expect.any(String) as string }],
    ["no value", [{ jsonPath: "$.a" }], { inputError: expect.any(String) as string }],
  ])("in pieces: %s", (_name, pieces, expected) => {
    const chunks = [
      parts([{ functionCall: { name: "f", willContinue: true } }]),
      ...pieces.map((piece) => parts([{ functionCall: { partialArgs: [piece], willContinue: true } }])),
      parts([{ functionCall: {} }], "STOP"),
    ];
    const [call] = callsOf(map(chunks));
    expect(call).toMatchObject(expected);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    if ("inputError" in expected) expect(call?.input).toEqual({});
    else expect(JSON.stringify(call?.input)).toBe(JSON.stringify((expected as { input: unknown }).input));
  });

  it("in pieces that break off are cut, also by another call", () => {
    const open = { functionCall: { name: "f", willContinue: true } };
    const [first, second] = callsOf(map([parts([open]), parts([callPart("g")], "STOP")]));
    expect(first).toMatchObject({ name: "f", inputError: "the arguments were cut off" });
    expect(second).toMatchObject({ name: "g", input: {} });
    expect(callsOf(map([parts([open]), parts([text("so")], "STOP")]))[0]?.inputError).toBe(
      "the arguments were cut off",
    );
  });
});

describe("errors in the stream", () => {
  it.each<[name: string, chunk: unknown, expected: object]>([
    [
      "as an event",
      { error: { code: 503, status: "UNAVAILABLE", message: "m" } },
      { code: "overloaded", retryable: true },
    ],
    ["in a list", [{ error: { code: 500, status: "INTERNAL", message: "m" } }], { code: "server_error" }],
    [
      "cancelled",
      { error: { code: 499, status: "CANCELLED", message: "m" } },
      { code: "stream_incomplete", retryable: true },
    ],
    [
      "of the day's quota",
      {
        error: {
          status: "RESOURCE_EXHAUSTED",
          details: [{ "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [{ quotaId: "PerDay" }] }],
        },
      },
      { code: "quota_exhausted", retryable: false },
    ],
    [
      "a prompt that is refused",
      { promptFeedback: { blockReason: "SAFETY" } },
      { code: "content_refused", message: "gemini refused the prompt: SAFETY; word it differently" },
    ],
    [
      "a refusal with words",
      { promptFeedback: { blockReason: "OTHER", blockReasonMessage: "Not\nhere." } },
      { message: "gemini refused the prompt: OTHER, Not here; word it differently" },
    ],
    ["text", "text", { code: "protocol" }],
    ["a list", [], { code: "protocol" }],
  ])("%s", (_name, chunk, expected) => {
    expect(failureOf(() => map([chunk]))).toMatchObject(expected);
  });

  it("a document in a stream's place says so", () => {
    const read = mapper();
    const data = JSON.stringify(parts([text("a")], "STOP"));
    expect(failureOf(() => read.map({ event: undefined, data, bare: true }))).toMatchObject({
      code: "protocol",
      message: "gemini sent a JSON document instead of a stream; check the address",
    });
  });

  it("a feedback that blocks nothing is none", () => {
    const chunk = parts([text("a")], "STOP", { promptFeedback: { safetyRatings: [] }, error: null });
    expect(doneOf(map([chunk]))).toMatchObject({ stopReason: "end_turn" });
    expect(
      doneOf(map([parts([text("a")], "STOP", { promptFeedback: { blockReason: "BLOCK_REASON_UNSPECIFIED" } })])),
    ).toBeDefined();
  });
});

it("counts what no cache served, with what hosted tools read, and thoughts as output; the last counts stand", () => {
  const usage = {
    promptTokenCount: 100,
    cachedContentTokenCount: 60,
    toolUsePromptTokenCount: 7,
    candidatesTokenCount: 20,
    thoughtsTokenCount: 30,
    totalTokenCount: 157,
  };
  const events = map([
    parts([text("a")], undefined, { usageMetadata: { promptTokenCount: 1 } }),
    parts([], "STOP"),
    { usageMetadata: usage },
    { candidates: [] },
  ]);
  expect(doneOf(events)).toMatchObject({
    usage: { inputTokens: 47, cacheReadTokens: 60, cacheWriteTokens: 0, outputTokens: 50, reasoningTokens: 30 },
    rawUsage: usage,
  });
  expect(doneOf(map([parts([text("a")], "STOP")]))).toMatchObject({ rawUsage: null, usage: { inputTokens: 0 } });
  const odd = { promptTokenCount: 5, cachedContentTokenCount: 9, candidatesTokenCount: -3, thoughtsTokenCount: "9" };
  expect(doneOf(map([parts([text("a")], "STOP", { usageMetadata: odd })]))).toMatchObject({
    usage: { inputTokens: 0, cacheReadTokens: 9, outputTokens: 0 },
  });
});

describe("what the service says about a refusal", () => {
  const ended = (finishReason: string, finishMessage?: string) =>
    doneOf(map([{ candidates: [{ content: { parts: [text("a")] }, finishReason, finishMessage }] }]));

  it("is told on one bounded line", () => {
    expect(ended("SAFETY", "It was\nunsafe.")).toMatchObject({ stopReason: "refusal", explanation: "It was unsafe." });
    const long = ended("RECITATION", "x".repeat(10_000));
    expect(long?.type === "done" && long.explanation?.length).toBeLessThan(600);
  });

  it("is not there where nothing was said or refused", () => {
    expect(ended("SAFETY")).not.toHaveProperty("explanation");
    expect(ended("STOP", "all is well")).not.toHaveProperty("explanation");
  });
});
