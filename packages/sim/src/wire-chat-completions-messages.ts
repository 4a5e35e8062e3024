import { isObject, type JsonObject, textOf } from "./json-check.js";
import type { ReasoningMemory } from "./wire-chat-completions-memory.js";
import {
  type BrokenRule,
  emptyList,
  missing,
  refused,
  wrongType,
  wrongValue,
} from "./wire-chat-completions-refusal.js";

const ROLES = ["system", "assistant", "user", "function", "tool", "developer"];
/** What each role may say. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  system: ["text"],
  developer: ["text"],
  user: ["text", "image_url", "input_audio", "file"],
  assistant: ["text", "refusal"],
  tool: ["text"],
  function: ["text"],
};
/** Source: API reference, `function.name`, read 2026-11-20. */
const FUNCTION_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const IMAGE_URL = /^(https?:\/\/\S|data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]{4})/;

/**
 * The first message that the service would refuse, for what it is or for its place.
 * Source: API reference, reports of the service's words, our notes, section 5, read 2026-11-20.
 */
export function findBrokenMessages(
  messages: readonly unknown[],
  context: { readonly model: string; readonly memory: ReasoningMemory | undefined },
): BrokenRule | undefined {
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    const broken = isObject(message) ? findBrokenMessage(message, at) : wrongType(at, "an object");
    if (broken !== undefined) return broken;
  }
  const all = messages.filter((message) => isObject(message));
  return (
    findBrokenPair(all) ?? (context.model.startsWith("deepseek") ? findLostReasoning(all, context.memory) : undefined)
  );
}

function findBrokenMessage(message: JsonObject, at: string): BrokenRule | undefined {
  const { role, content } = message;
  if (role === undefined) return missing(`${at}.role`);
  if (typeof role !== "string" || !ROLES.includes(role)) return wrongValue(`${at}.role`, role, ROLES);
  if (role === "assistant") return findBrokenAnswer(message, at);
  if (role === "tool" && typeof message["tool_call_id"] !== "string") return missing(`${at}.tool_call_id`);
  return findBrokenContent(content, at, role);
}

function findBrokenAnswer(message: JsonObject, at: string): BrokenRule | undefined {
  const { content = null, tool_calls: calls, function_call: oldCall, refusal = null, audio = null } = message;
  if (calls !== undefined) {
    if (!Array.isArray(calls)) return wrongType(`${at}.tool_calls`, "an array of objects");
    if (calls.length === 0) return emptyList(`${at}.tool_calls`);
    for (const [index, call] of calls.entries()) {
      const broken = findBrokenCall(call, `${at}.tool_calls[${index}]`);
      if (broken !== undefined) return broken;
    }
  }
  const silent = calls === undefined && oldCall === undefined && refusal === null && audio === null;
  return content === null && !silent ? undefined : findBrokenContent(content, at, "assistant");
}

function findBrokenContent(content: unknown, at: string, role: string): BrokenRule | undefined {
  if (typeof content === "string") return undefined;
  if (content === undefined || content === null) {
    // The service writes this place with a dot.
    return refused("Invalid value for 'content': expected a string, got null.", `${at.replace("[", ".[")}.content`);
  }
  if (!Array.isArray(content)) return wrongType(`${at}.content`, "one of a string or array of objects");
  if (content.length === 0) return emptyList(`${at}.content`);
  const allowed = PARTS[role] ?? [];
  for (const [index, part] of content.entries()) {
    const place = `${at}.content[${index}]`;
    if (!isObject(part)) return wrongType(place, "an object");
    const type = textOf(part["type"]);
    if (type === "image_url" && role !== "user") {
      return refused(
        `Invalid '${at}'. Image URLs are only allowed for messages with role 'user', but this message with role ` +
          `'${role}' contains an image URL.`,
        at,
        "invalid_value",
      );
    }
    if (!allowed.includes(type)) return wrongValue(`${place}.type`, type, allowed);
    if (type === "text" && typeof part["text"] !== "string") return missing(`${place}.text`);
    if (type === "image_url" && !isImage(part["image_url"])) {
      return refused(
        "Invalid image data. Expected a base64-encoded data URL with an image MIME type, or an address.",
        `${place}.image_url.url`,
        "invalid_image_url",
      );
    }
  }
  return undefined;
}

function isImage(value: unknown): boolean {
  return isObject(value) && IMAGE_URL.test(textOf(value["url"]));
}

function findBrokenCall(call: unknown, at: string): BrokenRule | undefined {
  if (!isObject(call)) return wrongType(at, "an object");
  if (typeof call["id"] !== "string") return missing(`${at}.id`);
  const { type, function: called } = call;
  if (type === "custom") return undefined;
  if (type !== "function") {
    return type === undefined ? missing(`${at}.type`) : wrongValue(`${at}.type`, type, ["function", "custom"]);
  }
  if (!isObject(called)) return missing(`${at}.function`);
  if (typeof called["arguments"] !== "string") {
    return called["arguments"] === undefined
      ? missing(`${at}.function.arguments`)
      : wrongType(`${at}.function.arguments`, "a string");
  }
  return findBrokenName(called["name"], `${at}.function.name`);
}

export function findBrokenName(name: unknown, at: string): BrokenRule | undefined {
  if (typeof name !== "string") return missing(at);
  if (FUNCTION_NAME.test(name)) return undefined;
  return name.length > 64
    ? refused(
        `Invalid '${at}': string too long. Expected a string with maximum length 64, but got a string with length ${name.length} instead.`,
        at,
        "string_above_max_length",
      )
    : refused(
        `Invalid '${at}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        at,
        "invalid_value",
      );
}

/** Every call is answered before the next message that is no result, and every result belongs to such a call. */
function findBrokenPair(messages: readonly JsonObject[]): BrokenRule | undefined {
  let open: string[] = [];
  /** Calls of the last answer: a second result for one of them is taken. */
  let known: readonly string[] = [];
  for (const [index, message] of [...messages, undefined].entries()) {
    if (message?.["role"] === "tool") {
      const id = textOf(message["tool_call_id"]);
      if (!known.includes(id)) {
        return refused(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`,
        );
      }
      open = open.filter((waiting) => waiting !== id);
      continue;
    }
    if (open.length > 0) {
      return refused(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
          `The following tool_call_ids did not have response messages: ${open.join(", ")}`,
        `messages.[${index}].role`,
      );
    }
    known = message?.["role"] === "assistant" ? callIds(message) : [];
    open = [...known];
  }
  return undefined;
}

/** DeepSeek's reasoning comes back while a call of its answer is open. Source: our notes, section 5, read 2026-11-20. */
function findLostReasoning(
  messages: readonly JsonObject[],
  memory: ReasoningMemory | undefined,
): BrokenRule | undefined {
  const start = messages.findLastIndex((message) => message["role"] === "user");
  const lost = messages
    .slice(start + 1)
    .some(
      (message) =>
        textOf(message["reasoning_content"]) === "" && callIds(message).some((id) => memory?.knows(id) === true),
    );
  return lost
    ? refused(
        "The `reasoning_content` in the thinking mode must be passed back to the API.",
        null,
        "invalid_request_error",
      )
    : undefined;
}

function callIds(message: JsonObject): readonly string[] {
  const calls: unknown = message["tool_calls"];
  return Array.isArray(calls) ? calls.map((call) => (isObject(call) ? textOf(call["id"]) : "")) : [];
}
