import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sim, startSim } from "../src/index.js";
import { codexBody, post, send, userItem } from "./client.js";

let sim: Sim;
beforeAll(async () => {
  sim = await startSim({ script: { turns: [{ times: "any", reply: [{ text: "ok" }] }] } });
});
afterAll(() => sim.close());

type Body = Readonly<Record<string, unknown>>;

const LITE = { "x-openai-internal-codex-responses-lite": "true" };
const CALL = { type: "function_call", call_id: "c1", name: "bash", arguments: "{}" };
const OUTPUT = { type: "function_call_output", call_id: "c1", output: "done" };
const REASONING = { type: "reasoning", summary: [], content: null, encrypted_content: "gAAAAAsim-1" };
const ANSWER = { type: "message", role: "assistant", content: [{ type: "output_text", text: "hi" }] };

function withInput(...items: readonly unknown[]): Body {
  return codexBody("", { input: [userItem("hi"), ...items] });
}

function without(name: string): Body {
  return Object.fromEntries(Object.entries(codexBody("hi")).filter(([key]) => key !== name));
}

function lite(extra: Body = {}): Body {
  const rest = Object.fromEntries(
    Object.entries(codexBody("hi")).filter(([name]) => name !== "instructions" && name !== "tools"),
  );
  const tools = [{ type: "namespace", name: "functions", tools: [{ type: "function", name: "bash" }] }];
  return {
    ...rest,
    model: "gpt-6-sol",
    input: [
      { type: "additional_tools", role: "developer", tools },
      { type: "message", role: "developer", content: [{ type: "input_text", text: "You are a test." }] },
      userItem("hi"),
    ],
    parallel_tool_calls: false,
    reasoning: { effort: "medium", context: "all_turns" },
    ...extra,
  };
}

interface Row {
  readonly name: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
  /** Part of the service's answer; absent: the request is good. */
  readonly refused?: string;
}

const ROWS: readonly Row[] = [
  { name: "a classic request", body: codexBody("hi") },
  { name: "store true", body: codexBody("hi", { store: true }), refused: '{"detail":"Store must be set to false"}' },
  { name: "store absent", body: without("store"), refused: '{"detail":"Store must be set to false"}' },
  { name: "stream absent", body: without("stream"), refused: '{"detail":"Stream must be set to true"}' },
  { name: "no instructions", body: without("instructions"), refused: '{"detail":"Instructions are required"}' },
  { name: "empty instructions", body: codexBody("hi", { instructions: "" }), refused: "Instructions are required" },
  ...["max_output_tokens", "temperature", "previous_response_id", "user", "prompt_cache_retention", "messages"].map(
    (name) => ({ name, body: codexBody("hi", { [name]: 1 }), refused: `{"detail":"Unsupported parameter: ${name}"}` }),
  ),
  { name: "no model", body: without("model"), refused: "Missing required parameter: 'model'" },
  { name: "input as text", body: codexBody("hi", { input: "hi" }), refused: "Input must be a list" },
  { name: "a long cache key", body: codexBody("hi", { prompt_cache_key: "k".repeat(65) }), refused: "string too long" },
  { name: "a body that is no JSON", body: "{", refused: "could not parse the JSON body" },
  { name: "a list as body", body: [], refused: "could not parse the JSON body" },
  { name: "a tool without a name", body: codexBody("hi", { tools: [{ type: "function" }] }), refused: "tools[0].name" },
  {
    name: "a tool with a bad name",
    body: codexBody("hi", { tools: [{ type: "function", name: "a b", parameters: { type: "object" } }] }),
    refused: "Invalid 'tools[0].name'",
  },
  {
    name: "a tool whose schema is no object",
    body: codexBody("hi", { tools: [{ type: "function", name: "a", parameters: {} }] }),
    refused: "invalid_function_parameters",
  },
  { name: "a call with its output", body: withInput(CALL, OUTPUT) },
  { name: "a call without output", body: withInput(CALL), refused: "No tool output found for function call c1" },
  {
    name: "an output without call",
    body: withInput(OUTPUT),
    refused: "No tool call found for function call output with call_id c1",
  },
  { name: "an output before its call", body: withInput(OUTPUT, CALL), refused: "No tool call found" },
  { name: "reasoning before its call", body: withInput(REASONING, CALL, OUTPUT) },
  { name: "reasoning before its text", body: withInput(REASONING, ANSWER) },
  { name: "reasoning at the end", body: withInput(ANSWER, REASONING), refused: "without its required following item" },
  {
    name: "reasoning before a user's text",
    body: withInput(REASONING, userItem("x")),
    refused: "required following item",
  },
  {
    name: "reasoning of another service",
    body: withInput({ ...REASONING, encrypted_content: "gAAAAABother" }, ANSWER),
    refused: "invalid_encrypted_content",
  },
  {
    name: "reasoning without its content",
    body: withInput({ type: "reasoning", id: "rs_1", summary: [] }, ANSWER),
    status: 404,
    refused: "Item with id 'rs_1' not found",
  },
  {
    name: "a reference to an item",
    body: withInput({ type: "item_reference", id: "msg_1" }),
    status: 404,
    refused: "not persisted",
  },
  { name: "an id with a wrong prefix", body: withInput({ ...ANSWER, id: "item_1" }), refused: "begins with 'msg'" },
  {
    name: "an id that is too long",
    body: withInput({ ...ANSWER, id: `msg_${"1".repeat(61)}` }),
    refused: "string too long",
  },
  {
    name: "input text from the assistant",
    body: withInput({ ...ANSWER, content: [{ type: "input_text", text: "x" }] }),
    refused: "Supported values are: 'output_text', 'refusal'",
  },
  {
    name: "an image that is none",
    body: withInput({
      type: "message",
      role: "user",
      content: [{ type: "input_image", image_url: "data:image/png;base64," }],
    }),
    refused: "does not represent a valid image",
  },
  { name: "a lite request", body: lite(), headers: LITE },
  {
    name: "a lite model without the header",
    body: codexBody("hi", { model: "gpt-6-sol" }),
    refused: "reasoning.context",
  },
  { name: "lite with instructions", body: lite({ instructions: "x" }), headers: LITE, refused: "'instructions'" },
  { name: "lite with tools", body: lite({ tools: [] }), headers: LITE, refused: "'tools'" },
  {
    name: "lite with parallel calls",
    body: lite({ parallel_tool_calls: true }),
    headers: LITE,
    refused: "'parallel_tool_calls' to be false",
  },
  {
    name: "lite without context",
    body: lite({ reasoning: { effort: "low" } }),
    headers: LITE,
    refused: "reasoning.context",
  },
  {
    name: "an old client",
    body: lite(),
    headers: { ...LITE, version: "0.120.0" },
    refused: "requires a newer version",
  },
  {
    name: "spark with a summary",
    body: codexBody("hi", { model: "gpt-5.3-codex-spark", reasoning: { summary: "auto" } }),
    refused: "reasoning.summary",
  },
];

