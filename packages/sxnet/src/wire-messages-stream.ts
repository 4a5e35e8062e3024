import { errorLine } from "./error-answer.js";
import { ProviderError } from "./errors.js";
import type { SseFrame } from "./sse.js";
import type { AssistantBlock, Opaque, StopReason, StreamEvent, ToolUseBlock } from "./types.js";
import { type Fields, fieldsOf, listOf, numberOf, textOf } from "./unknown-value.js";
import type { MessagesOpaque } from "./wire-messages-blocks.js";
import { classifyMessagesFailure } from "./wire-messages-errors.js";
import { mergeMessagesUsage, readMessagesUsage } from "./wire-messages-usage.js";

/**
 * The Messages wire format, answer side: stream frames to our events. `message_stop` alone ends an answer. Blocks of
 * the service's own tools are no text and no call of ours: each rides whole behind an empty text, so that the answer
 * can be sent back unchanged. Events and deltas that are not known are skipped.
 * Source: Messages API reference, "Streaming", recorded streams, and servers that imitate the format, read 2026-11-21.
 */

export interface MessagesMapperOptions {
  readonly provider: string;
  readonly model: string;
}

type Kind = "text" | "thinking" | "call" | "other";

interface OpenBlock {
  /** Ours: blocks are counted from 0, because some servers give all of theirs the same number. */
  readonly index: number;
  readonly kind: Kind;
  /** What the block said when it began. */
  readonly start: Fields;
  readonly callId: string;
  text: string;
  json: string;
  signature: string;
  readonly citations: unknown[];
  /** Fields that deltas added to a block of the service's own tools. */
  readonly added: Map<string, unknown>;
  /** False once a delta came that is not understood: the block cannot be sent back. */
  whole: boolean;
}

const NONE: readonly StreamEvent[] = [];
const CUT = "the arguments were cut off";

const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  end_turn: "end_turn",
  tool_use: "tool_use",
  max_tokens: "max_tokens",
  stop_sequence: "stop_sequence",
  refusal: "refusal",
  pause_turn: "pause",
  compaction: "pause",
  model_context_window_exceeded: "context_full",
  // Words of servers that sit on another wire format.
  length: "max_tokens",
  content_filter: "refusal",
};

export function createMessagesMapper(options: MessagesMapperOptions): (frame: SseFrame) => readonly StreamEvent[] {
  const mapper = new MessagesMapper(options);
  return (frame) => mapper.map(frame);
}

class MessagesMapper {
  readonly #options: MessagesMapperOptions;
  /** By the server's number. */
  readonly #open = new Map<number, OpenBlock>();
  readonly #ended = new Set<number>();
  readonly #ids = new Set<string>();
  /** A finished call waits for what follows: only then is it known that it was not cut. */
  #held: OpenBlock | undefined;
  #begun = 0;
  #latest = 0;
  #calls = 0;
  #filled: readonly unknown[] = [];
  #stop: string | undefined;
  #explanation: string | undefined;
  #usage: Fields | undefined;
  #over = false;

  constructor(options: MessagesMapperOptions) {
    this.#options = options;
  }

