import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { GEMINI_MODELS, resolveGeminiModel } from "../src/models-gemini.js";
import { gemini } from "../src/provider-gemini.js";
import { runProvider } from "../src/run-provider.js";
import type { ChatRequest, Effort, Settings, ToolDefinition } from "../src/types.js";
import { answering, sse } from "./answering.js";
import { describeProvider, readFixtures } from "./contract.js";

const HELLO: ChatRequest = {
  model: "gemini-3.8-flash",
  messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
};
const KEY: Settings = { GEMINI_API_KEY: "key-made-up" };

describeProvider(gemini, {
  fixtures: readFixtures("gemini"),
  request: HELLO,
  settings: (baseUrl) => ({ ...KEY, GEMINI_BASE_URL: baseUrl }),
  text: "text",
  thinking: "thinking",
  twoTools: "two-tools",
  failure: "error-event",
});

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

function build(request: Partial<ChatRequest>, settings: Settings = {}, prefix?: { name: string; messages: number }) {
  return gemini.buildRequest(
    { ...HELLO, ...request },
    { settings: { ...KEY, ...settings }, credential: undefined, userAgent: "scorpiox-code/0.0.0", prefix },
  );
}

function bodyOf(request: Partial<ChatRequest>, settings: Settings = {}): Record<string, unknown> {
  return JSON.parse(build(request, settings).body ?? "") as Record<string, unknown>;
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

describe("the request", () => {
  it("is exactly this", () => {
    const { method, url, headers, body } = build({
      system: "Be brief.",
      tools: [READ_FILE],
      maxOutputTokens: 1000,
      thinking: { effort: "high" },
      sessionId: "session-made-up",
    });
    expect([method, url]).toEqual([
      "POST",
      "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse",
    ]);
    expect(headers).toEqual({
      "x-goog-api-key": "key-made-up",
      "user-agent": "scorpiox-code/0.0.0",
      accept: "text/event-stream",
      "content-type": "application/json",
    });
    expect(JSON.parse(body ?? "")).toEqual({
      systemInstruction: { parts: [{ text: "Be brief." }] },
      tools: [
        {
          functionDeclarations: [
            { name: "read_file", description: "Reads a file.", parametersJsonSchema: READ_FILE.inputSchema },
          ],
        },
      ],
      contents: [{ role: "user", parts: [{ text: "Hello" }] }],
      generationConfig: { maxOutputTokens: 1000, thinkingConfig: { includeThoughts: true, thinkingLevel: "HIGH" } },
    });
  });

  it("holds nothing that was not asked for", () => {
    expect(bodyOf({})).toEqual({
      contents: [{ role: "user", parts: [{ text: "Hello" }] }],
      generationConfig: { thinkingConfig: { includeThoughts: true } },
    });
    expect(bodyOf({ model: "gemini-2.0-flash" })).toEqual({ contents: [{ role: "user", parts: [{ text: "Hello" }] }] });
  });

  it("with a stored prefix holds the rest of the conversation, and nothing that is in it", () => {
    const messages: ChatRequest["messages"] = [
      ...HELLO.messages,
      { role: "assistant", content: [{ type: "text", text: "Hi" }] },
      { role: "user", content: [{ type: "text", text: "More" }] },
    ];
    const request = { system: "Be brief.", tools: [READ_FILE], toolChoice: "auto", messages } as const;
    const { body } = build(request, {}, { name: "cachedContents/a1", messages: 2 });
    expect(JSON.parse(body ?? "")).toEqual({
      cachedContent: "cachedContents/a1",
      contents: [{ role: "user", parts: [{ text: "More" }] }],
      generationConfig: { thinkingConfig: { includeThoughts: true } },
    });
  });

  it("asks for no more than the model can say", () => {
    expect(bodyOf({ maxOutputTokens: 1_000_000 })).toMatchObject({ generationConfig: { maxOutputTokens: 65_536 } });
  });

  it("says how calls are chosen", () => {
    expect(bodyOf({ tools: [READ_FILE], toolChoice: { name: "read_file" } })["toolConfig"]).toEqual({
      functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["read_file"] },
    });
  });

  it("makes no lone surrogate, anywhere", () => {
    const lone = "a\uD83Db";
    const { body = "" } = build({ system: lone, tools: [{ ...READ_FILE, description: lone }] });
    expect(body.isWellFormed()).toBe(true);
    expect(body).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/);
  });
});

