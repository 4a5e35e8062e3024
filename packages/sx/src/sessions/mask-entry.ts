import type { AssistantBlock, Message, UserBlock } from "@scorpiox/sxnet";
import type { CallOutcome, EntryBody } from "./entry.js";

/** The text without anything that must not be kept. */
export type Mask = (text: string) => string;

/**
 * The entry with every known secret hidden in all that came from people, models and programs. The words of the format
 * itself stay: a password that happens to be `assistant` must not break the file.
 */
export function maskEntry(body: EntryBody, mask: Mask): EntryBody {
  switch (body.kind) {
    case "header":
      return { ...body, title: mask(body.title) };
    case "user":
      return { ...body, content: body.content.map((block) => maskUserBlock(block, mask)) };
    case "assistant":
      return { ...body, content: body.content.map((block) => maskAssistantBlock(block, mask)) };
    case "tool_result": {
      const { content } = body.result;
      const result = { ...body.result, content: content.map((block) => maskShown(block, mask)) };
      return { ...body, result, outcome: maskOutcome(body.outcome, mask) };
    }
    case "turn_end":
      return {
        ...body,
        ...(body.title === undefined ? {} : { title: mask(body.title) }),
        ...(body.failure === undefined ? {} : { failure: { ...body.failure, message: mask(body.failure.message) } }),
      };
    case "compaction":
      return { ...body, messages: body.messages.map((message) => maskMessage(message, mask)) };
    case "note":
      return {
        ...body,
        ...(body.title === undefined ? {} : { title: mask(body.title) }),
        ...(body.text === undefined ? {} : { text: mask(body.text) }),
      };
    case "approval":
      return body.rule === undefined ? body : { ...body, rule: mask(body.rule) };
    case "rewind":
      return body.reason === undefined ? body : { ...body, reason: mask(body.reason) };
    case "mark":
      return { ...body, data: maskJson(body.data, mask) };
    case "model":
    case "mode":
    case "compaction_undo":
    case "end":
      return body;
  }
}

function maskMessage(message: Message, mask: Mask): Message {
  return message.role === "user"
    ? { role: "user", content: message.content.map((block) => maskUserBlock(block, mask)) }
    : { role: "assistant", content: message.content.map((block) => maskAssistantBlock(block, mask)) };
}

function maskUserBlock(block: UserBlock, mask: Mask): UserBlock {
  if (block.type !== "tool_result") return maskShown(block, mask);
  return { ...block, content: block.content.map((part) => maskShown(part, mask)) };
}

type Shown = Extract<UserBlock, { type: "text" | "image" }>;

/** An image that holds a secret would be damaged by hiding it: words stand in its place. */
function maskShown(block: Shown, mask: Mask): Shown {
  if (block.type === "text") return { ...block, text: mask(block.text) };
  return mask(block.data) === block.data
    ? block
    : { type: "text", text: `[${block.mediaType} not kept: it holds a secret]` };
}

/** What a service wants back unchanged is left out when it holds a secret: changed, it would be refused. */
function maskAssistantBlock(block: AssistantBlock, mask: Mask): AssistantBlock {
  const { opaque, ...rest } = block;
  const masked = maskAnswer(rest, mask);
  if (opaque === undefined || JSON.stringify(maskJson(opaque.data, mask)) !== JSON.stringify(opaque.data))
    return masked;
  return { ...masked, opaque };
}

function maskAnswer(block: AssistantBlock, mask: Mask): AssistantBlock {
  if (block.type !== "tool_use") return { ...block, text: mask(block.text) };
  return {
    ...block,
    input: maskJson(block.input, mask) as Readonly<Record<string, unknown>>,
    ...(block.inputError === undefined ? {} : { inputError: mask(block.inputError) }),
    ...(block.rawInput === undefined ? {} : { rawInput: mask(block.rawInput) }),
  };
}

function maskOutcome(outcome: CallOutcome, mask: Mask): CallOutcome {
  if (outcome.diff === undefined) return outcome;
  return { ...outcome, diff: outcome.diff.map((hunk) => ({ ...hunk, lines: hunk.lines.map(mask) })) };
}

/** Any JSON, its keys included. */
function maskJson(value: unknown, mask: Mask): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((item: unknown) => maskJson(item, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [mask(key), maskJson(item, mask)]));
}
