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
  UserBlock,
} from "./types.js";
import { joinDetails, readCallOpaque, readReasoningOpaque } from "./wire-chat-completions-opaque.js";
import { joinBody, toWireJson, WireJson } from "./wire-json.js";

/**
 * The Chat Completions wire format, request side: our messages to its messages.
 * Source: Chat Completions reference and the documentation of the servers that speak it, read 2026-11-20.
 */

/** What a provider decides about a body: where servers differ, it is data. */
export interface ChatBodyOptions extends ChatTarget {
  /** Reasoning models of the wire's own service take `developer`, other servers know `system` alone. */
  readonly systemRole: "system" | "developer";
  /** Reasoning models refuse `max_tokens`, other servers know nothing else. */
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /** Takes `parallel_tool_calls`. */
  readonly parallelTools: boolean;
  /** Holds its models to response schemas, and refuses those whose root is not an object. Other servers are asked in words as well. */
  readonly objectRootOnly: boolean;
  /** Asks for the counts, which come only when asked for on most servers. */
  readonly usage: boolean;
  readonly cacheKey: string | undefined;
  /** Fields that only one kind of server takes, for example those that switch reasoning. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Whose opaque data may be sent back, and in which form. */
export interface ChatTarget {
  readonly provider: string;
  readonly model: string;
  /** Reasoning goes back with the answers of a turn that calls tools. */
  readonly sendReasoning: boolean;
  /** Call ids of this form pass; see `HistoryTarget`. */
  readonly ids?: RegExp | undefined;
  readonly maxIdChars?: number | undefined;
}

interface SerialisedMessage {
  readonly key: string;
  /** JSON messages joined by commas; empty when there is nothing to send. */
  readonly json: string;
  /** It answers calls: what follows it belongs to the same turn of tools. */
  readonly answers: boolean;
}

// What was serialised is kept by message object, so that a step of a long conversation costs only its new part.
const SERIALISED = new WeakMap<Message, SerialisedMessage>();

const SCHEMA_NAME = "answer";

export function buildChatBody(request: ChatRequest, options: ChatBodyOptions): string {
  const { tools = [], parallelTools, responseSchema, maxOutputTokens, system } = request;
  const hasTools = tools.length > 0;
  const { objectRootOnly } = options;
  const words = needsSchemaInWords(responseSchema, objectRootOnly)
    ? withSchemaInstruction(system, responseSchema)
    : system;
  const prompt = words ? toWireJson({ role: options.systemRole, content: words }) : "";
  const messages = [prompt, buildChatMessages(request.messages, options)].filter((part) => part !== "").join(",");
  return joinBody({
    model: options.model,
    // An empty list, and a choice without tools, are refused.
    tools: hasTools ? buildChatTools(tools) : undefined,
    tool_choice: hasTools ? toolChoice(request.toolChoice) : undefined,
    parallel_tool_calls: hasTools && options.parallelTools ? parallelTools : undefined,
    messages: new WireJson(`[${messages}]`),
    [options.maxTokensField]: maxOutputTokens,
    response_format: responseFormat(responseSchema, objectRootOnly),
    ...options.extra,
    stream: true,
    stream_options: options.usage ? { include_usage: true } : undefined,
    prompt_cache_key: options.cacheKey,
  });
}

/** The messages as JSON text, without the brackets. */
export function buildChatMessages(messages: readonly Message[], target: ChatTarget): string {
  const { provider, model, ids, maxIdChars } = target;
  const history = prepareHistory(messages, {
    provider,
    model,
    ...(ids === undefined ? {} : { ids }),
    ...(maxIdChars === undefined ? {} : { maxIdChars }),
  });
  const parts: string[] = [];
  let answered = false;
  for (const message of history) {
    const { json, answers } = serialise(message, target, answered);
    if (json !== "") parts.push(json);
    answered = answers;
  }
  return parts.join(",");
}

/** In the given order: a stable prefix keeps the service's cache. Strict only with a schema that strictness takes. */
function buildChatTools(tools: readonly ToolDefinition[]): readonly unknown[] {
  return tools.map(({ name, description, inputSchema, strict }) => ({
    type: "function",
    function: {
      name,
      description,
      parameters: inputSchema,
      ...(strict === true && isStrictSchema(inputSchema) ? { strict: true } : {}),
    },
  }));
}

function toolChoice(choice: ChatRequest["toolChoice"]): unknown {
  if (choice === undefined || typeof choice === "string") return choice;
  return { type: "function", function: { name: choice.name } };
}

function responseFormat(bound: ResponseSchema | undefined, objectRootOnly: boolean): unknown {
  if (bound === undefined || (objectRootOnly && !hasObjectRoot(bound.schema))) return undefined;
  const { name = SCHEMA_NAME, schema } = bound;
  return { type: "json_schema", json_schema: { name, schema, strict: isStrictSchema(schema) } };
}

/** `answered`: the message before it holds results of calls. */
function serialise(message: Message, target: ChatTarget, answered: boolean): SerialisedMessage {
  const { provider, model, sendReasoning } = target;
  const key = `${provider} ${model} ${sendReasoning ? "reasoning" : ""} ${answered ? "answered" : ""}`;
  const known = SERIALISED.get(message);
  if (known?.key === key) return known;
  const { role, content } = message;
  const made = role === "assistant" ? assistantMessages(content, target, answered) : userMessages(content);
  const serialised: SerialisedMessage = {
    key,
    json: made.map(toWireJson).join(","),
    answers: role === "user" && content.some(({ type }) => type === "tool_result"),
  };
  SERIALISED.set(message, serialised);
  return serialised;
}

function assistantMessages(
  blocks: readonly AssistantBlock[],
  target: ChatTarget,
  answered: boolean,
): readonly unknown[] {
  const text = blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
  const calls = blocks.flatMap((block) => {
    if (block.type !== "tool_use") return [];
    const { id, name, input, inputError, opaque } = block;
    const extra = readCallOpaque(opaque?.data)?.extra_content;
    const call = { name, arguments: inputError === undefined ? toWireJson(input) : "{}" };
    return [{ id, type: "function", function: call, ...(extra === undefined ? {} : { extra_content: extra }) }];
  });
  if (text === "" && calls.length === 0) return [];
  const inTurn = calls.length > 0 || answered;
  const reasoning = target.sendReasoning ? reasoningOf(blocks, inTurn) : NO_REASONING;
  return [
    {
      role: "assistant",
      content: reasoning.wrap(text === "" ? null : text),
      ...reasoning.fields,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  ];
}

interface SentReasoning {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly wrap: (text: string | null) => unknown;
}

const NO_REASONING: SentReasoning = { fields: {}, wrap: (text) => text };

/**
 * Reasoning as it goes back: in the field it came in, unchanged. Details belong to every answer. Readable reasoning
 * belongs to a turn with calls, in which models need it and some services ask for it (400 without); elsewhere services
 * drop it, and old ones refuse it.
 * Source: DeepSeek guide "Thinking mode", OpenRouter "Reasoning tokens", Mistral "Reasoning", read 2026-11-20.
 */
function reasoningOf(blocks: readonly AssistantBlock[], inTurn: boolean): SentReasoning {
  const said = { reasoning_content: "", reasoning: "", content: "", tags: "" };
  const details: unknown[] = [];
  for (const block of blocks) {
    const own = block.type === "thinking" ? readReasoningOpaque(block.opaque?.data) : undefined;
    if (own === undefined || block.type !== "thinking") continue;
    details.push(...(own.details ?? []));
    if (own.field !== undefined && inTurn) said[own.field] += block.text;
  }
  const { reasoning_content, reasoning, content, tags } = said;
  return {
    fields: {
      ...(reasoning_content === "" ? {} : { reasoning_content }),
      ...(reasoning === "" ? {} : { reasoning }),
      ...(details.length === 0 ? {} : { reasoning_details: joinDetails(details) }),
    },
    wrap: (text) => {
      if (content !== "") {
        const thinking = { type: "thinking", thinking: [{ type: "text", text: content }] };
        return text === null ? [thinking] : [thinking, { type: "text", text }];
      }
      return tags === "" ? text : `<think>\n${tags}\n</think>\n\n${text ?? ""}`;
    },
  };
}

/** Results first, as text alone: their images follow in a message of the user, before what was said beside them. */
function userMessages(blocks: readonly UserBlock[]): readonly unknown[] {
  const results: unknown[] = [];
  const parts: (TextBlock | ImageBlock)[] = [];
  const said: (TextBlock | ImageBlock)[] = [];
  for (const block of blocks) {
    if (block.type !== "tool_result") {
      said.push(block);
      continue;
    }
    const images = block.content.filter((part) => part.type === "image");
    results.push({ role: "tool", tool_call_id: block.toolUseId, content: resultText(block, images.length) });
    if (images.length > 0) parts.push({ type: "text", text: `Images of the result of ${block.toolUseId}:` }, ...images);
  }
  parts.push(...said);
  return parts.length === 0 ? results : [...results, { role: "user", content: userContent(parts) }];
}

function resultText({ content }: ToolResultBlock, images: number): string {
  const text = content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
  return text === "" && images > 0 ? "The result is in the images that follow." : text;
}

/** Plain text where there is nothing else: many small servers take no list. */
function userContent(parts: readonly (TextBlock | ImageBlock)[]): unknown {
  if (parts.every((part) => part.type === "text")) return parts.map(({ text }) => text).join("\n\n");
  return parts.map((part) =>
    part.type === "text"
      ? { type: "text", text: part.text }
      : { type: "image_url", image_url: { url: `data:${part.mediaType};base64,${part.data}` } },
  );
}
