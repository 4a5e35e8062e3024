import {
  type Content,
  type CreateCachedContentConfig,
  FunctionCallingConfigMode,
  type GenerationConfig,
  ThinkingLevel,
  type Tool,
  type ToolConfig,
  Type,
} from "@google/genai";
import { type ChatRequest, createProvider, type Message, type Settings, type ToolDefinition } from "@scorpiox/sxnet";
import { describe, expect, it } from "vitest";
import { ignoreMisfit } from "./ignore-misfit.js";

/**
 * What we send is what the official client's own types allow: each body below is such a typed constant, so that a
 * field of another name or type does not compile, and it is compared with what went over the wire.
 */

/** The client builds this body from its parameters and exports the types of its fields only. */
interface Body {
  readonly systemInstruction?: Content;
  readonly tools?: Tool[];
  readonly toolConfig?: ToolConfig;
  readonly cachedContent?: string;
  readonly contents: Content[];
  readonly generationConfig?: GenerationConfig;
}

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
}

const STREAM = 'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}]}\n\n';

async function send(requests: readonly ChatRequest[], settings: Settings = {}): Promise<readonly Sent[]> {
  const seen: Sent[] = [];
  const service = await createProvider("gemini", {
    settings: { GEMINI_API_KEY: "made-up", ...settings },
    fetch: async (address, init) => {
      const { method, url, headers, body } = new Request(address, init);
      seen.push({ method, url, headers, body: body === null ? undefined : await new Response(body).json() });
      if (url.includes("cachedContents")) {
        return Response.json({ name: "cachedContents/made-up", usageMetadata: { totalTokenCount: 5000 } });
      }
      return new Response(STREAM, { headers: { "content-type": "text/event-stream" } });
    },
  });
  for (const request of requests) await service.stream(request).result().catch(ignoreMisfit);
  await service.close();
  return seen;
}

const user = (...content: Extract<Message, { role: "user" }>["content"]): Message => ({ role: "user", content });
const assistant = (...content: Extract<Message, { role: "assistant" }>["content"]): Message => ({
  role: "assistant",
  content,
});
const text = (value: string) => ({ type: "text", text: value }) as const;
const own = (model: string, data: unknown) => ({ opaque: { provider: "gemini", model, data } });
const PNG = { type: "image", mediaType: "image/png", data: "AAAA" } as const;

const READ_FILE: ToolDefinition = {
  name: "read_file",
  description: "Reads a file.",
  inputSchema: {
    type: "object",
    properties: { path: { type: "string" }, lines: { type: ["integer", "null"], exclusiveMinimum: 0 } },
    required: ["path"],
    additionalProperties: false,
  },
};
const NOW: ToolDefinition = { name: "now", description: "Tells the time.", inputSchema: { type: "object" } };
const TOOLS = [
  {
    functionDeclarations: [
      { name: "read_file", description: "Reads a file.", parametersJsonSchema: READ_FILE.inputSchema },
      { name: "now", description: "Tells the time." },
    ],
  },
] satisfies Tool[];
const OPENAPI_TOOLS = [
  {
    functionDeclarations: [
      {
        name: "read_file",
        description: "Reads a file.",
        parameters: {
          type: Type.OBJECT,
          properties: { path: { type: Type.STRING }, lines: { type: Type.INTEGER, nullable: true, minimum: 1 } },
          required: ["path"],
          propertyOrdering: ["path", "lines"],
        },
      },
    ],
  },
] satisfies Tool[];
const HELLO = [{ role: "user", parts: [{ text: "Hello" }] }] satisfies Content[];
const SHOWN = { thinkingConfig: { includeThoughts: true } } satisfies GenerationConfig;

interface Case {
  readonly request: ChatRequest;
  readonly settings?: Settings;
  readonly body: Body;
}

