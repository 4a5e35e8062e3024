import { prepareHistory } from "./history.js";
import type {
  AssistantMessage,
  ChatRequest,
  ImageBlock,
  Message,
  TextBlock,
  ThinkingBlock,
  ToolDefinition,
  ToolResultBlock,
  ToolUseBlock,
  UserMessage,
} from "./types.js";
import { toWireJson } from "./wire-json.js";
import { takesNothing, toParameters } from "./wire-generate-content-schema.js";

/**
 * The generateContent wire format, request side: our messages to contents.
 * Source: API reference (v1beta), types of the official client 2.32.0, recorded requests, read 2026-11-20.
 */

/** Who receives it: signatures belong to the provider and model that made them. */
export interface GenerateTarget {
  readonly provider: string;
  readonly model: string;
  /**
   * The model names its calls and holds them to their signatures, takes images inside of results, and refuses a
   * conversation that ends with its own turn.
   */
  readonly modern: boolean;
}

/** What a block of this wire carries back to the service. */
export interface GenerateOpaque {
  /** Of a text or thinking block: what it was made of, where that is more than unsigned text. */
  readonly parts?: readonly GeneratePart[];
  /** Of a call: its id, where the service gave one. */
  readonly id?: string;
  readonly thoughtSignature?: string;
}

/** The next `length` UTF-16 units of the block's text, or a part that shows nothing, as it came. */
export type GeneratePart =
  | { readonly length: number; readonly thoughtSignature?: string }
  | { readonly part: Readonly<Record<string, unknown>> };

interface SerialisedMessage {
  readonly key: string;
  /** One content. */
  readonly json: string;
  /** The same with a stand-in on the first call, where that has no signature of its own. */
  readonly signedJson: string;
  readonly calls: ReadonlyMap<string, WireCall>;
  /** What is said, and answers nothing: a turn begins here. */
  readonly begins: boolean;
}

interface WireCall {
  readonly name: string;
  readonly id: string | undefined;
}

// What was serialised is kept by message object, so that a step of a long conversation costs only its new part.
const SERIALISED = new WeakMap<Message, SerialisedMessage>();

/** What the service takes for the signature of a call that another model made. Source: its page "Thought signatures". */
const STAND_IN = "skip_thought_signature_validator";
/** Said where a conversation ends with the model's own turn, which newer models refuse. */
const GO_ON = '{"role":"user","parts":[{"text":"Go on."}]}';

const NO_CALLS: ReadonlyMap<string, WireCall> = new Map();

/**
 * The `contents` as one JSON text each, without what comes of the first `from` messages. A conversation may be divided
 * before a user message only.
 */
export function buildGenerateContents(
  messages: readonly Message[],
  target: GenerateTarget,
  from = 0,
): readonly string[] {
  const prepared = prepareHistory(messages, target);
  const out: string[] = [];
  let calls = NO_CALLS;
  let turn = 0;
  const all = prepared.map((message, at) => {
    const serialised = serialise(message, target, calls);
    calls = serialised.calls;
    if (serialised.begins) turn = at;
    return serialised;
  });
  // Only the turn under way is held to its signatures.
  const signed = target.modern ? turn : all.length;
  const skipped = from === 0 ? 0 : preparedLength(messages.slice(0, from), target);
  for (const [at, { json, signedJson }] of all.entries()) {
    if (at >= skipped) out.push(at > signed ? signedJson : json);
  }
  if (target.modern && prepared.at(-1)?.role === "assistant") out.push(GO_ON);
  return out;
}

/** How many contents these messages become when others follow. */
function preparedLength(messages: readonly Message[], target: GenerateTarget): number {
  const { length } = prepareHistory(messages, target);
  const last = messages.at(-1);
  // Calls at the very end were answered for want of a result; here the results are in the message that follows.
  const hasCalls = last?.role === "assistant" && last.content.some(({ type }) => type === "tool_use");
  return hasCalls ? length - 1 : length;
}

function serialise(message: Message, target: GenerateTarget, calls: ReadonlyMap<string, WireCall>): SerialisedMessage {
  const answered = [...calls].map(([id, call]) => `${id}\n${call.name}\n${call.id ?? ""}`).join("\n");
  const key = `${target.provider} ${target.model} ${target.modern ? "modern" : ""} ${answered}`;
  const known = SERIALISED.get(message);
  if (known?.key === key) return known;
  const serialised =
    message.role === "assistant"
      ? { key, ...modelTurn(message, target) }
      : { key, ...userTurn(message, target, calls) };
  SERIALISED.set(message, serialised);
  return serialised;
}

function modelTurn(message: AssistantMessage, target: GenerateTarget): Omit<SerialisedMessage, "key"> {
  const calls = new Map<string, WireCall>();
  const parts: Record<string, unknown>[] = [];
  let firstCall: number | undefined;
  for (const block of message.content) {
    if (block.type === "tool_use") {
      const call = wireCall(block, target);
      calls.set(block.id, call);
      firstCall ??= parts.length;
      parts.push(callPart(block, call));
    } else parts.push(...spokenParts(block));
  }
  const json = toWireJson({ role: "model", parts });
  const first = firstCall === undefined ? undefined : parts[firstCall];
  if (first === undefined || first["thoughtSignature"] !== undefined) {
    return { json, signedJson: json, calls, begins: false };
  }
  const signed = parts.map((part) => (part === first ? { ...part, thoughtSignature: STAND_IN } : part));
  return { json, signedJson: toWireJson({ role: "model", parts: signed }), calls, begins: false };
}

