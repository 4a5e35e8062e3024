import type { AssistantBlock, ImageBlock, Message, TextBlock, ToolResultBlock, UserBlock } from "@scorpiox/sxnet";
import { isObject, type JsonObject, objectsOf, textOf } from "./json-check.js";
import { keyOf, missingKey } from "./wire-generate-content-access.js";
import type { CachedContents } from "./wire-generate-content-caches.js";
import { estimateTokens, joinContents } from "./wire-generate-content-prompt.js";
import { readFields } from "./wire-generate-content-fields.js";
import type { AnswerForm, Notes } from "./wire-generate-content-notes.js";
import type { BrokenRule } from "./wire-generate-content-refusal.js";
import { findBrokenRule } from "./wire-generate-content-rules.js";
import { findBrokenTurn } from "./wire-generate-content-turns.js";
import type { NeutralRequest, OfferedTool, RawRequest, Reading, SeenToolResult } from "./wire.js";

/** Model and method of a request for an answer. */
export const GENERATE_PATH = /^\/v1beta\/models\/([^/:]+):(streamGenerateContent|generateContent)$/;

/**
 * A request in neutral words, or the service's refusal of it.
 * @param caches the stored prefixes; without them what a request names is not looked up, and stays out of what is read
 */
export function readGenerateContent(raw: RawRequest, caches: CachedContents | undefined): Reading<Notes> {
  const [, model = "", method = ""] = GENERATE_PATH.exec(raw.path) ?? [];
  const form = formOf(method, raw.query);
  const refuse = ({ refusal, reason }: BrokenRule): Reading<Notes> => ({
    ok: false,
    refusal: form === "list" ? { ...refusal, body: `[${refusal.body.trimEnd()}\n]` } : refusal,
    ...(reason === undefined ? {} : { reason }),
  });
  const key = keyOf(raw);
  if (key === undefined) return refuse(missingKey());
  const reading = readFields("GenerateContentRequest", raw.body);
  if (!reading.ok) return refuse(reading.broken);
  const body = reading.value;
  const broken = findBrokenRule(body, model);
  if (broken !== undefined) return refuse(broken);
  const use = caches?.use(body, { key, model }) ?? { ok: true };
  if (!use.ok) return refuse(use.broken);
  const { entry } = use;
  const contents = joinContents(entry?.prefix, body);
  // Calls and their responses may be on both sides of a prefix that this reading does not have.
  const looked = caches !== undefined || body["cachedContent"] === undefined;
  const brokenTurn = looked ? findBrokenTurn(contents, model) : undefined;
  if (brokenTurn !== undefined) return refuse(brokenTurn);
  const cachedTokens = entry?.tokens ?? 0;
  return {
    ok: true,
    request: readPrompt(model, { ...entry?.prefix, ...body, contents }),
    notes: {
      form,
      includeThoughts: wantsThoughts(body["generationConfig"]),
      promptTokens: estimateTokens(body) + cachedTokens,
      cachedTokens,
    },
  };
}

function formOf(method: string, query: string): AnswerForm {
  if (method === "generateContent") return "whole";
  const parameters = new URLSearchParams(query);
  return (parameters.get("alt") ?? parameters.get("$alt")) === "sse" ? "events" : "list";
}

function wantsThoughts(generationConfig: unknown): boolean {
  const config = isObject(generationConfig) ? generationConfig["thinkingConfig"] : undefined;
  return isObject(config) && config["includeThoughts"] === true;
}

function readPrompt(model: string, prompt: JsonObject): NeutralRequest {
  const system = prompt["systemInstruction"];
  const conversation = new Conversation();
  for (const content of objectsOf(prompt["contents"])) conversation.add(content);
  return {
    model,
    system: isObject(system) ? joinText(system["parts"]) : "",
    tools: objectsOf(prompt["tools"]).flatMap((tool) => readTool(tool)),
    messages: conversation.messages,
    toolResults: conversation.newest,
  };
}

/** Functions by name; what the service itself runs by its field. */
function readTool(tool: JsonObject): readonly OfferedTool[] {
  const hosted = Object.keys(tool).filter((name) => name !== "functionDeclarations");
  const functions = objectsOf(tool["functionDeclarations"]).map((declaration) => textOf(declaration["name"]));
  return [...functions, ...hosted].map((name) => ({ name }));
}

