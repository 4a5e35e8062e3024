import type {
  AssistantBlock,
  AssistantMessage,
  Message,
  Opaque,
  ToolResultBlock,
  ToolUseBlock,
  UserBlock,
  UserMessage,
} from "./types.js";

/**
 * Any conversation, made one that a service takes: every call answered in the very next message and nothing else
 * answered, no empty blocks and messages, no opaque data of another provider or model, ids that the service can read
 * and that name one call each.
 */

export interface HistoryTarget {
  readonly provider: string;
  readonly model: string;
  /** Ids of this form pass; others are changed, the same way for call and result. Default: any. */
  readonly ids?: RegExp;
  /** Longest id that is taken, in characters. Default 64. */
  readonly maxIdChars?: number;
}

interface Kept<M extends Message> {
  readonly key: string;
  readonly message: M | undefined;
  /** The calls in it, in order. */
  readonly calls: readonly SentCall[];
}

interface SentCall {
  readonly id: string;
  /** What its result is found by: the id before it was told apart from others of the same name. */
  readonly from: string;
}

// What was made of a message is kept by message object, so that a step of a long conversation costs only its new part,
// and what stands on it (the serialised text) can be kept by message object in turn.
const ASSISTANTS = new WeakMap<Message, Kept<AssistantMessage>>();
const USERS = new WeakMap<Message, Kept<UserMessage>>();
/** By the message as `ASSISTANTS` has it. */
const RENAMED = new WeakMap<Message, Kept<AssistantMessage>>();

const MISSING_RESULT = "no result: the call was interrupted before it ended";
const MAX_ID_CHARS = 64;
const HASH_CHARS = 7;

/**
 * The messages to send, oldest first. A message that needs no change is the same object as before, and so is a changed
 * one when it is asked for again. User messages that follow each other stay apart: the wire formats differ there.
 */
export function prepareHistory(messages: readonly Message[], target: HistoryTarget): readonly Message[] {
  const out: Message[] = [];
  const used = new Set<string>();
  let open: readonly SentCall[] = [];
  for (const message of messages) {
    if (message.role === "assistant") {
      if (open.length > 0) out.push(missingResults(open));
      const own = tellApart(prepareAssistant(message, target), used, target);
      open = own.calls;
      if (own.message !== undefined) out.push(own.message);
      continue;
    }
    const own = prepareUser(message, open, target);
    open = [];
    if (own !== undefined) out.push(own);
  }
  if (open.length > 0) out.push(missingResults(open));
  return out;
}

/** The id as it goes over the wire: itself when the form is taken, else a readable beginning and a hash of it. */
export function wireId(id: string, form: RegExp | undefined, maxChars = MAX_ID_CHARS): string {
  if (form === undefined || (form.test(id) && id.length <= maxChars)) return id;
  // No room for anything readable: letters and digits only, which every form takes.
  if (maxChars <= 2 * HASH_CHARS) return `${hash(id)}${hash(`${id} `)}`.slice(0, maxChars);
  const readable = id.replace(/[^a-zA-Z0-9_-]+/g, "_").slice(0, maxChars - HASH_CHARS - 3);
  return `${readable}_${hash(id)}`;
}

function prepareAssistant(message: AssistantMessage, target: HistoryTarget): Kept<AssistantMessage> {
  const key = `${target.provider} ${target.model} ${idKey(target)}`;
  const known = ASSISTANTS.get(message);
  if (known?.key === key) return known;
  const { content: given } = message;
  const content = given.flatMap((block) => prepareBlock(block, target));
  const made = isSame(content, given) ? message : { role: "assistant" as const, content };
  // Reasoning alone leads to nothing: services refuse a turn without text and calls.
  const isEmpty = content.every(({ type }) => type === "thinking");
  const kept = { key, message: isEmpty ? undefined : made, calls: isEmpty ? [] : callsOf(content) };
  ASSISTANTS.set(message, kept);
  return kept;
}

/**
 * Some servers count their calls anew in each answer, or give one id to two of them; others refuse a conversation in
 * which an id comes twice.
 * Source: the Messages API's answer 400 "`tool_use` ids must be unique" in public reports, read 2026-11-21.
 */