/** A call that the service made without an id is answered without one; one of another provider keeps ours. */
function wireCall(block: ToolUseBlock, target: GenerateTarget): WireCall {
  const own = opaqueOf(block);
  const id = !target.modern ? undefined : own === undefined ? block.id : own.id;
  return { name: toWireName(block.name), id };
}

function callPart(block: ToolUseBlock, { name, id }: WireCall): Record<string, unknown> {
  const signature = opaqueOf(block)?.thoughtSignature;
  return {
    functionCall: { ...(id === undefined ? {} : { id }), name, args: block.input },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

/** Each part as it came: with its signature, and not joined with its neighbours. */
function spokenParts(block: TextBlock | ThinkingBlock): readonly Record<string, unknown>[] {
  const thought = block.type === "thinking" ? { thought: true } : {};
  const parts = opaqueOf(block)?.parts;
  const told = parts?.reduce((sum, part) => sum + ("length" in part ? part.length : 0), 0);
  if (parts === undefined || told !== block.text.length) return [{ text: block.text, ...thought }];
  let at = 0;
  return parts.map((part) => {
    if ("part" in part) return part.part;
    const text = block.text.slice(at, at + part.length);
    at += part.length;
    const { thoughtSignature } = part;
    return { text, ...thought, ...(thoughtSignature === undefined ? {} : { thoughtSignature }) };
  });
}

/** History was prepared: opaque data that is still there is ours. */
function opaqueOf(block: TextBlock | ThinkingBlock | ToolUseBlock): GenerateOpaque | undefined {
  return block.opaque?.data as GenerateOpaque | undefined;
}

/** The answers of all calls first, in their order and in one content with what was said beside them. */
function userTurn(
  message: UserMessage,
  target: GenerateTarget,
  calls: ReadonlyMap<string, WireCall>,
): Omit<SerialisedMessage, "key"> {
  const parts: unknown[] = [];
  const images: unknown[] = [];
  const said: unknown[] = [];
  for (const block of message.content) {
    if (block.type !== "tool_result") {
      said.push(block.type === "text" ? { text: block.text } : imagePart(block));
      continue;
    }
    const call = calls.get(block.toolUseId);
    parts.push(responsePart(block, call, target));
    const own = imagesOf(block);
    // Older models see images beside the answers only, and know no ids of calls.
    if (target.modern || own.length === 0) continue;
    images.push({ text: `Images of answer ${parts.length}, ${call?.name ?? ""}:` }, ...own.map(imagePart));
  }
  const json = toWireJson({ role: "user", parts: [...parts, ...images, ...said] });
  // Where answers stand beside what is said, the service may still count the calls before them to the turn under way.
  return { json, signedJson: json, calls: NO_CALLS, begins: parts.length === 0 };
}

function responsePart(block: ToolResultBlock, call: WireCall | undefined, target: GenerateTarget): unknown {
  const text = block.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
  const images = imagesOf(block);
  return {
    functionResponse: {
      ...(call?.id === undefined ? {} : { id: call.id }),
      name: call?.name ?? "",
      response: block.isError === true ? { error: text } : { output: text },
      ...(target.modern && images.length > 0 ? { parts: images.map(imagePart) } : {}),
    },
  };
}

function imagesOf(block: ToolResultBlock): readonly ImageBlock[] {
  return block.content.filter((part) => part.type === "image");
}

function imagePart({ mediaType, data }: ImageBlock): unknown {
  return { inlineData: { mimeType: mediaType, data } };
}

const NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;

/**
 * The name of a tool as the service takes it: a letter or `_`, then letters, digits and `_.:-`, 128 at most. Others are
 * changed, each in its own way; the tools of the request lead back.
 */
export function toWireName(name: string): string {
  if (NAME.test(name)) return name;
  const readable = name.replace(/[^a-zA-Z0-9_.:-]+/g, "_").replace(/^(?![a-zA-Z_])/, "_");
  return `${readable.slice(0, 110)}_${hash(name)}`;
}

/** FNV-1a, 32 bits: enough to keep two names of one request apart. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return state.toString(36).padStart(7, "0");
}

/** The `tools`, in the given order; `undefined` without any, because an empty list is refused. */
export function buildGenerateTools(
  tools: readonly ToolDefinition[] | undefined,
  schemas: "json" | "openapi",
): readonly unknown[] | undefined {
  if (tools === undefined || tools.length === 0) return undefined;
  const functionDeclarations = tools.map(({ name, description, inputSchema }) => ({
    name: toWireName(name),
    description,
    ...parametersOf(inputSchema, schemas),
  }));
  return [{ functionDeclarations }];
}

/** A function without parameters has no field for them. */
function parametersOf(schema: ToolDefinition["inputSchema"], schemas: "json" | "openapi"): Record<string, unknown> {
  if (takesNothing(schema)) return {};
  if (schemas === "json") return { parametersJsonSchema: schema };
  const parameters = toParameters(schema);
  return parameters === undefined ? {} : { parameters };
}

/** How calls are chosen; `undefined`: as the model likes. Only beside tools. */
export function buildGenerateToolConfig({ tools = [], toolChoice = "auto" }: ChatRequest): unknown {
  if (tools.length === 0) return undefined;
  const mode = (word: string, rest: object = {}): unknown => ({ functionCallingConfig: { mode: word, ...rest } });
  if (toolChoice === "none") return mode("NONE");
  if (toolChoice === "required") return mode("ANY");
  if (typeof toolChoice === "object") return mode("ANY", { allowedFunctionNames: [toWireName(toolChoice.name)] });
  // Text or calls, and the calls bound to their schemas: for all tools or for none.
  return tools.every(({ strict }) => strict === true) ? mode("VALIDATED") : undefined;
}
