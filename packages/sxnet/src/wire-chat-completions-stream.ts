import { ProviderError } from "./errors.js";
import type { StreamMapper } from "./provider.js";
import type { SseFrame } from "./sse.js";
import { ThinkTags } from "./think-tags.js";
import type { Opaque, StopReason, StreamEvent } from "./types.js";
import { type Fields, fieldsOf, listOf, textOf } from "./unknown-value.js";
import { ChatCalls } from "./wire-chat-completions-calls.js";
import { classifyChatFailure, findChatFailure } from "./wire-chat-completions-errors.js";
import { type ChatReasoningOpaque, joinDetails, type ReasoningField } from "./wire-chat-completions-opaque.js";
import { readChatUsage } from "./wire-chat-completions-usage.js";

/**
 * The Chat Completions wire format, answer side: chunks to our events. An answer is complete when the service has said
 * why it ended, or with `[DONE]`: some never give a reason, others never send `[DONE]`, and both follow the counts.
 * Source: Chat Completions reference, recorded streams of fifteen services, read 2026-11-20.
 */

export interface ChatMapperOptions {
  readonly provider: string;
  readonly model: string;
}

interface OpenBlock {
  readonly index: number;
  readonly type: "text" | "thinking";
  text: string;
  /** Of the reasoning in it. */
  field: ReasoningField | undefined;
}

const NONE: readonly StreamEvent[] = [];
const ID_CHARS = 16;

/** Words for the end. Those that are not here are ends like `stop`; the word itself is in `rawStopReason`. */
const STOP_REASONS: ReadonlyMap<string, StopReason> = new Map<string, StopReason>([
  ["length", "max_tokens"],
  ["max_tokens", "max_tokens"],
  ["tool_calls", "tool_use"],
  ["function_call", "tool_use"],
  ["content_filter", "refusal"],
  ["sensitive", "refusal"],
  ["model_length", "context_full"],
  ["model_context_window_exceeded", "context_full"],
  ["stop_sequence", "stop_sequence"],
]);

/** Words for an answer that failed. */
const FAILED: ReadonlySet<string> = new Set(["error", "network_error", "abort", "insufficient_system_resource"]);

export function createChatMapper(options: ChatMapperOptions): StreamMapper {
  const mapper = new ChatMapper(options);
  return { map: (frame) => mapper.map(frame), end: () => mapper.end() };
}

