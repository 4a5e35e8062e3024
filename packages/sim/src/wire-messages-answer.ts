import type { StopReason } from "@scorpiox/sxnet";
import { parseBody } from "./json-check.js";
import type { Pacing, ReplyPart, TextPart, ThinkingPart, ToolUsePart, Turn } from "./script.js";
import type { Frame, Opening, RenderContext } from "./wire.js";
import { typeOfStreamError } from "./wire-messages-failures.js";
import type { ThinkingMemory } from "./wire-messages-memory.js";
import type { Notes } from "./wire-messages-notes.js";
import { errorBody, statusOfType } from "./wire-messages-refusal.js";
import { makeSignature } from "./wire-messages-signature.js";
import { UsageCount } from "./wire-messages-usage.js";
import { fillDeep, splitText } from "./wire-text.js";

/** Characters in one delta where the script names none. */
const DEFAULT_DELTA_CHARS = 16;
/** Before the last brace of each event stand up to so many spaces. Source: recorded streams, read 2026-11-20. */
const MAX_PADDING = 16;

/** The body of one turn: events from `message_start` to `message_stop`, or one object. */
export function renderMessages(
  turn: Turn,
  context: RenderContext<Notes>,
  memory: ThinkingMemory | undefined,
): readonly Frame[] {
  return new Answer(turn, context, memory).render();
}

/** A whole answer that fails has a status of its own; a stream has begun by then. */
export function openMessages({ error }: Turn, { notes }: RenderContext<Notes>): Opening {
  if (notes?.stream !== false) return { status: 200, contentType: "text/event-stream; charset=utf-8" };
  const status = error === undefined ? 200 : (statusOfType(typeOfStreamError(error)) ?? 500);
  return { status, contentType: "application/json" };
}

type Wired = Readonly<Record<string, unknown>>;

/** Writes the frames of one answer, and keeps its blocks for the form that comes whole. */
class Answer {
  readonly #turn: Turn;
  readonly #context: RenderContext<Notes>;
  readonly #memory: ThinkingMemory | undefined;
  readonly #id: string;
  readonly #usage: UsageCount;
  readonly #frames: Frame[] = [];
  readonly #raws: Frame[] = [];
  readonly #content: Wired[] = [];
  /** Of the last thinking so far. */
  #signature: string | undefined;

  constructor(turn: Turn, context: RenderContext<Notes>, memory: ThinkingMemory | undefined) {
    this.#turn = turn;
    this.#context = context;
    this.#memory = memory;
    this.#id = context.id("msg");
    this.#usage = new UsageCount(turn.usage, context);
  }

  render(): readonly Frame[] {
    const { error, reply = [] } = this.#turn;
    this.#event("message_start", { message: this.#message([], {}, this.#usage.first()) });
    for (const part of reply) this.#take(part);
    const stop = this.#stop(reply.some(isCall));
    if (stop["stop_reason"] === "pause_turn") this.#hostedCall();
    if (this.#context.notes?.stream === false) return this.#whole(stop);
    if (error !== undefined) {
      const body = errorBody(typeOfStreamError(error), error.message);
      return [...this.#frames, { text: `event: error\ndata: ${JSON.stringify(body)}\n\n`, delayMs: 0 }];
    }
    const usage = this.#usage.last();
    this.#event("message_delta", { delta: stop, ...(usage === undefined ? {} : { usage }) });
    this.#event("message_stop", {});
    return this.#frames;
  }

  #take(part: ReplyPart): void {
    if ("raw" in part) {
      const frame = { text: part.raw, delayMs: 0 };
      this.#frames.push(frame);
      this.#raws.push(frame);
    } else if ("thinking" in part) this.#thinking(part);
    else if ("text" in part) this.#text(part);
    else this.#toolUse(part);
  }

  #text(part: TextPart): void {
    const text = this.#context.fill(part.text);
    const index = this.#begin({ type: "text", text: "" });
    this.#deltas(index, "text_delta", "text", text, part);
    this.#end(index, { type: "text", text });
    this.#usage.add(text.length);
  }

  #thinking(part: ThinkingPart): void {
    const thought = this.#context.fill(part.thinking);
    const thinking = this.#context.notes?.showThinking === false ? "" : thought;
    const signature = makeSignature(this.#context.request.model, thinking, this.#context.id("sig"));
    const index = this.#begin({ type: "thinking", thinking: "", signature: "" });
    this.#deltas(index, "thinking_delta", "thinking", thinking, part);
    this.#event("content_block_delta", { index, delta: { type: "signature_delta", signature } });
    this.#end(index, { type: "thinking", thinking, signature });
    this.#signature = signature;
    this.#usage.add(thought.length, true);
  }

