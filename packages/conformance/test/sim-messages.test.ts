import Anthropic, { APIError } from "@anthropic-ai/sdk";
import type { MessageParam, MessageCreateParamsNonStreaming, Tool } from "@anthropic-ai/sdk/resources/messages";
import { type Script, type Sim, startSim } from "@scorpiox/sim";
import { afterEach, describe, expect, it } from "vitest";

/** The official client reads what the simulator renders, and the simulator reads what the official client sends. */

const sims: Sim[] = [];
afterEach(async () => {
  await Promise.all(sims.splice(0).map((sim) => sim.close()));
});

const READ: Tool = {
  name: "read",
  description: "reads a file",
  input_schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};
const REQUEST: Omit<MessageCreateParamsNonStreaming, "messages"> = {
  model: "claude-opus-5-5",
  max_tokens: 4096,
  system: [{ type: "text", text: "You are a test.", cache_control: { type: "ephemeral" } }],
  thinking: { type: "adaptive", display: "summarized" },
  output_config: { effort: "low" },
  tools: [READ],
};

async function open(script: Script): Promise<{ sim: Sim; client: Anthropic }> {
  const sim = await startSim({ script });
  sims.push(sim);
  const baseURL = (sim.env["ANTHROPIC_API_URL"] ?? "").replace(/\/v1\/messages$/, "");
  const client = new Anthropic({ apiKey: sim.env["ANTHROPIC_API_KEY"] ?? "", authToken: null, baseURL, maxRetries: 0 });
  return { sim, client };
}

const turns: Script["turns"] = [
  {
    expect: { system: "You are a test.", tools: ["read"], lastUserText: "which version?" },
    reply: [
      { thinking: "It is in package.json." },
      { text: "Let me look: ß😀" },
      { tool_use: { name: "read", input: { path: "package.json" } } },
      { tool_use: { name: "read", input: {} } },
    ],
    usage: { inputTokens: 100, cacheReadTokens: 20, cacheWriteTokens: 7, outputTokens: 30, reasoningTokens: 10 },
  },
  {
    expect: {
      toolResults: [
        { name: "read", equals: "1.2.3", isError: false },
        { name: "read", isError: true, contains: "no file" },
      ],
    },
    reply: [{ text: "It is 1.2.3" }],
  },
  { expect: { toolResults: [], lastUserText: "thanks" }, reply: [{ text: "bye" }] },
];

describe("the official client", () => {
  it("reads a stream, and its history comes back whole", async () => {
    const { sim, client } = await open({ turns });
    const messages: MessageParam[] = [{ role: "user", content: "which version?" }];
    const first = await client.messages.stream({ ...REQUEST, messages }).finalMessage();
    expect(first.content).toMatchObject([
      { type: "thinking", thinking: "It is in package.json.", signature: expect.any(String) },
      { type: "text", text: "Let me look: ß😀" },
      { type: "tool_use", name: "read", input: { path: "package.json" } },
      { type: "tool_use", name: "read", input: {} },
    ]);
    expect(first).toMatchObject({
      model: "claude-opus-5-5",
      stop_reason: "tool_use",
      usage: {
        input_tokens: 100,
        cache_read_input_tokens: 20,
        cache_creation_input_tokens: 7,
        cache_creation: { ephemeral_5m_input_tokens: 7, ephemeral_1h_input_tokens: 0 },
        output_tokens: 30,
        output_tokens_details: { thinking_tokens: 10 },
      },
    });

    const ids = first.content.flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
    messages.push(
      { role: "assistant", content: first.content },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: ids[0] ?? "", content: "1.2.3" },
          { type: "tool_result", tool_use_id: ids[1] ?? "", content: "no file", is_error: true },
        ],
      },
    );
    const second = await client.messages.stream({ ...REQUEST, messages }).finalMessage();
    messages.push({ role: "assistant", content: second.content }, { role: "user", content: "thanks" });
    const third = await client.messages.create({ ...REQUEST, messages });
    expect(third.content).toMatchObject([{ type: "text", text: "bye" }]);
    expect(sim.problems()).toEqual([]);
    expect(sim.requests[1]?.toolResults.map((result) => result.toolUseId)).toEqual(ids);
  });

  it("speaks with a login, to the address of the vendor's program", async () => {
    const { sim } = await open({ turns: [{ reply: [{ text: "ok" }] }] });
    const client = new Anthropic({
      apiKey: null,
      authToken: sim.env["CLAUDE_CODE_OAUTH_TOKEN"] ?? "",
      baseURL: sim.url,
      defaultQuery: { beta: "true" },
      maxRetries: 0,
    });
    const answer = await client.beta.messages.create({
      model: "claude-sonnet-5-5",
      max_tokens: 100,
      messages: [{ role: "user", content: "hi" }],
      betas: ["oauth-2025-04-20"],
    });
    expect(answer.content).toMatchObject([{ type: "text", text: "ok" }]);
    expect(sim.requests[0]?.query).toBe("beta=true");
    expect(sim.problems()).toEqual([]);
  });

  it.each([
    ["rate_limited", Anthropic.RateLimitError, 429, "rate_limit_error"],
    ["unauthorized", Anthropic.AuthenticationError, 401, "authentication_error"],
    ["overloaded", Anthropic.InternalServerError, 529, "overloaded_error"],
    ["model_unavailable", Anthropic.NotFoundError, 404, "not_found_error"],
  ] as const)("sees %s as its own error", async (status, kind, code, type) => {
    const { client } = await open({ turns: [{ status }] });
    const error = await client.messages
      .create({ ...REQUEST, messages: [{ role: "user", content: "hi" }] })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ status: code, requestID: expect.any(String), error: { error: { type } } });
  });

  it("fails at an error inside a stream", async () => {
    const error = { code: "overloaded_error", message: "no more today" };
    const { client } = await open({ turns: [{ reply: [{ text: "first" }], error }] });
    const stream = client.messages.stream({ ...REQUEST, messages: [{ role: "user", content: "hi" }] });
    const texts: string[] = [];
    stream.on("text", (text) => texts.push(text));
    const caught = await stream.finalMessage().catch((thrown: unknown) => thrown);
    expect(caught).toBeInstanceOf(APIError);
    expect(caught).toMatchObject({ error: { error: { type: "overloaded_error", message: "no more today" } } });
    expect(texts.join("")).toBe("first");
  });

  it("counts and lists", async () => {
    const { sim, client } = await open({ turns: [] });
    const messages: MessageParam[] = [{ role: "user", content: "word ".repeat(1000) }];
    const count = await client.messages.countTokens({ model: "claude-opus-5-5", messages });
    expect(count.input_tokens).toBeGreaterThan(1000);
    const ids: string[] = [];
    for await (const model of client.models.list({ limit: 3 })) ids.push(model.id);
    expect(ids).toContain("claude-opus-5-5");
    expect(ids.length).toBeGreaterThan(3);
    expect(await client.models.retrieve("claude-opus-5-5")).toMatchObject({ type: "model" });
    expect(sim.problems()).toEqual([]);
  });
});
