import { ProviderError } from "./errors.js";
import type { SseFrame } from "./sse.js";
import type { AssistantBlock, StopReason, StreamEvent, Usage } from "./types.js";
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
  /** Events that only one vendor sends; the rest of the unknown ones is skipped. */
  readonly mapExtra?: (type: string, event: WireEvent) => readonly StreamEvent[];
}

/** One parsed frame. Fields are read with care: every one of them comes from a server. */
export type WireEvent = Readonly<Record<string, unknown>>;

interface OpenItem {
  readonly index: number;
  readonly type: WireItemType;
  text: string;
  summaryIndex: number;
}

type WireItemType = "message" | "reasoning" | "function_call" | "custom_tool_call";

const NONE: readonly StreamEvent[] = [];

export function createResponsesMapper(options: ResponsesMapperOptions): (frame: SseFrame) => readonly StreamEvent[] {
  const mapper = new ResponsesMapper(options);
  return (frame) => mapper.map(frame);
}

class ResponsesMapper {
  readonly #options: ResponsesMapperOptions;
  readonly #open = new Map<number, OpenItem>();
  readonly #ended = new Set<number>();
  #calls = 0;
  #refused = false;

  constructor(options: ResponsesMapperOptions) {
    this.#options = options;
  }

  map(frame: SseFrame): readonly StreamEvent[] {
    if (frame.data.startsWith("[DONE]")) return NONE;
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
      case "response.reasoning_summary_part.added":
        return this.#summaryPart(event);
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        return this.#inputDelta(event);
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
        throw this.#failure({ ...event, type: undefined, ...record(event["error"]) });
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
    this.#open.set(index, { index, type, text: "", summaryIndex: 0 });
    return [{ type: "block_start", index, block: startOf(type, item) }];
  }

  #delta(event: WireEvent, type: "text_delta" | "thinking_delta"): readonly StreamEvent[] {
    const index = indexOf(event);
    const piece = text(event["delta"]) ?? "";
    if (piece === "" || this.#ended.has(index)) return NONE;
    const open = this.#open.get(index);
    if (open !== undefined) {
      open.text += piece;
      return [{ type, index, text: piece }];
    }
    // A server that leaves out `output_item.added`.
    const started = this.#begin(index, { type: type === "text_delta" ? "message" : "reasoning" });
    return [...started, ...this.#delta(event, type)];
  }

  #summaryPart(event: WireEvent): readonly StreamEvent[] {
    const open = this.#open.get(indexOf(event));
    if (open === undefined || open.text === "") return NONE;
    open.text += "\n\n";
    return [{ type: "thinking_delta", index: open.index, text: "\n\n" }];
  }

