import type { AssistantBlock, ImageBlock, Message, TextBlock, UserBlock } from "@scorpiox/sxnet";
import { isObject, type JsonObject, objectsOf, parseBody, textOf } from "./json-check.js";
import type { ReasoningMemory } from "./wire-chat-completions-memory.js";
import type { Notes } from "./wire-chat-completions-notes.js";
import { checkChatCompletions } from "./wire-chat-completions-rules.js";
import type { NeutralRequest, RawRequest, Reading, SeenToolResult } from "./wire.js";

/**
 * A request of the Chat Completions format in neutral words, or the service's refusal of it.
 * @param memory which calls came after reasoning; without it none is asked back
 */
export function readChatCompletions(raw: RawRequest, memory: ReasoningMemory | undefined): Reading<Notes> {
  const checked = checkChatCompletions(raw, memory);
  if (!checked.ok) return { ok: false, ...checked.broken };
  const { body } = checked;
  const options = isObject(body["stream_options"]) ? body["stream_options"] : {};
  return {
    ok: true,
    request: readBody(body),
    notes: {
      stream: body["stream"] === true,
      includeUsage: options["include_usage"] === true,
      obfuscate: options["include_obfuscation"] !== false,
    },
  };
}

function readBody(body: JsonObject): NeutralRequest {
  const messages = objectsOf(body["messages"]);
  const system = messages.filter(({ role }) => role === "system" || role === "developer");
  return {
    model: textOf(body["model"]),
    system: system
      .map(({ content }) => joinText(content))
      .filter((text) => text !== "")
      .join("\n\n"),
    tools: objectsOf(body["tools"]).map((tool) => ({ name: nameOf(tool) })),
    messages: readMessages(messages),
    toolResults: readNewestResults(messages),
  };
}

function nameOf(tool: JsonObject): string {
  const given = isObject(tool["function"]) ? tool["function"] : tool["custom"];
  return isObject(given) ? textOf(given["name"]) : textOf(tool["type"]);
}

/** Messages of one side become one: a result is the user's. */
function readMessages(given: readonly JsonObject[]): readonly Message[] {
  const messages: { role: "user" | "assistant"; content: (AssistantBlock | UserBlock)[] }[] = [];
  for (const message of given) {
    const { role } = message;
    if (role !== "user" && role !== "assistant" && role !== "tool") continue;
    const side = role === "assistant" ? role : "user";
    const blocks =
      role === "assistant"
        ? readAnswer(message)
        : role === "tool"
          ? readResult(message)
          : readParts(message["content"]);
    const last = messages.at(-1);
    if (last?.role === side) last.content.push(...blocks);
    else if (blocks.length > 0) messages.push({ role: side, content: [...blocks] });
  }
  return messages as Message[];
}

function readAnswer(message: JsonObject): readonly AssistantBlock[] {
  const reasoning = textOf(message["reasoning_content"]) || textOf(message["reasoning"]);
  const said = joinText(message["content"]) || textOf(message["refusal"]);
  return [
    ...(reasoning === "" ? [] : [{ type: "thinking", text: reasoning } as const]),
    ...(said === "" ? [] : [{ type: "text", text: said } as const]),
    ...objectsOf(message["tool_calls"]).map((call) => readCall(call)),
  ];
}

function readCall(call: JsonObject): AssistantBlock {
  const called = isObject(call["function"]) ? call["function"] : {};
  const base = { type: "tool_use", id: textOf(call["id"]), name: textOf(called["name"]) } as const;
  const raw = textOf(called["arguments"]);
  const input = raw === "" ? {} : parseBody(raw);
  if (isObject(input)) return { ...base, input };
  // Whoever reads the request decides whether that matters.
  return { ...base, input: {}, inputError: "the arguments are not a JSON object", rawInput: raw };
}

function readResult(message: JsonObject): readonly UserBlock[] {
  return [{ type: "tool_result", toolUseId: textOf(message["tool_call_id"]), content: readParts(message["content"]) }];
}

function readParts(content: unknown): readonly (TextBlock | ImageBlock)[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return objectsOf(content).flatMap((part): readonly (TextBlock | ImageBlock)[] => {
    const url = isObject(part["image_url"]) ? textOf(part["image_url"]["url"]) : "";
    const image = /^data:([^;,]*);base64,(.*)$/s.exec(url);
    if (image !== null) return [{ type: "image", mediaType: image[1] ?? "", data: image[2] ?? "" }];
    return typeof part["text"] === "string" ? [{ type: "text", text: part["text"] }] : [];
  });
}

function joinText(content: unknown): string {
  return readParts(content)
    .flatMap((part) => (part.type === "text" ? [part.text] : []))
    .join("\n");
}

/** Results that follow the last thing the model said. The format does not tell whether one is an error. */
function readNewestResults(messages: readonly JsonObject[]): readonly SeenToolResult[] {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  const calls = objectsOf(messages[last]?.["tool_calls"]);
  return messages
    .slice(last + 1)
    .filter(({ role }) => role === "tool")
    .map((message) => {
      const toolUseId = textOf(message["tool_call_id"]);
      const call = calls.find(({ id }) => id === toolUseId);
      return { toolUseId, name: call === undefined ? "" : nameOf(call), text: joinText(message["content"]) };
    });
}
