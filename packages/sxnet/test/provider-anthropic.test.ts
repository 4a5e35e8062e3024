import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { anthropicModels } from "../src/models-anthropic.js";
import { anthropic } from "../src/provider-anthropic.js";
import type { AssistantBlock, ChatRequest, Effort, Message, Settings, ToolDefinition } from "../src/types.js";
import { describeProvider, readFixtures } from "./contract.js";

const KEY = "sk-made-up";

describeProvider(anthropic, {
  fixtures: readFixtures("anthropic"),
  request: { model: "claude-sonnet-5-5", messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] },
  settings: (baseUrl) => ({ ANTHROPIC_API_URL: `${new URL(baseUrl).origin}/v1/messages`, ANTHROPIC_API_KEY: KEY }),
  text: "text",
  thinking: "thinking",
  twoTools: "two-tools",
  failure: "error",
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
const LIST_FILES: ToolDefinition = { name: "list_files", description: "", inputSchema: {} };

const REQUEST: ChatRequest = {
  model: "claude-opus-4-8",
  system: "Be brief.",
  messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
  tools: [READ_FILE],
  sessionId: "session-made-up",
};

function build(request: ChatRequest, settings: Settings = {}) {
  return anthropic.buildRequest(request, {
    settings: { ANTHROPIC_API_KEY: KEY, ...settings },
    credential: undefined,
    userAgent: "scorpiox-code/0.0.0",
  });
}

function bodyOf(request: Partial<ChatRequest>, settings: Settings = {}): Record<string, unknown> {
  return JSON.parse(build({ ...REQUEST, ...request }, settings).body ?? "") as Record<string, unknown>;
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

const MARK = { cache_control: { type: "ephemeral" } };

describe("the body", () => {
  it("is exactly this", () => {
    expect(bodyOf({})).toEqual({
      model: "claude-opus-4-8",
      max_tokens: 128_000,
      tools: [{ name: "read_file", description: "Reads a file.", input_schema: READ_FILE.inputSchema }],
      system: [{ type: "text", text: "Be brief.", ...MARK }],
      messages: [{ role: "user", content: [{ type: "text", text: "Hello", ...MARK }] }],
      stream: true,
    });
  });

  it("has no system and no tools where there are none", () => {
    expect(bodyOf({ system: " ", tools: [], toolChoice: "required" })).toEqual({
      model: "claude-opus-4-8",
      max_tokens: 128_000,
      messages: [{ role: "user", content: [{ type: "text", text: "Hello", ...MARK }] }],
      stream: true,
    });
  });

  it("holds an object's schema for every tool, and no empty description", () => {
    expect(bodyOf({ tools: [LIST_FILES] })["tools"]).toEqual([
      { name: "list_files", input_schema: { type: "object" } },
    ]);
  });

  it.each<[name: string, asked: number | undefined, model: string, sent: number]>([
    ["what the model can, without a bound", undefined, "claude-haiku-4-5", 64_000],
    ["the bound", 100, "claude-haiku-4-5", 100],
    ["the model's own most, for a bound over it", 1_000_000, "claude-opus-5-5", 128_000],
    ["a whole number", 100.7, "claude-opus-5-5", 100],
    ["at least one", 0, "claude-opus-5-5", 1],
    ["what any server takes, for a model that is not listed", undefined, "claude-made-up-9", 32_000],
  ])("asks for %s", (_name, maxOutputTokens, model, sent) => {
    expect(bodyOf({ model, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) })["max_tokens"]).toBe(sent);
  });

  it.each<[choice: ChatRequest["toolChoice"], parallel: boolean | undefined, wire: unknown]>([
    [undefined, undefined, undefined],
    [undefined, true, undefined],
    ["auto", undefined, undefined],
    ["auto", false, { type: "auto", disable_parallel_tool_use: true }],
    [undefined, false, { type: "auto", disable_parallel_tool_use: true }],
    ["none", undefined, { type: "none" }],
    ["none", false, { type: "none" }],
    ["required", undefined, { type: "any" }],
    ["required", false, { type: "any", disable_parallel_tool_use: true }],
    [{ name: "read_file" }, undefined, { type: "tool", name: "read_file" }],
    [{ name: "read_file" }, false, { type: "tool", name: "read_file", disable_parallel_tool_use: true }],
  ])("takes tool choice %j with parallel %j as %j", (toolChoice, parallelTools, wire) => {
    const body = bodyOf({
      ...(toolChoice === undefined ? {} : { toolChoice }),
      ...(parallelTools === undefined ? {} : { parallelTools }),
    });
    expect(body["tool_choice"]).toEqual(wire);
  });

  it("names no sampling parameter and nothing else that is not known, whatever is asked for", () => {
    const known = "model max_tokens tools tool_choice system messages thinking output_config stream".split(" ");
    for (const { id, forcedTools } of anthropicModels("anthropic").models) {
      const body = bodyOf(
        {
          model: id,
          thinking: { effort: "max" },
          toolChoice: forcedTools ? "required" : "auto",
          parallelTools: false,
          responseSchema: { schema: READ_FILE.inputSchema },
          maxOutputTokens: 10,
        },
        { THINKING_BUDGET: "5000" },
      );
      expect(Object.keys(body).filter((name) => !known.includes(name))).toEqual([]);
      expect(body).toMatchObject({ model: id, stream: true });
    }
  });

  it("makes no lone surrogate, anywhere", () => {
    const lone = "a\uD83Db";
    const { body = "" } = build({
      ...REQUEST,
      system: lone,
      tools: [{ ...READ_FILE, description: lone }],
      messages: [
        { role: "user", content: [{ type: "text", text: lone }] },
        { role: "assistant", content: [{ type: "tool_use", id: "c", name: "f", input: { [lone]: lone } }] },
        { role: "user", content: [{ type: "tool_result", toolUseId: "c", content: [{ type: "text", text: lone }] }] },
      ],
    });
    expect(body).not.toMatch(/\\ud[89a-f]/);
    expect(body).toContain("a\uFFFDb");
    expect(body.isWellFormed()).toBe(true);
  });
});

describe("cache marks", () => {
  const marks = (request: Partial<ChatRequest>, settings: Settings = {}): readonly string[] => {
    const found: string[] = [];
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== "object" || value === null) return;
      for (const [name, part] of Object.entries(value)) {
        if (name === "cache_control") found.push(`${path}=${(part as { ttl?: string }).ttl ?? "5m"}`);
        else walk(part, path === "" ? name : `${path}.${name}`);
      }
    };
    walk(bodyOf(request, settings), "");
    return found;
  };
  const LONG: ChatRequest["messages"] = [
    { role: "user", content: [{ type: "text", text: "a" }] },
    { role: "assistant", content: [{ type: "tool_use", id: "c", name: "read_file", input: {} }] },
    { role: "user", content: [{ type: "tool_result", toolUseId: "c", content: [{ type: "text", text: "1" }] }] },
    { role: "assistant", content: [{ type: "tool_use", id: "d", name: "read_file", input: {} }] },
    {
      role: "user",
      content: [
        { type: "tool_result", toolUseId: "d", content: [] },
        { type: "image", mediaType: "image/png", data: "AAAA" },
        { type: "text", text: " " },
      ],
    },
  ];

  it.each<[name: string, request: Partial<ChatRequest>, settings: Settings, marks: readonly string[]]>([
    ["on the system prompt and the only message", {}, {}, ["system.0=5m", "messages.0.content.0=5m"]],
    ["on the last tool without a system prompt", { system: "" }, {}, ["tools.0=5m", "messages.0.content.0=5m"]],
    [
      "moving with the last two user messages, never on blank text",
      { messages: LONG },
      {},
      ["system.0=5m", "messages.2.content.0=5m", "messages.4.content.1=5m"],
    ],
    [
      "for an hour, all of them",
      { messages: LONG },
      { ANTHROPIC_CACHE_TTL: "1h" },
      ["system.0=1h", "messages.2.content.0=1h", "messages.4.content.1=1h"],
    ],
    ["nowhere when they are off", { messages: LONG }, { ANTHROPIC_CACHE_TTL: "off" }, []],
    [
      "on the user's side when the assistant spoke last",
      { messages: [...LONG.slice(0, 1), { role: "assistant", content: [{ type: "text", text: "b" }] }] },
      {},
      ["system.0=5m", "messages.0.content.0=5m"],
    ],
  ])("stand %s", (_name, request, settings, expected) => {
    expect(marks(request, settings)).toEqual(expected);
    expect(expected.length).toBeLessThanOrEqual(4);
  });

  it("of another length are an error, by name", () => {
    expect(failureOf(() => build(REQUEST, { ANTHROPIC_CACHE_TTL: "2h" }))).toMatchObject({
      code: "configuration",
      key: "ANTHROPIC_CACHE_TTL",
      message: 'ANTHROPIC_CACHE_TTL is "2h"; choose 5m, 1h, off',
    });
  });
});