describe("what the Codex backend refuses", () => {
  it.each(ROWS)("$name", async ({ body, headers, status, refused }) => {
    const before = sim.violations.length;
    const got = await post(sim, body, headers);
    if (refused === undefined) {
      expect(got).toMatchObject({ status: 200 });
      expect(sim.violations).toHaveLength(before);
      return;
    }
    expect(got.body).toContain(refused);
    expect(got.status).toBe(status ?? 400);
    expect(sim.violations).toHaveLength(before + 1);
  });

  it("wants a credential", async () => {
    const body = JSON.stringify(codexBody("hi"));
    const got = await send(`${sim.url}/backend-api/codex/responses`, { method: "POST", headers: {}, body });
    expect(got).toMatchObject({ status: 401, body: '{"detail":"Unauthorized"}' });
    const basic = await post(sim, codexBody("hi"), { authorization: "Basic abc" });
    expect(basic.status).toBe(401);
  });

  it("finds lite models only for clients that say their version", async () => {
    const headers = { ...LITE, authorization: "Bearer x" };
    const url = `${sim.url}/backend-api/codex/responses`;
    const got = await send(url, { method: "POST", headers, body: JSON.stringify(lite()) });
    expect(got).toMatchObject({ status: 404, body: '{"detail":"Model not found gpt-6-sol"}' });
  });

  it("holds the public API to fewer rules", async () => {
    const loose = { model: "gpt-5.5", input: "hi", stream: true, temperature: 0 };
    expect(await post(sim, loose, {}, "/v1/responses")).toMatchObject({ status: 200 });
    expect(sim.requests.at(-1)?.messages).toEqual([{ role: "user", content: [{ type: "text", text: "hi" }] }]);
    const whole = await post(sim, { ...loose, stream: false }, {}, "/v1/responses");
    expect(whole).toMatchObject({ status: 400 });
  });

  it("reads tools out of namespaces and gives calls their namespace back", async () => {
    const call = await startSim({ script: { turns: [{ reply: [{ tool_use: { name: "bash", input: {} } }] }] } });
    try {
      const got = await post(call, lite(), LITE);
      expect(call.requests[0]).toMatchObject({
        system: "You are a test.",
        tools: [{ name: "bash", namespace: "functions" }],
      });
      expect(got.body).toContain('"namespace":"functions"');
    } finally {
      await call.close();
    }
  });
});
