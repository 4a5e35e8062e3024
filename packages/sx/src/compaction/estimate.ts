import type { AssistantBlock, Message, UserBlock } from "@scorpiox/sxnet";

/** Bytes of text that make one token, as a rule of thumb over code and prose of common models. */
const BYTES_PER_TOKEN = 4;
/** A picture of common size; services count by pixels. */
const IMAGE_TOKENS = 1_600;
/** What a message costs beside its text. */
const MESSAGE_TOKENS = 4;

const KNOWN = new WeakMap<Message, number>();

/** About how many tokens a message takes; the same object is counted once. */
export function estimateTokens(message: Message): number {
  const known = KNOWN.get(message);
  if (known !== undefined) return known;
  const tokens = MESSAGE_TOKENS + sum(message.content, blockTokens);
  KNOWN.set(message, tokens);
  return tokens;
}

/** The same for several. */
export function estimateAll(messages: readonly Message[]): number {
  return sum(messages, estimateTokens);
}

/** The same for plain text. */
export function textTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

function blockTokens(block: UserBlock | AssistantBlock): number {
  switch (block.type) {
    case "text":
      return textTokens(block.text);
    case "thinking":
      return textTokens(block.text) + opaqueTokens(block.opaque?.data);
    case "image":
      return IMAGE_TOKENS;
    case "tool_use":
      return textTokens(block.name) + textTokens(JSON.stringify(block.input));
    case "tool_result":
      return sum(block.content, blockTokens);
  }
}

function opaqueTokens(data: unknown): number {
  return data === undefined ? 0 : textTokens(JSON.stringify(data) ?? "");
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
