import { isObject, type JsonObject, textOf } from "./json-check.js";
import { type BrokenRule, extra, missing, refused } from "./wire-messages-refusal.js";
import { checkSignature } from "./wire-messages-signature.js";

/** Where a block stands. */
export interface BlockPlace {
  /** `messages.1.content.0` */
  readonly at: string;
  readonly role: "user" | "assistant" | "system";
  readonly model: string;
  /** In the last message of the assistant. */
  readonly latest: boolean;
  /** The API version that is stricter. */
  readonly newVersion: boolean;
}

/** What a user may say; results of tools that the service runs itself are the assistant's. */
const USER = ["text", "image", "document", "search_result", "tool_result", "container_upload"];
const ASSISTANT = ["text", "document", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "mcp_tool_use"];
const ASSISTANT_RESULT =
  /^(web_search|web_fetch|code_execution|bash_code_execution|text_editor_code_execution|tool_search|mcp|advisor)_tool_result$|^mcp_tool_result$|^(fallback|compaction|container_upload)$/;

const MEDIA_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const NAME = /^[a-zA-Z0-9_-]{1,200}$/;

/** Empty, and what the service takes for empty. Source: reported errors of the service, read 2026-11-21. */
export function findBrokenText(text: unknown, at: string, list: string): BrokenRule | undefined {
  if (typeof text !== "string") return missing(`${at}.text`);
  if (text === "") return refused(`${list}: text content blocks must be non-empty`);
  return text.trim() === "" ? refused(`${list}: text content blocks must contain non-whitespace text`) : undefined;
}

/** A block that the service would refuse for what it is, apart from its neighbours. */
export function findBrokenBlock(block: unknown, place: BlockPlace): BrokenRule | undefined {
  const { at, role } = place;
  if (!isObject(block)) return refused(`${at}: Input should be a valid dictionary`);
  const { type } = block;
  if (typeof type !== "string") return missing(`${at}.type`);
  const ofUser = USER.includes(type);
  const ofAssistant = ASSISTANT.includes(type) || ASSISTANT_RESULT.test(type);
  if (!ofUser && !ofAssistant) {
    const tags = [...new Set([...USER, ...ASSISTANT])].map((tag) => `'${tag}'`).join(", ");
    return refused(
      `${at}: Input tag '${type.slice(0, 60)}' found using 'type' does not match any of the expected tags: ${tags}`,
    );
  }
  if (role === "assistant" ? !ofAssistant : !ofUser) {
    const owner = ofUser ? "user" : "assistant";
    return refused(`${at}: \`${type}\` blocks can only be in \`${owner}\` messages`);
  }
  switch (type) {
    case "text":
      return findBrokenTextBlock(block, place);
    case "image":
      return findBrokenImage(block, at);
    case "document":
      return role === "assistant" && place.newVersion
        ? refused(`${at}: \`document\` blocks can only be in \`user\` messages`)
        : undefined;
    case "thinking":
      return findBrokenThinking(block, place);
    case "redacted_thinking":
      return textOf(block["data"]) === "" ? missing(`${at}.redacted_thinking.data`) : undefined;
    case "tool_use":
      return findBrokenCall(block, at);
    case "tool_result":
      return findBrokenResult(block, place);
    default:
      return undefined;
  }
}

function findBrokenTextBlock(block: JsonObject, { at, role, newVersion }: BlockPlace): BrokenRule | undefined {
  const { citations } = block;
  if (newVersion && role === "user" && Array.isArray(citations) && citations.length > 0) {
    return refused(`${at}.text.citations: citations are not permitted in \`user\` messages`);
  }
  return findBrokenText(block["text"], `${at}.text`, "messages");
}

function findBrokenImage(block: JsonObject, at: string): BrokenRule | undefined {
  const { source } = block;
  if (!isObject(source)) return missing(`${at}.image.source`);
  if (source["type"] !== "base64") return undefined;
  const { data, media_type: mediaType } = source;
  if (!MEDIA_TYPES.includes(textOf(mediaType))) {
    const known = MEDIA_TYPES.map((name) => `'${name}'`).join(", ");
    return refused(`${at}.image.source.base64.media_type: Input should be ${known}`);
  }
  if (typeof data !== "string" || data === "" || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) {
    return refused(`${at}.image.source.base64: invalid base64 data`);
  }
  return undefined;
}

function findBrokenThinking(block: JsonObject, { at, latest, model }: BlockPlace): BrokenRule | undefined {
  const { thinking, signature } = block;
  if (typeof thinking !== "string") return missing(`${at}.thinking.thinking`);
  if (typeof signature !== "string") return missing(`${at}.thinking.signature`);
  const state = checkSignature(signature, model, thinking);
  if (state === "good") return undefined;
  if (state === "foreign" || !latest) return refused(`${at}: Invalid \`signature\` in \`thinking\` block`);
  return refused(
    `${at}: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified. These ` +
      "blocks must remain as they were in the original response.",
  );
}

function findBrokenCall(block: JsonObject, at: string): BrokenRule | undefined {
  const { id, name, input } = block;
  if (typeof id !== "string") return missing(`${at}.tool_use.id`);
  if (!/^[a-zA-Z0-9_-]+$/.test(id)) {
    return refused(`${at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
  }
  if (typeof name !== "string") return missing(`${at}.tool_use.name`);
  if (!NAME.test(name)) return refused(`${at}.tool_use.name: String should match pattern '${NAME.source}'`);
  if (input === undefined) return missing(`${at}.tool_use.input`);
  return isObject(input) ? undefined : refused(`${at}.tool_use.input: Input should be a valid dictionary`);
}

function findBrokenResult(block: JsonObject, place: BlockPlace): BrokenRule | undefined {
  const { at } = place;
  const { content, tool_use_id: id, is_error: isError } = block;
  if (typeof id !== "string") return missing(`${at}.tool_result.tool_use_id`);
  if (content === undefined || typeof content === "string") return undefined;
  if (!Array.isArray(content)) return refused(`${at}.tool_result.content: Input should be a valid list`);
  if (isError === true && content.some((inner) => isObject(inner) && inner["type"] !== "text")) {
    return refused(`${at}: all content must be type \`text\` if \`is_error\` is true`);
  }
  for (const [index, inner] of content.entries()) {
    const innerAt = `${at}.tool_result.content.${index}`;
    const type = isObject(inner) ? inner["type"] : undefined;
    if (type === "tool_result" || type === "container_upload") {
      return refused(`${innerAt}: Input tag '${type}' does not match any of the expected tags`);
    }
    if (type === "tool_reference") continue;
    const broken = findBrokenBlock(inner, { ...place, at: innerAt });
    if (broken !== undefined) return broken;
  }
  return undefined;
}

/** A mark in a block that can have none. */
export function findBrokenMark(block: JsonObject, at: string): BrokenRule | undefined {
  const { type, cache_control: mark } = block;
  if (mark === undefined || mark === null) return undefined;
  if (type === "thinking" || type === "redacted_thinking") return extra(`${at}.${type}.cache_control`);
  if (type === "text" && block["text"] === "") {
    return refused(`${at}.text: cache_control cannot be set for empty text blocks`);
  }
  if (!isObject(mark) || mark["type"] !== "ephemeral") {
    return refused(`${at}.cache_control: Input tag does not match any of the expected tags: 'ephemeral'`);
  }
  const { ttl } = mark;
  return ttl === undefined || ttl === null || ttl === "5m" || ttl === "1h"
    ? undefined
    : refused(`${at}.cache_control.ephemeral.ttl: Input should be '5m' or '1h'`);
}
