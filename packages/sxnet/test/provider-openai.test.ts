import { describe, expect, it, onTestFinished } from "vitest";
import { ProviderError } from "../src/errors.js";
import { OPENAI_MODELS } from "../src/models-openai.js";
import { openai } from "../src/provider-openai.js";
import { createProvider } from "../src/registry.js";
import type { ChatRequest, Effort, Message, Settings, ToolDefinition } from "../src/types.js";
import { type Answer, answering, collect, QUICK, sse } from "./answering.js";
import { describeProvider, readFixtures } from "./contract.js";

const HELLO: ChatRequest = {
  model: "m1",
  messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
};

describe("over Chat Completions", () => {
  describeProvider(openai, {
    fixtures: readFixtures("openai-chat"),
    request: HELLO,
    settings: (baseUrl) => ({ OPENAI_BASE_URL: baseUrl }),
    text: "text",
    thinking: "thinking",
    twoTools: "two-tools",
    failure: "error",
    countsFollowTheEnd: true,
  });
});

describe("over Responses", () => {
  describeProvider(openai, {
    fixtures: readFixtures("openai-responses"),
    request: HELLO,
    settings: (baseUrl) => ({ OPENAI_BASE_URL: baseUrl, OPENAI_API: "responses" }),
    text: "text",
    thinking: "thinking",
    twoTools: "two-tools",
    failure: "error-flat",
  });
});

const KEY = "key-made-up";
const OFFICIAL: Settings = { OPENAI_API_KEY: KEY };
const LOCAL: Settings = { OPENAI_BASE_URL: "http://127.0.0.1:11434" };

const PATH = {
  type: "object",
  properties: { path: { type: "string" } },
  required: ["path"],
  additionalProperties: false,
};
const READ_FILE: ToolDefinition = { name: "read_file", description: "Reads a file.", inputSchema: PATH };
const REQUEST: ChatRequest = { ...HELLO, system: "Be brief.", tools: [READ_FILE], sessionId: "session-made-up" };
const ON_CHAT = { type: "function", function: { name: "read_file", description: "Reads a file.", parameters: PATH } };
const ON_RESPONSES = {
  type: "function",
  name: "read_file",
  description: "Reads a file.",
  strict: false,
  parameters: PATH,
};

function build(request: ChatRequest, settings: Settings) {
  return openai.buildRequest(request, { settings, credential: undefined, userAgent: "scorpiox-code/0.0.0" });
}

