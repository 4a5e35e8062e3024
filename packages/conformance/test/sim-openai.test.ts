import { startSim, type Script, type Sim } from "@scorpiox/sim";
import { createProvider, type Message, type Provider, runTools, type Settings, type Tool } from "@scorpiox/sxnet";
import { afterEach, describe, expect, it } from "vitest";

/** Our OpenAI provider before the simulator, which refuses what the service refuses, over both wire formats. */

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

async function open(script: Script, settings: Settings = {}): Promise<{ sim: Sim; provider: Provider }> {
  const sim = await startSim({ script });
  opened.push(sim);
  const provider = await createProvider("openai", {
    settings: { ...sim.env, ...settings },
    retry: { maxRetries: 2, baseDelayMs: 1, maxDelayMs: 1 },
  });
  opened.push(provider);
  return { sim, provider };
}

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const read: Tool = {
  name: "read",
  description: "reads a file",
  strict: true,
  inputSchema: {
    type: "object",
    properties: { path: { type: "string" } },
    required: ["path"],
    additionalProperties: false,
  },
  run: async ({ path }) => {
    if (path === "icon.png") return { content: [{ type: "image", mediaType: "image/png", data: PNG }] };
    if (path === "missing") throw new Error("there is no such file");
    return `the text of ${String(path)}`;
  },
};
const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });

const SCRIPT: Script = {
  turns: [
    {
      expect: { system: "You are a test.", tools: ["read"], lastUserText: "go" },
      reply: [
        { thinking: "Both at once." },
        { text: "Let me look." },
        { tool_use: { name: "read", input: { path: "a" } } },
        { tool_use: { name: "read", input: { path: "missing" } } },
      ],
    },
    { reply: [{ tool_use: { name: "read", input: { path: "icon.png" } } }] },
    { reply: [{ text: "Done." }] },
    { expect: { lastUserText: "thanks" }, reply: [{ text: "bye" }] },
  ],
};

const ROWS = [
  ["chat", "m1"],
  ["chat", "gpt-5.4"],
  ["chat", "deepseek-v4-pro"],
  ["responses", "m1"],
  ["responses", "gpt-5.6-terra"],
] as const;

describe.each(ROWS)("over %s, %s", (OPENAI_API, model) => {
  it("runs tools, thinks and goes on", async () => {
    const { sim, provider } = await open(SCRIPT, { OPENAI_API });
    const request = {
      model,
      system: "You are a test.",
      messages: [user("go")],
      sessionId: "session-made-up",
      maxOutputTokens: 1000,
      parallelTools: true,
    };
    const run = await runTools(provider, request, { tools: [read] }).result();
    expect(run.ended).toBe("answered");
    expect(run.usage.outputTokens).toBeGreaterThan(0);
    const messages = [...run.messages, user("thanks")];
    const { message } = await provider.stream({ ...request, messages, tools: [read] }).result();
    expect(message.content.map((block) => (block.type === "text" ? block.text : ""))).toEqual(["bye"]);
    expect(sim.problems()).toEqual([]);
  });

  it("takes over a conversation of another service in the middle of its turn", async () => {
    const { sim, provider } = await open({ turns: [{ reply: [{ text: "ok" }] }] }, { OPENAI_API });
    const messages: Message[] = [
      user("go"),
      {
        role: "assistant",
        content: [
          { type: "thinking", text: "hm", opaque: { provider: "anthropic", model: "x", data: { signature: "s" } } },
          { type: "tool_use", id: "toolu_01", name: "read", input: { path: "a" } },
          { type: "tool_use", id: "toolu_02|made up", name: "read", input: { path: "b" } },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", toolUseId: "toolu_01", content: [{ type: "text", text: "A" }] }],
      },
    ];
    await provider.stream({ model, messages, tools: [read] }).result();
    expect(sim.problems()).toEqual([]);
  });

  it("binds an answer to a schema", async () => {
    const { sim, provider } = await open({ turns: [{ reply: [{ text: '{"path":"a"}' }] }] }, { OPENAI_API });
    const request = { model, messages: [user("go")], responseSchema: { schema: read.inputSchema } };
    const { message } = await provider.stream(request).result();
    expect(message.content).toMatchObject([{ text: '{"path":"a"}' }]);
    expect(sim.problems()).toEqual([]);
  });

  it("is told what went wrong, in the service's words", async () => {
    const turns: Script["turns"] = [
      { status: "unauthorized" },
      { reply: [{ text: "first" }], error: { code: "server_error", message: "no more today", event: "error" } },
    ];
    const { provider } = await open({ turns }, { OPENAI_API });
    const request = { model, messages: [user("go")] };
    await expect(provider.stream(request).result()).rejects.toMatchObject({ code: "auth_rejected", status: 401 });
    await expect(provider.stream(request).result()).rejects.toMatchObject({
      message: expect.stringContaining("no more today"),
      partial: { content: [{ type: "text", text: "first" }] },
    });
  });
});

it("is told what models there are, also when an alias means nothing", async () => {
  const { provider } = await open({ turns: [] });
  const models = (await provider.listModels?.()) ?? [];
  expect(models.length).toBeGreaterThan(0);
  const request = { model: "sonnet", messages: [user("go")] };
  await expect(provider.stream(request).result()).rejects.toMatchObject({
    code: "model_unavailable",
    message: expect.stringContaining(`; it has ${models[0]?.id}`),
  });
});
