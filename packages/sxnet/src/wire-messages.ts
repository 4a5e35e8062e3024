import { schemaInstruction } from "./schema-instruction.js";
import type { ChatRequest, ToolDefinition } from "./types.js";
import { joinBody, WireJson } from "./wire-json.js";
import { buildMessagesTurns, type Turn } from "./wire-messages-blocks.js";
import { markLast, markLastJson, MOVING_MARKS } from "./wire-messages-cache.js";
import type { CacheTtl, MessagesTarget } from "./wire-messages-model.js";
import { SchemaAllowance } from "./wire-messages-schema.js";
import { planThinking } from "./wire-messages-thinking.js";

/**
 * The Messages wire format, request side. Sampling parameters are never sent: newer models and API versions refuse
 * them. Nothing in a body depends on the API version.
 * Source: Messages API reference, types of the official TypeScript client 1.11.0, read 2026-11-21.
 */

/** What a server that imitates the service takes at least. */
const DEFAULT_MAX_TOKENS = 32_000;
/** Of one request. Source: "Structured outputs", read 2026-11-21. */
const MAX_STRICT_TOOLS = 20;
const INTERLEAVED_THINKING = "interleaved-thinking-2025-05-14";

/**
 * The body of a streamed request as JSON text.
 * @throws ProviderError `configuration` or `invalid_request` for what the model does not take
 */
export function buildMessagesBody(request: ChatRequest, target: MessagesTarget): string {
  const { model, cacheTtl } = target;
  const maxTokens = maxTokensOf(request, target);
  const { thinking, effort } = planThinking(request, target, maxTokens);
  const allowance = new SchemaAllowance();
  const format = buildFormat(request, target, allowance);
  const system = buildSystem(request, target, format === undefined);
  const tools = buildTools(request.tools ?? [], target, allowance);
  const outputConfig = { ...(effort === undefined ? {} : { effort }), ...(format === undefined ? {} : { format }) };
  return joinBody({
    model: model.id,
    max_tokens: maxTokens,
    // The mark on the system prompt covers the tools before it.
    tools: tools.length === 0 ? undefined : system.length === 0 ? markLast(tools, cacheTtl) : tools,
    tool_choice: tools.length === 0 ? undefined : buildToolChoice(request),
    system: system.length === 0 ? undefined : markLast(system, cacheTtl),
    messages: new WireJson(joinTurns(buildMessagesTurns(request.messages, ownerOf(target)), cacheTtl)),
    thinking,
    output_config: Object.keys(outputConfig).length === 0 ? undefined : outputConfig,
    stream: true,
  });
}

/** Names of unfinished features that this request needs, for the header `anthropic-beta`. */
export function messagesBetas(request: ChatRequest, target: MessagesTarget): readonly string[] {
  return planThinking(request, target, maxTokensOf(request, target)).interleaved ? [INTERLEAVED_THINKING] : [];
}

/** An upper bound over the model's own is refused, so it is the model's. */
function maxTokensOf({ maxOutputTokens }: ChatRequest, { model }: MessagesTarget): number {
  const most = model.maxOutputTokens ?? DEFAULT_MAX_TOKENS;
  return maxOutputTokens === undefined ? most : Math.max(1, Math.min(Math.floor(maxOutputTokens), most));
}

function ownerOf({ provider, model }: MessagesTarget): { readonly provider: string; readonly model: string } {
  return { provider, model: model.id };
}

function buildSystem(
  { system, responseSchema }: ChatRequest,
  { systemPrefix }: MessagesTarget,
  inWords: boolean,
): readonly Readonly<Record<string, unknown>>[] {
  const demand = responseSchema === undefined || !inWords ? undefined : schemaInstruction(responseSchema);
  return [systemPrefix, system, demand].flatMap((text) =>
    text === undefined || text.trim() === "" ? [] : [{ type: "text", text }],
  );
}

function buildFormat({ responseSchema }: ChatRequest, { model }: MessagesTarget, allowance: SchemaAllowance): unknown {
  if (responseSchema === undefined || !model.structuredOutputs) return undefined;
  const schema = allowance.take(responseSchema.schema);
  return schema === undefined ? undefined : { type: "json_schema", schema };
}

/** In the given order: a stable prefix keeps the service's cache. A tool that cannot be strict is sent as an open one. */
function buildTools(
  tools: readonly ToolDefinition[],
  { model }: MessagesTarget,
  allowance: SchemaAllowance,
): readonly Readonly<Record<string, unknown>>[] {
  let left = model.structuredOutputs ? MAX_STRICT_TOOLS : 0;
  return tools.map(({ name, description, inputSchema, strict = false }) => {
    const held = strict && left > 0 ? allowance.take(inputSchema) : undefined;
    if (held !== undefined) left -= 1;
    return {
      name,
      ...(description === "" ? {} : { description }),
      input_schema: held ?? (inputSchema["type"] === "object" ? inputSchema : { ...inputSchema, type: "object" }),
      ...(held === undefined ? {} : { strict: true }),
    };
  });
}

function buildToolChoice({ toolChoice, parallelTools }: ChatRequest): unknown {
  if (toolChoice === "none") return { type: "none" };
  const one = parallelTools === false ? { disable_parallel_tool_use: true } : {};
  if (toolChoice === "required") return { type: "any", ...one };
  if (typeof toolChoice === "object") return { type: "tool", name: toolChoice.name, ...one };
  return parallelTools === false ? { type: "auto", ...one } : undefined;
}

function joinTurns(turns: readonly Turn[], cacheTtl: CacheTtl | undefined): string {
  const marked = new Set(turns.filter(({ role }) => role === "user").slice(-MOVING_MARKS));
  const parts = turns.map((turn) => {
    const blocks = cacheTtl !== undefined && marked.has(turn) ? markLastJson(turn.blocks, cacheTtl) : turn.blocks;
    return `{"role":"${turn.role}","content":[${blocks.join(",")}]}`;
  });
  return `[${parts.join(",")}]`;
}
