import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sim, startSim } from "../src/index.js";
import {
  API_KEY,
  ask,
  call,
  CALL,
  fromModel,
  fromUser,
  generate,
  geminiBody,
  type Json,
  RESPONSE,
  said,
  SECOND,
  THIRD,
  turns,
} from "./generate-content-client.js";

let sim: Sim;
beforeAll(async () => {
  sim = await startSim({ script: { turns: [{ times: "any", reply: [{ text: "ok" }] }] } });
});
afterAll(() => sim.close());

function tool(declaration: Json): Json {
  return geminiBody("hi", { tools: [{ functionDeclarations: [{ name: "f", ...declaration }] }] });
}
function schema(parameters: Json): Json {
  return tool({ parameters });
}
function thinking(thinkingConfig: Json): Json {
  return geminiBody("hi", { generationConfig: { thinkingConfig } });
}

/** Named and laid out as the simulator's own are. */
const OTHER_MAKER = Buffer.from(`other\nsig_1\n${THIRD}\ntext`).toString("base64");

interface Row {
  readonly name: string;
  readonly body: unknown;
  readonly model?: string;
  /** Part of the message; absent: the request is good. */
  readonly refused?: string;
}

const EQUAL = "Please ensure that the number of function response parts is equal to the number of function call parts";
const MISSING = "Function call is missing a thought_signature in functionCall parts.";
const at = (path: string): string => `at 'tools[0].function_declarations[0].parameters${path}': Cannot find field.`;

