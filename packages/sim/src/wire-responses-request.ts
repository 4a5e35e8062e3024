import type { AssistantBlock, ImageBlock, Message, TextBlock, UserBlock } from "@scorpiox/sxnet";
import { isObject, type JsonObject, objectsOf, textOf } from "./json-check.js";
import type { NeutralRequest, OfferedTool, RawRequest, Reading, SeenToolResult } from "./wire.js";
import { findBrokenRule } from "./wire-responses-rules.js";

/** A request of the Responses format in neutral words, or the service's refusal of it. */
export function readResponses(raw: RawRequest): Reading {
  let body: unknown;
  try {
    body = JSON.parse(raw.body);
  } catch {
    // What the parser says would quote the body; the rule below says all there is to say.
    body = undefined;
  }
  const broken = findBrokenRule(raw, body);
  if (broken !== undefined) return { ok: false, ...broken };
  return { ok: true, request: readBody(body as JsonObject) };
}

function readBody(body: JsonObject): NeutralRequest {
  const items = itemsOf(body["input"]);
  const developer = items.filter((item) => item["role"] === "developer" || item["role"] === "system");
  const system = [textOf(body["instructions"]), ...developer.map((item) => joinText(item["content"]))];
  const carried = items
    .filter((item) => item["type"] === "additional_tools")
    .flatMap((item) => objectsOf(item["tools"]));
  return {
    model: textOf(body["model"]),
    system: system.filter((text) => text !== "").join("\n\n"),
    tools: [...objectsOf(body["tools"]), ...carried].flatMap((tool) => readTool(tool)),
    messages: readMessages(items),
    toolResults: readNewestResults(items),
  };
}

function readTool(tool: JsonObject, namespace?: string): readonly OfferedTool[] {
  if (tool["type"] === "namespace") {
    return objectsOf(tool["tools"]).flatMap((inner) => readTool(inner, textOf(tool["name"])));
  }
  const name = textOf(tool["name"]) || textOf(tool["type"]);
  return [namespace === undefined ? { name } : { name, namespace }];
}

/** Items of one side become one message, as they were one turn of the conversation. */
function readMessages(items: readonly JsonObject[]): readonly Message[] {
  const messages: { role: "user" | "assistant"; content: (AssistantBlock | UserBlock)[] }[] = [];
  const add = (role: "user" | "assistant", blocks: readonly (AssistantBlock | UserBlock)[]): void => {
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else if (blocks.length > 0) messages.push({ role, content: [...blocks] });
  };
  for (const item of items) {
    switch (typeOf(item)) {
      case "message":
        if (item["role"] === "assistant") add("assistant", [{ type: "text", text: joinText(item["content"]) }]);
        else if (item["role"] === "user") add("user", readParts(item["content"]));
        break;
      case "reasoning":
        add("assistant", [{ type: "thinking", text: joinText(item["summary"]) }]);
        break;
      case "function_call":
      case "custom_tool_call":
        add("assistant", [readCall(item)]);
        break;
      case "function_call_output":
      case "custom_tool_call_output":
        add("user", [{ type: "tool_result", toolUseId: textOf(item["call_id"]), content: readParts(item["output"]) }]);
        break;
      default:
      // Items that the conversation's words have no place for: lists of tools, hosted calls.
    }
  }
  return messages as Message[];
}

function readCall(item: JsonObject): AssistantBlock {
  const base = { type: "tool_use", id: textOf(item["call_id"]), name: textOf(item["name"]) } as const;
  if (item["type"] === "custom_tool_call") return { ...base, input: { input: textOf(item["input"]) } };
  const raw = textOf(item["arguments"]);
  try {
    const input: unknown = JSON.parse(raw);
    if (isObject(input)) return { ...base, input };
  } catch {
    // Arguments that are no JSON are told below: whoever reads the request decides whether that matters.
  }
  return { ...base, input: {}, inputError: "the arguments are not a JSON object", rawInput: raw };
}

/** Outputs that follow the last thing the model said. */
function readNewestResults(items: readonly JsonObject[]): readonly SeenToolResult[] {
  const last = items.findLastIndex((item) => isAnswer(item));
  const names = new Map(
    items.map((item) => [textOf(item["call_id"]), textOf(item["name"])] as const).filter(([, name]) => name !== ""),
  );
  return items
    .slice(last + 1)
    .filter((item) => /^(function|custom_tool)_call_output$/.test(typeOf(item)))
    .map((item) => {
      const toolUseId = textOf(item["call_id"]);
      return { toolUseId, name: names.get(toolUseId) ?? "", text: joinText(item["output"]) };
    });
}

function isAnswer(item: JsonObject): boolean {
  const type = typeOf(item);
  return (
    type === "reasoning" ||
    type === "function_call" ||
    type === "custom_tool_call" ||
    (type === "message" && item["role"] === "assistant")
  );
}

/** A message may leave its type out. */
function typeOf(item: JsonObject): string {
  return textOf(item["type"]) || (item["role"] === undefined ? "" : "message");
}

function readParts(value: unknown): readonly (TextBlock | ImageBlock)[] {
  if (typeof value === "string") return [{ type: "text", text: value }];
  return objectsOf(value).flatMap((part): readonly (TextBlock | ImageBlock)[] => {
    const image = /^data:([^;,]*);base64,(.*)$/s.exec(textOf(part["image_url"]));
    if (image !== null) return [{ type: "image", mediaType: image[1] ?? "", data: image[2] ?? "" }];
    return typeof part["text"] === "string" ? [{ type: "text", text: part["text"] }] : [];
  });
}

function joinText(value: unknown): string {
  return readParts(value)
    .flatMap((part) => (part.type === "text" ? [part.text] : []))
    .join("\n");
}

function itemsOf(input: unknown): readonly JsonObject[] {
  return typeof input === "string" ? [{ type: "message", role: "user", content: input }] : objectsOf(input);
}