describe("thinking", () => {
  type Wire = { thinking?: unknown; effort?: unknown };
  const wire = (model: string, request: Partial<ChatRequest> = {}, settings: Settings = {}): Wire => {
    const { thinking, output_config } = bodyOf({ model, ...request }, settings) as Wire & { output_config?: Wire };
    return {
      ...(thinking === undefined ? {} : { thinking }),
      ...(output_config?.effort === undefined ? {} : { effort: output_config.effort }),
    };
  };
  const ADAPTIVE = { type: "adaptive", display: "summarized" };
  const budget = (budget_tokens: number) => ({ thinking: { type: "enabled", budget_tokens } });

  it.each<[model: string, effort: Effort, wire: Wire]>([
    ["claude-opus-5-5", "off", { thinking: ADAPTIVE, effort: "low" }],
    ["claude-opus-5-5", "xhigh", { thinking: ADAPTIVE, effort: "xhigh" }],
    ["claude-fable-5-2", "off", { thinking: ADAPTIVE, effort: "low" }],
    ["claude-mythos-preview", "xhigh", { thinking: ADAPTIVE, effort: "high" }],
    ["claude-sonnet-5-5", "off", { thinking: { type: "between_tools" } }],
    ["claude-sonnet-5-5", "minimal", { thinking: ADAPTIVE, effort: "low" }],
    ["claude-haiku-5-5", "off", { thinking: { type: "disabled" } }],
    ["claude-haiku-5-5", "max", { thinking: ADAPTIVE, effort: "max" }],
    ["claude-opus-5", "off", { thinking: { type: "disabled" } }],
    ["claude-opus-4-8", "off", {}],
    ["claude-opus-4-8", "medium", { thinking: ADAPTIVE, effort: "medium" }],
    ["claude-opus-4-6", "xhigh", { thinking: ADAPTIVE, effort: "high" }],
    ["claude-sonnet-4-6", "max", { thinking: ADAPTIVE, effort: "max" }],
    ["claude-haiku-4-5", "off", {}],
    ["claude-haiku-4-5", "minimal", budget(1024)],
    ["claude-haiku-4-5", "low", budget(2048)],
    ["claude-sonnet-4-5", "medium", budget(8192)],
    ["claude-opus-4-5-20251101", "high", budget(16_384)],
    ["claude-opus-4-5", "xhigh", budget(24_576)],
    ["claude-haiku-4-5", "max", budget(32_000)],
    ["claude-made-up-9", "high", { thinking: ADAPTIVE, effort: "high" }],
    ["claude-made-up-9", "off", {}],
  ])("%s takes %s as %j", (model, effort, expected) => {
    expect(wire(model, { thinking: { effort } })).toEqual(expected);
  });

  it.each<[name: string, model: string, settings: Settings, wire: Wire]>([
    ["nothing set: on, where it is on by itself", "claude-sonnet-5-5", {}, { thinking: ADAPTIVE }],
    ["nothing set: off, where it is off by itself", "claude-opus-4-8", {}, {}],
    ["nothing set: off, for budgets", "claude-haiku-4-5", {}, {}],
    ["THINKING=1", "claude-opus-4-8", { THINKING: "1" }, { thinking: ADAPTIVE }],
    ["THINKING=1, for budgets", "claude-haiku-4-5", { THINKING: "1" }, budget(10_000)],
    ["THINKING=0", "claude-sonnet-5-5", { THINKING: "0" }, { thinking: { type: "between_tools" } }],
    ["THINKING=0 where it is refused", "claude-opus-5-5", { THINKING: "0" }, { thinking: ADAPTIVE, effort: "low" }],
    ["THINKING=0 beats a budget", "claude-haiku-4-5", { THINKING: "0", THINKING_BUDGET: "4000" }, {}],
    ["a budget alone", "claude-haiku-4-5", { THINKING_BUDGET: "4000" }, budget(4000)],
    [
      "a budget beside an effort",
      "claude-haiku-4-5",
      { THINKING_BUDGET: "4000", REASONING_EFFORT: "max" },
      budget(4000),
    ],
    ["a budget below the least", "claude-haiku-4-5", { THINKING_BUDGET: "1000" }, budget(1024)],
    ["a budget where there are none", "claude-opus-4-8", { THINKING_BUDGET: "4000" }, {}],
    ["REASONING_EFFORT", "claude-opus-4-8", { REASONING_EFFORT: "low" }, { thinking: ADAPTIVE, effort: "low" }],
  ])("from settings: %s", (_name, model, settings, expected) => {
    expect(wire(model, {}, settings)).toEqual(expected);
  });

  it("keeps a budget below the bound of the answer, and does without where there is no room", () => {
    const asked = { thinking: { effort: "max" as const } };
    expect(wire("claude-haiku-4-5", { ...asked, maxOutputTokens: 8000 })).toEqual(budget(6976));
    expect(wire("claude-haiku-4-5", { ...asked, maxOutputTokens: 2048 })).toEqual(budget(1024));
    expect(wire("claude-haiku-4-5", { ...asked, maxOutputTokens: 2047 })).toEqual({});
  });

  it("by budget does not begin while calls are answered that another model made, and by effort it does", () => {
    const thought = (model: string, data: unknown = { kind: "thinking", signature: "s" }): AssistantBlock => ({
      type: "thinking",
      text: "hm",
      opaque: { provider: "anthropic", model, data },
    });
    const turn = (...content: AssistantBlock[]): readonly Message[] => [
      { role: "user", content: [{ type: "text", text: "go" }] },
      { role: "assistant", content: [...content, { type: "tool_use", id: "c", name: "f", input: {} }] },
      { role: "user", content: [{ type: "tool_result", toolUseId: "c", content: [] }] },
    ];
    const question: Message = { role: "user", content: [{ type: "text", text: "next" }] };
    const done: Message = { role: "assistant", content: [{ type: "text", text: "done" }] };
    const own = "claude-haiku-4-5-20251001";
    const asked = (messages: readonly Message[], model = "claude-haiku-4-5-20251001"): Wire =>
      wire(model, { messages, thinking: { effort: "low" } });
    expect(asked(turn(thought(own)))).toEqual(budget(2048));
    expect(asked(turn(thought(own, { kind: "redacted_thinking", data: "d" })))).toEqual(budget(2048));
    expect(asked([...turn(thought(own)), ...turn().slice(1)])).toEqual(budget(2048));
    expect(asked([...turn(), done, question])).toEqual(budget(2048));
    for (const messages of [
      turn(),
      turn({ type: "text", text: "first" }, thought(own)),
      turn(thought("claude-opus-4-6")),
      turn(thought(own, null)),
      [...turn(thought(own)), ...turn(thought("claude-opus-4-6")).slice(1)],
      turn().slice(0, 2),
    ]) {
      expect(asked(messages)).toEqual({});
      expect(asked(messages, "claude-opus-4-6")).toEqual({ thinking: ADAPTIVE, effort: "low" });
    }
  });

  it.each<[model: string, wire: Wire]>([
    ["claude-haiku-4-5", {}],
    ["claude-opus-4-8", {}],
    ["claude-opus-5", { thinking: { type: "disabled" } }],
    ["claude-haiku-5-5", { thinking: { type: "disabled" } }],
    ["claude-fable-5", {}],
  ])("of %s is off while a call is forced", (model, expected) => {
    for (const toolChoice of ["required", { name: "read_file" }] as const) {
      expect(wire(model, { toolChoice, thinking: { effort: "max" } })).toEqual(expected);
    }
    expect(wire(model, { toolChoice: "none", thinking: { effort: "high" } })).not.toEqual(expected);
  });

  it.each(["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1", "claude-mythos-5-2"])(
    "%s cannot be made to call a tool: an error before anything is sent",
    (model) => {
      expect(failureOf(() => build({ ...REQUEST, model, toolChoice: "required" }))).toMatchObject({
        code: "invalid_request",
        message: expect.stringContaining(`${model} cannot be made to call a tool`),
      });
    },
  );

  it("between calls is asked for where it must be", () => {
    const beta = (model: string, request: Partial<ChatRequest>) =>
      build({ ...REQUEST, model, ...request }).headers["anthropic-beta"];
    const high = { thinking: { effort: "high" } } as const;
    expect(beta("claude-haiku-4-5", high)).toBe("interleaved-thinking-2025-05-14");
    expect(beta("claude-haiku-4-5", { ...high, tools: [] })).toBeUndefined();
    expect(beta("claude-haiku-4-5", {})).toBeUndefined();
    expect(beta("claude-opus-4-8", high)).toBeUndefined();
  });

  it("with a setting that cannot be read is an error, by name", () => {
    expect(failureOf(() => build(REQUEST, { THINKING_BUDGET: "much" }))).toMatchObject({
      code: "configuration",
      key: "THINKING_BUDGET",
    });
    expect(failureOf(() => build(REQUEST, { REASONING_EFFORT: "hgih" }))).toMatchObject({ key: "REASONING_EFFORT" });
  });
});