  #inputDelta(event: WireEvent): readonly StreamEvent[] {
    const open = this.#open.get(indexOf(event));
    const json = text(event["delta"]) ?? "";
    return open === undefined || json === "" ? NONE : [{ type: "tool_input_delta", index: open.index, json }];
  }

  #finish(index: number, item: WireEvent): readonly StreamEvent[] {
    const type = itemType(item);
    if (type === undefined || this.#ended.has(index)) return NONE;
    const events = [...this.#begin(index, item)];
    const open = this.#open.get(index);
    const block = this.#blockOf(type, item);
    if (block.type === "tool_use") this.#calls += 1;
    else events.push(...remainder(index, block, open?.text ?? ""));
    this.#open.delete(index);
    this.#ended.add(index);
    events.push({ type: "block_end", index, block });
    return events;
  }

  #blockOf(type: WireItemType, item: WireEvent): AssistantBlock {
    const opaque = (data: ResponsesOpaque) => ({
      opaque: { provider: this.#options.provider, model: this.#options.model, data },
    });
    switch (type) {
      case "message": {
        const phase = text(item["phase"]);
        this.#refused ||= list(item["content"]).some((part) => record(part)["type"] === "refusal");
        const whole = list(item["content"]).map(partText).join("");
        return { type: "text", text: whole, ...(phase === undefined ? {} : opaque({ kind: "message", phase })) };
      }
      case "reasoning": {
        const summary = list(item["summary"]);
        const encrypted = text(item["encrypted_content"]);
        const shown = summary.length > 0 ? summary.map(partText).join("\n\n") : list(item["content"]).map(partText).join("");
        return {
          type: "thinking",
          text: shown,
          ...(encrypted === undefined ? {} : opaque({ kind: "reasoning", summary, encrypted_content: encrypted })),
        };
      }
      case "custom_tool_call":
        return {
          type: "tool_use",
          id: callId(item),
          name: text(item["name"]) ?? "",
          input: { input: text(item["input"]) ?? "" },
          ...opaque({ kind: "custom_tool_call" }),
        };
      case "function_call": {
        const namespace = text(item["namespace"]);
        return {
          type: "tool_use",
          id: callId(item),
          name: text(item["name"]) ?? "",
          ...parseArguments(text(item["arguments"]) ?? "", text(item["status"])),
          ...(namespace === undefined ? {} : opaque({ kind: "function_call", namespace })),
        };
      }
    }
  }

  #end(response: WireEvent, type: string): readonly StreamEvent[] {
    const events: StreamEvent[] = [];
    // Some servers name their items only in the terminal event. Where items did stream, its list is not trusted: its
    // positions differ from `output_index` on some, and it is empty on others.
    if (this.#ended.size === 0) {
      for (const [index, item] of list(response["output"]).entries()) events.push(...this.#finish(index, record(item)));
    }
    // Items whose `done` never came although the answer is complete.
    for (const open of [...this.#open.values()]) events.push(...this.#close(open));
    const status = text(response["status"]) ?? (type === "response.incomplete" ? "incomplete" : "completed");
    const reason = text(record(response["incomplete_details"])["reason"]);
    const usage = response["usage"] ?? null;
    events.push({
      type: "done",
      stopReason: this.#stopReason(status, reason, response["end_turn"]),
      rawStopReason: reason === undefined ? status : `${status}: ${reason}`,
      usage: readUsage(record(usage)),
      rawUsage: usage,
    });
    return events;
  }

  /** Text and thinking keep what the deltas said; a call whose end never came is dropped: it must not run. */
  #close(open: OpenItem): readonly StreamEvent[] {
    this.#open.delete(open.index);
    this.#ended.add(open.index);
    if (open.type === "message") return [{ type: "block_end", index: open.index, block: { type: "text", text: open.text } }];
    if (open.type === "reasoning") {
      return [{ type: "block_end", index: open.index, block: { type: "thinking", text: open.text } }];
    }
    return NONE;
  }

  #stopReason(status: string, reason: string | undefined, endTurn: unknown): StopReason {
    if (status === "incomplete" && reason === "max_output_tokens") return "max_tokens";
    if (status === "incomplete" && reason === "content_filter") return "refusal";
    if (this.#calls > 0) return "tool_use";
    if (this.#refused) return "refusal";
    return endTurn === false ? "pause" : "end_turn";
  }

  #failure(error: WireEvent): ProviderError {
    return classifyResponsesFailure(this.#options.provider, {
      code: text(error["code"]) ?? text(error["type"]),
      message: text(error["message"]),
    });
  }

  #error(code: "protocol", message: string, cause?: unknown): ProviderError {
    return new ProviderError(code, message, { provider: this.#options.provider, cause });
  }
}

/** What a finished text says beyond its deltas, for readers who follow deltas only. */
function remainder(index: number, block: AssistantBlock, seen: string): readonly StreamEvent[] {
  if (block.type === "tool_use" || !block.text.startsWith(seen) || block.text.length === seen.length) return NONE;
  const rest = block.text.slice(seen.length);
  return [{ type: block.type === "text" ? "text_delta" : "thinking_delta", index, text: rest }];
}

/** Arguments that are not a JSON object, or of a call that the service itself marks unfinished, are never run. */
function parseArguments(raw: string, status: string | undefined): { input: Record<string, unknown>; inputError?: string; rawInput?: string } {
  if (status === "incomplete") return { input: {}, inputError: "the arguments were cut off", rawInput: raw };
  if (raw.trim() === "") return { input: {} };
  try {
    const value: unknown = JSON.parse(raw);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { input: value as Record<string, unknown> };
    }
    return { input: {}, inputError: "the arguments are not a JSON object", rawInput: raw };
  } catch {
    // The parser's own message would quote the arguments; the reader gets them whole in rawInput.
    return { input: {}, inputError: "the arguments are not valid JSON", rawInput: raw };
  }
}

/**
 * Counts of one answer. Wire: `input_tokens` includes what the cache served and stored, so both are subtracted here;
 * `output_tokens` includes reasoning. Source: Responses API reference, "usage", read 2026-11-20.
 */
function readUsage(usage: WireEvent): Usage {
  const input = record(usage["input_tokens_details"]);
  const cacheReadTokens = count(input["cached_tokens"]);
  const cacheWriteTokens = count(input["cache_write_tokens"]);
  return {
    inputTokens: Math.max(0, count(usage["input_tokens"]) - cacheReadTokens - cacheWriteTokens),
    cacheReadTokens,
    cacheWriteTokens,
    outputTokens: count(usage["output_tokens"]),
    reasoningTokens: count(record(usage["output_tokens_details"])["reasoning_tokens"]),
  };
}

function startOf(type: WireItemType, item: WireEvent): AssistantBlock {
  if (type === "message") return { type: "text", text: "" };
  if (type === "reasoning") return { type: "thinking", text: "" };
  return { type: "tool_use", id: callId(item), name: text(item["name"]) ?? "", input: {} };
}

/** The item types that become blocks; others (hosted tools) are the service's own business. */
function itemType(item: WireEvent): WireItemType | undefined {
  const type = item["type"];
  return type === "message" || type === "reasoning" || type === "function_call" || type === "custom_tool_call"
    ? type
    : undefined;
}

function callId(item: WireEvent): string {
  return text(item["call_id"]) ?? text(item["id"]) ?? "";
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
