import { expect } from "vitest";
import {
  ADAPTIVE,
  ask,
  assistant,
  BUDGET,
  type Json,
  messagesBody,
  NEW_VERSION,
  OLD_VERSION,
  TOOL,
  turns,
  user,
} from "./messages-client.js";
import { describeRefusals, type Row } from "./refusals.js";

const text = (words: string, extra: Json = {}): Json => ({ type: "text", text: words, ...extra });
const asking = (extra: Json): Json => messagesBody("hi", extra);

const TOOLS: readonly Row[] = [
  { name: "no tools", body: asking({ tools: [] }) },
  { name: "a tool of the service", body: asking({ tools: [{ type: "web_search_20250305", name: "web_search" }] }) },
  {
    name: "a bad name",
    body: asking({ tools: [{ ...TOOL, name: "a b" }] }),
    refused: "tools.0.custom.name: String should match pattern",
  },
  { name: "a name twice", body: asking({ tools: [TOOL, TOOL] }), refused: "Tool names must be unique" },
  {
    name: "no schema",
    body: asking({ tools: [{ name: "a" }] }),
    refused: "tools.0.custom.input_schema: Field required",
  },
  {
    name: "a schema of no object",
    body: asking({ tools: [{ name: "a", input_schema: { type: "string" } }] }),
    refused: "input_schema.type: Input should be 'object'",
  },
  {
    name: "a choice at the top",
    body: asking({ tools: [{ name: "a", input_schema: { type: "object", anyOf: [] } }] }),
    refused: "does not support oneOf, allOf, or anyOf at the top level",
  },
  { name: "a forced call", body: asking({ tool_choice: { type: "tool", name: "bash" } }) },
  {
    name: "a forced call of another tool",
    body: asking({ tool_choice: { type: "tool", name: "read" } }),
    refused: "Tool 'read' not found in provided tools",
  },
  { name: "a choice of another service", body: asking({ tool_choice: "auto" }), refused: "tool_choice: Input tag" },
  {
    name: "a choice without tools",
    body: asking({ tools: [], tool_choice: { type: "auto" } }),
    refused: "may only be specified while providing tools",
  },
  {
    name: "a forced call while it thinks",
    body: asking({ ...BUDGET, tool_choice: { type: "any" } }),
    refused: "Thinking may not be enabled when tool_choice forces tool use",
  },
  {
    name: "a forced call of a model that takes none",
    body: asking({ model: ADAPTIVE, tool_choice: { type: "any" } }),
    refused: "tool_choice: 'any' is not supported for this model",
  },
];

