import { expect } from "vitest";
import {
  ADAPTIVE,
  API_KEY,
  ask,
  assistant,
  CALL,
  type Json,
  LOGIN,
  messagesBody,
  NEW_VERSION,
  OLD_VERSION,
  RESULT,
  TOOL,
  turns,
  user,
} from "./messages-client.js";
import { describeRefusals, type Row } from "./refusals.js";

function without(name: string): Json {
  return Object.fromEntries(Object.entries(messagesBody("hi")).filter(([key]) => key !== name));
}

const text = (words: string, extra: Json = {}): Json => ({ type: "text", text: words, ...extra });
const marked = (words: string, ttl?: string): Json =>
  text(words, { cache_control: { type: "ephemeral", ...(ttl === undefined ? {} : { ttl }) } });
const image = (source: Json): Json => ({ type: "image", source });
const PNG = { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" };
const asking = (extra: Json): Json => messagesBody("hi", extra);

const BODIES: readonly Row[] = [
  { name: "a plain request", body: messagesBody("hi") },
  { name: "a body that is no JSON", body: "{", refused: "not valid JSON" },
  { name: "half a character", body: JSON.stringify(messagesBody("\ud83d")), refused: "no low surrogate in string" },
  {
    name: "a whole escaped character",
    body: '{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{"role":"user","content":"\\ud83d\\ude00"}]}',
  },
  { name: "no model", body: without("model"), refused: "model: Field required" },
  { name: "no max_tokens", body: without("max_tokens"), refused: "max_tokens: Field required" },
  { name: "max_tokens of 0", body: asking({ max_tokens: 0 }), refused: "greater than or equal to 1" },
  { name: "no messages", body: without("messages"), refused: "messages: Field required" },
  { name: "an empty list of messages", body: asking({ messages: [] }), refused: "at least one message is required" },
  {
    name: "a field of another service",
    body: asking({ max_output_tokens: 1 }),
    refused: "max_output_tokens: Extra inputs",
  },
  { name: "an empty stop sequence", body: asking({ stop_sequences: [" "] }), refused: "must contain non-whitespace" },
  {
    name: "an empty system block",
    body: asking({ system: [text("")] }),
    refused: "system: text content blocks must be non-empty",
  },
  { name: "a system list", body: asking({ system: [text("You are"), marked("a test.")] }) },
];

const TURNS: readonly Row[] = [
  { name: "a conversation", body: turns(assistant(text("hello")), user(text("and?"))) },
  {
    name: "an empty text",
    body: turns(assistant(text("")), user(text("?"))),
    refused: "text content blocks must be non-empty",
  },
  {
    name: "an empty text as a string",
    body: asking({ messages: [{ role: "user", content: "" }] }),
    refused: "messages.0: all messages must have non-empty content",
  },
  {
    name: "white space only",
    body: asking({ messages: [{ role: "user", content: " \n" }] }),
    refused: "must contain non-whitespace text",
  },
  {
    name: "an empty list in the middle",
    body: turns(assistant(), user(text("?"))),
    refused: "messages.1: all messages must have non-empty content",
  },
  { name: "an empty answer at the end", body: turns(assistant()) },
  {
    name: "an answer at the beginning",
    body: asking({ messages: [assistant(text("x")), user(text("y"))] }),
    refused: 'first message must use the \\"user\\" role',
  },
  {
    name: "two messages of one side",
    body: turns(user(text("more")), assistant(text("a")), assistant(text("b")), user(text("c"))),
  },
  { name: "a call with its result", body: turns(assistant(CALL), user(RESULT)) },
  { name: "a result beside text after it", body: turns(assistant(CALL), user(RESULT, text("go on"))) },
  {
    name: "a result after text",
    body: turns(assistant(CALL), user(text("go on"), RESULT)),
    refused: "`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1",
  },
  {
    name: "a call without result",
    body: turns(assistant(CALL), user(text("x"))),
    refused: "messages.1: `tool_use` ids were found without",
  },
  { name: "a call at the end", body: turns(assistant(CALL)), refused: "messages.1: `tool_use` ids were found without" },
  {
    name: "a result without call",
    body: turns(assistant(text("x")), user(RESULT)),
    refused: "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1",
  },
  {
    name: "a result that comes late",
    body: turns(assistant(CALL), user(RESULT), assistant(text("a")), user(RESULT)),
    refused: "messages.4.content.0: unexpected `tool_use_id`",
  },
  {
    name: "two results for one call",
    body: turns(assistant(CALL), user(RESULT, RESULT)),
    refused: "each tool_use must have a single result",
  },
  {
    name: "results in two messages in a row",
    body: turns(assistant(CALL, { ...CALL, id: "toolu_2" }), user(RESULT), user({ ...RESULT, tool_use_id: "toolu_2" })),
  },
  {
    name: "one id for two calls",
    body: turns(assistant(CALL, CALL), user(RESULT)),
    refused: "`tool_use` ids must be unique",
  },
  {
    name: "one id for calls of two answers",
    body: turns(assistant(CALL), user(RESULT), assistant(CALL), user(RESULT)),
    refused: "`tool_use` ids must be unique",
  },
  {
    name: "an id of another service",
    body: turns(assistant({ ...CALL, id: "fc|1" }), user({ ...RESULT, tool_use_id: "fc|1" })),
    refused: "messages.1.content.0.tool_use.id: String should match pattern",
  },
  {
    name: "arguments as text",
    body: turns(assistant({ ...CALL, input: "{}" }), user(RESULT)),
    refused: "tool_use.input: Input should be a valid dictionary",
  },
  { name: "an empty result", body: turns(assistant(CALL), user({ type: "tool_result", tool_use_id: "toolu_1" })) },
  {
    name: "an empty text in a result",
    body: turns(assistant(CALL), user({ ...RESULT, content: [text("")] })),
    refused: "text content blocks must be non-empty",
  },
  { name: "an image in a result", body: turns(assistant(CALL), user({ ...RESULT, content: [image(PNG)] })) },
  {
    name: "an image in an error",
    body: turns(assistant(CALL), user({ ...RESULT, is_error: true, content: [image(PNG)] })),
    refused: "all content must be type `text` if `is_error` is true",
  },
  {
    name: "a call of the user",
    body: turns(user(CALL)),
    refused: "`tool_use` blocks can only be in `assistant` messages",
  },
  {
    name: "a result of the assistant",
    body: turns(assistant(RESULT), user(text("x"))),
    refused: "`tool_result` blocks can only be in `user` messages",
  },
  {
    name: "a block that does not exist",
    body: turns(user({ type: "input_text", text: "x" })),
    refused: "Input tag 'input_text' found using 'type'",
  },
  {
    name: "a media type that it does not read",
    body: turns(user(image({ ...PNG, media_type: "image/bmp" }))),
    refused: "media_type: Input should be 'image/jpeg'",
  },
  {
    name: "an image that is no base64",
    body: turns(user(image({ ...PNG, data: "a b" }))),
    refused: "invalid base64 data",
  },
  { name: "an image by address", body: turns(user(image({ type: "url", url: "https://example.invalid/a.png" }))) },
  { name: "a beginning of the answer", body: turns(assistant(text("So"))) },
  {
    name: "one that ends in white space",
    body: turns(assistant(text("So "))),
    refused: "final assistant content cannot end with trailing whitespace",
  },
  {
    name: "one for a newer model",
    body: { ...turns(assistant(text("So"))), model: "claude-sonnet-4-6" },
    refused: "does not support assistant message prefill",
  },
  {
    name: "instructions among the messages",
    body: turns({ role: "system", content: "be brief" }),
    refused: 'Unexpected role \\"system\\"',
  },
  { name: "the same for a newer model", body: { ...turns({ role: "system", content: "be brief" }), model: ADAPTIVE } },
  {
    name: "a role that does not exist",
    body: turns({ role: "tool", content: "x" }),
    refused: "messages.1.role: Input should be 'user' or 'assistant'",
  },
];

const MARKS: readonly Row[] = [
  {
    name: "four marks",
    body: asking({ system: [marked("1"), marked("2")], messages: [user(marked("3"), marked("4"))] }),
  },
  {
    name: "five marks",
    body: asking({
      tools: [{ ...TOOL, cache_control: { type: "ephemeral" } }],
      system: [marked("1"), marked("2")],
      messages: [user(marked("3"), marked("4"))],
    }),
    refused: "A maximum of 4 blocks with cache_control may be provided. Found 5.",
  },
  {
    name: "a fifth one for the whole request",
    body: asking({
      cache_control: { type: "ephemeral" },
      system: [marked("1"), marked("2")],
      messages: [user(marked("3"), marked("4"))],
    }),
    refused: "Found 5.",
  },
  {
    name: "a mark on an empty text",
    body: turns(user(marked(""))),
    refused: "messages.1.content.0.text: cache_control cannot be set for empty text blocks",
  },
  {
    name: "a mark on thinking",
    body: turns(
      assistant({ type: "thinking", thinking: "x", signature: "y", cache_control: { type: "ephemeral" } }),
      user(text("?")),
    ),
    refused: "thinking.cache_control: Extra inputs are not permitted",
  },
  { name: "a mark in a result", body: turns(assistant(CALL), user({ ...RESULT, content: [marked("x")] })) },
  {
    name: "a life that does not exist",
    body: turns(user(marked("x", "2h"))),
    refused: "ttl: Input should be '5m' or '1h'",
  },
  { name: "the longer life first", body: asking({ system: [marked("1", "1h")], messages: [user(marked("2", "5m"))] }) },
  {
    name: "the longer life last",
    body: asking({ system: [marked("1")], messages: [user(marked("2", "1h"))] }),
    refused: "a ttl='1h' cache_control block must not come after a ttl='5m'",
  },
];

const ACCESS: readonly Row[] = [
  { name: "a key", body: messagesBody("hi"), headers: NEW_VERSION },
  { name: "a login", body: messagesBody("hi"), headers: LOGIN },
  {
    name: "a login without its beta",
    body: messagesBody("hi"),
    headers: { ...LOGIN, "anthropic-beta": "" },
    status: 401,
    refused: "OAuth authentication is currently not supported",
  },
  {
    name: "a login as a key",
    body: messagesBody("hi"),
    headers: { ...OLD_VERSION, "x-api-key": "sk-ant-oat01-x" },
    status: 401,
    refused: "invalid x-api-key",
  },
  {
    name: "a key as a bearer",
    body: messagesBody("hi"),
    headers: { authorization: "Bearer test-key", "anthropic-version": "2023-06-01" },
  },
  {
    name: "a key and a bearer",
    body: messagesBody("hi"),
    headers: { ...LOGIN, "x-api-key": API_KEY },
    status: 401,
    refused: "send one of them",
  },
  {
    name: "nobody",
    body: messagesBody("hi"),
    headers: { "anthropic-version": "2023-06-01" },
    status: 401,
    refused: "x-api-key header is required",
  },
  {
    name: "no version",
    body: messagesBody("hi"),
    headers: { "x-api-key": API_KEY },
    refused: "anthropic-version: header is required",
  },
  {
    name: "a version that does not exist",
    body: messagesBody("hi"),
    headers: { "x-api-key": API_KEY, "anthropic-version": "2024-01-01" },
    refused: "is not a valid version",
  },
  {
    name: "nobody, at a server that imitates it",
    body: asking({ extra_field: 1 }),
    headers: {},
    path: "/router/v1/messages",
  },
  {
    name: "the query that the vendor's program sends",
    body: messagesBody("hi"),
    headers: LOGIN,
    path: "/v1/messages?beta=true",
  },
];

describeRefusals(
  { body: BODIES, messages: TURNS, "cache marks": MARKS, access: ACCESS },
  {
    ask,
    shape: {
      type: "error",
      error: { type: expect.any(String), message: expect.any(String) },
      request_id: expect.any(String),
    },
  },
);
