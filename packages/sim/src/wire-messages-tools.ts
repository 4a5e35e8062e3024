import { isObject, type JsonObject, textOf } from "./json-check.js";
import { type BrokenRule, missing, refused } from "./wire-messages-refusal.js";

const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const CHOICES = ["auto", "any", "none", "tool"];

/**
 * What the service refuses in the tools that are offered, and in the choice among them.
 * Source: Messages API reference, reports of the service's words, read 2026-11-21.
 */
export function findBrokenTools(body: JsonObject): BrokenRule | undefined {
  const tools = body["tools"] ?? [];
  if (!Array.isArray(tools)) return refused("tools: Input should be a valid list");
  const names: string[] = [];
  for (const [index, tool] of tools.entries()) {
    const at = `tools.${index}`;
    if (!isObject(tool)) return refused(`${at}: Input should be a valid dictionary`);
    const { type = "custom" } = tool;
    const broken = type === "custom" || type === null ? findBrokenTool(tool, `${at}.custom`) : undefined;
    if (broken !== undefined) return broken;
    names.push(textOf(tool["name"]));
  }
  if (new Set(names).size < names.length) return refused("tools: Tool names must be unique.");
  return findBrokenChoice(body["tool_choice"], names);
}

function findBrokenTool(tool: JsonObject, at: string): BrokenRule | undefined {
  const { name, input_schema: schema } = tool;
  if (typeof name !== "string") return missing(`${at}.name`);
  if (!NAME.test(name)) return refused(`${at}.name: String should match pattern '${NAME.source}'`);
  if (!isObject(schema)) return missing(`${at}.input_schema`);
  if (schema["type"] === undefined) return missing(`${at}.input_schema.type`);
  if (schema["type"] !== "object") return refused(`${at}.input_schema.type: Input should be 'object'`);
  return ["oneOf", "allOf", "anyOf"].some((word) => schema[word] !== undefined)
    ? refused(`${at}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`)
    : undefined;
}

function findBrokenChoice(choice: unknown, names: readonly string[]): BrokenRule | undefined {
  if (choice === undefined || choice === null) return undefined;
  const type = isObject(choice) ? textOf(choice["type"]) : "";
  if (!CHOICES.includes(type)) {
    const tags = CHOICES.map((tag) => `'${tag}'`).join(", ");
    return refused(`tool_choice: Input tag '${type}' does not match any of the expected tags: ${tags}`);
  }
  if (names.length === 0) return refused("tool_choice: tool_choice may only be specified while providing tools.");
  if (type !== "tool") return undefined;
  const name = isObject(choice) ? textOf(choice["name"]) : "";
  if (name === "") return missing("tool_choice.tool.name");
  return names.includes(name) ? undefined : refused(`Tool '${name.slice(0, 128)}' not found in provided tools`);
}
