import { type CallInput, cutInput, parseInput } from "./call-input.js";
import { ProviderError } from "./errors.js";
import type { SseFrame } from "./sse.js";
import type { AssistantBlock, StopReason, StreamEvent, Usage } from "./types.js";
import { countOf } from "./unknown-value.js";
import type { ResponsesOpaque } from "./wire-responses.js";
import { classifyResponsesFailure } from "./wire-responses-errors.js";

/**
 * The Responses wire format, answer side: stream frames to our events. Blocks are kept by `output_index`, because items
 * interleave and some servers change `item_id` from event to event. `output_item.done` is the record; deltas are not.
 * Source: Responses API reference, recorded streams of six services, read 2026-11-20.
 */

export interface ResponsesMapperOptions {
  readonly provider: string;
  readonly model: string;
  /** Ids of reasoning items are kept for the way back: the public service's own types require them. */
  readonly keepIds?: boolean;
  /** Events that only one vendor sends; the rest of the unknown ones is skipped. */
  readonly mapExtra?: (type: string, event: WireEvent) => readonly StreamEvent[];
}

/** One parsed frame. Fields are read with care: every one of them comes from a server. */
export type WireEvent = Readonly<Record<string, unknown>>;

interface OpenItem {
  readonly index: number;
  readonly type: WireItemType;
  /** What the deltas said so far. */
  text: string;
  /** Of the last delta: a new one begins a new paragraph. */
  part: number;
  /** What the item said when it began, with the arguments that `function_call_arguments.done` gave. */
  item: WireEvent;
}

type WireItemType = "message" | "reasoning" | "function_call" | "custom_tool_call";

const NONE: readonly StreamEvent[] = [];
/** Between the parts of a reasoning summary. */
const PARAGRAPH = "\n\n";

export function createResponsesMapper(options: ResponsesMapperOptions): (frame: SseFrame) => readonly StreamEvent[] {
  const mapper = new ResponsesMapper(options);
  return (frame) => mapper.map(frame);
}

class ResponsesMapper {
  readonly #options: ResponsesMapperOptions;
  readonly #open = new Map<number, OpenItem>();
  readonly #ended = new Set<number>();
  /** Of each call, by its index. */
  readonly #ids = new Map<number, string>();
  #calls = 0;
  #over = false;
  #refused = false;

  constructor(options: ResponsesMapperOptions) {
    this.#options = options;
  }

  map(frame: SseFrame): readonly StreamEvent[] {
    if (this.#over || frame.data.startsWith("[DONE]")) return NONE;
    const event = this.#parse(frame.data);
    const type = text(event["type"]) ?? frame.event ?? "";
    switch (type) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        this.#refused ||= type === "response.refusal.delta";
        return this.#delta(event, "text_delta");
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        return this.#delta(event, "thinking_delta");
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        return this.#inputDelta(event);
      case "response.function_call_arguments.done":
        return this.#keepArguments(event);
      case "response.output_item.added":
        return this.#begin(indexOf(event), record(event["item"]));
      case "response.output_item.done":
        return this.#finish(indexOf(event), record(event["item"]));
      case "response.completed":
      case "response.done":
      case "response.incomplete":
        return this.#end(record(event["response"]), type);
      case "response.failed":
        throw this.#failure(record(record(event["response"])["error"]));
      case "error":
        throw this.#failure(errorOf(event));
      case "":
        // A proxy's error, written where the stream already runs.
        if ("error" in event) throw this.#failure(errorOf(event));
        return NONE;
      default:
        return this.#options.mapExtra?.(type, event) ?? NONE;
    }
  }

