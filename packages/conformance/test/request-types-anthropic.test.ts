import type Anthropic from "@anthropic-ai/sdk";
import { type ChatRequest, createProvider, type Message, type Settings, type ToolDefinition } from "@scorpiox/sxnet";
import { describe, expect, it } from "vitest";
import { ignoreMisfit } from "./ignore-misfit.js";

/**
 * What we send is what the official client's own types allow: each body below is such a typed constant, so that a
 * field of another name or type does not compile, and it is compared with what went over the wire.
 */

type Body = Anthropic.MessageCreateParamsStreaming;

const STREAM = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

async function send(provider: "anthropic" | "claude_code", request: ChatRequest, settings: Settings = {}) {
  const seen: { url: string; headers: Headers; body: unknown }[] = [];
  const service = await createProvider(provider, {
    settings: { ANTHROPIC_API_KEY: "made-up", ...settings },
    getCredential: async () => ({ accessToken: "made-up" }),
    fetch: async (url, init) => {
      const request = new Request(url, init);
      seen.push({ url: request.url, headers: request.headers, body: await request.json() });
      return new Response(STREAM, { headers: { "content-type": "text/event-stream" } });
    },
  });
  await service.stream(request).result().catch(ignoreMisfit);
  await service.close();
  const [first] = seen;
  if (first === undefined) throw new Error("nothing was sent");
  return first;
}

const user = (...content: Extract<Message, { role: "user" }>["content"]): Message => ({ role: "user", content });
const assistant = (...content: Extract<Message, { role: "assistant" }>["content"]): Message => ({
  role: "assistant",
  content,
});
const text = (value: string) => ({ type: "text", text: value }) as const;
const own = (model: string, data: unknown) => ({ opaque: { provider: "anthropic", model, data } });

const READ_FILE: ToolDefinition = {
  name: "read_file",
  description: "Reads a file.",
  inputSchema: {
    type: "object",
    properties: { path: { type: "string" } },
    required: ["path"],
    additionalProperties: false,
  },
};
const MARK = { type: "ephemeral" } satisfies Anthropic.CacheControlEphemeral;
const HOUR = { type: "ephemeral", ttl: "1h" } satisfies Anthropic.CacheControlEphemeral;
const TOOL = {
  name: "read_file",
  description: "Reads a file.",
  input_schema: {
    type: "object",
    properties: { path: { type: "string" } },
    required: ["path"],
    additionalProperties: false,
  },
} satisfies Anthropic.Tool;

interface Case {
  readonly request: ChatRequest;
  readonly settings?: Settings;
  readonly body: Body;
}

