import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { createProvider } from "../src/registry.js";
import { AnswerCheck } from "../src/response-schema.js";
import type { ChatRequest, JsonSchema } from "../src/types.js";
import { type Answer, answering, callItem, codexAt, collect, HELLO, itemsAnswer, textAnswer } from "./answering.js";

const SCHEMA = {
  type: "object",
  properties: { n: { type: "integer" } },
  required: ["n"],
  additionalProperties: false,
} as const;

async function ask(answer: Answer, rest: Partial<ChatRequest> = {}) {
  const server = await answering(answer);
  const provider = await codexAt(server);
  const turn = provider.stream({ ...HELLO, responseSchema: { schema: SCHEMA }, ...rest });
  return { server, turn, ...(await collect(turn)) };
}

const texts = (...parts: readonly string[]) =>
  itemsAnswer(parts.map((text) => ({ type: "message", role: "assistant", content: [{ type: "output_text", text }] })));

describe("an answer that fits its schema", () => {
  it.each([
    { name: "as it is", body: textAnswer('{"n":1}') },
    { name: "among white space", body: textAnswer(' \n{"n":\t1}\n\n') },
    { name: "in a fence", body: textAnswer('\n```json\n{"n":1}\n```\n') },
    { name: "in a fence without a name", body: textAnswer('```\n{"n":1}\n```') },
    { name: "cut into blocks", body: texts('{"n"', ":1}") },
    { name: "after a comment on the work", body: texts("Now I know.", '{"n":1}') },
  ])("is parsed: $name", async ({ body }) => {
    const { turn, events, error } = await ask({ body });
    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: "done", output: { n: 1 } });
    expect(await turn.result()).toMatchObject({ output: { n: 1 }, stopReason: "end_turn" });
  });

  it("may be any JSON value, null as well", async () => {
    for (const json of ["null", "false", "0", '""', "[]"]) {
      const { turn } = await ask({ body: textAnswer(json) }, { responseSchema: { schema: {} } });
      const result = await turn.result();
      expect("output" in result && JSON.stringify(result.output)).toBe(json);
    }
  });

  it("is looked for only when there is a schema", async () => {
    const server = await answering({ body: textAnswer('{"n":1}') });
    const provider = await codexAt(server);
    expect(await provider.stream(HELLO).result()).not.toHaveProperty("output");
  });
});

describe("an answer that does not fit", () => {
  it.each([
    { name: "another type", text: '{"n":"one"}', problem: 'n: Instance type "string" is invalid. Expected "integer"' },
    { name: "a word before it", text: 'Here: {"n":1}', problem: "it is not one JSON value" },
    { name: "two values", text: '{"n":1}\n{"n":1}', problem: "it is not one JSON value" },
    { name: "two fences", text: '```json\n{"n":1}\n```\n```json\n{"n":1}\n```', problem: "it is not one JSON value" },
    { name: "a fence of another language", text: '```js\n{"n":1}\n```', problem: "it is not one JSON value" },
    { name: "a fence that never ends", text: '```json\n{"n":1}', problem: "it is not one JSON value" },
    { name: "text that was cut", text: '{"n":', problem: "it is not one JSON value" },
    { name: "100,000 levels", text: "[".repeat(1e5) + "]".repeat(1e5), problem: "answer: nested more than 128 levels" },
  ])("is schema_mismatch, and not done: $name", async ({ text, problem }) => {
    const { server, turn, events, error } = await ask({ body: textAnswer(text) });
    expect(events.map(({ type }) => type)).toEqual(["block_start", "text_delta", "block_end"]);
    expect(error).toMatchObject({
      code: "schema_mismatch",
      message: `the answer of codex does not fit its schema: ${problem}`,
      problem,
      provider: "codex",
      retryable: true,
      partial: { role: "assistant", content: [{ type: "text", text }] },
      usage: { inputTokens: 10, outputTokens: 5 },
    });
    await expect(turn.result()).rejects.toBe(error);
    expect(server.requests).toHaveLength(1);
  });

  it("is not repeated below the caller when it is empty", async () => {
    const { server, error } = await ask({ body: itemsAnswer([]) });
    expect(error).toMatchObject({ code: "schema_mismatch", problem: "it is empty" });
    expect(server.requests).toHaveLength(1);
  });

  it("never quotes the answer whole", async () => {
    const { error } = await ask({ body: textAnswer(`{"${"secret ".repeat(10_000)}":1}`) });
    expect(ProviderError.is(error) && error.message.length).toBeLessThan(2000);
  });

  it("is not an answer either for a reader who leaves between its last words and its end", async () => {
    const server = await answering({ body: textAnswer("no") });
    const provider = await codexAt(server);
    const turn = provider.stream({ ...HELLO, responseSchema: { schema: SCHEMA } });
    const events = turn[Symbol.asyncIterator]();
    await events.next();
    await events.return?.();
    await expect(turn.result()).rejects.toThrow("the reader left before the end");
  });
});

