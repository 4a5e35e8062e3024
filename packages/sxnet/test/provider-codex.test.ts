import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { CODEX_MODELS } from "../src/models-codex.js";
import { codex } from "../src/provider-codex.js";
import type { ChatRequest, Effort, Settings, ToolDefinition } from "../src/types.js";
import { describeProvider, readFixtures } from "./contract.js";

describeProvider(codex, {
  fixtures: readFixtures("codex"),
  request: { model: "gpt-5.5", messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] },
  settings: (baseUrl) => ({ CODEX_BASE_URL: baseUrl }),
  text: "text",
  thinking: "thinking",
  twoTools: "two-tools",
  failure: "error-flat",
});

const READ_FILE: ToolDefinition = {
  name: "read_file",
  description: "Reads a file.",
  inputSchema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};
const READ_FILE_ON_THE_WIRE = {
  type: "function",
  name: "read_file",
  description: "Reads a file.",
  strict: false,
  parameters: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};

const REQUEST: ChatRequest = {
  model: "gpt-5.5",
  system: "Be brief.",
  messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
  tools: [READ_FILE],
  sessionId: "session-made-up",
};

const USER_HELLO = { type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] };

function build(request: ChatRequest, settings: Settings = {}) {
  return codex.buildRequest(request, {
    settings,
    credential: { accessToken: "access-made-up", accountId: "account-made-up" },
    userAgent: "scorpiox-code/0.0.0",
  });
}

function bodyOf(request: ChatRequest, settings: Settings = {}): Record<string, unknown> {
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

describe("the classic body", () => {
  it("is exactly this", () => {
    expect(bodyOf(REQUEST)).toEqual({
      model: "gpt-5.5",
      instructions: "Be brief.",
      input: [USER_HELLO],
      tools: [READ_FILE_ON_THE_WIRE],
      tool_choice: "auto",
      parallel_tool_calls: true,
      reasoning: { summary: "auto" },
      store: false,
      stream: true,
      include: ["reasoning.encrypted_content"],
      prompt_cache_key: "session-made-up",
      text: { verbosity: "low" },
    });
  });

  it("has instructions and tools also when there are none", () => {
    const body = bodyOf({ model: "gpt-5.5", messages: REQUEST.messages });
    expect(body).toMatchObject({ instructions: expect.stringMatching(/./), tools: [], tool_choice: "auto" });
    expect(body).not.toHaveProperty("prompt_cache_key");
  });

  it("follows the model: no parallel calls for the 5.1 family, no summary and no reasoning for spark", () => {
    expect(bodyOf({ ...REQUEST, model: "gpt-5.1-codex" })).toMatchObject({ parallel_tool_calls: false });
    expect(bodyOf({ ...REQUEST, model: "gpt-5.1-codex" })).not.toHaveProperty("text");
    expect(bodyOf({ ...REQUEST, model: "gpt-5.3-codex-spark" })).not.toHaveProperty("reasoning");
    expect(bodyOf({ ...REQUEST, model: "gpt-5.3-codex-spark", thinking: { effort: "high" } })["reasoning"]).toEqual({
      effort: "high",
    });
  });

  it.each([
    ["auto", "auto"],
    ["none", "none"],
    ["required", "required"],
    [{ name: "read_file" }, { type: "function", name: "read_file" }],
  ] as const)("asks for tools as %j", (toolChoice, wire) => {
    expect(bodyOf({ ...REQUEST, toolChoice })["tool_choice"]).toEqual(wire);
  });
});

describe("the lite body", () => {
  const LITE: ChatRequest = { ...REQUEST, model: "gpt-6-sol" };

  it("is exactly this", () => {
    expect(bodyOf(LITE)).toEqual({
      model: "gpt-6-sol",
      input: [
        {
          type: "additional_tools",
          role: "developer",
          tools: [
            {
              type: "namespace",
              name: "functions",
              description: expect.any(String),
              tools: [READ_FILE_ON_THE_WIRE],
            },
          ],
        },
        { type: "message", role: "developer", content: [{ type: "input_text", text: "Be brief." }] },
        USER_HELLO,
      ],
      tool_choice: "auto",
      parallel_tool_calls: false,
      reasoning: { context: "all_turns" },
      store: false,
      stream: true,
      include: ["reasoning.encrypted_content"],
      prompt_cache_key: "session-made-up",
      text: { verbosity: "low" },
    });
  });

  it("holds no empty tools and no empty instructions", () => {
    expect(bodyOf({ model: "gpt-6-sol", messages: REQUEST.messages })["input"]).toEqual([USER_HELLO]);
  });

  it("leaves `detail` out of images, which classic models get", () => {
    const messages: ChatRequest["messages"] = [
      { role: "user", content: [{ type: "image", mediaType: "image/png", data: "AAAA" }] },
    ];
    const image = { type: "input_image", image_url: "data:image/png;base64,AAAA" };
    expect(bodyOf({ model: "gpt-6-sol", messages })["input"]).toEqual([
      { type: "message", role: "user", content: [image] },
    ]);
    expect(bodyOf({ model: "gpt-5.5", messages })["input"]).toEqual([
      { type: "message", role: "user", content: [{ ...image, detail: "auto" }] },
    ]);
  });
});

/** Everything that the backend is known to take. Source: captures of the Codex client, read 2026-11-20. */
const CLASSIC_FIELDS = new Set(
  "model instructions input tools tool_choice parallel_tool_calls reasoning store stream include prompt_cache_key text service_tier".split(
    " ",
  ),
);
const LITE_FIELDS = new Set([...CLASSIC_FIELDS].filter((name) => name !== "instructions" && name !== "tools"));

it.each(CODEX_MODELS.models.map(({ id, lite }) => [id, lite] as const))(
  "%s gets no field beyond the allow-list, whatever is asked for",
  (model, lite) => {
    const everything: ChatRequest = {
      ...REQUEST,
      model,
      maxOutputTokens: 1000,
      thinking: { effort: "max" },
      toolChoice: "required",
      messages: [
        ...REQUEST.messages,
        { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "read_file", input: { path: "a" } }] },
        { role: "user", content: [{ type: "tool_result", toolUseId: "c1", content: [{ type: "text", text: "x" }] }] },
      ],
    };
    const body = bodyOf(everything, { CODEX_SERVICE_TIER: "priority", CODEX_VERBOSITY: "high" });
    const allowed = lite ? LITE_FIELDS : CLASSIC_FIELDS;
    expect(Object.keys(body).filter((name) => !allowed.has(name))).toEqual([]);
    expect(body).toMatchObject({ store: false, stream: true, service_tier: "priority", model });
  },
);

