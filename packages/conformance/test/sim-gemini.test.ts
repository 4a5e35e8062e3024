import { startSim, type Script, type Sim } from "@scorpiox/sim";
import { createProvider, type Message, type Provider, runTools, type Settings, type Tool } from "@scorpiox/sxnet";
import { afterEach, describe, expect, it } from "vitest";

/** Our Gemini provider before the simulator, which refuses what the service refuses: fields, orders, signatures, prefixes. */

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

async function open(script: Script, settings: Settings = {}): Promise<{ sim: Sim; provider: Provider }> {
  const sim = await startSim({ script });
  opened.push(sim);
  const provider = await createProvider("gemini", {
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
  inputSchema: {
    type: "object",
    properties: { path: { type: "string" }, lines: { $ref: "#/$defs/lines" } },
    required: ["path"],
    additionalProperties: false,
    $defs: { lines: { type: ["integer", "null"], exclusiveMinimum: 0 } },
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
    {
      expect: { toolResults: [{ equals: "the text of a" }, { isError: true, contains: "no such file" }] },
      reply: [{ tool_use: { name: "read", input: { path: "icon.png" } } }],
    },
    { reply: [{ text: "Done." }] },
    { expect: { lastUserText: "thanks" }, reply: [{ text: "bye" }] },
  ],
};

describe.each(["gemini-3.8-flash", "gemini-3.6-flash", "gemini-3.1-pro-preview", "gemini-2.5-flash", "gemini-2.5-pro"])(
  "%s",
  (model) => {
    it.each(["json", "openapi"])("runs tools, thinks and goes on, with schemas as %s", async (schemas) => {
      const { sim, provider } = await open(SCRIPT, { GEMINI_SCHEMAS: schemas });
      const request = {
        model,
        system: "You are a test.",
        messages: [user("go")],
        thinking: { effort: "low" },
      } as const;
      const run = await runTools(provider, request, { tools: [read] }).result();
      expect(run.ended).toBe("answered");
      const messages = [...run.messages, user("thanks")];
      const { message } = await provider.stream({ ...request, messages, tools: [read] }).result();
      expect(message.content.map((block) => (block.type === "text" ? block.text : ""))).toEqual(["bye"]);
      expect(sim.problems()).toEqual([]);
    });

    it("takes over a conversation of another service in the middle of its turn", async () => {
      const { sim, provider } = await open({ turns: [{ reply: [{ text: "ok" }] }] });
      const messages: Message[] = [
        user("go"),
        {
          role: "assistant",
          content: [
            { type: "thinking", text: "hm", opaque: { provider: "anthropic", model: "x", data: { signature: "s" } } },
            { type: "tool_use", id: "toolu_01", name: "read", input: { path: "a" } },
            { type: "tool_use", id: "toolu_02", name: "read", input: { path: "b" } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", toolUseId: "toolu_02", content: [{ type: "text", text: "B" }] },
            { type: "tool_result", toolUseId: "toolu_01", content: [{ type: "text", text: "A" }] },
          ],
        },
      ];
      await provider.stream({ model, messages, tools: [read] }).result();
      expect(sim.problems()).toEqual([]);
    });
  },
);

it("stores the beginning of a conversation, uses it, stores more when that pays, and removes it", async () => {
  const turns = Array.from({ length: 8 }, (_, index) => ({ reply: [{ text: `${index} ${"x".repeat(6000)}` }] }));
  const { sim, provider } = await open({ turns }, { GEMINI_CACHE: "1" });
  const messages: Message[] = [];
  const served: number[] = [];
  for (let step = 0; step < turns.length; step += 1) {
    messages.push(user(`question ${step}`));
    const request = { model: "gemini-3.8-flash", system: "word ".repeat(4000), messages: [...messages], tools: [read] };
    const { message, usage } = await provider.stream(request).result();
    served.push(usage.cacheReadTokens);
    messages.push(message);
  }
  await provider.close();
  expect(sim.problems()).toEqual([]);
  // Served from the first answer on, and more of it later.
  expect(served[0]).toBeGreaterThan(4000);
  expect(served.at(-1)).toBeGreaterThan(2 * (served[0] ?? 0) - 2000);
});

it("is told what models there are, and what went wrong, in the service's words", async () => {
  const { provider } = await open({
    turns: [
      { status: "unauthorized" },
      { reply: [{ text: "first" }], error: { code: "CANCELLED", message: "no more today", event: "error" } },
    ],
  });
  const models = (await provider.listModels?.()) ?? [];
  expect(models.map(({ id }) => id)).toContain("gemini-3.6-flash");
  const request = { model: "gemini-3.6-flash", messages: [user("go")] };
  await expect(provider.stream(request).result()).rejects.toMatchObject({ code: "auth_rejected", status: 400 });
  await expect(provider.stream(request).result()).rejects.toMatchObject({
    message: expect.stringContaining("no more today"),
    partial: { content: [{ type: "text", text: "first" }] },
  });
});