describe("schemas", () => {
  const parameters = {
    type: "OBJECT",
    properties: { path: { type: "STRING" } },
    required: ["path"],
    propertyOrdering: ["path"],
  };
  const declared = (model: string, settings: Settings = {}) =>
    (bodyOf({ model, tools: [READ_FILE] }, settings)["tools"] as [{ functionDeclarations: [object] }])[0]
      .functionDeclarations[0];

  it.each<[model: string, settings: Settings, fields: object]>([
    ["gemini-3.8-flash", {}, { parametersJsonSchema: READ_FILE.inputSchema }],
    ["gemini-2.5-flash", {}, { parametersJsonSchema: READ_FILE.inputSchema }],
    ["gemini-2.0-flash", {}, { parameters }],
    ["gemma-4-31b-it", {}, { parameters }],
    ["gemini-3.8-flash", { GEMINI_SCHEMAS: "openapi" }, { parameters }],
    ["gemini-2.0-flash", { GEMINI_SCHEMAS: "json" }, { parametersJsonSchema: READ_FILE.inputSchema }],
    ["gemini-3.8-flash", { GEMINI_SCHEMAS: "" }, { parametersJsonSchema: READ_FILE.inputSchema }],
  ])("of tools for %s with %j", (model, settings, fields) => {
    expect(declared(model, settings)).toEqual({ name: "read_file", description: "Reads a file.", ...fields });
  });

  it("in another language are an error", () => {
    expect(failureOf(() => build({ tools: [READ_FILE] }, { GEMINI_SCHEMAS: "xml" }))).toMatchObject({
      code: "configuration",
      key: "GEMINI_SCHEMAS",
      message: 'GEMINI_SCHEMAS is "xml"; choose json, openapi',
    });
  });

  const responseSchema = { schema: { type: "object", properties: { n: { const: 1 } }, required: ["n"] } } as const;

  it("bind the answer", () => {
    expect(bodyOf({ responseSchema, tools: [READ_FILE] })["generationConfig"]).toMatchObject({
      responseMimeType: "application/json",
      responseJsonSchema: { type: "object", properties: { n: { enum: [1] } }, required: ["n"] },
    });
    expect(bodyOf({ responseSchema }, { GEMINI_SCHEMAS: "openapi" })["generationConfig"]).toMatchObject({
      responseMimeType: "application/json",
      responseSchema: {
        type: "OBJECT",
        properties: { n: { type: "INTEGER", description: "one of 1" } },
        required: ["n"],
        propertyOrdering: ["n"],
      },
    });
  });

  it("are asked for in words where the model refuses a bound answer beside tools", () => {
    const body = bodyOf({ model: "gemini-2.5-flash", system: "Be brief.", responseSchema, tools: [READ_FILE] });
    expect(JSON.stringify(body["generationConfig"])).not.toContain("response");
    const { parts } = body["systemInstruction"] as { readonly parts: readonly [{ readonly text: string }] };
    expect(parts[0].text).toMatch(/^Be brief\.\n\n.*JSON/s);
    expect(parts[0].text).toContain(JSON.stringify(responseSchema.schema));
    expect(bodyOf({ model: "gemini-2.5-flash", responseSchema })["generationConfig"]).toHaveProperty(
      "responseJsonSchema",
    );
  });
});

const ORIGIN = "https://generativelanguage.googleapis.com";