it("cuts the cache key to 64 characters, not the session header", () => {
  const sessionId = "s".repeat(70);
  expect(bodyOf({ ...REQUEST, sessionId })["prompt_cache_key"]).toBe("s".repeat(64));
  expect(build({ ...REQUEST, sessionId }).headers["session-id"]).toBe(sessionId);
});

describe("headers", () => {
  const BASE = {
    authorization: "Bearer access-made-up",
    "chatgpt-account-id": "account-made-up",
    originator: "scorpiox_code",
    "user-agent": "scorpiox-code/0.0.0",
    version: "0.169.0",
    accept: "text/event-stream",
    "content-type": "application/json",
    "session-id": "session-made-up",
  };

  it.each<[name: string, request: ChatRequest, settings: Settings, headers: Record<string, string>]>([
    ["classic", REQUEST, {}, BASE],
    [
      "lite",
      { ...REQUEST, model: "gpt-6-luna" },
      {},
      { ...BASE, "x-openai-internal-codex-responses-lite": "true", "thread-id": "session-made-up" },
    ],
    [
      "another identity",
      REQUEST,
      { CODEX_ORIGINATOR: "mine", CODEX_CLIENT_VERSION: "1.2.3" },
      { ...BASE, originator: "mine", version: "1.2.3" },
    ],
    ["empty settings", REQUEST, { CODEX_ORIGINATOR: "", CODEX_CLIENT_VERSION: "" }, BASE],
  ])("%s: are exactly these", (_name, request, settings, headers) => {
    expect(build(request, settings).headers).toEqual(headers);
  });

  it("name no account and no session that are not there", () => {
    const { headers } = codex.buildRequest(
      { model: "gpt-6-sol", messages: [] },
      { settings: {}, credential: { accessToken: "a" }, userAgent: "u" },
    );
    for (const name of ["chatgpt-account-id", "session-id", "thread-id"]) expect(headers).not.toHaveProperty(name);
  });
});

it.each([
  [undefined, "https://chatgpt.com/backend-api/codex/responses"],
  ["", "https://chatgpt.com/backend-api/codex/responses"],
  ["https://example.org/backend-api/codex", "https://example.org/backend-api/codex/responses"],
  ["http://127.0.0.1:9000/prefix", "http://127.0.0.1:9000/prefix/backend-api/codex/responses"],
  ["https://example.org/backend-api/codex/responses", "https://example.org/backend-api/codex/responses"],
])("CODEX_BASE_URL %s is sent to %s", (value, url) => {
  expect(build(REQUEST, { CODEX_BASE_URL: value }).url).toBe(url);
});

it("refuses a CODEX_BASE_URL that it cannot use, by name", () => {
  expect(failureOf(() => build(REQUEST, { CODEX_BASE_URL: "ftp://x" }))).toMatchObject({
    code: "configuration",
    key: "CODEX_BASE_URL",
  });
});

