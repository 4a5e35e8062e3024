import type { AssistantBlock, ImageBlock, Message, TextBlock, UserBlock } from "@scorpiox/sxnet";
import { isObject, type JsonObject, objectsOf, parseBody, textOf } from "./json-check.js";
import { hasLoneSurrogate } from "./lone-surrogates.js";
import type { NeutralRequest, OfferedTool, RawRequest, Reading, SeenToolResult } from "./wire.js";
import { findBrokenAccess, hasLogin, isOfficial } from "./wire-messages-access.js";
import { cacheTtlOf } from "./wire-messages-cache.js";
import type { ThinkingMemory } from "./wire-messages-memory.js";
import { traitsOf } from "./wire-messages-models.js";
import type { Notes } from "./wire-messages-notes.js";
import { type BrokenRule, refused } from "./wire-messages-refusal.js";
import { findBrokenRule, type RulesContext } from "./wire-messages-rules.js";
import { thinkingOf } from "./wire-messages-thinking.js";
import { joinSides, type Side } from "./wire-messages-turns.js";

/**
 * A request of the Messages format in neutral words, or the service's refusal of it.
 * @param memory what earlier answers thought; without it nothing is asked back
 */
export function readMessages(raw: RawRequest, memory: ThinkingMemory | undefined): Reading<Notes> {
  const checked = checkMessages(raw, { purpose: "answer", memory });
  if (!checked.ok) return { ok: false, ...checked.broken };
  const { body } = checked;
  return { ok: true, request: readBody(body), notes: readNotes(raw, body) };
}

export type Checked =
  | { readonly ok: true; readonly body: JsonObject }
  | { readonly ok: false; readonly broken: BrokenRule };

/** The parsed body of a request that the service would take. */
export function checkMessages(raw: RawRequest, context: RulesContext): Checked {
  const access = findBrokenAccess(raw);
  if (access !== undefined) return { ok: false, broken: access };
  const body = parseBody(raw.body);
  if (!isObject(body)) return { ok: false, broken: refused("The request body is not valid JSON") };
  if (hasLoneSurrogate(raw.body, body)) {
    return { ok: false, broken: refused("The request body is not valid JSON: no low surrogate in string") };
  }
  const broken = findBrokenRule(raw, body, context);
  return broken === undefined ? { ok: true, body } : { ok: false, broken };
}

function readNotes(raw: RawRequest, body: JsonObject): Notes {
  const { display } = thinkingOf(body);
  const hides = isOfficial(raw) && traitsOf(textOf(body["model"]))?.hidesThinking === true;
  const stops = body["stop_sequences"];
  return {
    stream: body["stream"] === true,
    showThinking: display === undefined || display === null ? !hides : display === "summarized",
    cacheTtl: cacheTtlOf(body),
    stopSequence: Array.isArray(stops) && typeof stops[0] === "string" ? stops[0] : null,
    login: hasLogin(raw),
  };
}

function readBody(body: JsonObject): NeutralRequest {
  const messages = objectsOf(body["messages"]);
  const sides = joinSides(messages);
  const inner = messages.filter((message) => message["role"] === "system").map(({ content }) => joinText(content));
  return {
    model: textOf(body["model"]),
    system: [joinText(body["system"]), ...inner].filter((text) => text !== "").join("\n\n"),
    tools: objectsOf(body["tools"]).map((tool) => readTool(tool)),
    messages: sides.flatMap((side) => readSide(side)),
    toolResults: readNewestResults(sides),
  };
}

function readTool(tool: JsonObject): OfferedTool {
  return { name: textOf(tool["name"]) || textOf(tool["type"]) };
}

function readSide({ role, blocks }: Side): readonly Message[] {
  const content = blocks.flatMap(({ block }): readonly (AssistantBlock | UserBlock)[] =>
    role === "assistant" ? readAnswer(block) : readUser(block),
  );
  return content.length === 0 ? [] : [{ role, content } as Message];
}

/** Blocks of tools that the service runs itself have no place in the neutral words. */
function readAnswer(block: JsonObject): readonly AssistantBlock[] {
  switch (block["type"]) {
    case "text":
      return [{ type: "text", text: textOf(block["text"]) }];
    case "thinking":
      return [{ type: "thinking", text: textOf(block["thinking"]) }];
    case "redacted_thinking":
      return [{ type: "thinking", text: "" }];
    case "tool_use": {
      const { input } = block;
      return [
        { type: "tool_use", id: textOf(block["id"]), name: textOf(block["name"]), input: isObject(input) ? input : {} },
      ];
    }
    default:
      return [];
  }
}

function readUser(block: JsonObject): readonly UserBlock[] {
  if (block["type"] !== "tool_result") return readPart(block);
  const { tool_use_id: toolUseId, content, is_error: isError } = block;
  return [
    { type: "tool_result", toolUseId: textOf(toolUseId), content: readParts(content), isError: isError === true },
  ];
}

function readPart(block: JsonObject): readonly (TextBlock | ImageBlock)[] {
  const { type, text, source } = block;
  if (type === "image" && isObject(source) && source["type"] === "base64") {
    return [{ type: "image", mediaType: textOf(source["media_type"]), data: textOf(source["data"]) }];
  }
  return type === "text" ? [{ type: "text", text: textOf(text) }] : [];
}

function readParts(content: unknown): readonly (TextBlock | ImageBlock)[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return objectsOf(content).flatMap((block) => readPart(block));
}

function joinText(content: unknown): string {
  return readParts(content)
    .flatMap((part) => (part.type === "text" ? [part.text] : []))
    .join("\n");
}

/** Results that follow the last thing the model said. */
function readNewestResults(sides: readonly Side[]): readonly SeenToolResult[] {
  const [answer, results] = sides.slice(-2);
  if (answer === undefined || results?.role !== "user") return [];
  const names = new Map(answer.blocks.map(({ block }) => [textOf(block["id"]), textOf(block["name"])]));
  return results.blocks
    .filter(({ block }) => block["type"] === "tool_result")
    .map(({ block }) => {
      const toolUseId = textOf(block["tool_use_id"]);
      return {
        toolUseId,
        name: names.get(toolUseId) ?? "",
        text: joinText(block["content"]),
        isError: block["is_error"] === true,
      };
    });
}