class ChatMapper {
  readonly #options: ChatMapperOptions;
  readonly #tags = new ThinkTags();
  readonly #calls = new ChatCalls(
    () => this.#nextIndex(),
    () => this.#answerId,
  );
  #indexes = 0;
  #answerId = "";
  #open: OpenBlock | undefined;
  /** Pieces of `reasoning_details` that no thinking block has taken yet. */
  #details: unknown[] = [];
  #stop: string | undefined;
  #usage: unknown = null;
  #refused = false;
  #over = false;

  constructor(options: ChatMapperOptions) {
    this.#options = options;
  }

  map(frame: SseFrame): readonly StreamEvent[] {
    if (this.#over) return NONE;
    // Some write white space after it.
    if (frame.data.startsWith("[DONE]")) return this.#done();
    const event = this.#parse(frame.data);
    const failure = findChatFailure(event, frame.event);
    if (failure !== undefined) throw classifyChatFailure(this.#options.provider, failure);
    const choice = fieldsOf(listOf(event["choices"])[0]);
    if (this.#answerId === "") this.#answerId = shortId(textOf(event["id"]) ?? "");
    this.#usage = usageOf(event, choice) ?? this.#usage;
    return this.#choice(choice);
  }

  /** The body ended. Without a reason or `[DONE]` before it, it merely stopped. */
  end(): readonly StreamEvent[] {
    return this.#over || this.#stop === undefined ? NONE : this.#done();
  }

  #parse(data: string): Fields {
    const { provider } = this.#options;
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (cause) {
      throw new ProviderError("protocol", `${provider} sent a stream event that is not JSON`, { provider, cause });
    }
    // One vendor wraps its errors in a list.
    if (Array.isArray(value) && value.length === 1) value = value[0] as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
    throw new ProviderError("protocol", `${provider} sent a stream event that is not an object`, { provider });
  }

  #choice(choice: Fields): readonly StreamEvent[] {
    // A server that ignores `stream` writes the whole message as one event.
    const delta = fieldsOf(choice["delta"] ?? choice["message"]);
    const events = [
      ...this.#reasoning(delta),
      ...this.#content(delta["content"]),
      ...this.#refusal(delta["refusal"]),
      ...listOf(delta["tool_calls"]).flatMap((call) => this.#call(fieldsOf(call))),
    ];
    const old = delta["function_call"];
    if (typeof old === "object" && old !== null) events.push(...this.#call({ index: 0, function: old }));
    const stop = textOf(choice["finish_reason"]);
    if (stop) this.#stop = stop;
    return events;
  }

  /** The same reasoning may stand in two fields: the first that says something counts. */
  #reasoning(delta: Fields): readonly StreamEvent[] {
    const details = listOf(delta["reasoning_details"]);
    const field = (["reasoning_content", "reasoning"] as const).find((name) => textOf(delta[name]));
    const text = field === undefined ? details.map(detailText).join("") : (textOf(delta[field]) ?? "");
    this.#details.push(...details);
    return text === "" ? NONE : [...this.#pass(this.#tags.stop()), ...this.#say("thinking", text, field)];
  }

  #content(content: unknown): readonly StreamEvent[] {
    if (typeof content === "string") return this.#pass(this.#tags.push(content));
    return listOf(content).flatMap((part): readonly StreamEvent[] => {
      if (typeof part === "string") return this.#pass(this.#tags.push(part));
      const { type, text, thinking } = fieldsOf(part);
      if (type === "text" && typeof text === "string") return this.#pass(this.#tags.push(text));
      if (type !== "thinking") return NONE;
      const said = typeof thinking === "string" ? thinking : listOf(thinking).map(partText).join("");
      return said === "" ? NONE : [...this.#pass(this.#tags.stop()), ...this.#say("thinking", said, "content")];
    });
  }

  #refusal(refusal: unknown): readonly StreamEvent[] {
    if (typeof refusal !== "string" || refusal === "") return NONE;
    this.#refused = true;
    return [...this.#pass(this.#tags.stop()), ...this.#say("text", refusal)];
  }

  #call(call: Fields): readonly StreamEvent[] {
    // Text goes on in its block after a call, reasoning does not: what follows a call is about something else.
    const closed = this.#open?.type === "thinking" ? this.#close() : NONE;
    return [...closed, ...this.#calls.take(call)];
  }

  #pass(pieces: ReturnType<ThinkTags["push"]>): readonly StreamEvent[] {
    return pieces.flatMap(({ type, text }) => this.#say(type, text, type === "thinking" ? "tags" : undefined));
  }

  #say(type: OpenBlock["type"], text: string, field?: ReasoningField): readonly StreamEvent[] {
    const events: StreamEvent[] = [];
    if (this.#open?.type !== type) {
      events.push(...this.#close());
      this.#open = { index: this.#nextIndex(), type, text: "", field };
      events.push({ type: "block_start", index: this.#open.index, block: { type, text: "" } });
    }
    this.#open.text += text;
    this.#open.field ??= field;
    events.push({ type: type === "text" ? "text_delta" : "thinking_delta", index: this.#open.index, text });
    return events;
  }

  #close(): readonly StreamEvent[] {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return NONE;
    const { index, type, text, field } = open;
    if (type === "text") return [{ type: "block_end", index, block: { type, text } }];
    return [{ type: "block_end", index, block: { type, text, ...this.#ownReasoning(field) } }];
  }

  #ownReasoning(field: ReasoningField | undefined): { readonly opaque?: Opaque } {
    const details = joinDetails(this.#details);
    this.#details = [];
    if (field === undefined && details.length === 0) return {};
    const data: ChatReasoningOpaque = {
      kind: "chat_reasoning",
      ...(field === undefined ? {} : { field }),
      ...(details.length === 0 ? {} : { details }),
    };
    return { opaque: this.#opaque(data) };
  }

  #opaque(data: unknown): Opaque {
    const { provider, model } = this.#options;
    return { provider, model, data };
  }

  #done(): readonly StreamEvent[] {
    const { provider } = this.#options;
    const stop = this.#stop;
    this.#over = true;
    if (stop !== undefined && FAILED.has(stop)) {
      throw classifyChatFailure(provider, { message: `the answer ended with ${JSON.stringify(stop)}`, type: stop });
    }
    const reason = STOP_REASONS.get(stop ?? "") ?? "end_turn";
    const wasCut = reason === "max_tokens" || reason === "context_full" || reason === "refusal";
    const events = [...this.#pass(this.#tags.end()), ...this.#close()];
    if (this.#details.length > 0) events.push(...this.#say("thinking", "").slice(0, 1), ...this.#close());
    const calls = this.#calls.end(wasCut, (data) => this.#opaque(data));
    if (calls === undefined) {
      throw new ProviderError("protocol", `${provider} sent a tool call without a name`, { provider });
    }
    // `[DONE]` alone, or a call that was promised and never came: nothing that could be an answer.
    const isEmpty = stop === undefined && this.#indexes === 0;
    if (isEmpty || (reason === "tool_use" && this.#calls.count === 0)) {
      const what = isEmpty ? "ended the answer before it began" : "announced a tool call and sent none";
      throw new ProviderError("stream_incomplete", `${provider} ${what}`, { provider });
    }
    events.push(...calls, {
      type: "done",
      stopReason: wasCut ? reason : this.#stopReason(reason),
      rawStopReason: stop ?? "",
      usage: readChatUsage(this.#usage),
      rawUsage: this.#usage,
    });
    return events;
  }

  /** Local servers say `stop` although there are calls. */
  #stopReason(reason: StopReason): StopReason {
    if (this.#calls.count > 0) return "tool_use";
    return this.#refused ? "refusal" : reason;
  }

  #nextIndex(): number {
    this.#indexes += 1;
    return this.#indexes - 1;
  }
}

/** The end of it, where ids differ, in letters that every service takes. */
function shortId(id: string): string {
  const end = id.replace(/[^a-zA-Z0-9]+/g, "").slice(-ID_CHARS);
  return end === "" ? "" : `${end}_`;
}

/** Where servers put their counts; the last that say something count. */
function usageOf(event: Fields, choice: Fields): unknown {
  const places = [event["usage"], fieldsOf(event["x_groq"])["usage"], choice["usage"]];
  return places.find((usage) => typeof usage === "object" && usage !== null);
}

function detailText(detail: unknown): string {
  const { text, summary } = fieldsOf(detail);
  return textOf(text) ?? textOf(summary) ?? "";
}

function partText(part: unknown): string {
  return typeof part === "string" ? part : (textOf(fieldsOf(part)["text"]) ?? "");
}
