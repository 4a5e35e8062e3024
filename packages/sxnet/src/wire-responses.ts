import type {
  AssistantBlock,
  ChatRequest,
  ImageBlock,
  Message,
  TextBlock,
  ToolDefinition,
  ToolResultBlock,
  ToolUseBlock,
} from "./types.js";
import { toWireJson } from "./wire-json.js";

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
}

/** What a block of this wire carries back to the service. Item ids are left out: with `store: false` they name nothing. */
export interface ResponsesOpaque {
  readonly kind: "message" | "reasoning" | "function_call" | "custom_tool_call";
  readonly phase?: string | undefined;
  readonly summary?: unknown;
  readonly encrypted_content?: string | undefined;
  readonly namespace?: string | undefined;
}

interface SerialisedMessage {
  readonly target: string;
  /** JSON items joined by commas; empty when the message has nothing to send. */
  readonly json: string;
  readonly calls: readonly PendingCall[];
  readonly answers: readonly string[];
}

type CallType = "function_call" | "custom_tool_call";

interface PendingCall {
  readonly id: string;
  readonly type: CallType;
}

// What was serialised is kept by message object, so that a step of a long conversation costs only its new part.
const SERIALISED = new WeakMap<Message, SerialisedMessage>();

const MISSING_OUTPUT = "no result: the call was interrupted before it ended";

/**
 * The `input` items as JSON text, without the brackets. Calls without an output get one that says so, and outputs
 * without a call are dropped: the service refuses both.
 */
export function buildResponsesInput(messages: readonly Message[], target: ResponsesTarget): string {
  const parts: string[] = [];
  let open = new Map<string, CallType>();
  for (const message of messages) {
    const serialised = serialise(message, target);
    if (message.role === "assistant") {
      parts.push(...missingOutputs(open), serialised.json);
      open = new Map(serialised.calls.map(({ id, type }) => [id, type]));
      continue;
    }
    // Only what depends on the message before it is not kept: outputs without a call, and outputs of custom calls.
    const asKept = serialised.answers.every((id) => open.get(id) === "function_call");
    const json = asKept ? serialised.json : userItems(message.content, target, open).map(toWireJson).join(",");
    for (const id of serialised.answers) open.delete(id);
    parts.push(...missingOutputs(open), json);
    open = new Map();
  }
  parts.push(...missingOutputs(open));
  return parts.filter((part) => part !== "").join(",");
}

/** Tools as the wire's flat function definitions, in the given order: a stable prefix keeps the service's cache. */
export function buildResponsesTools(tools: readonly ToolDefinition[]): readonly unknown[] {
  return tools.map(({ name, description, inputSchema }) => ({
    type: "function",
    name,
    description,
    strict: false,
    parameters: inputSchema,
  }));
}

export function buildResponsesToolChoice(choice: ChatRequest["toolChoice"]): unknown {
  if (choice === undefined) return "auto";
  return typeof choice === "string" ? choice : { type: "function", name: choice.name };
}

function missingOutputs(calls: ReadonlyMap<string, CallType>): readonly string[] {
  return [...calls].map(([id, type]) => toWireJson({ type: `${type}_output`, call_id: id, output: MISSING_OUTPUT }));
}

function serialise(message: Message, target: ResponsesTarget): SerialisedMessage {
  const key = `${target.provider} ${target.model} ${target.imageDetail ? "detail" : ""}`;
  const known = SERIALISED.get(message);
  if (known?.target === key) return known;
  const serialised: SerialisedMessage = {
    target: key,
    json: itemsOf(message, target).map(toWireJson).join(","),
    calls: message.role === "assistant" ? message.content.flatMap((block) => callsOf(block, target)) : [],
    answers:
      message.role === "user"
        ? message.content.flatMap((block) => (block.type === "tool_result" ? [block.toolUseId] : []))
        : [],
  };
  SERIALISED.set(message, serialised);
  return serialised;
}

function itemsOf(message: Message, target: ResponsesTarget): readonly unknown[] {
  return message.role === "assistant" ? assistantItems(message.content, target) : userItems(message.content, target);
}

function callsOf(block: AssistantBlock, target: ResponsesTarget): readonly PendingCall[] {
  return block.type === "tool_use" ? [{ id: block.id, type: callType(block, target) }] : [];
}

function callType(block: ToolUseBlock, target: ResponsesTarget): CallType {
  return ownOpaque(block, target)?.kind === "custom_tool_call" ? "custom_tool_call" : "function_call";
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
        const { summary, encrypted_content } = opaque;
        return [{ type: "reasoning", summary: summary ?? [], content: null, encrypted_content }];
      }
      case "text":
        if (block.text === "") return [];
        return [
          {
            type: "message",
            role: "assistant",
            content: [{ type: "output_text", text: block.text }],
            ...(opaque?.phase === undefined ? {} : { phase: opaque.phase }),
          },
        ];
      case "tool_use": {
        if (callType(block, target) === "custom_tool_call") {
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

function ownOpaque(block: AssistantBlock, target: ResponsesTarget): ResponsesOpaque | undefined {
  const { opaque } = block;
  if (opaque === undefined || opaque.provider !== target.provider || opaque.model !== target.model) return undefined;
  return opaque.data as ResponsesOpaque;
}

/** Tool outputs first and in their order, then what the user said beside them. */
function userItems(
  blocks: Extract<Message, { role: "user" }>["content"],
  target: ResponsesTarget,
  answerable?: ReadonlyMap<string, CallType>,
): readonly unknown[] {
  const outputs: unknown[] = [];
  const said: unknown[] = [];
  for (const block of blocks) {
    if (block.type !== "tool_result") {
      said.push(inputPart(block, target));
      continue;
    }
    const call = answerable === undefined ? "function_call" : answerable.get(block.toolUseId);
    if (call !== undefined) outputs.push(toolOutput(block, call, target));
  }
  return said.length === 0 ? outputs : [...outputs, { type: "message", role: "user", content: said }];
}

function toolOutput(block: ToolResultBlock, call: CallType, target: ResponsesTarget): unknown {
  const texts = block.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  const output = block.content.some((part) => part.type === "image")
    ? block.content.map((part) => inputPart(part, target))
    : texts.join("\n");
  return { type: `${call}_output`, call_id: block.toolUseId, output };
}

function inputPart(block: TextBlock | ImageBlock, target: ResponsesTarget): unknown {
  if (block.type === "text") return { type: "input_text", text: block.text };
  const image = { type: "input_image", image_url: `data:${block.mediaType};base64,${block.data}` };
  return target.imageDetail ? { ...image, detail: "auto" } : image;
}