const ROWS: readonly Row[] = [
  { name: "a plain request", body: geminiBody("hi") },
  {
    name: "snake case, lower case, one part in place of a list",
    body: {
      contents: { parts: { text: "hi" } },
      system_instruction: { parts: { text: "x" } },
      tool_config: { function_calling_config: { mode: "auto" } },
      generation_config: { thinking_config: { thinking_level: "low" } },
    },
  },
  { name: "a body that is no JSON", body: "{", refused: "Invalid JSON payload received." },
  { name: "a list as body", body: [], refused: "Invalid JSON payload received." },
  { name: "a body that is too deep", body: `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`, refused: "too deep" },
  {
    name: "a field of another service",
    body: geminiBody("hi", { messages: [] }),
    refused: 'Unknown name "messages": Cannot find field.',
  },
  {
    name: "a field that is none in the configuration",
    body: geminiBody("hi", { generationConfig: { max_tokens: 1 } }),
    refused: `Unknown name "max_tokens" at 'generation_config': Cannot find field.`,
  },
  {
    name: "no contents",
    body: { generationConfig: {} },
    refused: "* GenerateContentRequest.contents: contents is not specified",
  },
  { name: "empty contents", body: geminiBody("", { contents: [] }), refused: "contents is not specified" },
  {
    name: "empty parts",
    body: turns(said("hi"), fromModel()),
    refused: "* GenerateContentRequest.contents[1].parts: contents.parts must not be empty.",
  },
  {
    name: "an empty text",
    body: turns(said("")),
    refused: "contents[0].parts[0].data: required oneof field 'data' must have one initialized field",
  },
  { name: "an empty part", body: turns(fromUser({})), refused: "required oneof field 'data'" },
  {
    name: "two kinds in one part",
    body: turns(fromUser({ text: "a", inlineData: { mimeType: "image/png", data: "AAAA" } })),
    refused: "oneof field 'data' is already set. Cannot set 'inlineData'",
  },
  {
    name: "a role of another service",
    body: turns({ role: "assistant", parts: [{ text: "x" }] }),
    refused: "Please use a valid role: user, model.",
  },
  {
    name: "the role function",
    body: turns(said("hi"), fromModel(CALL), { role: "function", parts: [RESPONSE] }),
    refused: "valid role",
  },
  {
    name: "text as a number",
    body: turns(fromUser({ text: 5 })),
    refused: "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 5",
  },
  {
    name: "an image that is no base64",
    body: turns(fromUser({ inlineData: { mimeType: "image/png", data: "%%" } })),
    refused: "(TYPE_BYTES)",
  },
  { name: "a call with its response", body: turns(said("hi"), fromModel(CALL), fromUser(RESPONSE)) },
  {
    name: "two calls with two responses",
    body: turns(said("hi"), fromModel(CALL, call()), fromUser(RESPONSE, RESPONSE)),
  },
  {
    name: "two calls with one response",
    body: turns(said("hi"), fromModel(CALL, call()), fromUser(RESPONSE)),
    refused: EQUAL,
  },
  {
    name: "one call with two responses",
    body: turns(said("hi"), fromModel(CALL), fromUser(RESPONSE, RESPONSE)),
    refused: EQUAL,
  },
  { name: "a call without response", body: turns(said("hi"), fromModel(CALL), said("and?")), refused: EQUAL },
  { name: "a call at the end", body: turns(said("hi"), fromModel(CALL)), refused: EQUAL },
  {
    name: "a response without call",
    body: turns(said("hi"), fromUser(RESPONSE)),
    refused: "Please ensure that function response turn comes immediately after a function call turn.",
  },
  {
    name: "a call at the beginning",
    body: turns(fromModel(CALL), fromUser(RESPONSE)),
    refused: "Please ensure that function call turn comes immediately after a user turn",
  },
  {
    name: "a call by the user",
    body: turns(said("hi"), fromUser(CALL), fromUser(RESPONSE)),
    refused: "Please ensure that function call turn",
  },
  {
    name: "a response as text",
    body: turns(said("hi"), fromModel(CALL), fromUser({ functionResponse: { name: "bash", response: "done" } })),
    refused: `Invalid value at 'contents[2].parts[0].function_response.response' (type.googleapis.com/google.protobuf.Struct), "done"`,
  },
  {
    name: "a response as list",
    body: turns(said("hi"), fromModel(CALL), fromUser({ functionResponse: { name: "bash", response: ["done"] } })),
    refused: `Unknown name "response" at 'contents[2].parts[0].function_response': Proto field is not repeating, cannot start list.`,
  },
  {
    name: "a response without a name",
    body: turns(said("hi"), fromModel(CALL), fromUser({ functionResponse: { response: {} } })),
    refused: "function_response.name: Name cannot be empty.",
  },
  {
    name: "a call without signature",
    body: turns(said("hi"), fromModel(call()), fromUser(RESPONSE)),
    refused: `${MISSING} This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:bash\` , position 2.`,
  },
  {
    name: "the signature on the second call of a set",
    body: turns(said("hi"), fromModel(call(), CALL), fromUser(RESPONSE, RESPONSE)),
    refused: MISSING,
  },
  {
    name: "a later step without signature",
    body: turns(said("hi"), fromModel(CALL), fromUser(RESPONSE), fromModel(call()), fromUser(RESPONSE)),
    refused: "position 4",
  },
  {
    name: "a call of an earlier turn without signature",
    body: turns(said("hi"), fromModel(call()), fromUser(RESPONSE), fromModel({ text: "ok" }), said("and?")),
  },
  {
    name: "a call without signature on 2.5",
    model: SECOND,
    body: turns(said("hi"), fromModel(call()), fromUser(RESPONSE)),
  },
  {
    name: "a foreign signature",
    body: turns(said("hi"), fromModel({ text: "x", thoughtSignature: "AAAA" }), said("y")),
    refused: "Corrupted thought signature.",
  },
  {
    name: "a signature of another maker",
    body: turns(said("hi"), fromModel({ text: "x", thoughtSignature: OTHER_MAKER }), said("y")),
    refused: "Corrupted thought signature.",
  },
  {
    name: "a foreign signature on 2.5",
    model: SECOND,
    body: turns(said("hi"), fromModel({ ...call(), thoughtSignature: "AAAA" }), fromUser(RESPONSE)),
    refused: "Corrupted thought signature.",
  },
  {
    name: "a signature that is no base64",
    body: turns(said("hi"), fromModel({ text: "x", thoughtSignature: "a b" }), said("y")),
    refused: "thought_signature' (TYPE_BYTES)",
  },
  { name: "a function name", body: tool({ name: "a.b:c-d_1" }) },
  { name: "a bad function name", body: tool({ name: "a b" }), refused: "Invalid function name." },
  { name: "a long function name", body: tool({ name: "a".repeat(129) }), refused: "maximum length of 128" },
  {
    name: "the same function twice",
    body: geminiBody("", {
      contents: [said("x")],
      tools: [{ functionDeclarations: [{ name: "f" }] }, { functionDeclarations: [{ name: "f" }] }],
    }),
    refused: "Duplicate function declaration found: f",
  },
  {
    name: "a JSON Schema in its own field",
    body: tool({ parametersJsonSchema: { type: "object", additionalProperties: false, $defs: {} } }),
  },
  {
    name: "both kinds of schema",
    body: tool({ parameters: { type: "OBJECT" }, parametersJsonSchema: {} }),
    refused: "mutually exclusive",
  },
  ...["$schema", "$ref", "$defs", "additionalProperties", "const", "oneOf", "allOf", "not", "exclusiveMinimum"].map(
    (name) => ({
      name: `${name} in parameters`,
      body: schema({ type: "object", [name]: {} }),
      refused: `Invalid JSON payload received. Unknown name "${name}" ${at("")}`,
    }),
  ),
  {
    name: "const in a property",
    body: schema({ type: "OBJECT", properties: { a: { type: "STRING" }, b: { const: "x" } } }),
    refused: `Unknown name "const" ${at(".properties[1].value")}`,
  },
  {
    name: "const in an alternative",
    body: schema({ type: "OBJECT", properties: { a: { anyOf: [{ items: { const: 1 } }] } } }),
    refused: at(".properties[0].value.any_of[0].items"),
  },
  {
    name: "a list of types",
    body: schema({ type: ["object", "null"] }),
    refused: `Unknown name "type" at 'tools[0].function_declarations[0].parameters': Proto field is not repeating, cannot start list.`,
  },
  {
    name: "a type that is none",
    body: schema({ type: "int" }),
    refused: '(type.googleapis.com/google.ai.generativelanguage.v1beta.Type), "int"',
  },
  {
    name: "required of no property",
    body: schema({ type: "OBJECT", properties: {}, required: ["a"] }),
    refused: "parameters.required[0]: property is not defined",
  },
  {
    name: "an enum of no text",
    body: schema({ type: "OBJECT", properties: { a: { type: "INTEGER", enum: ["1"] } } }),
    refused: "properties[a].enum: only allowed for STRING type",
  },
  {
    name: "a list without items",
    body: schema({ type: "OBJECT", properties: { a: { type: "ARRAY" } } }),
    refused: "properties[a].items: missing field.",
  },
  {
    name: "budget and level",
    body: thinking({ thinkingBudget: 1024, thinkingLevel: "LOW" }),
    refused: "You can only set only one of thinking budget and thinking level.",
  },
  {
    name: "a level on 2.5",
    model: SECOND,
    body: thinking({ thinkingLevel: "LOW" }),
    refused: "Thinking level is not supported for this model.",
  },
  {
    name: "a level that is none",
    body: thinking({ thinkingLevel: "MAX" }),
    refused: 'ThinkingConfig.ThinkingLevel), "MAX"',
  },
  {
    name: "the lowest level on Pro",
    model: "gemini-3.1-pro-preview",
    body: thinking({ thinkingLevel: "MINIMAL" }),
    refused: "Thinking level MINIMAL is not supported",
  },
  ...[0, 512, 24_576, -1].map((thinkingBudget) => ({
    name: `budget ${thinkingBudget} on Flash`,
    model: SECOND,
    body: thinking({ thinkingBudget }),
  })),
  ...(
    [
      [SECOND, 24_577, "between 0 and 24576."],
      [SECOND, -2, "The thinking budget -2 is invalid."],
      ["gemini-2.5-flash-lite", 511, "between 512 and 24576."],
      ["gemini-2.5-pro", 127, "between 128 and 32768."],
      ["gemini-2.5-pro", 32_769, "The thinking budget 32769 is invalid. Please choose a value between 128 and 32768."],
      ["gemini-2.5-pro", 0, "Budget 0 is invalid. This model only works in thinking mode."],
    ] as const
  ).map(([model, thinkingBudget, refused]) => ({
    name: `budget ${thinkingBudget} on ${model}`,
    model,
    body: thinking({ thinkingBudget }),
    refused,
  })),
  { name: "off on Flash-Lite", model: "gemini-2.5-flash-lite", body: thinking({ thinkingBudget: 0 }) },
];