const THINKING: readonly Row[] = [
  { name: "a budget", body: asking(BUDGET) },
  {
    name: "a small budget",
    body: asking({ thinking: { type: "enabled", budget_tokens: 1023 } }),
    refused: "Input should be greater than or equal to 1024",
  },
  {
    name: "no budget",
    body: asking({ thinking: { type: "enabled" } }),
    refused: "thinking.enabled.budget_tokens: Field required",
  },
  {
    name: "a budget that leaves no answer",
    body: asking({ thinking: { type: "enabled", budget_tokens: 4096 } }),
    refused: "`max_tokens` must be greater than `thinking.budget_tokens`",
  },
  {
    name: "the same between calls",
    body: asking({ thinking: { type: "enabled", budget_tokens: 8192 } }),
    headers: { ...OLD_VERSION, "anthropic-beta": "interleaved-thinking-2025-05-14" },
  },
  { name: "a budget on 4.6", body: asking({ ...BUDGET, model: "claude-opus-4-6" }) },
  {
    name: "a budget on a newer model",
    body: asking({ ...BUDGET, model: "claude-opus-4-7" }),
    refused: String.raw`\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\"`,
  },
  {
    name: "a budget on an old model",
    body: asking({ ...BUDGET, model: "claude-3-5-haiku-20241022" }),
    refused: "thinking is not supported on this model",
  },
  { name: "a budget on 3.7", body: asking({ ...BUDGET, model: "claude-3-7-sonnet-20250219" }) },
  {
    name: "a model that is not known",
    body: asking({ ...BUDGET, model: "local-model", temperature: 0.5, thinking: { type: "disabled" } }),
  },
  {
    name: "adaptive on an older model",
    body: asking({ thinking: { type: "adaptive" } }),
    refused: "adaptive thinking is not supported on this model",
  },
  { name: "no thinking", body: asking({ model: "claude-opus-4-8", thinking: { type: "disabled" } }) },
  {
    name: "no thinking where it always thinks",
    body: asking({ model: "claude-fable-5-1", thinking: { type: "disabled" } }),
    refused: String.raw`\"thinking.type.disabled\" is not supported for this model. Use \"thinking.type.adaptive\"`,
  },
  {
    name: "no thinking where it is called otherwise",
    body: asking({ model: "claude-sonnet-5-5", thinking: { type: "disabled" } }),
    refused: String.raw`Use \"thinking.type.between_tools\"`,
  },
  {
    name: "its other name",
    body: asking({
      model: "claude-sonnet-5-5",
      thinking: { type: "between_tools" },
      output_config: { effort: "high" },
    }),
  },
  {
    name: "its other name, and much effort",
    body: asking({ model: "claude-sonnet-5-5", thinking: { type: "between_tools" }, output_config: { effort: "max" } }),
    refused: "is not supported at effort level 'max'",
  },
  {
    name: "its other name elsewhere",
    body: asking({ model: ADAPTIVE, thinking: { type: "between_tools" } }),
    refused: String.raw`\"thinking.type.between_tools\" is not supported`,
  },
  {
    name: "a display that does not exist",
    body: asking({ thinking: { type: "enabled", budget_tokens: 1024, display: "full" } }),
    refused: "Input should be 'summarized' or 'omitted'",
  },
  { name: "an effort", body: asking({ model: ADAPTIVE, output_config: { effort: "xhigh" } }) },
  {
    name: "an effort that the model lacks",
    body: asking({ model: "claude-opus-4-6", output_config: { effort: "xhigh" } }),
    refused: "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
  },
  {
    name: "an effort of a model without",
    body: asking({ output_config: { effort: "low" } }),
    refused: "does not support the effort parameter",
  },
  {
    name: "an effort of another service",
    body: asking({ model: ADAPTIVE, output_config: { effort: "minimal" } }),
    refused: "output_config.effort: Input should be 'low'",
  },
  { name: "a temperature", body: asking({ temperature: 0.2 }) },
  {
    name: "a temperature while it thinks",
    body: asking({ ...BUDGET, temperature: 0.2 }),
    refused: "`temperature` may only be set to 1 when thinking is enabled",
  },
  { name: "top_k while it thinks", body: asking({ ...BUDGET, top_k: 4 }), refused: "`top_k` must be unset" },
  {
    name: "a temperature for a newer model",
    body: asking({ model: ADAPTIVE, temperature: 0.2 }),
    refused: "`temperature` is deprecated for this model",
  },
  ...["temperature", "top_p", "top_k"].map((name) => ({
    name: `${name} in the newer version`,
    body: asking({ [name]: 1 }),
    headers: NEW_VERSION,
    refused: `${name}: Extra inputs are not permitted`,
  })),
  { name: "a document of the assistant", body: turns(assistant({ type: "document", source: {} }), user(text("x"))) },
  {
    name: "the same in the newer version",
    body: turns(assistant({ type: "document", source: {} }), user(text("x"))),
    headers: NEW_VERSION,
    refused: "`document` blocks can only be in `user` messages",
  },
  {
    name: "citations of the user in the newer version",
    body: turns(user(text("x", { citations: [{}] }))),
    headers: NEW_VERSION,
    refused: "citations are not permitted",
  },
];

describeRefusals(
  { tools: TOOLS, thinking: THINKING },
  {
    ask,
    shape: {
      type: "error",
      error: { type: expect.any(String), message: expect.any(String) },
      request_id: expect.any(String),
    },
  },
);