const CASES: Readonly<Record<string, Case>> = {
  text: {
    request: { model: "claude-opus-4-8", system: "Be brief.", messages: [user(text("Hello"))], maxOutputTokens: 100 },
    body: {
      model: "claude-opus-4-8",
      max_tokens: 100,
      system: [{ type: "text", text: "Be brief.", cache_control: MARK }],
      messages: [{ role: "user", content: [{ type: "text", text: "Hello", cache_control: MARK }] }],
      stream: true,
    },
  },
  "adaptive thinking with an effort": {
    request: { model: "opus", messages: [user(text("Hello"))], thinking: { effort: "xhigh" } },
    body: {
      model: "claude-opus-5-5",
      max_tokens: 128_000,
      messages: [{ role: "user", content: [{ type: "text", text: "Hello", cache_control: MARK }] }],
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: "xhigh" },
      stream: true,
    },
  },
  "thinking with a budget": {
    request: { model: "claude-haiku-4-5", messages: [user(text("Hello"))] },
    settings: { THINKING_BUDGET: "4000" },
    body: {
      model: "claude-haiku-4-5",
      max_tokens: 64_000,
      messages: [{ role: "user", content: [{ type: "text", text: "Hello", cache_control: MARK }] }],
      thinking: { type: "enabled", budget_tokens: 4000 },
      stream: true,
    },
  },
  "thinking off": {
    request: { model: "sonnet", messages: [user(text("Hello"))], thinking: { effort: "off" } },
    body: {
      model: "claude-sonnet-5-5",
      max_tokens: 128_000,
      messages: [{ role: "user", content: [{ type: "text", text: "Hello", cache_control: MARK }] }],
      thinking: { type: "between_tools" },
      stream: true,
    },
  },
  "thinking off, in the other way": {
    request: { model: "haiku", messages: [user(text("Hello"))], thinking: { effort: "off" } },
    body: {
      model: "claude-haiku-5-5",
      max_tokens: 128_000,
      messages: [{ role: "user", content: [{ type: "text", text: "Hello", cache_control: MARK }] }],
      thinking: { type: "disabled" },
      stream: true,
    },
  },
  "tools, one of them strict, one call at a time": {
    request: {
      model: "claude-opus-4-8",
      messages: [user(text("Read"))],
      tools: [
        { ...READ_FILE, strict: true },
        { name: "now", description: "", inputSchema: {} },
      ],
      toolChoice: "auto",
      parallelTools: false,
    },
    body: {
      model: "claude-opus-4-8",
      max_tokens: 128_000,
      tools: [
        { ...TOOL, strict: true },
        { name: "now", input_schema: { type: "object" }, cache_control: MARK },
      ],
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
      messages: [{ role: "user", content: [{ type: "text", text: "Read", cache_control: MARK }] }],
      stream: true,
    },
  },
  "a forced tool": {
    request: {
      model: "claude-opus-4-8",
      messages: [user(text("Read"))],
      tools: [READ_FILE],
      toolChoice: { name: "read_file" },
    },
    body: {
      model: "claude-opus-4-8",
      max_tokens: 128_000,
      tools: [{ ...TOOL, cache_control: MARK }],
      tool_choice: { type: "tool", name: "read_file" },
      messages: [{ role: "user", content: [{ type: "text", text: "Read", cache_control: MARK }] }],
      stream: true,
    },
  },
  "any tool": {
    request: {
      model: "claude-haiku-5-5",
      messages: [user(text("Read"))],
      tools: [READ_FILE],
      toolChoice: "required",
    },
    body: {
      model: "claude-haiku-5-5",
      max_tokens: 128_000,
      tools: [{ ...TOOL, cache_control: MARK }],
      tool_choice: { type: "any" },
      messages: [{ role: "user", content: [{ type: "text", text: "Read", cache_control: MARK }] }],
      thinking: { type: "disabled" },
      stream: true,
    },
  },
  "an answer bound to a schema": {
    request: {
      model: "claude-sonnet-5",
      messages: [user(text("Answer"))],
      responseSchema: { name: "path", schema: READ_FILE.inputSchema },
      thinking: { effort: "low" },
    },
    body: {
      model: "claude-sonnet-5",
      max_tokens: 128_000,
      messages: [{ role: "user", content: [{ type: "text", text: "Answer", cache_control: MARK }] }],
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: "low", format: { type: "json_schema", schema: TOOL.input_schema } },
      stream: true,
    },
  },
  "images, also in results, kept for an hour": {
    request: {
      model: "claude-opus-4-8",
      messages: [
        user(text("Look"), { type: "image", mediaType: "image/png", data: "AAAA" }),
        assistant({ type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a.png" } }),
        user({
          type: "tool_result",
          toolUseId: "toolu_1",
          content: [text("here"), { type: "image", mediaType: "image/webp", data: "BBBB" }],
        }),
      ],
      tools: [READ_FILE],
      toolChoice: "none",
    },
    settings: { ANTHROPIC_CACHE_TTL: "1h" },
    body: {
      model: "claude-opus-4-8",
      max_tokens: 128_000,
      tools: [{ ...TOOL, cache_control: HOUR }],
      tool_choice: { type: "none" },
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Look" },
            {
              type: "image",
              source: { type: "base64", media_type: "image/png", data: "AAAA" },
              cache_control: HOUR,
            },
          ],
        },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a.png" } }],
        },
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: "toolu_1",
              content: [
                { type: "text", text: "here" },
                { type: "image", source: { type: "base64", media_type: "image/webp", data: "BBBB" } },
              ],
              cache_control: HOUR,
            },
          ],
        },
      ],
      stream: true,
    },
  },
  "a tool loop with its thoughts, two calls, one of them failed": {
    request: {
      model: "claude-opus-5",
      messages: [
        user(text("Read both")),
        assistant(
          { type: "thinking", text: "Hm.", ...own("claude-opus-5", { kind: "thinking", signature: "c2ln" }) },
          { type: "thinking", text: "", ...own("claude-opus-5", { kind: "redacted_thinking", data: "cg==" }) },
          text("Both."),
          { type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a" } },
          { type: "tool_use", id: "toolu_2", name: "read_file", input: { path: "b" } },
        ),
        user(
          { type: "tool_result", toolUseId: "toolu_2", content: [], isError: true },
          { type: "tool_result", toolUseId: "toolu_1", content: [text("A")] },
        ),
      ],
    },
    body: {
      model: "claude-opus-5",
      max_tokens: 128_000,
      messages: [
        { role: "user", content: [{ type: "text", text: "Read both", cache_control: MARK }] },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "Hm.", signature: "c2ln" },
            { type: "redacted_thinking", data: "cg==" },
            { type: "text", text: "Both." },
            { type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a" } },
            { type: "tool_use", id: "toolu_2", name: "read_file", input: { path: "b" } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "text", text: "A" }] },
            {
              type: "tool_result",
              tool_use_id: "toolu_2",
              content: [{ type: "text", text: "(no output)" }],
              is_error: true,
              cache_control: MARK,
            },
          ],
        },
      ],
      thinking: { type: "adaptive", display: "summarized" },
      stream: true,
    },
  },
  "a pause, its answer sent back as it was": {
    request: {
      model: "claude-opus-4-8",
      messages: [
        user(text("Search")),
        assistant(
          text("Searching."),
          {
            ...text(""),
            ...own("claude-opus-4-8", {
              kind: "block",
              block: { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "x" } },
            }),
          },
          {
            ...text("Rain"),
            ...own("claude-opus-4-8", {
              kind: "text",
              citations: [
                {
                  type: "web_search_result_location",
                  cited_text: "rain",
                  url: "https://example.org/",
                  title: "Weather",
                  encrypted_index: "ZW5j",
                },
              ],
            }),
          },
        ),
      ],
    },
    body: {
      model: "claude-opus-4-8",
      max_tokens: 128_000,
      messages: [
        { role: "user", content: [{ type: "text", text: "Search", cache_control: MARK }] },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Searching." },
            { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "x" } },
            {
              type: "text",
              text: "Rain",
              citations: [
                {
                  type: "web_search_result_location",
                  cited_text: "rain",
                  url: "https://example.org/",
                  title: "Weather",
                  encrypted_index: "ZW5j",
                },
              ],
            },
          ],
        },
      ],
      stream: true,
    },
  },
  "a conversation that began elsewhere": {
    request: {
      model: "claude-opus-4-8",
      messages: [
        user(text("Read")),
        assistant(
          {
            type: "thinking",
            text: "Hm.",
            opaque: { provider: "codex", model: "gpt-5.5", data: { encrypted_content: "x" } },
          },
          {
            ...text("One moment"),
            opaque: { provider: "codex", model: "gpt-5.5", data: { kind: "message", phase: "commentary" } },
          },
          { type: "tool_use", id: "call_1|fc_2", name: "read_file", input: { path: "a" } },
        ),
        user({ type: "tool_result", toolUseId: "call_1|fc_2", content: [text("A")] }, text("and?")),
      ],
    },
    body: {
      model: "claude-opus-4-8",
      max_tokens: 128_000,
      messages: [
        { role: "user", content: [{ type: "text", text: "Read", cache_control: MARK }] },
        {
          role: "assistant",
          content: [
            { type: "text", text: "One moment" },
            {
              type: "tool_use",
              id: expect.stringMatching(/^call_1_fc_2_\w{7}$/),
              name: "read_file",
              input: { path: "a" },
            },
          ],
        },
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: expect.stringMatching(/^call_1_fc_2_\w{7}$/),
              content: [{ type: "text", text: "A" }],
            },
            { type: "text", text: "and?", cache_control: MARK },
          ],
        },
      ],
      stream: true,
    },
  },
};

describe("a body of the Messages format is one that the official client could send", () => {
  it.each(Object.entries(CASES))("%s", async (_name, { request, settings, body }) => {
    const sent = await send("anthropic", request, settings);
    expect(sent.url).toBe("https://api.anthropic.com/v1/messages");
    expect(sent.body).toEqual(body);
  });

  it("and so it is with the login of a plan", async () => {
    const { request, body } = CASES["text"] ?? {};
    if (request === undefined) throw new Error("there is no such case");
    const sent = await send("claude_code", request);
    expect(sent.body).toEqual(body);
    expect(sent.headers.get("authorization")).toBe("Bearer made-up");
    expect(sent.headers.has("x-api-key")).toBe(false);
  });
});