it.each([
  [undefined, `${ORIGIN}/v1beta`],
  ["", `${ORIGIN}/v1beta`],
  ["https://example.org", "https://example.org/v1beta"],
  ["https://example.org/", "https://example.org/v1beta"],
  ["https://example.org/v1beta", "https://example.org/v1beta"],
  ["https://example.org/v1beta/", "https://example.org/v1beta"],
  ["https://example.org/v1", "https://example.org/v1"],
  ["https://example.org/v1alpha", "https://example.org/v1alpha"],
  ["https://example.org/prefix", "https://example.org/prefix/v1beta"],
  ["http://127.0.0.1:9000/prefix/v1beta", "http://127.0.0.1:9000/prefix/v1beta"],
  ["https://example.org/v1beta/models", "https://example.org/v1beta"],
  ["https://example.org/v1beta/models/gemini-2.5-pro:streamGenerateContent", "https://example.org/v1beta"],
  ["https://example.org/p/v1beta/models/gemini-2.5-pro:generateContent?alt=sse", "https://example.org/p/v1beta"],
])("GEMINI_BASE_URL %s is sent to %s/…", (value, base) => {
  const settings = { ...KEY, GEMINI_BASE_URL: value };
  expect(build({}, settings).url).toBe(`${base}/models/gemini-3.8-flash:streamGenerateContent?alt=sse`);
  const list = gemini.modelList?.build({ settings, credential: undefined, userAgent: "u" });
  expect(list).toMatchObject({
    method: "GET",
    url: `${base}/models?pageSize=1000`,
    headers: { "x-goog-api-key": "key-made-up" },
  });
});

it.each<[key: string, settings: Settings, code: string]>([
  ["GEMINI_BASE_URL", { GEMINI_BASE_URL: "ftp://x" }, "configuration"],
  ["GEMINI_BASE_URL", { GEMINI_BASE_URL: "https://x/?key=1" }, "configuration"],
  ["GEMINI_API_KEY", { GEMINI_API_KEY: undefined }, "auth_missing"],
  ["GEMINI_API_KEY", { GEMINI_API_KEY: "a b" }, "configuration"],
  ["THINKING_BUDGET", { THINKING_BUDGET: "much" }, "configuration"],
  ["GEMINI_CACHE_TTL", { GEMINI_CACHE: "1", GEMINI_CACHE_TTL: "5 minutes" }, "configuration"],
  ["GEMINI_CACHE_TTL", { GEMINI_CACHE: "1", GEMINI_CACHE_TTL: "5" }, "configuration"],
])("%s that cannot be used is named: %j", (key, settings, code) => {
  expect(failureOf(() => build({}, settings))).toMatchObject({ code, key, provider: "gemini" });
});

