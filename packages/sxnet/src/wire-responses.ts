import { prepareHistory } from "./history.js";
import { withSchemaInstruction } from "./schema-instruction.js";
import { hasObjectRoot, isStrictSchema, needsSchemaInWords } from "./strict-schema.js";
import type {
  AssistantBlock,
  ChatRequest,
  ImageBlock,
  Message,
  ResponseSchema,
  TextBlock,
  ToolDefinition,
  ToolResultBlock,
  ToolUseBlock,
} from "./types.js";
import { joinBody, toWireJson, WireJson } from "./wire-json.js";

/**
 * The Responses wire format, request side: our messages to input items.
 * Source: Responses API reference and captures of the Codex client 0.104 to 0.169, read 2026-11-20.
 */

/** Whose opaque data may be sent back: encrypted reasoning is bound to the provider and model that made it. */
export interface ResponsesTarget {
  readonly provider: string;
  readonly model: string;
  /** Classic models take `detail` on images; lite ones refuse it. */
  readonly imageDetail: boolean;
  /** Items as the public service's own types have them. */
  readonly publicItems?: boolean;
}

/**
 * What a block of this wire carries back to the service. With `store: false` item ids name nothing; only the public
 * service's types want that of a reasoning item.
 */
export interface ResponsesOpaque {
  readonly kind: "message" | "reasoning" | "function_call" | "custom_tool_call";
  readonly id?: string | undefined;
  readonly phase?: string | undefined;
  readonly summary?: unknown;
  readonly encrypted_content?: string | undefined;
  readonly namespace?: string | undefined;
}

/** What a provider decides about a body for the public service. */
export interface ResponsesBodyOptions {
  readonly provider: string;
  readonly model: string;
  /** The service's word. */
  readonly effort: string | undefined;
  /** The model reasons: it is asked for summaries and for what it wants back. Other models refuse both. */
  readonly reasons: boolean;
  /** `auto`, `concise` or `detailed`; `undefined`: no summaries. */
  readonly summary: string | undefined;
  /** Takes `parallel_tool_calls`. */
  readonly parallelTools: boolean;
  /** Holds its models to response schemas, and refuses those whose root is not an object. Other servers are asked in words as well. */
  readonly objectRootOnly: boolean;
  readonly cacheKey: string | undefined;
}

interface SerialisedMessage {
  readonly target: string;
  /** JSON items joined by commas; empty when the message has nothing to send. */
  readonly json: string;
  /** Calls of free text, by id: their outputs are of another type. */
  readonly customCalls: ReadonlySet<string>;
}

// What was serialised is kept by message object, so that a step of a long conversation costs only its new part.
const SERIALISED = new WeakMap<Message, SerialisedMessage>();

const NONE: ReadonlySet<string> = new Set();
/** Longer ones are refused. Source: Responses API reference, `call_id`, read 2026-11-20. */
const CALL_ID = /^[^]{1,64}$/;
const SCHEMA_NAME = "answer";
/** Less is refused. Source: its answer 400 `integer_below_min_value` in public reports, read 2026-11-20. */
const MIN_OUTPUT_TOKENS = 16;

/** A whole body for the public service, without state there: what it wants to see again travels with the request. */
export function buildResponsesBody(request: ChatRequest, options: ResponsesBodyOptions): string {
  const { provider, model, effort, reasons, summary, cacheKey } = options;
  const { tools = [], parallelTools, responseSchema, maxOutputTokens } = request;
  const hasTools = tools.length > 0;
  const format = buildResponsesFormat(responseSchema, options.objectRootOnly);
  const input = buildResponsesInput(request.messages, { provider, model, imageDetail: true, publicItems: true });
  return joinBody({
    model,
    instructions: needsSchemaInWords(responseSchema, options.objectRootOnly)
      ? withSchemaInstruction(request.system, responseSchema)
      : request.system || undefined,
    tools: hasTools ? buildResponsesTools(tools, isStrictTool) : undefined,
    tool_choice: hasTools ? buildResponsesToolChoice(request.toolChoice) : undefined,
    parallel_tool_calls: hasTools && options.parallelTools ? parallelTools : undefined,
    input: new WireJson(`[${input}]`),
    max_output_tokens: maxOutputTokens === undefined ? undefined : Math.max(maxOutputTokens, MIN_OUTPUT_TOKENS),
    reasoning:
      effort === undefined && summary === undefined
        ? undefined
        : { ...(effort === undefined ? {} : { effort }), ...(summary === undefined ? {} : { summary }) },
    text: format === undefined ? undefined : { format },
    store: false,
    stream: true,
    include: reasons ? ["reasoning.encrypted_content"] : undefined,
    prompt_cache_key: cacheKey,
  });
}

/** `text.format`; `undefined` when nothing binds the answer, or the service would refuse the schema. */
export function buildResponsesFormat(bound: ResponseSchema | undefined, objectRootOnly: boolean): unknown {
  if (bound === undefined || (objectRootOnly && !hasObjectRoot(bound.schema))) return undefined;
  const { name = SCHEMA_NAME, schema } = bound;
  return { type: "json_schema", name, schema, strict: isStrictSchema(schema) };
}

function isStrictTool({ strict, inputSchema }: ToolDefinition): boolean {
  return strict === true && isStrictSchema(inputSchema);
}

