import { isObject, type JsonObject } from "./json-check.js";
import { ENCRYPTED_PREFIX } from "./wire-responses-answer.js";
import { type BrokenRule, fromService, MAX_KEY_CHARS, tooLong } from "./wire-responses-refusal.js";

/** Id prefix for each item type that has ids. */
const ID_PREFIX: Readonly<Record<string, string>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  function_call_output: "fco",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
  additional_tools: "at",
};

const CONTENT_OF_ROLE: Readonly<Record<string, readonly string[]>> = {
  user: ["input_text", "input_image", "input_file"],
  developer: ["input_text", "input_image", "input_file"],
  system: ["input_text", "input_image", "input_file"],
  assistant: ["output_text", "refusal"],
};

/** The first item that the service would refuse: its own shape, or its place among the others. */
export function findBrokenItem(input: unknown): BrokenRule | undefined {
  if (!Array.isArray(input)) return undefined;
  for (const [index, item] of input.entries()) {
    const at = `input[${index}]`;
    const broken = isObject(item) ? findBrokenShape(item, at) : wrongType(at, "an object");
    if (broken !== undefined) return broken;
  }
  const items: readonly JsonObject[] = input;
  return findBrokenPair(items) ?? findLonelyReasoning(items);
}

function findBrokenShape(item: JsonObject, at: string): BrokenRule | undefined {
  const type = item["type"] ?? "message";
  const { id, call_id: callId } = item;
  if (type === "item_reference") return notPersisted(id);
  if (id !== undefined && id !== null) {
    if (typeof id !== "string") return wrongType(`${at}.id`, "a string");
    if (id.length > MAX_KEY_CHARS) return tooLong(`${at}.id`, id.length);
    const prefix = typeof type === "string" && Object.hasOwn(ID_PREFIX, type) ? ID_PREFIX[type] : undefined;
    if (prefix !== undefined && !id.startsWith(prefix)) {
      return fromService(
        `Invalid '${at}.id': '${id}'. Expected an ID that begins with '${prefix}'.`,
        "invalid_value",
        `${at}.id`,
      );
    }
  }
  if (typeof callId === "string" && callId.length > MAX_KEY_CHARS) return tooLong(`${at}.call_id`, callId.length);
  switch (type) {
    case "message":
      return findBrokenMessage(item, at);
    case "reasoning":
      return findBrokenReasoning(item, at);
    case "function_call":
      if (typeof callId !== "string") return missing(`${at}.call_id`);
      if (typeof item["name"] !== "string") return missing(`${at}.name`);
      return typeof item["arguments"] === "string" ? undefined : wrongType(`${at}.arguments`, "a string");
    case "function_call_output":
      if (typeof callId !== "string") return missing(`${at}.call_id`);
      if (Array.isArray(item["output"]))
        return findBrokenContent(item["output"], `${at}.output`, CONTENT_OF_ROLE["user"] ?? []);
      return typeof item["output"] === "string" ? undefined : wrongType(`${at}.output`, "a string or an array");
    default:
      return undefined;
  }
}

function findBrokenMessage(item: JsonObject, at: string): BrokenRule | undefined {
  const { role, content } = item;
  const allowed = typeof role === "string" && Object.hasOwn(CONTENT_OF_ROLE, role) ? CONTENT_OF_ROLE[role] : undefined;
  if (allowed === undefined) {
    const message = `Invalid value for '${at}.role'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`;
    return fromService(message, "invalid_value", `${at}.role`);
  }
  if (typeof content === "string") return undefined;
  return Array.isArray(content)
    ? findBrokenContent(content, `${at}.content`, allowed)
    : wrongType(`${at}.content`, "a string or an array");
}

function findBrokenContent(parts: readonly unknown[], at: string, allowed: readonly string[]): BrokenRule | undefined {
  for (const [index, part] of parts.entries()) {
    const place = `${at}[${index}]`;
    if (!isObject(part)) return wrongType(place, "an object");
    const type = typeof part["type"] === "string" ? part["type"].slice(0, 60) : "";
    if (!allowed.includes(type)) {
      const known = allowed.map((name) => `'${name}'`).join(", ");
      return fromService(`Invalid value: '${type}'. Supported values are: ${known}.`, "invalid_value", `${place}.type`);
    }
    if (type.endsWith("_text") && typeof part["text"] !== "string") return missing(`${place}.text`);
    if (type === "input_image" && !isImageUrl(part["image_url"])) {
      return fromService(
        "The image data you provided does not represent a valid image.",
        "invalid_value",
        `${place}.image_url`,
      );
    }
  }
  return undefined;
}

function isImageUrl(value: unknown): boolean {
  return (
    typeof value === "string" && /^(https:\/\/\S|data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]{4})/.test(value)
  );
}

/** With `store: false` reasoning comes back whole, as it was given, or not at all. */
function findBrokenReasoning(item: JsonObject, at: string): BrokenRule | undefined {
  const encrypted = item["encrypted_content"];
  if (typeof encrypted !== "string") return notPersisted(item["id"]);
  if (!Array.isArray(item["summary"])) return missing(`${at}.summary`);
  if (encrypted.startsWith(ENCRYPTED_PREFIX)) return undefined;
  return fromService(
    "The encrypted content could not be verified.",
    "invalid_encrypted_content",
    `${at}.encrypted_content`,
  );
}

/** Every call has one output after it, every output one call before it. */
function findBrokenPair(items: readonly JsonObject[]): BrokenRule | undefined {
  const open = new Set<string>();
  for (const item of items) {
    const type = typeof item["type"] === "string" ? item["type"] : "message";
    const id = String(item["call_id"]);
    if (type === "function_call" || type === "custom_tool_call") open.add(id);
    else if (/^(function|custom_tool)_call_output$/.test(type) && !open.delete(id)) {
      return fromService(`No tool call found for ${type.replaceAll("_", " ")} with call_id ${id}.`, null, "input");
    }
  }
  for (const id of open) return fromService(`No tool output found for function call ${id}.`, null, "input");
  return undefined;
}

/** Reasoning comes directly before the message or call that it led to. */
function findLonelyReasoning(items: readonly JsonObject[]): BrokenRule | undefined {
  for (const [index, item] of items.entries()) {
    if (item["type"] !== "reasoning") continue;
    const next = items[index + 1];
    const type = next?.["type"] ?? "message";
    const follows =
      next !== undefined &&
      (type === "reasoning" ||
        type === "function_call" ||
        type === "custom_tool_call" ||
        (type === "message" && next["role"] === "assistant"));
    if (follows) continue;
    const id = typeof item["id"] === "string" ? item["id"] : `input[${index}]`;
    return fromService(
      `Item '${id}' of type 'reasoning' was provided without its required following item.`,
      null,
      "input",
    );
  }
  return undefined;
}

function notPersisted(id: unknown): BrokenRule {
  const name = typeof id === "string" ? id.slice(0, 100) : "";
  const message = `Item with id '${name}' not found. Items are not persisted when 'store' is set to false.`;
  return fromService(message, null, "input", 404);
}

function missing(param: string): BrokenRule {
  return fromService(`Missing required parameter: '${param}'.`, "missing_required_parameter", param);
}

function wrongType(param: string, wanted: string): BrokenRule {
  return fromService(`Invalid type for '${param}': expected ${wanted}.`, "invalid_type", param);
}