function tellApart(own: Kept<AssistantMessage>, used: Set<string>, target: HistoryTarget): Kept<AssistantMessage> {
  const calls = own.calls.map(({ from }): SentCall => {
    let id = from;
    for (let count = 2; used.has(id); count += 1) id = wireId(`${from}_${count}`, target.ids, target.maxIdChars);
    used.add(id);
    return { id, from };
  });
  const { message } = own;
  if (message === undefined || calls.every(({ id, from }) => id === from)) return own;
  const key = calls.map(({ id }) => id).join("\n");
  const known = RENAMED.get(message);
  if (known?.key === key) return known;
  let at = 0;
  const content = message.content.map((block) => {
    if (block.type !== "tool_use") return block;
    const id = calls[at]?.id ?? block.id;
    at += 1;
    return id === block.id ? block : { ...block, id };
  });
  const kept = { key, message: { role: "assistant" as const, content }, calls };
  RENAMED.set(message, kept);
  return kept;
}

function prepareBlock(block: AssistantBlock, target: HistoryTarget): readonly AssistantBlock[] {
  const { opaque } = block;
  const isOwn = opaque !== undefined && opaque.provider === target.provider && opaque.model === target.model;
  switch (block.type) {
    case "thinking":
      return isOwn ? [block] : [];
    case "text":
      if (block.text === "" && !isOwn) return [];
      return [opaque === undefined || isOwn ? block : { type: "text", text: block.text }];
    case "tool_use": {
      const id = wireId(block.id, target.ids, target.maxIdChars);
      if (id === block.id && (opaque === undefined || isOwn)) return [block];
      const renamed: ToolUseBlock & { opaque?: Opaque } = { ...block, id };
      if (!isOwn) delete renamed.opaque;
      return [renamed];
    }
  }
}

/** Results first and in the order of their calls, then what the user said beside them. */
function prepareUser(message: UserMessage, open: readonly SentCall[], target: HistoryTarget): UserMessage | undefined {
  const key = `${open.map(({ id, from }) => (id === from ? id : `${id} ${from}`)).join("\n")} ${idKey(target)}`;
  const known = USERS.get(message);
  if (known?.key === key) return known.message;
  // Several for one id where an answer used it for several calls: they are taken in order of the calls.
  const results = new Map<string, ToolResultBlock[]>();
  const said: UserBlock[] = [];
  const { content: given } = message;
  for (const block of given) {
    if (block.type === "tool_result") {
      const toolUseId = wireId(block.toolUseId, target.ids, target.maxIdChars);
      const own = toolUseId === block.toolUseId ? block : { ...block, toolUseId };
      const same = results.get(toolUseId);
      if (same === undefined) results.set(toolUseId, [own]);
      else same.push(own);
    } else if (block.type !== "text" || block.text !== "") said.push(block);
  }
  const answers = open.map(({ id, from }) => {
    const given = results.get(from)?.shift();
    if (given === undefined) return missingResult(id);
    return given.toolUseId === id ? given : { ...given, toolUseId: id };
  });
  const content = [...answers, ...said];
  const made = isSame(content, given) ? message : { role: "user" as const, content };
  const kept = { key, message: content.length === 0 ? undefined : made, calls: [] };
  USERS.set(message, kept);
  return kept.message;
}

function idKey({ ids, maxIdChars }: HistoryTarget): string {
  return `${ids?.source ?? ""} ${maxIdChars ?? ""}`;
}

function callsOf(content: readonly AssistantBlock[]): readonly SentCall[] {
  return content.flatMap((block) => (block.type === "tool_use" ? [{ id: block.id, from: block.id }] : []));
}

function missingResults(calls: readonly SentCall[]): UserMessage {
  return { role: "user", content: calls.map(({ id }) => missingResult(id)) };
}

function missingResult(toolUseId: string): ToolResultBlock {
  return { type: "tool_result", toolUseId, content: [{ type: "text", text: MISSING_RESULT }], isError: true };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** FNV-1a, 32 bits: enough to keep two ids of one conversation apart. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    state = Math.imul(state ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return state.toString(36).padStart(7, "0");
}