describe("what the Gemini API refuses", () => {
  it.each(ROWS)("$name", async ({ body, model, refused }) => {
    const before = sim.violations.length;
    const got = await generate(sim, body, model === undefined ? {} : { model });
    if (refused === undefined) {
      expect(got).toMatchObject({ status: 200 });
      expect(sim.violations).toHaveLength(before);
      return;
    }
    const { error } = JSON.parse(got.body) as { error: { code: number; status: string; message: string } };
    expect(error.message).toContain(refused);
    expect(error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
    expect(got.status).toBe(400);
    expect(sim.violations).toHaveLength(before + 1);
  });

  it("names every field in its details", async () => {
    const got = await generate(sim, schema({ type: "OBJECT", additionalProperties: false, $schema: "x" }));
    const field = "tools[0].function_declarations[0].parameters";
    expect(JSON.parse(got.body)).toMatchObject({
      error: {
        details: [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [{ field }, { field }] }],
      },
    });
  });

  it("wants a key, in the header or the query", async () => {
    const path = `/v1beta/models/${THIRD}:streamGenerateContent?alt=sse`;
    const none = await ask(sim, "POST", path, geminiBody("hi"), {});
    expect(none.status).toBe(403);
    expect(none.body).toContain("Method doesn't allow unregistered callers");
    expect((await ask(sim, "POST", `${path}&key=${API_KEY}`, geminiBody("hi"), {})).status).toBe(200);
    expect((await ask(sim, "POST", path, geminiBody("hi"), { authorization: "Bearer x" })).status).toBe(403);
  });

  it("answers in a list where a list was asked for", async () => {
    const got = await generate(sim, {}, { method: ":streamGenerateContent" });
    expect(JSON.parse(got.body)).toMatchObject([{ error: { code: 400 } }]);
  });
});