describe("thinking", () => {
  const config = (request: Partial<ChatRequest>, settings: Settings = {}): unknown =>
    (bodyOf(request, settings)["generationConfig"] as Record<string, unknown> | undefined)?.["thinkingConfig"];
  const shown = { includeThoughts: true };

  it.each<[model: string, effort: Effort, wire: unknown]>([
    ["gemini-3.8-flash", "off", { thinkingLevel: "LOW" }],
    ["gemini-3.8-flash", "minimal", { ...shown, thinkingLevel: "LOW" }],
    ["gemini-3.8-flash", "medium", { ...shown, thinkingLevel: "MEDIUM" }],
    ["gemini-3.8-flash", "max", { ...shown, thinkingLevel: "HIGH" }],
    ["gemini-3.6-flash", "minimal", { ...shown, thinkingLevel: "MINIMAL" }],
    ["gemini-3.6-flash", "off", { thinkingLevel: "MINIMAL" }],
    ["gemini-3.1-pro-preview", "minimal", { ...shown, thinkingLevel: "LOW" }],
    ["gemini-3-pro-preview", "medium", { ...shown, thinkingLevel: "LOW" }],
    ["gemini-9-flash", "high", { ...shown, thinkingLevel: "HIGH" }],
    ["gemini-flash-latest", "high", { ...shown, thinkingLevel: "HIGH" }],
    ["gemini-2.5-pro", "off", { thinkingBudget: 128 }],
    ["gemini-2.5-pro", "max", { ...shown, thinkingBudget: 32_768 }],
    ["gemini-2.5-flash", "off", { thinkingBudget: 0 }],
    ["gemini-2.5-flash", "low", { ...shown, thinkingBudget: 1966 }],
    ["gemini-2.5-flash", "max", { ...shown, thinkingBudget: 24_576 }],
    ["gemini-2.5-flash-lite", "minimal", { ...shown, thinkingBudget: 512 }],
    ["gemini-2.5-flash-preview-09-2025", "off", { thinkingBudget: 0 }],
    ["gemini-2.0-flash", "high", undefined],
  ])("%s takes %s as %j", (model, effort, wire) => {
    expect(config({ model, thinking: { effort } })).toEqual(wire);
  });

  it.each<[name: string, model: string, settings: Settings, wire: unknown]>([
    ["nothing", "gemini-2.5-pro", {}, shown],
    [
      "the effort of every provider",
      "gemini-3.8-flash",
      { REASONING_EFFORT: "low" },
      { ...shown, thinkingLevel: "LOW" },
    ],
    ["none", "gemini-2.5-flash", { REASONING_EFFORT: "none" }, { thinkingBudget: 0 }],
    ["the switch", "gemini-2.5-flash", { THINKING: "0" }, { thinkingBudget: 0 }],
    ["a budget", "gemini-2.5-flash", { THINKING_BUDGET: "3000" }, { ...shown, thinkingBudget: 3000 }],
    [
      "a budget beyond the range",
      "gemini-2.5-flash",
      { THINKING_BUDGET: "99999" },
      { ...shown, thinkingBudget: 24_576 },
    ],
    ["a budget below it", "gemini-2.5-pro", { THINKING_BUDGET: "5" }, { ...shown, thinkingBudget: 128 }],
    [
      "a budget and an effort: the smaller",
      "gemini-2.5-flash",
      { THINKING_BUDGET: "3000", REASONING_EFFORT: "high" },
      { ...shown, thinkingBudget: 3000 },
    ],
    ["a budget where levels are taken", "gemini-3.8-flash", { THINKING_BUDGET: "3000" }, shown],
  ])("from settings: %s", (_name, model, settings, wire) => {
    expect(config({ model }, settings)).toEqual(wire);
  });
});

describe("models", () => {
  it.each([
    ["opus", "gemini-3.1-pro-preview"],
    ["sonnet", "gemini-3.8-flash"],
    ["haiku", "gemini-3.5-flash-lite"],
    ["gemini-2.5-pro", "gemini-2.5-pro"],
    ["gemini-9-made-up", "gemini-9-made-up"],
  ])("%s is asked for as %s", (word, id) => {
    expect(build({ model: word }).url).toContain(`/models/${id}:`);
    expect(gemini.resolve?.(word, {})).toMatchObject({ id });
  });

  it.each(["sonet", "gpt-5.5", "gemini", "gemini-x/../y", ""])(
    "%j is unknown: an error with the nearest names",
    (word) => {
      expect(failureOf(() => build({ model: word }))).toMatchObject({
        code: "model_unavailable",
        key: "MODEL",
        message: expect.stringContaining("nearest: "),
      });
    },
  );

  it("say what can be said of them", () => {
    for (const model of GEMINI_MODELS.models) {
      expect(model.note).not.toBe("");
      expect(model.thinking.kind === "none").toBe(model.efforts.length === 0);
      if (model.price !== undefined) expect(model.price.cachedInput).toBeLessThan(model.price.input);
    }
    for (const id of Object.values(GEMINI_MODELS.aliases)) expect(resolveGeminiModel(id).retired).toBeUndefined();
  });

  it("are listed by the service, those that make text", () => {
    const body = {
      models: [
        {
          name: "models/gemini-3.8-flash",
          displayName: "Gemini 3.8 Flash",
          inputTokenLimit: 1_048_576,
          outputTokenLimit: 65_536,
          supportedGenerationMethods: ["generateContent", "countTokens"],
        },
        { name: "models/gemini-embedding-2", supportedGenerationMethods: ["embedContent"] },
        { name: "bare", inputTokenLimit: "many" },
        { displayName: "nameless" },
        null,
        7,
      ],
      nextPageToken: "",
    };
    expect(gemini.modelList?.read(body, 0)).toEqual([
      { id: "gemini-3.8-flash", note: "Gemini 3.8 Flash", contextTokens: 1_048_576, maxOutputTokens: 65_536 },
      { id: "bare" },
    ]);
    for (const other of [{}, [], null, "x", { models: {} }]) {
      expect(failureOf(() => gemini.modelList?.read(other, 0))).toMatchObject({ code: "protocol" });
    }
  });
});