describe("schemas", () => {
  const SCHEMA = READ_FILE.inputSchema;
  const OPEN = { type: "object", properties: { path: { type: "string", minLength: 1 } }, additionalProperties: false };

  it("bind the answer natively, beside the effort", () => {
    const body = bodyOf({
      model: "claude-opus-5-5",
      responseSchema: { schema: { $schema: "made up", ...SCHEMA } },
      thinking: { effort: "high" },
    });
    expect(body["output_config"]).toEqual({ effort: "high", format: { type: "json_schema", schema: SCHEMA } });
    expect(body["system"]).toEqual([{ type: "text", text: "Be brief.", ...MARK }]);
  });

  it("that the service would refuse become words", () => {
    const body = bodyOf({ responseSchema: { schema: OPEN } });
    expect(body).not.toHaveProperty("output_config");
    expect(body["system"]).toEqual([
      { type: "text", text: "Be brief." },
      { type: "text", text: expect.stringContaining(JSON.stringify(OPEN)), ...MARK },
    ]);
  });

  it("make tools strict that ask for it, and that can be", () => {
    const tools = [
      { ...READ_FILE, strict: true },
      { ...READ_FILE, name: "b", inputSchema: OPEN, strict: true },
      { ...READ_FILE, name: "c" },
    ];
    expect(bodyOf({ tools })["tools"]).toMatchObject([{ strict: true }, { input_schema: OPEN }, {}]);
    expect(JSON.stringify(bodyOf({ tools })["tools"]).match(/strict/g)).toHaveLength(1);
  });

  it("make at most twenty tools strict", () => {
    const tools = Array.from({ length: 30 }, (_, at) => ({ ...READ_FILE, name: `t${at}`, strict: true }));
    const sent = bodyOf({ tools })["tools"] as { strict?: boolean }[];
    expect(sent.filter(({ strict }) => strict)).toHaveLength(20);
    expect(sent[19]).toHaveProperty("strict");
  });
});