  map(frame: SseFrame): readonly StreamEvent[] {
    if (this.#over || frame.data.startsWith("[DONE]")) return NONE;
    const event = this.#parse(frame.data);
    switch (textOf(event["type"]) ?? frame.event ?? "") {
      case "message_start":
        return this.#start(fieldsOf(event["message"]));
      case "content_block_start":
        return [...this.#release(false), ...this.#begin(this.#indexOf(event), fieldsOf(event["content_block"]))];
      case "content_block_delta":
        return this.#delta(this.#indexOf(event), fieldsOf(event["delta"]));
      case "content_block_stop":
        return this.#stopBlock(this.#indexOf(event));
      case "message_delta":
        return this.#messageDelta(event);
      case "message_stop":
        return this.#end();
      case "error":
        throw classifyMessagesFailure(this.#options.provider, event);
      case "":
        // A proxy's error, written where the stream already runs.
        if ("error" in event) throw classifyMessagesFailure(this.#options.provider, event);
        return NONE;
      default:
        return NONE;
    }
  }

  #parse(data: string): Fields {
    const { provider } = this.#options;
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (cause) {
      throw new ProviderError("protocol", `${provider} sent a stream event that is not JSON`, { provider, cause });
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
    throw new ProviderError("protocol", `${provider} sent a stream event that is not an object`, { provider });
  }

  /** Proxies send it twice; what it says of usage is taken each time. */
  #start(message: Fields): readonly StreamEvent[] {
    this.#usage = mergeMessagesUsage(this.#usage, message["usage"]);
    const content = listOf(message["content"]);
    if (content.length > 0) this.#filled = content;
    this.#stop = textOf(message["stop_reason"]) ?? this.#stop;
    this.#explanation = explanationOf(fieldsOf(message["stop_details"])) ?? this.#explanation;
    return NONE;
  }

  #messageDelta(event: Fields): readonly StreamEvent[] {
    this.#usage = mergeMessagesUsage(this.#usage, event["usage"]);
    const delta = fieldsOf(event["delta"]);
    this.#explanation = explanationOf(fieldsOf(delta["stop_details"])) ?? this.#explanation;
    const stop = textOf(delta["stop_reason"]);
    if (stop === undefined) return NONE;
    this.#stop = stop;
    return this.#release(isCut(stop));
  }

  /** A server that has only deltas names no number; then the latest block is meant. */
  #indexOf(event: Fields): number {
    return numberOf(event["index"]) ?? this.#latest;
  }

  #begin(number: number, start: Fields): readonly StreamEvent[] {
    const before = this.#open.get(number);
    const events: StreamEvent[] = before === undefined ? [] : [...this.#finish(number, before, false)];
    const kind = kindOf(start);
    const open: OpenBlock = {
      index: this.#begun,
      kind,
      start,
      callId: kind === "call" ? this.#callId(textOf(start["id"])) : "",
      text: "",
      json: "",
      signature: textOf(start["signature"]) ?? "",
      citations: kind === "text" ? [...listOf(start["citations"])] : [],
      added: new Map(),
      whole: true,
    };
    this.#begun += 1;
    this.#latest = number;
    this.#ended.delete(number);
    this.#open.set(number, open);
    events.push({ type: "block_start", index: open.index, block: blankOf(open) });
    const said = kind === "text" ? start["text"] : kind === "thinking" ? start["thinking"] : undefined;
    return [...events, ...grow(open, textOf(said) ?? "")];
  }

  /** Some servers use an id twice in one answer, and all refuse a conversation that does: later ones get a number. */
  #callId(told: string | undefined): string {
    const base = told || `call_${this.#begun}`;
    let id = base;
    for (let n = 2; this.#ids.has(id); n += 1) id = `${base}_${n}`;
    this.#ids.add(id);
    return id;
  }

  #delta(number: number, delta: Fields): readonly StreamEvent[] {
    const type = textOf(delta["type"]) ?? "";
    if (this.#ended.has(number)) return NONE;
    const events: StreamEvent[] = [];
    if (!this.#open.has(number)) {
      // A server may leave out the beginning of a text; a call without one has no name.
      const began = type === "text_delta" ? "text" : type === "thinking_delta" ? "thinking" : undefined;
      if (began === undefined) return NONE;
      events.push(...this.#release(false), ...this.#begin(number, { type: began }));
    }
    const open = this.#open.get(number);
    if (open === undefined) return events;
    switch (type) {
      case "text_delta":
        return open.kind === "text" ? [...events, ...grow(open, textOf(delta["text"]) ?? "")] : events;
      case "thinking_delta":
        return open.kind === "thinking" ? [...events, ...grow(open, textOf(delta["thinking"]) ?? "")] : events;
      case "signature_delta":
        open.signature = textOf(delta["signature"]) ?? open.signature;
        return events;
      case "citations_delta":
        if (delta["citation"] !== undefined) open.citations.push(delta["citation"]);
        return events;
      case "input_json_delta": {
        const json = textOf(delta["partial_json"]) ?? "";
        open.json += json;
        return open.kind === "call" && json !== "" ? [{ type: "tool_input_delta", index: open.index, json }] : NONE;
      }
      case "compaction_delta":
        for (const [name, value] of Object.entries(delta)) if (name !== "type") open.added.set(name, value);
        return events;
      default:
        open.whole = false;
        return events;
    }
  }

  #stopBlock(number: number): readonly StreamEvent[] {
    const open = this.#open.get(number);
    if (open === undefined) return NONE;
    if (open.kind !== "call") return this.#finish(number, open, false);
    const events = this.#release(false);
    this.#open.delete(number);
    this.#ended.add(number);
    this.#held = open;
    return events;
  }

  /** The call that waited. */
  #release(cut: boolean): readonly StreamEvent[] {
    const held = this.#held;
    if (held === undefined) return NONE;
    this.#held = undefined;
    return this.#close(held, cut);
  }

