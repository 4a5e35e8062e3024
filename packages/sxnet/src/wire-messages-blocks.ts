import { prepareHistory } from "./history.js";
import type { AssistantBlock, AssistantMessage, Message, TextBlock, ToolResultBlock, UserBlock } from "./types.js";
import { fieldsOf, textOf } from "./unknown-value.js";
import { toWireJson } from "./wire-json.js";

/**
 * The conversation in the Messages wire format: our blocks to its blocks.
 * Source: Messages API reference, recorded streams, and answers of the service named in its error messages, read
 * 2026-11-21.
 */

/** Whose opaque data may be sent back: signatures are bound to the provider and model that made them. */
export interface BlocksTarget {
  readonly provider: string;
  readonly model: string;
}

/** What a block of this wire carries back to the service. Fields have the wire's names. */
export type MessagesOpaque =
  | { readonly kind: "thinking"; readonly signature: string }
  | { readonly kind: "redacted_thinking"; readonly data: string }
  | { readonly kind: "text"; readonly citations: readonly unknown[] }
  | { readonly kind: "tool_use"; readonly caller: unknown }
  /** A block of the service's own tools, whole; it stands behind an empty text. */
  | { readonly kind: "block"; readonly block: Readonly<Record<string, unknown>> };

/** Blocks of one side of the conversation, each as JSON text. */
export interface Turn {
  readonly role: "user" | "assistant";
  readonly blocks: readonly string[];
}

// What was serialised is kept by message object, so that a step of a long conversation costs only its new part. Opaque
// data of another provider or model is gone by then, in a message object of its own: no key is needed beside it.
const SERIALISED = new WeakMap<Message, readonly string[]>();

/** Source: Messages API reference, `tool_use.id`, read 2026-11-21. */
const TOOL_IDS = /^[a-zA-Z0-9_-]+$/;
const NO_OUTPUT = "(no output)";

/** The conversation, one turn for each side in turn. Messages of one side that follow each other are one turn. */
export function buildMessagesTurns(messages: readonly Message[], target: BlocksTarget): readonly Turn[] {
  const prepared = prepareHistory(messages, { ...target, ids: TOOL_IDS });
  const turns: { role: Turn["role"]; blocks: string[] }[] = [];
  for (const [at, message] of prepared.entries()) {
    const isLast = at === prepared.length - 1 && message.role === "assistant";
    const blocks = isLast ? serialiseLast(message) : serialise(message);
    if (blocks.length === 0) continue;
    const open = turns.at(-1);
    if (open?.role === message.role) open.blocks.push(...blocks);
    else turns.push({ role: message.role, blocks: [...blocks] });
  }
  return turns;
}

function serialise(message: Message): readonly string[] {
  const known = SERIALISED.get(message);
  if (known !== undefined) return known;
  const blocks = message.role === "user" ? userBlocks(message.content) : assistantBlocks(message.content);
  const serialised = blocks.map(toWireJson);
  SERIALISED.set(message, serialised);
  return serialised;
}

/** White space at the end of a last assistant message is refused. */
function serialiseLast(message: AssistantMessage): readonly string[] {
  const last = message.content.at(-1);
  if (last?.type !== "text" || last.text === last.text.trimEnd()) return serialise(message);
  const content = [...message.content.slice(0, -1), { ...last, text: last.text.trimEnd() }];
  return assistantBlocks(content).map(toWireJson);
}

function assistantBlocks(blocks: readonly AssistantBlock[]): readonly unknown[] {
  const sent = blocks.flatMap(assistantBlock);
  // Thoughts alone lead to nothing: a turn without text and calls is refused.
  return sent.every((block) => textOf(fieldsOf(block)["type"])?.endsWith("thinking")) ? [] : sent;
}

function assistantBlock(block: AssistantBlock): readonly unknown[] {
  // A session may have been on disk: what it holds is read with care.
  const own = fieldsOf(block.opaque?.data);
  switch (block.type) {
    case "thinking": {
      const { kind, signature, data } = own;
      if (kind === "redacted_thinking" && textOf(data)) return [{ type: "redacted_thinking", data }];
      // Without its signature a thought is refused.
      return kind === "thinking" && textOf(signature) ? [{ type: "thinking", thinking: block.text, signature }] : [];
    }
    case "text": {
      if (own["kind"] === "block") return textOf(fieldsOf(own["block"])["type"]) ? [own["block"]] : [];
      if (isBlank(block)) return [];
      const citations = own["kind"] === "text" ? { citations: own["citations"] } : {};
      return [{ type: "text", text: block.text, ...citations }];
    }
    case "tool_use": {
      const caller = own["kind"] === "tool_use" ? { caller: own["caller"] } : {};
      return [{ type: "tool_use", id: block.id, name: block.name, input: block.input, ...caller }];
    }
  }
}

/** Results stand first already. */
function userBlocks(blocks: readonly UserBlock[]): readonly unknown[] {
  const strays: unknown[] = [];
  const sent = blocks.flatMap((block): readonly unknown[] => {
    if (block.type === "tool_result") {
      strays.push(...strayImages(block));
      return [toolResult(block)];
    }
    return part(block);
  });
  const results = blocks.filter(({ type }) => type === "tool_result").length;
  return [...sent.slice(0, results), ...strays, ...sent.slice(results)];
}

/** Refused: blank text, an error without a word, and an error that holds anything but text. */
function toolResult({ toolUseId, content, isError = false }: ToolResultBlock): unknown {
  const parts = content.flatMap((each) => (isError && each.type === "image" ? [] : part(each)));
  const told = isError && parts.length === 0 ? [{ type: "text", text: NO_OUTPUT }] : parts;
  return {
    type: "tool_result",
    tool_use_id: toolUseId,
    ...(told.length === 0 ? {} : { content: told }),
    ...(isError ? { is_error: true } : {}),
  };
}

/** The images of a failed call: they follow the results. */
function strayImages({ toolUseId, content, isError = false }: ToolResultBlock): readonly unknown[] {
  const images = isError ? content.filter(({ type }) => type === "image") : [];
  const title: TextBlock = { type: "text", text: `Images of the result of ${toolUseId}:` };
  return images.length === 0 ? [] : [title, ...images].flatMap(part);
}

function part(block: Exclude<UserBlock, ToolResultBlock>): readonly unknown[] {
  if (block.type === "text") return isBlank(block) ? [] : [{ type: "text", text: block.text }];
  const { mediaType, data } = block;
  return [{ type: "image", source: { type: "base64", media_type: mediaType, data } }];
}

/** The service takes no text that is nothing but white space. */
function isBlank({ text }: TextBlock): boolean {
  return text.trim() === "";
}