describe("headers", () => {
  const BASE = {
    "x-api-key": KEY,
    "anthropic-version": "2026-10-21",
    "user-agent": "scorpiox-code/0.0.0",
    accept: "text/event-stream",
    "content-type": "application/json",
  };

  it.each<[name: string, settings: Settings, headers: Record<string, string>]>([
    ["by default", {}, BASE],
    [
      "for another host",
      { ANTHROPIC_API_URL: "http://127.0.0.1:11434" },
      { ...BASE, "anthropic-version": "2023-06-01" },
    ],
    ["with a version", { ANTHROPIC_VERSION: "2023-06-01" }, { ...BASE, "anthropic-version": "2023-06-01" }],
  ])("%s: are exactly these", (_name, settings, headers) => {
    expect(build(REQUEST, settings).headers).toEqual(headers);
  });

  it("need a key", () => {
    expect(failureOf(() => build(REQUEST, { ANTHROPIC_API_KEY: "" }))).toMatchObject({
      code: "auth_missing",
      key: "ANTHROPIC_API_KEY",
    });
  });
});

it.each([
  [undefined, "https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/models?limit=1000"],
  ["https://example.org", "https://example.org/v1/messages", "https://example.org/v1/models?limit=1000"],
  ["https://example.org/a/v1", "https://example.org/a/v1/messages", "https://example.org/a/v1/models?limit=1000"],
  ["https://example.org/v1/messages", "https://example.org/v1/messages", "https://example.org/v1/models?limit=1000"],
])("ANTHROPIC_API_URL %s is sent to %s, its list read at %s", (value, messages, models) => {
  expect(build(REQUEST, { ANTHROPIC_API_URL: value }).url).toBe(messages);
  const settings = { ANTHROPIC_API_KEY: KEY, ANTHROPIC_API_URL: value };
  const request = anthropic.modelList?.build({ settings, credential: undefined, userAgent: "u" });
  expect(request).toMatchObject({ method: "GET", url: models, headers: { "x-api-key": KEY, "user-agent": "u" } });
});

