import { expect } from "vitest";
import { ask, CALL, calls, chatBody, type Json, RESULT, turns } from "./chat-client.js";
import { describeRefusals, type Row } from "./refusals.js";

const asking = (extra: Json): Json => chatBody("hi", extra);
const tool = (extra: Json): Json => ({
  type: "function",
  function: { name: "a", parameters: { type: "object" }, ...extra },
});
const said = (content: unknown, role = "user"): Json => ({ role, content });
const image = (url: string): Json => ({ type: "image_url", image_url: { url } });
const PNG = image("data:image/png;base64,iVBORw0KGgo=");
const CLOSED = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };

const BODIES: readonly Row[] = [
  { name: "a plain request", body: chatBody("hi") },
  { name: "a body that is no JSON", body: "{", refused: "could not parse the JSON body" },
  { name: "half a character", body: JSON.stringify(chatBody("\ud83d")), refused: "could not parse the JSON body" },
  { name: "no model", body: asking({ model: undefined }), refused: "you must provide a model parameter" },
  { name: "no messages", body: asking({ messages: undefined }), refused: "Missing required parameter: 'messages'" },
  { name: "an empty list of messages", body: asking({ messages: [] }), refused: '"code":"empty_array"' },
  {
    name: "a field of another service",
    body: asking({ thinking: {} }),
    refused: "Unrecognized request argument supplied: thinking",
  },
  {
    name: "a field of a server that imitates it",
    body: asking({ enable_thinking: true }),
    headers: {},
    path: "/local/v1/chat/completions",
  },
  { name: "no key", body: chatBody("hi"), headers: {}, status: 401, refused: "You didn't provide an API key" },
  { name: "two choices", body: asking({ n: 2 }), refused: "one choice only" },
  {
    name: "options of a stream without one",
    body: asking({ stream: false }),
    refused: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
  },
  { name: "a bound by its old name", body: asking({ max_tokens: 9 }) },
  {
    name: "a bound of a reasoning model by its old name",
    body: asking({ model: "gpt-5.5", max_tokens: 9 }),
    refused: "Use 'max_completion_tokens' instead",
  },
  {
    name: "both bounds",
    body: asking({ max_tokens: 9, max_completion_tokens: 9 }),
    refused: "at the same time is not supported",
  },
  { name: "a bound of 0", body: asking({ max_completion_tokens: 0 }), refused: "integer below minimum value" },
  { name: "a temperature", body: asking({ temperature: 0.2 }) },
  {
    name: "a temperature of a reasoning model",
    body: asking({ model: "gpt-5", temperature: 0.2 }),
    refused: "'temperature' does not support 0.2 with this model",
  },
  { name: "an effort", body: asking({ model: "gpt-5.5", reasoning_effort: "xhigh" }) },
  { name: "an effort that does not exist", body: asking({ reasoning_effort: "off" }), refused: "Invalid value: 'off'" },
];

const TOOLS: readonly Row[] = [
  { name: "an empty list", body: asking({ tools: [] }), refused: "Invalid 'tools': empty array" },
  {
    name: "a choice without tools",
    body: asking({ tools: undefined, tool_choice: "auto" }),
    refused: "'tool_choice' is only allowed when 'tools' are specified",
  },
  {
    name: "parallel calls without tools",
    body: asking({ tools: undefined, parallel_tool_calls: false }),
    refused: "'parallel_tool_calls' is only allowed when 'tools' are specified",
  },
  { name: "no tools", body: asking({ tools: undefined }) },
  { name: "a forced call", body: asking({ tool_choice: { type: "function", function: { name: "bash" } } }) },
  {
    name: "a forced call of another tool",
    body: asking({ tool_choice: { type: "function", function: { name: "read" } } }),
    refused: "no function named 'read'",
  },
  { name: "a choice of another service", body: asking({ tool_choice: "any" }), refused: "Invalid value: 'any'" },
  {
    name: "a tool of Responses",
    body: asking({ tools: [{ type: "function", name: "a" }] }),
    refused: "Missing required parameter: 'tools[0].function'",
  },
  {
    name: "a bad name",
    body: asking({ tools: [tool({ name: "a.b" })] }),
    refused: "Invalid 'tools[0].function.name': string does not match pattern",
  },
  { name: "a long name", body: asking({ tools: [tool({ name: "a".repeat(65) })] }), refused: "string too long" },
  { name: "no parameters", body: asking({ tools: [tool({ parameters: undefined })] }) },
  {
    name: "a schema of no object",
    body: asking({ tools: [tool({ parameters: { type: "array" } })] }),
    refused: "schema must be a JSON Schema of",
  },
  { name: "a strict tool", body: asking({ tools: [tool({ strict: true, parameters: CLOSED })] }) },
  {
    name: "a strict tool that is open",
    body: asking({ tools: [tool({ strict: true, parameters: { ...CLOSED, additionalProperties: undefined } })] }),
    refused:
      "Invalid schema for function 'a': In context=(), 'additionalProperties' is required to be supplied and to be false.",
  },
  {
    name: "a strict tool with a choice",
    body: asking({ tools: [tool({ strict: true, parameters: { ...CLOSED, required: [] } })] }),
    refused: "Missing 'a'",
  },
  {
    name: "a strict tool that is open inside",
    body: asking({
      tools: [
        tool({
          strict: true,
          parameters: { ...CLOSED, properties: { a: { type: "array", items: { type: "object" } } } },
        }),
      ],
    }),
    refused: "In context=('properties', 'a', 'items')",
  },
  {
    name: "a bound answer",
    body: asking({
      response_format: { type: "json_schema", json_schema: { name: "b", strict: true, schema: CLOSED } },
    }),
  },
  {
    name: "a bound answer that is open",
    body: asking({
      response_format: { type: "json_schema", json_schema: { name: "b", strict: true, schema: { type: "object" } } },
    }),
    refused: "Invalid schema for response_format 'b'",
  },
];