  #toolUse(part: ToolUsePart): void {
    const { name, input = {}, rawInput, id = this.#context.id("toolu") } = part.tool_use;
    const filled = fillDeep(input, this.#context.fill);
    const text = JSON.stringify(filled);
    // A call without arguments has none of its text.
    const json = rawInput ?? (text === "{}" ? "" : text);
    const base = { type: "tool_use", id, name };
    const caller = { caller: { type: "direct" } };
    const index = this.#begin({ ...base, input: {}, ...caller });
    this.#event("content_block_delta", { index, delta: { type: "input_json_delta", partial_json: "" } });
    this.#deltas(index, "input_json_delta", "partial_json", json, part);
    const whole = rawInput === undefined ? filled : parseBody(rawInput);
    this.#end(index, { ...base, input: whole, ...caller });
    this.#usage.add(json.length);
    if (this.#signature !== undefined) this.#memory?.remember(id, this.#signature);
  }

  /** What a paused answer ends in: the call of a tool that the service runs itself, without its result. */
  #hostedCall(): void {
    const input = { query: "scorpiox-sim" };
    const base = { type: "server_tool_use", id: this.#context.id("srvtoolu"), name: "web_search" };
    const index = this.#begin({ ...base, input: {} });
    this.#deltas(index, "input_json_delta", "partial_json", JSON.stringify(input), {});
    this.#end(index, { ...base, input });
  }

  #begin(block: Wired): number {
    const index = this.#content.length;
    this.#event("content_block_start", { index, content_block: block });
    if (index === 0) this.#frames.push({ text: 'event: ping\ndata: {"type": "ping"}\n\n', delayMs: 0 });
    return index;
  }

  #end(index: number, block: Wired): void {
    this.#content.push(block);
    this.#event("content_block_stop", { index });
  }

  /** The same text around every delta is made once: answers of many thousand deltas are common in benchmarks. */
  #deltas(index: number, type: string, field: string, text: string, pacing: Pacing): void {
    const size = pacing.deltas ?? this.#turn.deltas ?? DEFAULT_DELTA_CHARS;
    const delayMs = pacing.delayMs ?? this.#turn.delayMs ?? 0;
    const head = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":`;
    for (const piece of splitText(text, size)) {
      this.#frames.push({ text: `${head}${JSON.stringify(piece)}}${this.#padding()}}\n\n`, delayMs });
    }
  }

  #stop(calls: boolean): Wired {
    const { stopReason = calls ? "tool_use" : "end_turn" } = this.#turn;
    const refusal = { type: "refusal", category: null, explanation: null };
    return {
      stop_reason: STOP_REASONS[stopReason],
      stop_sequence: stopReason === "stop_sequence" ? (this.#context.notes?.stopSequence ?? "") : null,
      stop_details: stopReason === "refusal" ? refusal : null,
    };
  }

  #whole(stop: Wired): readonly Frame[] {
    const { error } = this.#turn;
    const body =
      error === undefined
        ? this.#message(this.#content, stop, this.#usage.whole())
        : errorBody(typeOfStreamError(error), error.message);
    return [...this.#raws, { text: JSON.stringify(body), delayMs: 0 }];
  }

  #message(content: readonly Wired[], stop: Wired, usage: Wired | undefined): Wired {
    return {
      model: this.#context.request.model,
      id: this.#id,
      type: "message",
      role: "assistant",
      content,
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      ...stop,
      ...(usage === undefined ? {} : { usage }),
    };
  }

  #event(type: string, fields: Wired): void {
    const data = JSON.stringify({ type, ...fields }).slice(0, -1);
    this.#frames.push({ text: `event: ${type}\ndata: ${data}${this.#padding()}}\n\n`, delayMs: 0 });
  }

  /** Another length for each event, the same in every run. */
  #padding(): string {
    return " ".repeat((this.#frames.length * 7) % MAX_PADDING);
  }
}

/** Source: `StopReason` of `@anthropic-ai/sdk` 1.11.0, read 2026-11-21. */
const STOP_REASONS: Readonly<Record<StopReason, string>> = {
  end_turn: "end_turn",
  tool_use: "tool_use",
  max_tokens: "max_tokens",
  stop_sequence: "stop_sequence",
  refusal: "refusal",
  context_full: "model_context_window_exceeded",
  pause: "pause_turn",
};

function isCall(part: ReplyPart): boolean {
  return "tool_use" in part;
}