describe("models", () => {
  it.each([
    ["opus", "claude-opus-5-5"],
    ["sonnet", "claude-sonnet-5-5"],
    ["haiku", "claude-haiku-5-5"],
    ["claude-opus-4-6", "claude-opus-4-6"],
    ["claude-made-up-9@20270101", "claude-made-up-9@20270101"],
  ])("%s is sent as %s", (word, id) => {
    expect(bodyOf({ model: word })["model"]).toBe(id);
  });

  it.each(["gpt-5.5", "sonet", "constructor", ""])("%j is unknown: an error with the nearest names", (model) => {
    expect(failureOf(() => build({ ...REQUEST, model }))).toMatchObject({ code: "model_unavailable", key: "MODEL" });
  });

  it("take images of these types and sizes", () => {
    const image = (mediaType: string, bytes: number): ChatRequest => ({
      ...REQUEST,
      messages: [
        { role: "user", content: [{ type: "image", mediaType, data: "A".repeat(Math.ceil((bytes * 4) / 3)) }] },
      ],
    });
    expect(() => build(image("image/webp", 7_864_000))).not.toThrow();
    expect(failureOf(() => build(image("image/png", 7_864_400)))).toMatchObject({ code: "request_too_large" });
    expect(failureOf(() => build(image("image/bmp", 4)))).toMatchObject({ code: "invalid_request" });
  });

  it("have levels, a window and a dated price or none", () => {
    for (const model of anthropicModels("anthropic").models) {
      expect(model.id).toMatch(/^claude-/);
      expect(model.efforts.includes("off")).toBe(model.thinkingOff !== "never");
      expect(model.price?.asOf ?? "2026-11-21").toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });

  it("are listed by the service", () => {
    const supported = (value: boolean) => ({ supported: value });
    const body = {
      data: [
        {
          id: "claude-made-up",
          type: "model",
          display_name: "Claude Made Up",
          max_input_tokens: 1_000_000,
          max_tokens: 128_000,
          capabilities: {
            image_input: supported(true),
            effort: { low: supported(true), medium: supported(false), max: supported(true), xhigh: null },
          },
        },
        { id: "bare" },
        { name: "no id" },
        null,
      ],
    };
    expect(anthropic.modelList?.read(body, 0)).toEqual([
      {
        id: "claude-made-up",
        note: "Claude Made Up",
        contextTokens: 1_000_000,
        maxOutputTokens: 128_000,
        images: true,
        efforts: ["low", "max"],
      },
      { id: "bare" },
    ]);
    expect(failureOf(() => anthropic.modelList?.read({ models: [] }, 0))).toMatchObject({ code: "protocol" });
  });
});