describe("what is no mismatch", () => {
  const message = { type: "message", role: "assistant", content: [{ type: "output_text", text: "no JSON" }] };
  const incomplete = (reason: string) =>
    `data: ${JSON.stringify({ type: "response.output_item.done", output_index: 0, item: message })}\n\n` +
    `data: ${JSON.stringify({ type: "response.incomplete", response: { status: "incomplete", incomplete_details: { reason } } })}\n\n`;

  it.each([
    { name: "an answer with a call", body: itemsAnswer([message, callItem("c", "f", {})]), stopReason: "tool_use" },
    { name: "an answer cut at its bound", body: incomplete("max_output_tokens"), stopReason: "max_tokens" },
    { name: "a refusal", body: incomplete("content_filter"), stopReason: "refusal" },
  ])("$name", async ({ body, stopReason }) => {
    const { turn, error } = await ask({ body });
    expect(error).toBeUndefined();
    const result = await turn.result();
    expect(result.stopReason).toBe(stopReason);
    expect(result).not.toHaveProperty("output");
  });
});

it("leaves calls alone also where the service's word for the end is another", () => {
  const done = {
    type: "done",
    stopReason: "end_turn",
    rawStopReason: "stop",
    usage: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 },
    rawUsage: null,
  } as const;
  const call = { type: "tool_use", id: "c", name: "f", input: {} } as const;
  const check = new AnswerCheck({ schema: SCHEMA }, "x");
  expect(check.complete(done, { role: "assistant", content: [call] })).toBe(done);
  expect(() => check.complete(done, { role: "assistant", content: [] })).toThrow("it is empty");
});

describe("a demand that cannot be used", () => {
  it.each<{ name: string; bound: { name?: string; schema: JsonSchema }; message: RegExp }>([
    { name: "a loop", bound: { schema: { $ref: "#" } }, message: /responseSchema\.schema cannot be used: it refers/ },
    { name: "no object", bound: { schema: [] as unknown as JsonSchema }, message: /it is not an object/ },
    { name: "a bad name", bound: { name: "a b", schema: {} }, message: /responseSchema\.name must be/ },
  ])("is refused before anything is asked or sent: $name", async ({ bound, message }) => {
    const server = await answering({ body: textAnswer("{}") });
    const asked: string[] = [];
    const provider = await codexAt(server, {
      getCredential: ({ provider: name }) => {
        asked.push(name);
        return Promise.resolve({ accessToken: "made up" });
      },
    });
    await expect(provider.stream({ ...HELLO, responseSchema: bound }).result()).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringMatching(message) as unknown,
    });
    expect([server.requests.length, asked]).toEqual([0, []]);
  });
});

describe("the demand on the wire", () => {
  it("is native where the root is an object, else in words, with codex", async () => {
    const server = await answering({ body: textAnswer('{"n":1}') }, { body: textAnswer("[1]") });
    const provider = await codexAt(server);
    const list = { type: "array", items: { type: "integer" } };
    await provider
      .stream({ ...HELLO, parallelTools: false, responseSchema: { name: "number", schema: SCHEMA } })
      .result();
    await provider.stream({ ...HELLO, responseSchema: { schema: list } }).result();
    const [native, words] = server.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(native).toMatchObject({
      instructions: "Be brief.",
      parallel_tool_calls: false,
      text: { format: { type: "json_schema", name: "number", schema: SCHEMA, strict: true } },
    });
    expect(words?.["text"]).not.toHaveProperty("format");
    expect(words?.["instructions"]).toMatch(/^Be brief\.\n\nEnd with .*JSON Schema:\n\{"type":"array"/s);
  });
});

describe("the router", () => {
  it("passes the parsed answer on, and a mismatch does not make it ask the next one", async () => {
    for (const text of ['{"n":1}', "no"]) {
      const server = await answering({ body: textAnswer(text) });
      const provider = await createProvider("router", {
        settings: { ROUTER_ORDER: "codex,openai", CODEX_BASE_URL: server.baseUrl, OPENAI_API_KEY: "made-up" },
        getCredential: () => Promise.resolve({ accessToken: "made up" }),
        hasCredential: (name) => Promise.resolve(name === "codex"),
      });
      const turn = provider.stream({ ...HELLO, responseSchema: { schema: SCHEMA } });
      const { events, error } = await collect(turn);
      if (text === "no") expect(error).toMatchObject({ code: "schema_mismatch", provider: "codex" });
      else {
        expect(events.at(-1)).toMatchObject({ type: "done", output: { n: 1 } });
        expect(await turn.result()).toMatchObject({ output: { n: 1 } });
      }
      expect(events.filter(({ type }) => type === "route")).toHaveLength(1);
      await provider.close();
    }
  });
});
