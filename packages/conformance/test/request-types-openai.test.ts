import { type ChatRequest, createProvider, type Message, type Settings, type ToolDefinition } from "@scorpiox/sxnet";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { ResponseCreateParamsStreaming } from "openai/resources/responses/responses";
import { describe, expect, it } from "vitest";
import { ignoreMisfit } from "./ignore-misfit.js";

/**
 * What we send is what the official client's own types allow: each body below is such a typed constant, so that a
 * field of another name or type does not compile, and it is compared with what went over the wire.
 */

/** A whole answer in either wire format; the reader takes the part that it knows. */
const CHAT_STREAM =
  'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const RESPONSES_STREAM = 'data: {"type":"response.completed","response":{"status":"completed"}}\n\n';

async function send(request: ChatRequest, settings: Settings) {
  const seen: { url: string; headers: Headers; body: unknown }[] = [];
  const service = await createProvider("openai", {
    settings: { OPENAI_API_KEY: "made-up", ...settings },
    fetch: async (url, init) => {
      const asked = new Request(url, init);
      seen.push({ url: asked.url, headers: asked.headers, body: await asked.json() });
      const stream = asked.url.endsWith("/responses") ? RESPONSES_STREAM : CHAT_STREAM;
      return new Response(stream, { headers: { "content-type": "text/event-stream" } });
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
const PNG = { type: "image", mediaType: "image/png", data: "AAAA" } as const;
const call = (id: string, path: string) => ({ type: "tool_use", id, name: "read_file", input: { path } }) as const;
const result = (toolUseId: string, ...content: readonly (ReturnType<typeof text> | typeof PNG)[]) =>
  ({ type: "tool_result", toolUseId, content }) as const;

const PATH = {
  type: "object",
  properties: { path: { type: "string" } },
  required: ["path"],
  additionalProperties: false,
};
const READ_FILE: ToolDefinition = { name: "read_file", description: "Reads a file.", inputSchema: PATH, strict: true };
const WRITE_FILE: ToolDefinition = {
  name: "write_file",
  description: "Writes a file.",
  inputSchema: { type: "object" },
};

const CONVERSATION: readonly Message[] = [
  user(text("Look"), PNG),
  assistant(
    {
      type: "thinking",
      text: "of another service",
      opaque: { provider: "anthropic", model: "m", data: { signature: "s" } },
    },
    text("I read both."),
    call("toolu_01", "a"),
    call("toolu_02", "b"),
  ),
  user(result("toolu_01", text("A")), result("toolu_02", text("B"), PNG), text("and?")),
  assistant({ ...text("Done."), opaque: { provider: "gemini", model: "m", data: { thoughtSignature: "s" } } }),
  user(text("Thanks")),
];

interface Case<Body> {
  readonly request: ChatRequest;
  readonly settings?: Settings;
  readonly body: Body;
}

const ON_CHAT = { name: "read_file", description: "Reads a file.", parameters: PATH, strict: true };
const TAIL = { stream: true, stream_options: { include_usage: true } } as const;

const CHAT: Readonly<Record<string, Case<ChatCompletionCreateParamsStreaming>>> = {
  text: {
    request: {
      model: "gpt-5-mini",
      system: "Be brief.",
      messages: [user(text("Hello"))],
      maxOutputTokens: 100,
      thinking: { effort: "low" },
      sessionId: "session-made-up",
    },
    body: {
      model: "gpt-5-mini",
      messages: [
        { role: "developer", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
      max_completion_tokens: 100,
      reasoning_effort: "low",
      prompt_cache_key: "session-made-up",
      ...TAIL,
    },
  },
  "tools, one at a time, and a choice": {
    request: {
      model: "gpt-4.1",
      messages: [user(text("Hello"))],
      tools: [READ_FILE, WRITE_FILE],
      toolChoice: { name: "read_file" },
      parallelTools: false,
    },
    body: {
      model: "gpt-4.1",
      messages: [{ role: "user", content: "Hello" }],
      tools: [
        { type: "function", function: ON_CHAT },
        {
          type: "function",
          function: { name: "write_file", description: "Writes a file.", parameters: { type: "object" } },
        },
      ],
      tool_choice: { type: "function", function: { name: "read_file" } },
      parallel_tool_calls: false,
      ...TAIL,
    },
  },
  "tools of a model that reasons over the other API only": {
    request: { model: "gpt-5.5", messages: [user(text("Hello"))], tools: [READ_FILE], toolChoice: "required" },
    settings: { OPENAI_API: "chat" },
    body: {
      model: "gpt-5.5",
      messages: [{ role: "user", content: "Hello" }],
      tools: [{ type: "function", function: ON_CHAT }],
      tool_choice: "required",
      reasoning_effort: "none",
      ...TAIL,
    },
  },
  "an answer bound to a schema": {
    request: { model: "gpt-4.1", messages: [user(text("Hello"))], responseSchema: { name: "path", schema: PATH } },
    body: {
      model: "gpt-4.1",
      messages: [{ role: "user", content: "Hello" }],
      response_format: { type: "json_schema", json_schema: { name: "path", schema: PATH, strict: true } },
      ...TAIL,
    },
  },
  "a conversation of another service, with parallel calls and images": {
    request: { model: "gpt-4.1", messages: CONVERSATION, tools: [READ_FILE] },
    body: {
      model: "gpt-4.1",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Look" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
          ],
        },
        {
          role: "assistant",
          content: "I read both.",
          tool_calls: [
            { id: "toolu_01", type: "function", function: { name: "read_file", arguments: '{"path":"a"}' } },
            { id: "toolu_02", type: "function", function: { name: "read_file", arguments: '{"path":"b"}' } },
          ],
        },
        { role: "tool", tool_call_id: "toolu_01", content: "A" },
        { role: "tool", tool_call_id: "toolu_02", content: "B" },
        {
          role: "user",
          content: [
            { type: "text", text: "Images of the result of toolu_02:" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
            { type: "text", text: "and?" },
          ],
        },
        { role: "assistant", content: "Done." },
        { role: "user", content: "Thanks" },
      ],
      tools: [{ type: "function", function: ON_CHAT }],
      ...TAIL,
    },
  },
};

const ON_RESPONSES = {
  type: "function",
  name: "read_file",
  description: "Reads a file.",
  parameters: PATH,
  strict: true,
} as const;
const NO_STATE = { store: false, stream: true, include: ["reasoning.encrypted_content"] } as const;
const OWN = (data: unknown) => ({ opaque: { provider: "openai", model: "gpt-5.5", data } });

const RESPONSES: Readonly<Record<string, Case<ResponseCreateParamsStreaming>>> = {
  text: {
    request: {
      model: "gpt-5.5",
      system: "Be brief.",
      messages: [user(text("Hello"))],
      maxOutputTokens: 100,
      thinking: { effort: "xhigh" },
      sessionId: "session-made-up",
    },
    body: {
      model: "gpt-5.5",
      instructions: "Be brief.",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] }],
      max_output_tokens: 100,
      reasoning: { effort: "xhigh", summary: "auto" },
      prompt_cache_key: "session-made-up",
      ...NO_STATE,
      include: ["reasoning.encrypted_content"],
    },
  },
  "tools, and a schema": {
    request: {
      model: "gpt-5.5",
      messages: [user(text("Hello"))],
      tools: [READ_FILE, WRITE_FILE],
      toolChoice: { name: "read_file" },
      parallelTools: true,
      responseSchema: { schema: PATH },
      thinking: { effort: "off" },
    },
    body: {
      model: "gpt-5.5",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] }],
      tools: [
        ON_RESPONSES,
        {
          type: "function",
          name: "write_file",
          description: "Writes a file.",
          parameters: { type: "object" },
          strict: false,
        },
      ],
      tool_choice: { type: "function", name: "read_file" },
      parallel_tool_calls: true,
      text: { format: { type: "json_schema", name: "answer", schema: PATH, strict: true } },
      reasoning: { effort: "none" },
      ...NO_STATE,
      include: ["reasoning.encrypted_content"],
    },
  },
  "its own reasoning, before the call it led to": {
    request: {
      model: "gpt-5.5",
      messages: [
        user(text("Hello")),
        assistant(
          {
            type: "thinking",
            text: "why",
            ...OWN({
              kind: "reasoning",
              id: "rs_1",
              summary: [{ type: "summary_text", text: "why" }],
              encrypted_content: "sealed",
            }),
          },
          { ...text("I read."), ...OWN({ kind: "message", phase: "commentary" }) },
          call("call_1", "a"),
        ),
        user(result("call_1", text("A"))),
      ],
      tools: [READ_FILE],
    },
    body: {
      model: "gpt-5.5",
      input: [
        { type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] },
        {
          type: "reasoning",
          id: "rs_1",
          summary: [{ type: "summary_text", text: "why" }],
          encrypted_content: "sealed",
        },
        { type: "message", role: "assistant", content: "I read.", phase: "commentary" },
        { type: "function_call", call_id: "call_1", name: "read_file", arguments: '{"path":"a"}' },
        { type: "function_call_output", call_id: "call_1", output: "A" },
      ],
      tools: [ON_RESPONSES],
      tool_choice: "auto",
      reasoning: { summary: "auto" },
      ...NO_STATE,
      include: ["reasoning.encrypted_content"],
    },
  },
  "a conversation of another service, with parallel calls and images": {
    request: { model: "gpt-5.5", messages: CONVERSATION },
    body: {
      model: "gpt-5.5",
      input: [
        {
          type: "message",
          role: "user",
          content: [
            { type: "input_text", text: "Look" },
            { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
          ],
        },
        { type: "message", role: "assistant", content: "I read both." },
        { type: "function_call", call_id: "toolu_01", name: "read_file", arguments: '{"path":"a"}' },
        { type: "function_call", call_id: "toolu_02", name: "read_file", arguments: '{"path":"b"}' },
        { type: "function_call_output", call_id: "toolu_01", output: "A" },
        {
          type: "function_call_output",
          call_id: "toolu_02",
          output: [
            { type: "input_text", text: "B" },
            { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
          ],
        },
        { type: "message", role: "user", content: [{ type: "input_text", text: "and?" }] },
        { type: "message", role: "assistant", content: "Done." },
        { type: "message", role: "user", content: [{ type: "input_text", text: "Thanks" }] },
      ],
      reasoning: { summary: "auto" },
      ...NO_STATE,
      include: ["reasoning.encrypted_content"],
    },
  },
};

describe("over Chat Completions", () => {
  it.each(Object.entries(CHAT))(
    "sends what the official types allow: %s",
    async (_name, { request, settings, body }) => {
      const sent = await send(request, settings ?? {});
      expect(sent.url).toBe("https://api.openai.com/v1/chat/completions");
      expect(sent.headers.get("authorization")).toBe("Bearer made-up");
      expect(sent.body).toEqual(body);
    },
  );
});

describe("over Responses", () => {
  it.each(Object.entries(RESPONSES))(
    "sends what the official types allow: %s",
    async (_name, { request, settings, body }) => {
      const sent = await send(request, settings ?? {});
      expect(sent.url).toBe("https://api.openai.com/v1/responses");
      expect(sent.body).toEqual(body);
    },
  );
});