const CASES: Readonly<Record<string, Case>> = {
  text: {
    request: { model: "sonnet", system: "Be brief.", messages: [user(text("Hello"))], maxOutputTokens: 100 },
    body: {
      systemInstruction: { parts: [{ text: "Be brief." }] },
      contents: HELLO,
      generationConfig: { maxOutputTokens: 100, ...SHOWN },
    },
  },
  "thinking by a level": {
    request: { model: "gemini-3.6-flash", messages: [user(text("Hello"))], thinking: { effort: "minimal" } },
    body: {
      contents: HELLO,
      generationConfig: { thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.MINIMAL } },
    },
  },
  "thinking by a budget": {
    request: { model: "gemini-2.5-flash", messages: [user(text("Hello"))] },
    settings: { THINKING_BUDGET: "3000" },
    body: {
      contents: HELLO,
      generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 3000 } },
    },
  },
  "thinking off": {
    request: { model: "gemini-2.5-flash", messages: [user(text("Hello"))], thinking: { effort: "off" } },
    body: { contents: HELLO, generationConfig: { thinkingConfig: { thinkingBudget: 0 } } },
  },
  tools: {
    request: { model: "sonnet", messages: [user(text("Hello"))], tools: [READ_FILE, NOW] },
    body: { tools: TOOLS, contents: HELLO, generationConfig: SHOWN },
  },
  "tools with the schemas of OpenAPI, and one that must be called": {
    request: {
      model: "sonnet",
      messages: [user(text("Hello"))],
      tools: [READ_FILE],
      toolChoice: { name: "read_file" },
    },
    settings: { GEMINI_SCHEMAS: "openapi" },
    body: {
      tools: OPENAPI_TOOLS,
      toolConfig: {
        functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ["read_file"] },
      },
      contents: HELLO,
      generationConfig: SHOWN,
    },
  },
  "tools that are strict": {
    request: { model: "sonnet", messages: [user(text("Hello"))], tools: [{ ...READ_FILE, strict: true }] },
    body: {
      tools: [
        {
          functionDeclarations: [
            { name: "read_file", description: "Reads a file.", parametersJsonSchema: READ_FILE.inputSchema },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.VALIDATED } },
      contents: HELLO,
      generationConfig: SHOWN,
    },
  },
  "an answer bound to a schema": {
    request: {
      model: "sonnet",
      messages: [user(text("Hello"))],
      responseSchema: { schema: { type: "array", items: { const: 1 } } },
    },
    body: {
      contents: HELLO,
      generationConfig: {
        responseMimeType: "application/json",
        responseJsonSchema: { type: "array", items: { enum: [1] } },
        ...SHOWN,
      },
    },
  },
  "the same in the words of OpenAPI": {
    request: {
      model: "sonnet",
      messages: [user(text("Hello"))],
      responseSchema: { schema: { type: "array", items: { enum: ["a"] } } },
    },
    settings: { GEMINI_SCHEMAS: "openapi" },
    body: {
      contents: HELLO,
      generationConfig: {
        responseMimeType: "application/json",
        responseSchema: { type: Type.ARRAY, items: { type: Type.STRING, enum: ["a"], format: "enum" } },
        ...SHOWN,
      },
    },
  },
  "images, parallel calls with their results, and signatures": {
    request: {
      model: "gemini-3.8-flash",
      messages: [
        user(text("Look"), PNG),
        assistant(
          {
            ...text("Two. "),
            ...own("gemini-3.8-flash", { parts: [{ length: 5 }, { length: 0, thoughtSignature: "s1" }] }),
          },
          {
            type: "tool_use",
            id: "id-1",
            name: "read_file",
            input: { path: "a" },
            ...own("gemini-3.8-flash", { id: "id-1", thoughtSignature: "s2" }),
          },
          { type: "tool_use", id: "id-2", name: "now", input: {}, ...own("gemini-3.8-flash", { id: "id-2" }) },
        ),
        user(
          { type: "tool_result", toolUseId: "id-1", content: [text("A"), PNG] },
          { type: "tool_result", toolUseId: "id-2", content: [text("no clock")], isError: true },
        ),
      ],
    },
    body: {
      contents: [
        { role: "user", parts: [{ text: "Look" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }] },
        {
          role: "model",
          parts: [
            { text: "Two. " },
            { text: "", thoughtSignature: "s1" },
            { functionCall: { id: "id-1", name: "read_file", args: { path: "a" } }, thoughtSignature: "s2" },
            { functionCall: { id: "id-2", name: "now", args: {} } },
          ],
        },
        {
          role: "user",
          parts: [
            {
              functionResponse: {
                id: "id-1",
                name: "read_file",
                response: { output: "A" },
                parts: [{ inlineData: { mimeType: "image/png", data: "AAAA" } }],
              },
            },
            { functionResponse: { id: "id-2", name: "now", response: { error: "no clock" } } },
          ],
        },
      ],
      generationConfig: SHOWN,
    },
  },
  "a conversation of another service": {
    request: {
      model: "gemini-3.8-flash",
      messages: [
        user(text("Look")),
        assistant(
          { type: "thinking", text: "hm", opaque: { provider: "anthropic", model: "x", data: { signature: "s" } } },
          { type: "tool_use", id: "toolu_01", name: "read_file", input: { path: "a" } },
        ),
        user({ type: "tool_result", toolUseId: "toolu_01", content: [text("A")] }),
      ],
    },
    body: {
      contents: [
        { role: "user", parts: [{ text: "Look" }] },
        {
          role: "model",
          parts: [
            {
              functionCall: { id: "toolu_01", name: "read_file", args: { path: "a" } },
              thoughtSignature: "skip_thought_signature_validator",
            },
          ],
        },
        {
          role: "user",
          parts: [{ functionResponse: { id: "toolu_01", name: "read_file", response: { output: "A" } } }],
        },
      ],
      generationConfig: SHOWN,
    },
  },
};

describe("generateContent", () => {
  it.each(Object.entries(CASES))(
    "sends what the official types allow: %s",
    async (_name, { request, settings, body }) => {
      const [sent] = await send([request], settings);
      expect(sent?.url).toMatch(
        /^https:\/\/generativelanguage\.googleapis\.com\/v1beta\/models\/[\w.-]+:streamGenerateContent\?alt=sse$/,
      );
      expect(sent?.headers.get("x-goog-api-key")).toBe("made-up");
      expect(sent?.body).toEqual(body);
    },
  );
});

it("stores and uses a prefix with the official types", async () => {
  const system = "word ".repeat(4000);
  const messages = [user(text("a")), assistant(text("b")), user(text("c"))];
  const stored: CreateCachedContentConfig & { readonly model: string } = {
    model: "models/gemini-3.8-flash",
    contents: [
      { role: "user", parts: [{ text: "a" }] },
      { role: "model", parts: [{ text: "b" }] },
    ],
    systemInstruction: { parts: [{ text: system }] },
    tools: TOOLS,
    ttl: "300s",
  };
  const rest: Body = {
    cachedContent: "cachedContents/made-up",
    contents: [{ role: "user", parts: [{ text: "c" }] }],
    generationConfig: SHOWN,
  };
  const sent = await send([{ model: "sonnet", system, messages, tools: [READ_FILE, NOW] }], { GEMINI_CACHE: "1" });
  expect(sent.map(({ method, url }) => `${method} ${url.split("/v1beta/")[1]}`)).toEqual([
    "POST cachedContents",
    "POST models/gemini-3.8-flash:streamGenerateContent?alt=sse",
    "DELETE cachedContents/made-up",
  ]);
  expect(sent.map(({ body }) => body)).toEqual([stored, rest, undefined]);
});