/** The `input` items as JSON text, without the brackets. */
export function buildResponsesInput(messages: readonly Message[], target: ResponsesTarget): string {
  const parts: string[] = [];
  let custom = NONE;
  const { provider, model } = target;
  for (const message of prepareHistory(messages, { provider, model, ids: CALL_ID })) {
    if (message.role === "assistant") {
      const { json, customCalls } = serialise(message, target);
      parts.push(json);
      custom = customCalls;
      continue;
    }
    // Only what depends on the message before it is not kept: the outputs of custom calls.
    const json =
      custom.size === 0
        ? serialise(message, target).json
        : userItems(message.content, target, custom).map(toWireJson).join(",");
    parts.push(json);
    custom = NONE;
  }
  return parts.filter((part) => part !== "").join(",");
}

/** Tools as the wire's flat function definitions, in the given order: a stable prefix keeps the service's cache. */
export function buildResponsesTools(
  tools: readonly ToolDefinition[],
  isStrict: (tool: ToolDefinition) => boolean = () => false,
): readonly unknown[] {
  return tools.map((tool) => ({
    type: "function",
    name: tool.name,
    description: tool.description,
    strict: isStrict(tool),
    parameters: tool.inputSchema,
  }));
}

export function buildResponsesToolChoice(choice: ChatRequest["toolChoice"]): unknown {
  if (choice === undefined) return "auto";
  return typeof choice === "string" ? choice : { type: "function", name: choice.name };
}

function serialise(message: Message, target: ResponsesTarget): SerialisedMessage {
  const { provider, model, imageDetail, publicItems } = target;
  const key = `${provider} ${model} ${imageDetail ? "detail" : ""} ${publicItems ? "public" : ""}`;
  const known = SERIALISED.get(message);
  if (known?.target === key) return known;
  const items =
    message.role === "assistant" ? assistantItems(message.content, target) : userItems(message.content, target, NONE);
  const serialised: SerialisedMessage = {
    target: key,
    json: items.map(toWireJson).join(","),
    customCalls: message.role === "assistant" ? customCalls(message.content, target) : NONE,
  };
  SERIALISED.set(message, serialised);
  return serialised;
}

function customCalls(blocks: readonly AssistantBlock[], target: ResponsesTarget): ReadonlySet<string> {
  const ids = blocks.flatMap((block) => (block.type === "tool_use" && isCustom(block, target) ? [block.id] : []));
  return ids.length === 0 ? NONE : new Set(ids);
}

function isCustom(block: ToolUseBlock, target: ResponsesTarget): boolean {
  return ownOpaque(block, target)?.kind === "custom_tool_call";
}

function assistantItems(blocks: readonly AssistantBlock[], target: ResponsesTarget): readonly unknown[] {
  // A reasoning item is refused without the item that it led to.
  const lastMade = blocks.findLastIndex(
    (block) => block.type === "tool_use" || (block.type === "text" && block.text !== ""),
  );
  return blocks.flatMap((block, index): readonly unknown[] => {
    const opaque = ownOpaque(block, target);
    switch (block.type) {
      case "thinking": {
        if (opaque?.encrypted_content === undefined || index > lastMade) return [];
        return [reasoningItem(opaque, target)];
      }
      case "text":
        if (block.text === "") return [];
        return [
          {
            type: "message",
            role: "assistant",
            content: target.publicItems ? block.text : [{ type: "output_text", text: block.text }],
            ...(opaque?.phase === undefined ? {} : { phase: opaque.phase }),
          },
        ];
      case "tool_use": {
        if (isCustom(block, target)) {
          const input = typeof block.input["input"] === "string" ? block.input["input"] : "";
          return [{ type: "custom_tool_call", call_id: block.id, name: block.name, input, status: "completed" }];
        }
        const call = {
          type: "function_call",
          call_id: block.id,
          name: block.name,
          arguments: block.inputError === undefined ? toWireJson(block.input) : "{}",
        };
        return [opaque?.namespace === undefined ? call : { ...call, namespace: opaque.namespace }];
      }
    }
  });
}

function reasoningItem({ id, summary = [], encrypted_content }: ResponsesOpaque, target: ResponsesTarget): unknown {
  if (!target.publicItems) return { type: "reasoning", summary, content: null, encrypted_content };
  return { type: "reasoning", ...(id === undefined ? {} : { id }), summary, encrypted_content };
}

function ownOpaque(block: AssistantBlock, target: ResponsesTarget): ResponsesOpaque | undefined {
  const { opaque } = block;
  if (opaque === undefined || opaque.provider !== target.provider || opaque.model !== target.model) return undefined;
  return opaque.data as ResponsesOpaque;
}

/** Tool outputs, which come first, then what the user said beside them. */
function userItems(
  blocks: Extract<Message, { role: "user" }>["content"],
  target: ResponsesTarget,
  custom: ReadonlySet<string>,
): readonly unknown[] {
  const outputs: unknown[] = [];
  const said: unknown[] = [];
  for (const block of blocks) {
    if (block.type === "tool_result") outputs.push(toolOutput(block, custom.has(block.toolUseId), target));
    else said.push(inputPart(block, target));
  }
  return said.length === 0 ? outputs : [...outputs, { type: "message", role: "user", content: said }];
}

function toolOutput(block: ToolResultBlock, custom: boolean, target: ResponsesTarget): unknown {
  const texts = block.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  const output = block.content.some((part) => part.type === "image")
    ? block.content.map((part) => inputPart(part, target))
    : texts.join("\n");
  return { type: `${custom ? "custom_tool" : "function"}_call_output`, call_id: block.toolUseId, output };
}

function inputPart(block: TextBlock | ImageBlock, target: ResponsesTarget): unknown {
  if (block.type === "text") return { type: "input_text", text: block.text };
  const image = { type: "input_image", image_url: `data:${block.mediaType};base64,${block.data}` };
  return target.imageDetail ? { ...image, detail: "auto" } : image;
}