interface OpenCall {
  readonly id: string;
  readonly name: string;
  /** As it came; made up when it came without one. */
  readonly given: boolean;
}

/** Contents of one side become one message, and calls without ids get them by their order. */
class Conversation {
  readonly #messages: { role: "user" | "assistant"; content: (AssistantBlock | UserBlock)[] }[] = [];
  #open: OpenCall[] = [];
  #calls = 0;
  #newest: SeenToolResult[] = [];

  get messages(): readonly Message[] {
    return this.#messages as Message[];
  }

  /** Results that follow the last thing the model said. */
  get newest(): readonly SeenToolResult[] {
    return this.#newest;
  }

  add(content: JsonObject): void {
    const parts = objectsOf(content["parts"]);
    if (content["role"] === "model") {
      this.#newest = [];
      this.#open = [];
      this.#push(
        "assistant",
        parts.flatMap((part) => this.#readAnswer(part)),
      );
    } else {
      this.#push(
        "user",
        parts.flatMap((part) => this.#readUser(part)),
      );
    }
  }

  #push(role: "user" | "assistant", blocks: readonly (AssistantBlock | UserBlock)[]): void {
    const last = this.#messages.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else if (blocks.length > 0) this.#messages.push({ role, content: [...blocks] });
  }

  #readAnswer(part: JsonObject): readonly AssistantBlock[] {
    const { text, functionCall } = part;
    if (isObject(functionCall)) {
      this.#calls += 1;
      const given = textOf(functionCall["id"]);
      const id = given || `call_${this.#calls}`;
      const name = textOf(functionCall["name"]);
      this.#open.push({ id, name, given: given !== "" });
      const { args } = functionCall;
      return [{ type: "tool_use", id, name, input: isObject(args) ? args : {} }];
    }
    if (typeof text !== "string" || text === "") return [];
    return [part["thought"] === true ? { type: "thinking", text } : { type: "text", text }];
  }

  #readUser(part: JsonObject): readonly UserBlock[] {
    const { functionResponse } = part;
    return isObject(functionResponse) ? [this.#readResponse(functionResponse)] : readBlock(part);
  }

  #readResponse(part: JsonObject): ToolResultBlock {
    const call = this.#take(textOf(part["id"]), textOf(part["name"]));
    const { text, isError } = readResult(part["response"]);
    const images = objectsOf(part["parts"]).flatMap((inner) => readBlock(inner));
    const toolUseId = call?.id ?? textOf(part["id"]);
    this.#newest.push({ toolUseId, name: call?.name ?? textOf(part["name"]), text, isError });
    return { type: "tool_result", toolUseId, content: [{ type: "text", text }, ...images], isError };
  }

  /** The call that a response is for: the one of its id, else the first of its name that is left, else the first. */
  #take(id: string, name: string): OpenCall | undefined {
    const byId = this.#open.find((call) => call.given && call.id === id);
    const call = byId ?? this.#open.find((open) => open.name === name) ?? this.#open[0];
    this.#open = this.#open.filter((open) => open !== call);
    return call;
  }
}

/** By convention a result is in `output`, and an error in `error`; any other object is told as JSON. */
function readResult(response: unknown): { readonly text: string; readonly isError: boolean } {
  const object = isObject(response) ? response : {};
  const isError = object["error"] !== undefined && object["output"] === undefined;
  const value = isError ? object["error"] : (object["output"] ?? (Object.keys(object).length === 0 ? "" : object));
  return { text: typeof value === "string" ? value : JSON.stringify(value), isError };
}

function readBlock(part: JsonObject): readonly (TextBlock | ImageBlock)[] {
  const { text, inlineData } = part;
  if (isObject(inlineData) && textOf(inlineData["mimeType"]).startsWith("image/")) {
    return [{ type: "image", mediaType: textOf(inlineData["mimeType"]), data: textOf(inlineData["data"]) }];
  }
  return typeof text === "string" && text !== "" ? [{ type: "text", text }] : [];
}

function joinText(parts: unknown): string {
  return objectsOf(parts)
    .map((part) => textOf(part["text"]))
    .filter((text) => text !== "")
    .join("\n");
}