const TURNS: readonly Row[] = [
  { name: "a conversation", body: turns(said("hello", "assistant"), said("and?"), said("be brief", "developer")) },
  {
    name: "a role that does not exist",
    body: turns(said("x", "model")),
    refused: "Invalid value: 'model'. Supported values are: 'system'",
  },
  {
    name: "a user without content",
    body: turns(said(null)),
    refused: "Invalid value for 'content': expected a string, got null.",
  },
  {
    name: "an answer without content or calls",
    body: turns({ role: "assistant", content: null }, said("x")),
    refused: "Invalid value for 'content': expected a string, got null.",
  },
  { name: "a refusal", body: turns({ role: "assistant", refusal: "no" }, said("x")) },
  { name: "an image", body: turns(said([{ type: "text", text: "see" }, PNG])) },
  {
    name: "an image that is none",
    body: turns(said([image("data:text/plain;base64,AAAA")])),
    refused: "invalid_image_url",
  },
  {
    name: "an image of a tool",
    body: turns(calls(CALL), { ...RESULT, content: [PNG] }),
    refused: "Image URLs are only allowed for messages with role 'user', but this message with role 'tool'",
  },
  {
    name: "a part of another service",
    body: turns(said([{ type: "input_text", text: "x" }])),
    refused: "Invalid value: 'input_text'",
  },
  { name: "a call with its result", body: turns(calls(CALL), RESULT) },
  {
    name: "two calls and their results in another order",
    body: turns(calls(CALL, { ...CALL, id: "call_2" }), { ...RESULT, tool_call_id: "call_2" }, RESULT),
  },
  {
    name: "a call without result",
    body: turns(calls(CALL), said("x")),
    refused: "The following tool_call_ids did not have response messages: call_1",
  },
  { name: "a call at the end", body: turns(calls(CALL)), refused: "must be followed by tool messages" },
  {
    name: "a result without call",
    body: turns(RESULT),
    refused: "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'",
  },
  {
    name: "a result after another message",
    body: turns(calls(CALL), RESULT, said("x"), RESULT),
    refused: "must be a response to a preceeding message",
  },
  {
    name: "a result of another call",
    body: turns(calls(CALL), { ...RESULT, tool_call_id: "call_9" }),
    refused: "must be a response to a preceeding message",
  },
  {
    name: "a result without id",
    body: turns(calls(CALL), { role: "tool", content: "x" }),
    refused: "Missing required parameter: 'messages[2].tool_call_id'",
  },
  {
    name: "an empty list of calls",
    body: turns({ role: "assistant", content: "x", tool_calls: [] }),
    refused: "Invalid 'messages[1].tool_calls': empty array",
  },
  {
    name: "arguments that are an object",
    body: turns(calls({ ...CALL, function: { name: "a", arguments: {} } }), RESULT),
    refused: "Invalid type for 'messages[1].tool_calls[0].function.arguments'",
  },
  {
    name: "a call with a bad name",
    body: turns(calls({ ...CALL, function: { name: "a b", arguments: "{}" } }), RESULT),
    refused: "Invalid 'messages[1].tool_calls[0].function.name'",
  },
  {
    name: "a call without its type",
    body: turns(calls({ ...CALL, type: undefined }), RESULT),
    refused: "messages[1].tool_calls[0].type",
  },
];

describeRefusals(
  { body: BODIES, tools: TOOLS, messages: TURNS },
  { ask, shape: { error: { type: "invalid_request_error", message: expect.any(String) } } },
);