describe("effort", () => {
  const wireEffort = (request: Partial<ChatRequest>, settings: Settings = {}): unknown =>
    (bodyOf({ ...REQUEST, ...request }, settings)["reasoning"] as Record<string, unknown> | undefined)?.["effort"];

  it.each<[model: string, effort: Effort, wire: string]>([
    ["gpt-5.5", "off", "low"],
    ["gpt-5.5", "minimal", "low"],
    ["gpt-5.5", "low", "low"],
    ["gpt-5.5", "medium", "medium"],
    ["gpt-5.5", "high", "high"],
    ["gpt-5.5", "xhigh", "xhigh"],
    ["gpt-5.5", "max", "xhigh"],
    ["gpt-6-sol", "max", "max"],
    ["gpt-5.1-codex", "max", "high"],
    ["gpt-5.1-codex-mini", "low", "medium"],
    ["gpt-99-made-up", "max", "xhigh"],
  ])("%s takes %s as %s", (model, effort, wire) => {
    expect(wireEffort({ model, thinking: { effort } })).toBe(wire);
  });

  it.each<[name: string, settings: Settings, wire: string | undefined]>([
    ["nothing set", {}, undefined],
    ["the provider's key first", { CODEX_REASONING_EFFORT: "high", REASONING_EFFORT: "low" }, "high"],
    ["an empty one is unset", { CODEX_REASONING_EFFORT: "", REASONING_EFFORT: "medium" }, "medium"],
    ["the general key before another provider's", { REASONING_EFFORT: "low", OPENAI_REASONING_EFFORT: "high" }, "low"],
    ["another provider's last", { OPENAI_REASONING_EFFORT: "high" }, "high"],
    ["none", { REASONING_EFFORT: "none" }, "low"],
  ])("from settings: %s", (_name, settings, wire) => {
    expect(wireEffort({}, settings)).toBe(wire);
  });

  it("of the request beats every setting", () => {
    expect(wireEffort({ thinking: { effort: "low" } }, { CODEX_REASONING_EFFORT: "high" })).toBe("low");
  });

  it("that is misspelt is an error, never a silent other level", () => {
    expect(failureOf(() => build(REQUEST, { REASONING_EFFORT: "hgih" }))).toMatchObject({
      code: "configuration",
      key: "REASONING_EFFORT",
      message: 'REASONING_EFFORT is "hgih"; choose off, minimal, low, medium, high, xhigh, max',
    });
  });
});

describe("models", () => {
  it.each([
    ["opus", "gpt-6-sol"],
    ["sonnet", "gpt-5.5"],
    ["haiku", "gpt-6-luna"],
    ["gpt-5.3-codex", "gpt-5.3-codex"],
    ["gpt-7-made-up", "gpt-7-made-up"],
  ])("%s is sent as %s", (word, id) => {
    expect(bodyOf({ ...REQUEST, model: word })["model"]).toBe(id);
  });

  it.each([
    ["sonet", "sonnet"],
    ["gpt5.5", "gpt-5.5"],
    ["constructor", ""],
    ["", ""],
  ])("%j is unknown: an error with the nearest names", (word, nearest) => {
    const error = failureOf(() => build({ ...REQUEST, model: word }));
    expect(error).toMatchObject({ code: "model_unavailable", key: "MODEL", provider: "codex" });
    expect(error.message).toContain(`MODEL is "${word}"`);
    expect(error.message.split("nearest: ")[1]).toContain(nearest);
  });

  it("a text-only model refuses images before anything is sent", () => {
    const image = { type: "image", mediaType: "image/png", data: "AAAA" } as const;
    const request: ChatRequest = { model: "gpt-5.3-codex-spark", messages: [{ role: "user", content: [image] }] };
    expect(failureOf(() => build(request))).toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("gpt-5.3-codex-spark cannot see images"),
    });
  });

  it("a retired model's refusal names living ones", () => {
    const body = JSON.stringify({
      detail: "The 'gpt-5.2' model is not supported when using Codex with a ChatGPT account.",
    });
    const error = codex.readError({ status: 400, headers: { "x-request-id": "r1" }, body, nowMs: 0 });
    expect(error).toMatchObject({ code: "model_unavailable", status: 400, requestId: "r1", retryable: false });
    expect(error.message).toContain("gpt-6-sol");
    expect(error.message).toContain("gpt-5.5");
    expect(error.message).not.toContain("gpt-5.1");
  });
});

it("makes no lone surrogate, anywhere", () => {
  const lone = "a\uD83Db";
  const text = { type: "text", text: lone } as const;
  for (const model of ["gpt-5.5", "gpt-6-sol"]) {
    const { body = "" } = build({
      model,
      system: lone,
      sessionId: `${"s".repeat(63)}🙂`,
      tools: [{ ...READ_FILE, description: lone }],
      messages: [
        { role: "user", content: [text] },
        {
          role: "assistant",
          content: [text, { type: "tool_use", id: "c", name: "read_file", input: { [lone]: [lone, "\\ud83d"] } }],
        },
        { role: "user", content: [{ type: "tool_result", toolUseId: "c", content: [text] }] },
      ],
    });
    expect(body).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/);
    expect(body.isWellFormed()).toBe(true);
    expect(JSON.stringify(JSON.parse(body))).toBe(body);
    const input = (JSON.parse(body) as { input: { type: string; arguments?: string }[] }).input;
    const call = input.find(({ type }) => type === "function_call");
    // What only looks like an escape stays as it was written.
    expect(JSON.parse(call?.arguments ?? "")).toEqual({ "a\uFFFDb": ["a\uFFFDb", "\\ud83d"] });
  }
});