  #finish(number: number, open: OpenBlock, cut: boolean): readonly StreamEvent[] {
    this.#open.delete(number);
    this.#ended.add(number);
    return this.#close(open, cut);
  }

  #close(open: OpenBlock, cut: boolean): readonly StreamEvent[] {
    const block = this.#blockOf(open, cut);
    if (block.type === "tool_use") this.#calls += 1;
    return [{ type: "block_end", index: open.index, block }];
  }

  #blockOf(open: OpenBlock, cut: boolean): AssistantBlock {
    const { kind, start, text, signature, citations } = open;
    switch (kind) {
      case "text":
        return { type: "text", text, ...this.#own(citations.length > 0 && { kind: "text", citations }) };
      case "thinking": {
        const data = textOf(start["data"]) ?? "";
        const sealed: MessagesOpaque | false =
          start["type"] === "redacted_thinking"
            ? data !== "" && { kind: "redacted_thinking", data }
            : signature !== "" && { kind: "thinking", signature };
        return { type: "thinking", text, ...this.#own(sealed) };
      }
      case "call": {
        const { caller } = start;
        return {
          type: "tool_use",
          id: open.callId,
          name: textOf(start["name"]) ?? "",
          ...inputOf(open, cut),
          // Calls of the model itself, which is nearly all of them, need no word about it.
          ...this.#own(caller != null && fieldsOf(caller)["type"] !== "direct" && { kind: "tool_use", caller }),
        };
      }
      case "other": {
        const { input, inputError } = inputOf(open, cut);
        const hasInput = open.json !== "" || start["input"] !== undefined;
        const block = { ...start, ...Object.fromEntries<unknown>(open.added), ...(hasInput ? { input } : {}) };
        const isWhole = open.whole && inputError === undefined && textOf(start["type"]) !== undefined;
        return { type: "text", text: "", ...this.#own(isWhole && { kind: "block", block }) };
      }
    }
  }

  #own(data: MessagesOpaque | false): { readonly opaque?: Opaque } {
    const { provider, model } = this.#options;
    return data === false ? {} : { opaque: { provider, model, data } };
  }

  #end(): readonly StreamEvent[] {
    const cut = isCut(this.#stop);
    const events: StreamEvent[] = [...this.#release(cut)];
    // What never got its end: a server that leaves it out means the end of the message.
    for (const [number, open] of this.#open) events.push(...this.#finish(number, open, cut));
    // An answer that was whole at once stands in `message_start`. Where blocks did stream, they are the record.
    if (this.#begun === 0) {
      for (const [number, block] of this.#filled.entries()) {
        events.push(...this.#begin(number, fieldsOf(block)));
        const open = this.#open.get(number);
        if (open !== undefined) events.push(...this.#finish(number, open, cut));
      }
    }
    this.#over = true;
    const stopReason = this.#stopReason();
    const explanation = stopReason === "refusal" ? this.#explanation : undefined;
    events.push({
      type: "done",
      stopReason,
      rawStopReason: this.#stop ?? "message_stop",
      usage: readMessagesUsage(this.#usage ?? {}),
      rawUsage: this.#usage ?? null,
      ...(explanation === undefined ? {} : { explanation }),
    });
    return events;
  }

  /** Calls are owed their results, whatever word ends the answer; but a cut answer never looks like a clean end. */
  #stopReason(): StopReason {
    const word = this.#stop ?? "";
    const known = Object.hasOwn(STOP_REASONS, word) ? STOP_REASONS[word] : undefined;
    if (known === "max_tokens" || known === "context_full" || known === "refusal") return known;
    if (this.#calls > 0) return "tool_use";
    return known === undefined || known === "tool_use" ? "end_turn" : known;
  }
}

/** `stop_details` of a refusal: the service's sentence, or at least the kind of thing that it declined. */
function explanationOf(details: Fields): string | undefined {
  return errorLine(textOf(details["explanation"]) ?? textOf(details["category"]) ?? "") || undefined;
}

function kindOf(start: Fields): Kind {
  switch (start["type"]) {
    case "text":
      return "text";
    case "thinking":
    case "redacted_thinking":
      return "thinking";
    case "tool_use":
      return "call";
    default:
      return "other";
  }
}

function blankOf({ kind, start, callId }: OpenBlock): AssistantBlock {
  if (kind === "call") return { type: "tool_use", id: callId, name: textOf(start["name"]) ?? "", input: {} };
  return { type: kind === "thinking" ? "thinking" : "text", text: "" };
}

function grow(open: OpenBlock, piece: string): readonly StreamEvent[] {
  if (piece === "") return NONE;
  open.text += piece;
  return [{ type: open.kind === "thinking" ? "thinking_delta" : "text_delta", index: open.index, text: piece }];
}

function isCut(stop: string | undefined): boolean {
  return stop === "max_tokens" || stop === "length" || stop === "model_context_window_exceeded";
}

type CallInput = Pick<ToolUseBlock, "input" | "inputError" | "rawInput">;

/** In pieces, or whole when the block began. What is not a JSON object is never run. */
function inputOf({ json, start }: OpenBlock, cut: boolean): CallInput {
  const { input } = start;
  const raw = json.trim() === "" && typeof input === "string" ? input : json;
  if (raw.trim() === "") {
    const whole = Array.isArray(input) ? {} : fieldsOf(input);
    if (Object.keys(whole).length > 0) return { input: whole };
    return cut ? { input: {}, inputError: CUT, rawInput: raw } : { input: {} };
  }
  try {
    const value: unknown = JSON.parse(raw);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { input: value as Fields };
    return { input: {}, inputError: "the arguments are not a JSON object", rawInput: raw };
  } catch {
    // The parser's own message would quote the arguments; the reader gets them whole in rawInput.
    return { input: {}, inputError: cut ? CUT : "the arguments are not valid JSON", rawInput: raw };
  }
}