  #parse(data: string): WireEvent {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (cause) {
      throw this.#error("protocol", `${this.#options.provider} sent a stream event that is not JSON`, cause);
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as WireEvent;
    throw this.#error("protocol", `${this.#options.provider} sent a stream event that is not an object`);
  }

  #begin(index: number, item: WireEvent): readonly StreamEvent[] {
    const type = itemType(item);
    if (type === undefined || this.#open.has(index) || this.#ended.has(index)) return NONE;
    this.#open.set(index, { index, type, text: "", part: 0, item });
    return [{ type: "block_start", index, block: this.#startOf(type, index, item) }];
  }

  #startOf(type: WireItemType, index: number, item: WireEvent): AssistantBlock {
    if (type === "message") return { type: "text", text: "" };
    if (type === "reasoning") return { type: "thinking", text: "" };
    return { type: "tool_use", id: this.#callId(index, item), name: text(item["name"]) ?? "", input: {} };
  }

  /** Some servers use an id twice in one answer, and all refuse a conversation that does: later ones get a number. */
  #callId(index: number, item: WireEvent): string {
    const known = this.#ids.get(index);
    if (known !== undefined) return known;
    const told = text(item["call_id"]) ?? text(item["id"]) ?? "";
    const taken = new Set(this.#ids.values());
    let id = told || `call_${index}`;
    for (let n = 2; taken.has(id); n += 1) id = `${told}_${n}`;
    this.#ids.set(index, id);
    return id;
  }

  #delta(event: WireEvent, type: "text_delta" | "thinking_delta"): readonly StreamEvent[] {
    const index = indexOf(event);
    const piece = text(event["delta"]) ?? "";
    if (piece === "" || this.#ended.has(index)) return NONE;
    const itemType = type === "text_delta" ? "message" : "reasoning";
    // A server may leave out `output_item.added`.
    const started = this.#begin(index, { type: itemType });
    const open = this.#open.get(index);
    if (open?.type !== itemType) return started;
    const part = type === "thinking_delta" ? count(event["summary_index"]) : 0;
    const shown = part !== open.part && open.text !== "" ? `${PARAGRAPH}${piece}` : piece;
    open.part = part;
    open.text += shown;
    return [...started, { type, index, text: shown }];
  }

  #inputDelta(event: WireEvent): readonly StreamEvent[] {
    const open = this.#open.get(indexOf(event));
    const json = text(event["delta"]) ?? "";
    if (open === undefined || !isCall(open.type) || json === "") return NONE;
    open.text += json;
    return [{ type: "tool_input_delta", index: open.index, json }];
  }

  #keepArguments(event: WireEvent): readonly StreamEvent[] {
    const open = this.#open.get(indexOf(event));
    if (open?.type === "function_call") open.item = { ...open.item, arguments: event["arguments"] };
    return NONE;
  }

  #finish(index: number, item: WireEvent): readonly StreamEvent[] {
    const type = itemType(item);
    if (type === undefined || this.#ended.has(index)) return NONE;
    const events = [...this.#begin(index, item)];
    const open = this.#open.get(index);
    const block = this.#blockOf(type, index, item, open);
    if (block.type === "tool_use") this.#calls += 1;
    else events.push(...remainder(index, block, open?.text ?? ""));
    this.#open.delete(index);
    this.#ended.add(index);
    events.push({ type: "block_end", index, block });
    return events;
  }

  /** The finished item is the record. Where a server leaves it empty, what came before stands: nothing gets lost. */
  #blockOf(type: WireItemType, index: number, item: WireEvent, open: OpenItem | undefined): AssistantBlock {
    const said = open?.text ?? "";
    const opaque = (data: ResponsesOpaque) => ({
      opaque: { provider: this.#options.provider, model: this.#options.model, data },
    });
    switch (type) {
      case "message": {
        const phase = text(item["phase"]);
        this.#refused ||= list(item["content"]).some((part) => record(part)["type"] === "refusal");
        const whole = list(item["content"]).map(partText).join("");
        return {
          type: "text",
          text: whole || said,
          ...(phase === undefined ? {} : opaque({ kind: "message", phase })),
        };
      }
      case "reasoning": {
        const summary = list(item["summary"]);
        const encrypted = text(item["encrypted_content"]);
        const shown =
          summary.length > 0
            ? summary.map(partText).filter(Boolean).join(PARAGRAPH)
            : list(item["content"]).map(partText).join("");
        return {
          type: "thinking",
          text: shown || said,
          ...(encrypted === undefined
            ? {}
            : opaque({ kind: "reasoning", summary, encrypted_content: encrypted, ...this.#idOf(item) })),
        };
      }
      case "custom_tool_call":
        return {
          type: "tool_use",
          id: this.#callId(index, item),
          name: text(item["name"]) ?? "",
          ...customInput(text(item["input"]) || said, text(item["status"])),
          ...opaque({ kind: "custom_tool_call" }),
        };
      case "function_call": {
        const namespace = text(item["namespace"]);
        const told = text(item["arguments"]) || text(open?.item["arguments"]) || said;
        return {
          type: "tool_use",
          id: this.#callId(index, item),
          name: text(item["name"]) ?? "",
          ...(text(item["status"]) === "incomplete" ? cutInput(told) : parseInput(told)),
          ...(namespace === undefined ? {} : opaque({ kind: "function_call", namespace })),
        };
      }
    }
  }

  #idOf(item: WireEvent): Pick<ResponsesOpaque, "id"> {
    const id = this.#options.keepIds ? text(item["id"]) : undefined;
    return id === undefined ? {} : { id };
  }

  #end(response: WireEvent, type: string): readonly StreamEvent[] {
    const status = text(response["status"]) ?? (type === "response.incomplete" ? "incomplete" : "completed");
    if (status === "failed") throw this.#failure(record(response["error"]));
    if (status === "cancelled") {
      throw this.#error("stream_incomplete", `${this.#options.provider} cancelled the answer`);
    }
    const cut = status === "incomplete" || type === "response.incomplete";
    const events: StreamEvent[] = [];
    // Some servers name their items only in the terminal event. Where items did stream, its list is not trusted: its
    // positions differ from `output_index` on some, and it is empty on others.
    if (this.#ended.size + this.#open.size === 0) {
      for (const [index, item] of list(response["output"]).entries()) events.push(...this.#finish(index, record(item)));
    }
    for (const open of this.#open.values()) events.push(...this.#close(open, cut));
    this.#over = true;
    const usage = response["usage"] ?? null;
    const reason = text(record(response["incomplete_details"])["reason"]);
    events.push({
      type: "done",
      stopReason: this.#stopReason(cut, reason, response["end_turn"]),
      rawStopReason: status,
      usage: readUsage(record(usage)),
      rawUsage: usage,
    });
    return events;
  }

  /**
   * An item whose `done` never came although the answer is over: text and thinking keep what the deltas said. A call
   * of an incomplete answer was cut; one of a complete answer must not get lost without a word.
   */
  #close(open: OpenItem, cut: boolean): readonly StreamEvent[] {
    const { index, type, text: said } = open;
    if (isCall(type)) {
      if (cut) return this.#finish(index, { ...open.item, status: "incomplete", arguments: said });
      if (text(open.item["arguments"])) return this.#finish(index, open.item);
      throw this.#error(
        "stream_incomplete",
        `${this.#options.provider} ended the answer before a tool call was complete`,
      );
    }
    this.#open.delete(index);
    this.#ended.add(index);
    return [{ type: "block_end", index, block: { type: type === "message" ? "text" : "thinking", text: said } }];
  }

  #stopReason(cut: boolean, reason: string | undefined, endTurn: unknown): StopReason {
    // A cut answer never looks like a clean end, whatever the reason.
    if (cut) return reason === "content_filter" ? "refusal" : "max_tokens";
    if (this.#calls > 0) return "tool_use";
    if (this.#refused) return "refusal";
    return endTurn === false ? "pause" : "end_turn";
  }

  #failure(error: WireEvent): ProviderError {
    return classifyResponsesFailure(this.#options.provider, error);
  }

  #error(code: "protocol" | "stream_incomplete", message: string, cause?: unknown): ProviderError {
    return new ProviderError(code, message, { provider: this.#options.provider, cause });
  }
}

/** The object of an error event: flat or nested, and the word may stand in `type`, which is the event's own when flat. */
function errorOf(event: WireEvent): WireEvent {
  const { error } = event;
  if (typeof error === "object" && error !== null) return record(error);
  return { ...event, type: undefined, message: event["message"] ?? error };
}

/** What a finished text says beyond its deltas, for readers who follow deltas only. */
function remainder(index: number, block: AssistantBlock, seen: string): readonly StreamEvent[] {
  if (block.type === "tool_use" || !block.text.startsWith(seen) || block.text.length === seen.length) return NONE;
  const rest = block.text.slice(seen.length);
  return [{ type: block.type === "text" ? "text_delta" : "thinking_delta", index, text: rest }];
}

/** Free text of a custom tool, under the one name that stands for it. */
function customInput(raw: string, status: string | undefined): CallInput {
  return status === "incomplete" ? cutInput(raw) : { input: { input: raw } };
}

/**
 * Counts of one answer. Wire: `input_tokens` includes what the cache served and stored, so both are subtracted here;
 * `output_tokens` includes reasoning. Source: Responses API reference, "usage", read 2026-11-20.
 */
function readUsage(usage: WireEvent): Usage {
  const input = record(usage["input_tokens_details"]);
  const cacheReadTokens = countOf(input["cached_tokens"]);
  const cacheWriteTokens = countOf(input["cache_write_tokens"]);
  return {
    inputTokens: Math.max(0, countOf(usage["input_tokens"]) - cacheReadTokens - cacheWriteTokens),
    cacheReadTokens,
    cacheWriteTokens,
    outputTokens: countOf(usage["output_tokens"]),
    reasoningTokens: countOf(record(usage["output_tokens_details"])["reasoning_tokens"]),
  };
}

/** The item types that become blocks; others (hosted tools) are the service's own business. */
function itemType(item: WireEvent): WireItemType | undefined {
  const type = item["type"];
  return type === "message" || type === "reasoning" || type === "function_call" || type === "custom_tool_call"
    ? type
    : undefined;
}

function isCall(type: WireItemType): boolean {
  return type === "function_call" || type === "custom_tool_call";
}

function partText(part: unknown): string {
  const { text: shown, refusal } = record(part);
  return text(shown) ?? text(refusal) ?? "";
}

function indexOf(event: WireEvent): number {
  return count(event["output_index"]);
}

function record(value: unknown): WireEvent {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as WireEvent) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