describe("images", () => {
  const showing = (mediaType: string, data = "AAAA"): Partial<ChatRequest> => ({
    messages: [{ role: "user", content: [{ type: "image", mediaType, data }] }],
  });

  it.each(["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"])("%s is sent", (mediaType) => {
    expect(bodyOf(showing(mediaType))["contents"]).toEqual([
      { role: "user", parts: [{ inlineData: { mimeType: mediaType, data: "AAAA" } }] },
    ]);
  });

  it("of other types are refused before anything is sent", () => {
    expect(failureOf(() => build(showing("image/gif")))).toMatchObject({
      code: "invalid_request",
      message:
        'gemini does not take images of type "image/gif"; it takes image/png, image/jpeg, image/webp, image/heic, image/heif',
    });
  });

  it("and everything beside them are refused when they are too large together", () => {
    const image = { type: "image", mediaType: "image/png", data: "A".repeat(11_000_000) } as const;
    const messages: ChatRequest["messages"] = [{ role: "user", content: [image, image] }];
    expect(failureOf(() => build({ messages }))).toMatchObject({
      code: "request_too_large",
      message: "the images have 16.5 MB, and gemini takes 13.0 MB in one request",
    });
    const words = { type: "text", text: "w".repeat(11_000_000) } as const;
    expect(failureOf(() => build({ messages: [{ role: "user", content: [image, words] }] }))).toMatchObject({
      code: "request_too_large",
      message: expect.stringMatching(/^the request has 22\.0 MB, images included, and gemini takes at most 21\.0 MB/),
    });
    expect(failureOf(() => build(showing("image/png", "A".repeat(20_500_000))))).toMatchObject({
      code: "request_too_large",
    });
  });
});

it("is asked again when its first answer was empty, and not when its key is refused", async () => {
  const part = (list: readonly object[], finishReason: string) =>
    sse({ candidates: [{ content: { parts: list }, finishReason }], usageMetadata: { promptTokenCount: 3 } });
  const server = await answering(
    { body: part([], "MALFORMED_FUNCTION_CALL") },
    { body: part([], "STOP") },
    { body: part([{ text: "Hi" }], "STOP") },
  );
  const provider = runProvider(gemini, {
    settings: { ...KEY, GEMINI_BASE_URL: server.baseUrl },
    retry: { baseDelayMs: 1, maxDelayMs: 1 },
  });
  const retries: string[] = [];
  const turn = provider.stream(HELLO);
  for await (const event of turn) if (event.type === "retry") retries.push(event.error.message);
  expect((await turn.result()).message.content).toEqual([{ type: "text", text: "Hi" }]);
  expect(retries).toEqual(["gemini ended the answer with MALFORMED_FUNCTION_CALL", "gemini gave an empty answer"]);
  const refusing = await answering({
    status: 400,
    body: '{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}',
  });
  const other = runProvider(gemini, { settings: { ...KEY, GEMINI_BASE_URL: refusing.baseUrl } });
  await expect(other.stream(HELLO).result()).rejects.toMatchObject({
    code: "auth_rejected",
    message: "gemini answered 400: API key not valid; set GEMINI_API_KEY to a key that is valid",
  });
  expect(refusing.requests).toHaveLength(1);
  await provider.close();
  await other.close();
});