function bodyOf(request: ChatRequest, settings: Settings): Record<string, unknown> {
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

describe("the body", () => {
  it("for another server is exactly this", () => {
    expect(bodyOf({ ...REQUEST, maxOutputTokens: 500 }, LOCAL)).toEqual({
      model: "m1",
      tools: [ON_CHAT],
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
      max_tokens: 500,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it.each([
    ["gpt-5.4", "max_completion_tokens"],
    ["openai/gpt-5.4", "max_completion_tokens"],
    ["o4-mini", "max_completion_tokens"],
    ["openai/gpt-oss-120b", "max_tokens"],
    ["gpt-4o", "max_tokens"],
    ["qwen3:32b", "max_tokens"],
  ])("bounds the answer of %s behind another address with %s", (model, field) => {
    expect(bodyOf({ ...HELLO, model, maxOutputTokens: 5 }, LOCAL)).toHaveProperty(field, 5);
  });

  it("for a chat model of the vendor is exactly this", () => {
    expect(bodyOf({ ...REQUEST, model: "gpt-5-mini", maxOutputTokens: 500 }, OFFICIAL)).toEqual({
      model: "gpt-5-mini",
      tools: [ON_CHAT],
      messages: [
        { role: "developer", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
      max_completion_tokens: 500,
      stream: true,
      stream_options: { include_usage: true },
      prompt_cache_key: "session-made-up",
    });
  });

  it("for a current model of the vendor is exactly this, over Responses", () => {
    expect(
      bodyOf({ ...REQUEST, model: "gpt-5.6-terra", maxOutputTokens: 500, thinking: { effort: "high" } }, OFFICIAL),
    ).toEqual({
      model: "gpt-5.6-terra",
      instructions: "Be brief.",
      tools: [ON_RESPONSES],
      tool_choice: "auto",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] }],
      max_output_tokens: 500,
      reasoning: { effort: "high", summary: "auto" },
      store: false,
      stream: true,
      include: ["reasoning.encrypted_content"],
      prompt_cache_key: "session-made-up",
    });
  });

  it("for a model without reasoning asks for none of it", () => {
    const request: ChatRequest = { ...HELLO, model: "gpt-4.1", system: "Be brief.", thinking: { effort: "high" } };
    expect(bodyOf(request, { ...OFFICIAL, OPENAI_API: "responses" })).toEqual({
      model: "gpt-4.1",
      instructions: "Be brief.",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] }],
      store: false,
      stream: true,
    });
    expect(bodyOf(request, OFFICIAL)).toEqual({
      model: "gpt-4.1",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it.each([LOCAL, OFFICIAL])("has no tools, choice and parallel calls where there are no tools", (settings) => {
    const request: ChatRequest = {
      ...HELLO,
      model: "gpt-5-mini",
      tools: [],
      toolChoice: "required",
      parallelTools: false,
    };
    for (const OPENAI_API of ["chat", "responses"]) {
      const body = bodyOf(request, { ...settings, OPENAI_API });
      for (const name of ["tools", "tool_choice", "parallel_tool_calls"]) expect(body).not.toHaveProperty(name);
    }
  });

  it.each([
    ["auto", "auto", "auto"],
    ["none", "none", "none"],
    ["required", "required", "required"],
    [
      { name: "read_file" },
      { type: "function", function: { name: "read_file" } },
      { type: "function", name: "read_file" },
    ],
  ] as const)("asks for tools as %j", (toolChoice, chat, responses) => {
    expect(bodyOf({ ...REQUEST, toolChoice }, LOCAL)["tool_choice"]).toEqual(chat);
    expect(bodyOf({ ...REQUEST, toolChoice }, { ...LOCAL, OPENAI_API: "responses" })["tool_choice"]).toEqual(responses);
  });

  it.each([true, false])("says whether calls may be parallel (%s) to models that take it", (parallelTools) => {
    for (const OPENAI_API of ["chat", "responses"]) {
      const told = (model: string, settings: Settings) =>
        bodyOf({ ...REQUEST, model, parallelTools }, { ...settings, OPENAI_API })["parallel_tool_calls"];
      expect(told("m1", LOCAL)).toBe(parallelTools);
      expect(told("gpt-5-mini", OFFICIAL)).toBe(parallelTools);
      expect(told("o3", OFFICIAL)).toBeUndefined();
    }
  });

  it("asks for strict calls where the schema is one that strictness takes", () => {
    const open: ToolDefinition = { ...READ_FILE, name: "open", strict: true, inputSchema: { type: "object" } };
    const tools = [{ ...READ_FILE, strict: true }, open, READ_FILE];
    const chat = bodyOf({ ...REQUEST, tools }, LOCAL)["tools"] as { function: { strict?: boolean } }[];
    expect(chat.map((tool) => tool.function.strict)).toEqual([true, undefined, undefined]);
    const responses = bodyOf({ ...REQUEST, tools }, { ...LOCAL, OPENAI_API: "responses" })["tools"] as {
      strict: boolean;
    }[];
    expect(responses.map((tool) => tool.strict)).toEqual([true, false, false]);
  });

  it("binds the answer to a schema, strictly where it can", () => {
    const bound = (schema: object, settings: Settings, name?: string) =>
      bodyOf(
        {
          ...HELLO,
          model: "gpt-5-mini",
          responseSchema: { schema: { ...schema }, ...(name === undefined ? {} : { name }) },
        },
        settings,
      );
    const chat = (schema: object, strict: boolean, name = "answer") => ({
      type: "json_schema",
      json_schema: { name, schema, strict },
    });
    expect(bound(PATH, OFFICIAL)["response_format"]).toEqual(chat(PATH, true));
    expect(bound({ type: "object" }, OFFICIAL, "mine")["response_format"]).toEqual(
      chat({ type: "object" }, false, "mine"),
    );
    expect(bound(PATH, { ...OFFICIAL, OPENAI_API: "responses" })["text"]).toEqual({
      format: { type: "json_schema", name: "answer", schema: PATH, strict: true },
    });
    // The vendor refuses a root that is no object; what others do with it is theirs.
    for (const [OPENAI_API, field] of [
      ["chat", "response_format"],
      ["responses", "text"],
    ] as const) {
      expect(bound({ type: "array" }, { ...OFFICIAL, OPENAI_API })).not.toHaveProperty(field);
      expect(bound({ type: "array" }, { ...LOCAL, OPENAI_API })).toHaveProperty(field);
    }
  });

  it("leaves out what a setting says the server does not take", () => {
    expect(bodyOf(HELLO, { ...LOCAL, OPENAI_STREAM_USAGE: "0" })).not.toHaveProperty("stream_options");
    const settings = { OPENAI_REASONING_SUMMARY: "off" };
    expect(bodyOf({ ...HELLO, model: "gpt-5.5" }, { ...OFFICIAL, ...settings })).not.toHaveProperty("reasoning");
    expect(bodyOf({ ...HELLO, model: "gpt-5.5" }, { ...OFFICIAL, OPENAI_REASONING_SUMMARY: "detailed" })).toMatchObject(
      {
        reasoning: { summary: "detailed" },
      },
    );
    expect(bodyOf(HELLO, { ...LOCAL, OPENAI_API: "responses" })).not.toHaveProperty("reasoning");
  });

  it("carries the arguments of a chat template, but not to the vendor, which refuses them", () => {
    const settings = { OPENAI_CHAT_TEMPLATE_KWARGS: '{"enable_thinking":true}' };
    expect(bodyOf(HELLO, { ...LOCAL, ...settings })["chat_template_kwargs"]).toEqual({ enable_thinking: true });
    expect(bodyOf({ ...HELLO, model: "gpt-5-mini" }, { ...OFFICIAL, ...settings })).not.toHaveProperty(
      "chat_template_kwargs",
    );
    for (const value of ["[]", "1", "{", '"x"']) {
      expect(failureOf(() => build(HELLO, { ...LOCAL, OPENAI_CHAT_TEMPLATE_KWARGS: value }))).toMatchObject({
        code: "configuration",
        key: "OPENAI_CHAT_TEMPLATE_KWARGS",
      });
    }
  });

  it("sends reasoning back to other servers, unless they refuse it, and never to the vendor", () => {
    const why = (model: string) =>
      ({
        type: "thinking",
        text: "why",
        opaque: { provider: "openai", model, data: { kind: "chat_reasoning", field: "reasoning_content" } },
      }) as const;
    const told = (model: string, settings: Settings) => {
      const messages: readonly Message[] = [
        { role: "assistant", content: [why(model), { type: "tool_use", id: "c", name: "read_file", input: {} }] },
      ];
      return (bodyOf({ model, messages }, settings)["messages"] as readonly Record<string, unknown>[])[0];
    };
    expect(told("m1", LOCAL)).toHaveProperty("reasoning_content", "why");
    expect(told("m1", { ...LOCAL, OPENAI_SEND_REASONING: "0" })).not.toHaveProperty("reasoning_content");
    expect(told("gpt-5-mini", OFFICIAL)).not.toHaveProperty("reasoning_content");
  });

  it.each([
    ["the vendor", OFFICIAL, /^.{1,40}$/, "toolu_made_up"],
    ["Mistral", { OPENAI_BASE_URL: "https://api.mistral.ai" }, /^[a-zA-Z0-9]{9}$/, "aBcDeFgH1"],
    ["another server", LOCAL, /^(functions\.f:0\|x{60}|functions\.f:0)$/, "functions.f:0"],
  ])("names calls as %s takes it", (_name, settings, form, taken) => {
    const ids = ["functions.f:0|" + "x".repeat(60), taken].map((id) => {
      const messages: readonly Message[] = [
        { role: "assistant", content: [{ type: "tool_use", id, name: "read_file", input: {} }] },
      ];
      const [calls, answer] = bodyOf({ model: "gpt-5-mini", messages }, settings)["messages"] as {
        readonly tool_calls?: readonly { readonly id: string }[];
        readonly tool_call_id?: string;
      }[];
      expect(answer?.tool_call_id).toBe(calls?.tool_calls?.[0]?.id);
      return answer?.tool_call_id;
    });
    for (const id of ids) expect(id).toMatch(form);
    expect(ids[1]).toBe(taken);
  });

  it("cuts the cache key to 64 characters, and the least answer up to 16 tokens", () => {
    const body = bodyOf({ ...HELLO, model: "gpt-5.5", sessionId: "s".repeat(70), maxOutputTokens: 5 }, OFFICIAL);
    expect(body).toMatchObject({ prompt_cache_key: "s".repeat(64), max_output_tokens: 16 });
  });
});

describe("the address", () => {
  const CHAT = "/v1/chat/completions";
  it.each([
    [undefined, `https://api.openai.com${CHAT}`],
    ["", `https://api.openai.com${CHAT}`],
    ["https://eu.api.openai.com", `https://eu.api.openai.com${CHAT}`],
    ["https://host", `https://host${CHAT}`],
    ["https://host/", `https://host${CHAT}`],
    ["https://host/v1", `https://host${CHAT}`],
    ["https://host/v1/", `https://host${CHAT}`],
    ["https://host/openai", `https://host/openai${CHAT}`],
    ["https://host/openai/v1", `https://host/openai${CHAT}`],
    ["https://host/api/paas/v4", "https://host/api/paas/v4/chat/completions"],
    ["https://host/v1beta/openai", "https://host/v1beta/openai/chat/completions"],
    ["https://host/v1/chat", `https://host${CHAT}`],
    ["https://host/v1/chat/completions", `https://host${CHAT}`],
    ["https://host/chat/completions", "https://host/chat/completions"],
    ["https://host/v1/responses", "https://host/v1/responses"],
    ["https://host/responses", "https://host/responses"],
    ["https://host/v1/models", `https://host${CHAT}`],
    ["http://127.0.0.1:11434", `http://127.0.0.1:11434${CHAT}`],
  ])("%s is sent to %s", (value, url) => {
    expect(build({ ...HELLO, model: "gpt-5-mini" }, { ...OFFICIAL, OPENAI_BASE_URL: value }).url).toBe(url);
  });

  it.each([
    ["https://host/v1/responses", "chat", `https://host${CHAT}`],
    ["https://host/v1/chat/completions", "responses", "https://host/v1/responses"],
    ["https://host", "responses", "https://host/v1/responses"],
    ["", "responses", "https://api.openai.com/v1/responses"],
  ])("%s with OPENAI_API=%s is sent to %s", (OPENAI_BASE_URL, OPENAI_API, url) => {
    expect(build({ ...HELLO, model: "gpt-5-mini" }, { ...OFFICIAL, OPENAI_BASE_URL, OPENAI_API }).url).toBe(url);
  });

  it("may be plain http in the local network, as long as nothing secret goes there", () => {
    const settings = { OPENAI_BASE_URL: "http://192.168.1.20:11434" };
    expect(build(HELLO, settings).url).toBe(`http://192.168.1.20:11434${CHAT}`);
    for (const secret of [{ OPENAI_API_KEY: KEY }, { OPENAI_EXTRA_HEADERS: '{"x-key":"geheim"}' }]) {
      const error = failureOf(() => build(HELLO, { ...settings, ...secret }));
      expect(error).toMatchObject({ code: "configuration", key: "OPENAI_BASE_URL" });
      expect(error.message).toMatch(/send no key: it must not travel in clear$/);
    }
    expect(failureOf(() => build(HELLO, { OPENAI_BASE_URL: "http://example.org" })).message).toMatch(/use https/);
  });

  it.each([
    ["OPENAI_BASE_URL", { OPENAI_BASE_URL: "ftp://x" }],
    ["OPENAI_API", { OPENAI_API: "completions" }],
    ["OPENAI_REASONING_SUMMARY", { OPENAI_API: "responses", OPENAI_REASONING_SUMMARY: "long" }],
    ["OPENAI_REASONING_EFFORT", { OPENAI_REASONING_EFFORT: "hgih" }],
  ])("and the rest of the settings are refused by name: %s", (key, settings) => {
    expect(failureOf(() => build(HELLO, { ...LOCAL, ...settings }))).toMatchObject({ code: "configuration", key });
  });
});

describe("headers", () => {
  const BASE = { "user-agent": "scorpiox-code/0.0.0", accept: "text/event-stream", "content-type": "application/json" };

  it("leave the key out where there is none", () => {
    expect(build(HELLO, LOCAL).headers).toEqual(BASE);
    expect(build(HELLO, { ...LOCAL, OPENAI_API_KEY: " " }).headers).toEqual(BASE);
    expect(build(HELLO, { ...LOCAL, OPENAI_API_KEY: KEY }).headers).toEqual({
      ...BASE,
      authorization: `Bearer ${KEY}`,
    });
  });

  it("need a key for the vendor's own server, and say so before anything is sent", () => {
    for (const settings of [{}, { OPENAI_BASE_URL: "https://api.openai.com" }]) {
      expect(failureOf(() => build(HELLO, settings))).toMatchObject({ code: "auth_missing", key: "OPENAI_API_KEY" });
    }
  });

  it("may have others beside them", () => {
    const OPENAI_EXTRA_HEADERS = '{"X-Team": " a b ", "User-Agent": "mine"}';
    expect(build(HELLO, { ...LOCAL, OPENAI_EXTRA_HEADERS }).headers).toEqual({
      ...BASE,
      "user-agent": "mine",
      "x-team": "a b",
    });
  });

  it.each([
    ["a line end", '{"x-a":"geheim\\r\\nx-b: c"}', /"x-a" has a value with line ends/],
    ["a character beyond ASCII", '{"x-a":"geheim\u20ac"}', /"x-a" has a value with line ends or characters/],
    ["a line end in the name", '{"x\\r\\na":"geheim"}', /is not a header name/],
    ["an empty name", '{"":"geheim"}', /is not a header name/],
    ["a number", '{"x-a":1}', /"x-a" needs a text/],
    ["the key's place", '{"Authorization":"geheim"}', /"Authorization" cannot be set here/],
    ["the type of the body", '{"CONTENT-TYPE":"geheim"}', /cannot be set here/],
    ["the length of the body", '{"content-length":"geheim"}', /cannot be set here/],
    ["the host", '{"host":"geheim"}', /cannot be set here/],
    ["the proxy's", '{"proxy-authorization":"geheim"}', /cannot be set here/],
    ["lines", "X-Team: geheim", /is not a JSON object; write it as/],
    ["a list", '["geheim"]', /is not a JSON object/],
  ])("refuse %s, without showing the value", (_name, OPENAI_EXTRA_HEADERS, message) => {
    const error = failureOf(() => build(HELLO, { ...LOCAL, OPENAI_EXTRA_HEADERS }));
    expect(error).toMatchObject({ code: "configuration", key: "OPENAI_EXTRA_HEADERS" });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("geheim");
  });
});

describe("effort", () => {
  const chat = (settings: Settings, request: Partial<ChatRequest> = {}): unknown =>
    bodyOf({ ...HELLO, ...request }, settings)["reasoning_effort"];

  it.each<[model: string, effort: Effort, wire: string]>([
    ["gpt-5-mini", "off", "minimal"],
    ["gpt-5-mini", "max", "high"],
    ["gpt-5.1", "off", "none"],
    ["gpt-5.1", "minimal", "none"],
    ["o3", "max", "high"],
    ["o3", "off", "low"],
  ])("%s takes %s as %s over Chat Completions", (model, effort, wire) => {
    expect(chat(OFFICIAL, { model, thinking: { effort } })).toBe(wire);
  });

  it.each<[model: string, effort: Effort, wire: object]>([
    ["gpt-5.5", "off", { effort: "none" }],
    ["gpt-5.5", "max", { effort: "xhigh", summary: "auto" }],
    ["gpt-5.6-sol", "max", { effort: "max", summary: "auto" }],
    ["gpt-6-astra", "off", { effort: "low", summary: "auto" }],
    ["gpt-7-made-up", "max", { effort: "high", summary: "auto" }],
  ])("%s takes %s as %j over Responses", (model, effort, wire) => {
    expect(bodyOf({ ...HELLO, model, thinking: { effort } }, OFFICIAL)["reasoning"]).toEqual(wire);
  });

  it.each<[name: string, settings: Settings, wire: string | undefined]>([
    ["nothing set", {}, undefined],
    ["the provider's key first", { OPENAI_REASONING_EFFORT: "high", REASONING_EFFORT: "low" }, "high"],
    ["the general key else", { REASONING_EFFORT: "max" }, "max"],
    ["another provider's never", { CODEX_REASONING_EFFORT: "high" }, undefined],
    ["none", { REASONING_EFFORT: "none" }, "none"],
    ["thinking off", { THINKING: "0" }, "none"],
  ])("from settings: %s", (_name, settings, wire) => {
    expect(chat({ ...LOCAL, ...settings })).toBe(wire);
  });

  it.each([
    ["https://api.deepseek.com", { thinking: { type: "disabled" } }],
    ["https://api.z.ai/api/paas/v4", { thinking: { type: "disabled" } }],
    ["https://open.bigmodel.cn/api/paas/v4", { thinking: { type: "disabled" } }],
    ["https://api.moonshot.ai/v1", { thinking: { type: "disabled" } }],
    ["https://dashscope.aliyuncs.com/compatible-mode/v1", { enable_thinking: false }],
    ["https://openrouter.ai/api/v1", { reasoning_effort: "none" }],
    ["https://notz.ai/v1", { reasoning_effort: "none" }],
  ])("off means at %s what switches it off there", (OPENAI_BASE_URL, fields) => {
    const body = bodyOf({ ...HELLO, thinking: { effort: "off" } }, { OPENAI_BASE_URL });
    expect(body).toMatchObject(fields);
    if (!("reasoning_effort" in fields)) expect(body).not.toHaveProperty("reasoning_effort");
    const on = bodyOf({ ...HELLO, thinking: { effort: "low" } }, { OPENAI_BASE_URL });
    expect(on["reasoning_effort"]).toBe("low");
    expect(on).not.toHaveProperty("thinking");
  });

  it("is none where tools go over Chat Completions by choice, and an error where it was asked for", () => {
    const settings = { ...OFFICIAL, OPENAI_API: "chat" };
    const request: ChatRequest = { ...REQUEST, model: "gpt-5.5" };
    expect(bodyOf(request, settings)["reasoning_effort"]).toBe("none");
    expect(bodyOf({ ...HELLO, model: "gpt-5.5", thinking: { effort: "high" } }, settings)["reasoning_effort"]).toBe(
      "high",
    );
    for (const refused of [
      { ...request, thinking: { effort: "high" } as const },
      { ...request, model: "gpt-6-astra" },
    ]) {
      expect(failureOf(() => build(refused, settings))).toMatchObject({
        code: "configuration",
        key: "OPENAI_API",
        message: expect.stringMatching(/over which gpt-\S+ cannot use tools and think; unset it/),
      });
    }
  });
});

describe("models", () => {
  it.each([
    ["opus", "gpt-6-sol"],
    ["sonnet", "gpt-5.6-terra"],
    ["haiku", "gpt-6-luna"],
    ["gpt-5.5", "gpt-5.5"],
    ["gpt-5.4-mini-2026-03-17", "gpt-5.4-mini-2026-03-17"],
    ["gpt-7-made-up", "gpt-7-made-up"],
    ["ft:gpt-4o-mini:mine::abc", "ft:gpt-4o-mini:mine::abc"],
  ])("%s is sent as %s to the vendor", (word, id) => {
    expect(bodyOf({ ...HELLO, model: word }, OFFICIAL)["model"]).toBe(id);
  });

  it("the aliases are models of the table, and every listed one can be asked", () => {
    for (const id of Object.values(OPENAI_MODELS.aliases)) {
      expect(OPENAI_MODELS.models.map((model) => model.id)).toContain(id);
    }
    for (const { id } of OPENAI_MODELS.models) expect(bodyOf({ ...REQUEST, model: id }, OFFICIAL)["model"]).toBe(id);
  });

  it.each([
    ["a dated version is its model", "gpt-5.4-mini-2026-03-17", "/v1/responses"],
    ["an unknown new one goes over Responses", "gpt-7-made-up", "/v1/responses"],
    ["an old one without a row does not", "gpt-4-turbo", "/v1/chat/completions"],
    ["nor a tuned one of an old line", "ft:gpt-4o-mini:mine::abc", "/v1/chat/completions"],
    ["nor the o line", "o1", "/v1/chat/completions"],
  ])("%s", (_name, model, path) => {
    expect(build({ ...HELLO, model }, OFFICIAL).url).toBe(`https://api.openai.com${path}`);
  });

  it.each([
    ["sonet", "sonnet"],
    ["gpt5.5", "gpt-5.5"],
    ["llama3", ""],
    ["", ""],
  ])("%j is unknown to the vendor: an error with the nearest names", (word, nearest) => {
    const error = failureOf(() => build({ ...HELLO, model: word }, OFFICIAL));
    expect(error).toMatchObject({ code: "model_unavailable", key: "MODEL", provider: "openai" });
    expect(error.message.split("nearest: ")[1]).toContain(nearest);
  });

  it.each(["qwen3:32b", "openai/gpt-oss-120b", "default", "sonet", "My Model.gguf"])(
    "%s passes on another server",
    (model) => {
      expect(bodyOf({ ...HELLO, model }, LOCAL)["model"]).toBe(model);
      expect(openai.resolve?.(model, LOCAL).id).toBe(model);
    },
  );

  it.each(["opus", "sonnet", "haiku", "", " "])("%j means nothing on another server", (model) => {
    for (const work of [() => build({ ...HELLO, model }, LOCAL), () => openai.resolve?.(model, LOCAL)]) {
      expect(failureOf(work)).toMatchObject({
        code: "model_unavailable",
        key: "MODEL",
        message: expect.stringMatching(/^MODEL is .*: set it to a model that 127\.0\.0\.1:11434 serves$/),
      });
    }
  });

  it("a text-only model refuses images before anything is sent, an unknown one is asked", () => {
    const messages: readonly Message[] = [
      { role: "user", content: [{ type: "image", mediaType: "image/png", data: "AAAA" }] },
    ];
    expect(failureOf(() => build({ model: "o3-mini", messages }, OFFICIAL)).message).toMatch(
      /o3-mini cannot see images/,
    );
    expect(bodyOf({ model: "llama3", messages }, LOCAL)["messages"]).toHaveLength(1);
  });
});

describe("against a server", () => {
  async function ask(settings: Settings, request: ChatRequest, ...answers: readonly Answer[]) {
    const server = await answering(...answers);
    const provider = await createProvider("openai", {
      settings: { OPENAI_BASE_URL: `${new URL(server.baseUrl).origin}/v1`, ...settings },
      retry: QUICK,
    });
    onTestFinished(() => provider.close());
    return { server, provider, ...(await collect(provider.stream(request))) };
  }
  const json = (status: number, body: unknown) => ({
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const MODELS = json(200, { object: "list", data: [{ id: "qwen3:32b" }, { id: "llama3.2" }] });

  it("names the server's models when an alias means nothing there", async () => {
    const { server, error } = await ask({}, { ...HELLO, model: "sonnet" }, MODELS);
    expect(error).toMatchObject({
      code: "model_unavailable",
      message: expect.stringMatching(/serves; it has qwen3:32b, llama3\.2$/),
    });
    expect(server.requests.map(({ url }) => url)).toEqual(["/v1/models"]);
    expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("names them when the server does not have the model", async () => {
    const missing = json(404, {
      error: { message: 'model "m1" not found, try pulling it first', type: "not_found_error" },
    });
    const { server, error } = await ask({ OPENAI_API_KEY: KEY }, HELLO, missing, MODELS);
    expect(error).toMatchObject({
      code: "model_unavailable",
      status: 404,
      message:
        'openai answered 404: model "m1" not found, try pulling it first; set MODEL to another one; it has qwen3:32b, llama3.2',
    });
    expect(server.requests[1]?.headers["authorization"]).toBe(`Bearer ${KEY}`);
  });

  it("keeps the error as it is where they cannot be listed", async () => {
    const { error } = await ask({}, { ...HELLO, model: "sonnet" }, json(404, {}));
    expect(error).toMatchObject({ message: expect.stringMatching(/serves$/) });
  });

  it("lists them", async () => {
    const { provider } = await ask({}, HELLO, MODELS);
    await expect(provider.listModels?.()).resolves.toEqual([{ id: "qwen3:32b" }, { id: "llama3.2" }]);
  });

  it("tells the limits of the headers first", async () => {
    const { events } = await ask({}, HELLO, {
      headers: {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "75",
        "x-ratelimit-reset-requests": "6m0s",
      },
      body: sse({ choices: [{ delta: { content: "Hi" }, finish_reason: "stop" }] }),
    });
    expect(events[0]).toMatchObject({ type: "limits", limits: { windows: [{ name: "requests", usedPercent: 25 }] } });
    expect(events.at(-1)).toMatchObject({ type: "done", stopReason: "end_turn" });
  });

  it("asks again when an answer ends before it began", async () => {
    const { server, events } = await ask(
      {},
      HELLO,
      { body: "data: [DONE]\n\n" },
      { body: sse({ choices: [{ delta: { content: "Hi" }, finish_reason: "stop" }] }) },
    );
    expect(events.map(({ type }) => type)).toEqual(["retry", "block_start", "text_delta", "block_end", "done"]);
    expect(server.requests).toHaveLength(2);
  });

  it("reads an event of many megabytes, and gives up on one beyond all bounds", async () => {
    const big = "x".repeat(20 * 1024 * 1024);
    const { events } = await ask({}, HELLO, {
      body: sse({ choices: [{ delta: { content: big }, finish_reason: "stop" }] }),
    });
    const last = events.at(-2);
    // Compared by length: a difference would be printed whole.
    expect(last?.type === "block_end" && last.block.type === "text" && last.block.text.length).toBe(big.length);
    const { error } = await ask({}, HELLO, { body: `data: ${"x".repeat(64 * 1024 * 1024)}\n\n` });
    expect(error).toMatchObject({ code: "protocol" });
  });
});

describe("how long it may be silent", () => {
  it.each([
    ["the vendor", OFFICIAL, undefined],
    ["another server", LOCAL, 1_800_000],
    ["the setting", { ...LOCAL, OPENAI_TIMEOUT: "60" }, 60_000],
    ["the setting for the vendor", { ...OFFICIAL, OPENAI_TIMEOUT: "60" }, 60_000],
  ])("%s", (_name, settings, limitMs) => {
    expect(openai.idleTimeoutMs?.(settings)).toBe(limitMs);
  });

  it.each(["0", "1.5", "-1", "1e9", "soon", "9999999"])("refuses %s", (OPENAI_TIMEOUT) => {
    expect(failureOf(() => openai.idleTimeoutMs?.({ ...LOCAL, OPENAI_TIMEOUT }))).toMatchObject({
      code: "configuration",
      key: "OPENAI_TIMEOUT",
    });
  });

  it("holds for requests", async () => {
    const server = await answering((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
    });
    const settings = { OPENAI_BASE_URL: server.baseUrl, OPENAI_TIMEOUT: "1" };
    const provider = await createProvider("openai", { settings, retry: { maxRetries: 0 } });
    onTestFinished(() => provider.close());
    expect((await collect(provider.stream(HELLO))).error).toMatchObject({ code: "timeout" });
  });
});
