import { type Script, type Sim, startSim } from "@scorpiox/sim";
import OpenAI, { APIError } from "openai";
import type { ChatCompletionFunctionTool, ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { afterEach, describe, expect, it } from "vitest";

/** The official client reads what the simulator renders, and the simulator reads what the official client sends. */

const sims: Sim[] = [];
afterEach(async () => {
  await Promise.all(sims.splice(0).map((sim) => sim.close()));
});

const MODEL = "gpt-4.1-mini";
const READ: ChatCompletionFunctionTool = {
  type: "function",
  function: {
    name: "read",
    description: "reads a file",
    strict: true,
    parameters: {
      type: "object",
      properties: { path: { type: "string" } },
      required: ["path"],
      additionalProperties: false,
    },
  },
};

async function open(script: Script): Promise<{ sim: Sim; client: OpenAI }> {
  const sim = await startSim({ script });
  sims.push(sim);
  const { OPENAI_BASE_URL: baseURL = "", OPENAI_API_KEY: apiKey = "" } = sim.env;
  return { sim, client: new OpenAI({ apiKey, baseURL, maxRetries: 0 }) };
}

const turns: Script["turns"] = [
  {
    expect: { system: "You are a test.", tools: ["read"], lastUserText: "which version?" },
    reply: [
      { thinking: "It is in package.json." },
      { text: "Let me look: ß😀" },
      { tool_use: { name: "read", input: { path: "package.json" } } },
      { tool_use: { name: "read", input: { path: "README.md" } } },
    ],
    usage: { inputTokens: 100, cacheReadTokens: 20, outputTokens: 30, reasoningTokens: 10 },
  },
  {
    expect: { toolResults: [{ equals: "1.2.3" }, { contains: "no file" }] },
    reply: [{ text: "It is 1.2.3" }],
  },
  { expect: { toolResults: [], lastUserText: "thanks" }, reply: [{ text: "bye" }] },
];

describe("the official client", () => {
  it("reads a stream, and its history comes back whole", async () => {
    const { sim, client } = await open({ turns });
    const messages: ChatCompletionMessageParam[] = [
      { role: "developer", content: "You are a test." },
      { role: "user", content: "which version?" },
    ];
    const ask = async (): Promise<OpenAI.ChatCompletion> =>
      client.chat.completions
        .stream({ model: MODEL, messages, tools: [READ], stream_options: { include_usage: true } })
        .finalChatCompletion();
    const first = await ask();
    const [choice] = first.choices;
    expect(choice).toMatchObject({ finish_reason: "tool_calls", message: { content: "Let me look: ß😀" } });
    const calls = (choice?.message.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [call] : []));
    expect(calls.map((call) => JSON.parse(call.function.arguments) as unknown)).toEqual([
      { path: "package.json" },
      { path: "README.md" },
    ]);
    expect(first.usage).toMatchObject({
      prompt_tokens: 120,
      completion_tokens: 30,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 10 },
    });

    messages.push(
      {
        role: "assistant",
        content: choice?.message.content ?? null,
        tool_calls: calls.map(({ id, function: { name, arguments: json } }) => ({
          id,
          type: "function",
          function: { name, arguments: json },
        })),
      },
      { role: "tool", tool_call_id: calls[0]?.id ?? "", content: "1.2.3" },
      { role: "tool", tool_call_id: calls[1]?.id ?? "", content: "no file" },
    );
    const second = await ask();
    messages.push({ role: "assistant", content: second.choices[0]?.message.content ?? null });
    messages.push({ role: "user", content: "thanks" });
    const third = await client.chat.completions.create({ model: MODEL, messages, tools: [READ] });
    expect(third.choices[0]?.message.content).toBe("bye");
    expect(sim.problems()).toEqual([]);
    expect(sim.requests[1]?.toolResults.map((result) => result.toolUseId)).toEqual(calls.map((call) => call.id));
  });

  it("reads the same script as Responses: the path decides", async () => {
    const { sim, client } = await open({ turns: [{ times: 2, reply: [{ text: "ok" }] }] });
    const chat = await client.chat.completions.create({ model: MODEL, messages: [{ role: "user", content: "hi" }] });
    expect(chat.choices[0]?.message.content).toBe("ok");
    const stream = client.responses.stream({ model: MODEL, input: [{ role: "user", content: "hi" }], store: false });
    expect((await stream.finalResponse()).output_text).toBe("ok");
    expect(sim.requests.map((request) => request.wire)).toEqual(["chat-completions", "responses"]);
    expect(sim.problems()).toEqual([]);
  });

  it("passes on the reasoning of servers that imitate the service", async () => {
    const { client } = await open({ turns: [{ reply: [{ thinking: "hm" }, { text: "ok" }] }] });
    const stream = await client.chat.completions.create({
      model: "deepseek-reasoner",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
    });
    const thoughts: unknown[] = [];
    for await (const chunk of stream) {
      const delta: Readonly<Record<string, unknown>> = { ...chunk.choices[0]?.delta };
      thoughts.push(...("reasoning_content" in delta ? [delta["reasoning_content"]] : []));
    }
    expect(thoughts.join("")).toBe("hm");
  });

  it.each([
    ["rate_limited", OpenAI.RateLimitError, 429, "rate_limit_exceeded"],
    ["unauthorized", OpenAI.AuthenticationError, 401, "invalid_api_key"],
    ["model_unavailable", OpenAI.NotFoundError, 404, "model_not_found"],
    ["context_too_long", OpenAI.BadRequestError, 400, "context_length_exceeded"],
  ] as const)("sees %s as its own error", async (status, kind, http, code) => {
    const { client } = await open({ turns: [{ status }] });
    const error = await client.chat.completions
      .create({ model: MODEL, messages: [{ role: "user", content: "hi" }] })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ status: http, code, requestID: expect.any(String) });
  });

  it.each(["error", "failed"] as const)("fails at an error inside a stream: %s", async (event) => {
    const error = { code: "server_is_overloaded", message: "no more today", event };
    const { client } = await open({ turns: [{ reply: [{ text: "first" }], error }] });
    const stream = client.chat.completions.stream({ model: MODEL, messages: [{ role: "user", content: "hi" }] });
    const texts: string[] = [];
    stream.on("content", (text) => texts.push(text));
    const caught = await stream.finalChatCompletion().catch((thrown: unknown) => thrown);
    expect(caught).toBeInstanceOf(APIError);
    expect(caught).toMatchObject({ code: "server_is_overloaded", message: expect.stringContaining("no more today") });
    expect(texts.join("")).toBe("first");
  });

  it("lists", async () => {
    const { sim, client } = await open({ turns: [] });
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toContain(MODEL);
    expect(await client.models.retrieve(MODEL)).toMatchObject({ object: "model" });
    expect(sim.problems()).toEqual([]);
  });
});
