import { errorLine } from "./error-answer.js";
import { ProviderError } from "./errors.js";
import type { StreamMapper } from "./provider.js";
import type { SseFrame } from "./sse.js";
import type { Opaque, StopReason, StreamEvent, ToolUseBlock, Usage } from "./types.js";
import { countOf, type Fields, fieldsOf, listOf, textOf } from "./unknown-value.js";
import type { GenerateOpaque, GeneratePart } from "./wire-generate-content.js";
import { PiecewiseArguments } from "./wire-generate-content-arguments.js";
import { classifyGenerateFailure } from "./wire-generate-content-errors.js";

/**
 * The generateContent wire format, answer side: chunks to our events. There is no closing event: the last chunk has a
 * `finishReason`, some services give one on every chunk, and then the body ends.
 * Source: API reference (v1beta), types of the official client 2.32.0, recorded streams, read 2026-11-20.
 */

export interface GenerateMapperOptions {
  readonly provider: string;
  readonly model: string;
  /** The tools' own names by those on the wire, where they differ. */
  readonly names: ReadonlyMap<string, string>;
  /** How many messages the request has: makes ids of calls unique in the conversation, where the service gives none. */
  readonly messages: number;
}

/** A run of parts that make one block: text and what shows nothing beside it, or thoughts. */
interface OpenRun {
  readonly index: number;
  readonly type: "text" | "thinking";
  text: string;
  readonly parts: GeneratePart[];
  /**
   * Whether readers know of it: only once there is something to see, so that an answer that stays empty can still be
   * asked for again.
   */
  shown: boolean;
}

/** A call whose arguments come in pieces. */
interface OpenCall {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly opaque: Opaque;
  readonly pieces: PiecewiseArguments;
}

const NONE: readonly StreamEvent[] = [];
/** Of the service's own words in a message of ours. */
const MAX_WORDS_CHARS = 200;

/** Reasons to end that are no refusal. Whatever else comes, also words of later years, is a stop that is not clean. */
const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  STOP: "end_turn",
  MAX_TOKENS: "max_tokens",
  CONTINUATION: "max_tokens",
};
/** With calls in the answer: they are what it ended for. */
const CALLING: ReadonlySet<string> = new Set(["STOP", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"]);
/** The model failed at its own format. Asked again it mostly does not. */
const BROKEN: ReadonlySet<string> = new Set(["MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE"]);

export function createGenerateMapper(options: GenerateMapperOptions): StreamMapper {
  const mapper = new GenerateMapper(options);
  return { map: (frame) => mapper.map(frame), end: () => mapper.end() };
}

class GenerateMapper {
  readonly #options: GenerateMapperOptions;
  #next = 0;
  #run: OpenRun | undefined;
  #call: OpenCall | undefined;
  #hasContent = false;
  #calls = 0;
  readonly #ids = new Set<string>();
  #responseId = "";
  #finishReason: string | undefined;
  #finishMessage = "";
  #usage: unknown = null;

  constructor(options: GenerateMapperOptions) {
    this.#options = options;
  }

  map(frame: SseFrame): readonly StreamEvent[] {
    const chunk = this.#parse(frame);
    this.#responseId = textOf(chunk["responseId"]) ?? this.#responseId;
    if (typeof chunk["usageMetadata"] === "object") this.#usage = chunk["usageMetadata"] ?? this.#usage;
    const blocked = textOf(fieldsOf(chunk["promptFeedback"])["blockReason"]);
    if (blocked !== undefined && blocked !== "BLOCK_REASON_UNSPECIFIED") throw this.#blocked(blocked, chunk);
    const candidate = fieldsOf(listOf(chunk["candidates"])[0]);
    const events = listOf(fieldsOf(candidate["content"])["parts"]).flatMap((part) => this.#part(fieldsOf(part)));
    const reason = textOf(candidate["finishReason"]);
    if (reason !== undefined && reason !== "" && reason !== "FINISH_REASON_UNSPECIFIED") this.#finishReason = reason;
    this.#finishMessage = textOf(candidate["finishMessage"]) ?? this.#finishMessage;
    return events;
  }

  /** The body ended. Without a reason to end it was cut, and nothing is said here. */
  end(): readonly StreamEvent[] {
    const reason = this.#finishReason;
    if (reason === undefined) return NONE;
    const cut = STOP_REASONS[reason] === "max_tokens";
    if (BROKEN.has(reason) || (reason === "UNEXPECTED_TOOL_CALL" && this.#calls === 0)) {
      throw this.#incomplete(`ended the answer with ${this.#reasonText(reason)}`);
    }
    if (this.#call !== undefined && !cut) throw this.#incomplete("ended the answer before a tool call was complete");
    if (reason === "STOP" && this.#calls === 0 && !this.#hasContent) throw this.#incomplete("gave an empty answer");
    const events = [...this.#closeRun(), ...this.#closeCall(true)];
    const usage = fieldsOf(this.#usage);
    const stopReason = this.#stopReason(reason);
    const explanation = stopReason === "refusal" ? errorLine(this.#finishMessage) : "";
    return [
      ...events,
      {
        type: "done",
        stopReason,
        rawStopReason: reason,
        usage: readUsage(usage),
        rawUsage: this.#usage,
        ...(explanation === "" ? {} : { explanation }),
      },
    ];
  }

  #stopReason(reason: string): StopReason {
    if (this.#calls > 0 && CALLING.has(reason)) return "tool_use";
    return Object.hasOwn(STOP_REASONS, reason) ? (STOP_REASONS[reason] ?? "refusal") : "refusal";
  }

  #parse({ data, bare }: SseFrame): Fields {
    const { provider } = this.#options;
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (cause) {
      throw this.#error("protocol", `${provider} sent a stream event that is not JSON`, cause);
    }
    const [first] = listOf(value);
    const { error } = fieldsOf(first ?? value);
    if (error !== undefined && error !== null) throw classifyGenerateFailure(provider, error);
    if (bare === true) {
      throw this.#error("protocol", `${provider} sent a JSON document instead of a stream; check the address`);
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
    throw this.#error("protocol", `${provider} sent a stream event that is not an object`);
  }

  #part(part: Fields): readonly StreamEvent[] {
    if (typeof part["functionCall"] === "object" && part["functionCall"] !== null) {
      return this.#functionCall(fieldsOf(part["functionCall"]), textOf(part["thoughtSignature"]));
    }
    const type = part["thought"] === true ? "thinking" : "text";
    const text = textOf(part["text"]);
    if (text === undefined) return Object.keys(part).length === 0 ? NONE : this.#silent(part);
    return this.#spoken(type, text, textOf(part["thoughtSignature"]));
  }

  #spoken(type: OpenRun["type"], text: string, thoughtSignature: string | undefined): readonly StreamEvent[] {
    if (text === "" && thoughtSignature === undefined) return NONE;
    const events = [...this.#closeCall(true), ...this.#openRun(type)];
    const run = this.#run;
    if (run === undefined) return events;
    addPart(run.parts, text.length, thoughtSignature);
    if (text === "") return events;
    run.text += text;
    if (type === "text") this.#hasContent = true;
    const { index } = run;
    if (!run.shown) {
      run.shown = true;
      events.push({ type: "block_start", index, block: { type, text: "" } });
    }
    events.push({ type: type === "text" ? "text_delta" : "thinking_delta", index, text });
    return events;
  }

  /** Code that ran, what a hosted tool said, a file: kept with the text around it, to be sent back as it is. */
  #silent(part: Fields): readonly StreamEvent[] {
    if (Object.keys(part).some((name) => name !== "thoughtSignature" && name !== "thought")) this.#hasContent = true;
    const events = [...this.#closeCall(true), ...this.#openRun("text")];
    this.#run?.parts.push({ part });
    return events;
  }

  #openRun(type: OpenRun["type"]): readonly StreamEvent[] {
    if (this.#run?.type === type) return NONE;
    const events = this.#closeRun();
    this.#run = { index: this.#next++, type, text: "", parts: [], shown: false };
    return events;
  }

  #closeRun(): readonly StreamEvent[] {
    const run = this.#run;
    if (run === undefined) return NONE;
    this.#run = undefined;
    const { index, type, text, parts, shown } = run;
    const isPlain = parts.every((part) => "length" in part && part.thoughtSignature === undefined);
    const block = { type, text, ...(isPlain ? {} : { opaque: this.#opaque({ parts }) }) };
    const end: StreamEvent = { type: "block_end", index, block };
    return shown ? [end] : [{ type: "block_start", index, block: { type, text: "" } }, end];
  }

  #functionCall(call: Fields, thoughtSignature: string | undefined): readonly StreamEvent[] {
    const pieces = listOf(call["partialArgs"]);
    const goesOn = call["willContinue"] === true;
    const named = textOf(call["name"]);
    // Pieces belong to the call that is open, and so does a last part that says nothing.
    const isNext = this.#call !== undefined && (named === undefined || named === "");
    if (!isNext && Object.keys(call).length === 0) return NONE;
    if (!isNext && !goesOn && pieces.length === 0) return this.#wholeCall(call, thoughtSignature);
    const events = isNext ? [] : this.#beginCall(call, thoughtSignature);
    this.#call?.pieces.add(pieces);
    if (!goesOn) events.push(...this.#closeCall(false));
    return events;
  }

  #wholeCall(call: Fields, thoughtSignature: string | undefined): readonly StreamEvent[] {
    const events = this.#beginCall(call, thoughtSignature);
    const open = this.#call;
    this.#call = undefined;
    if (open === undefined) return events;
    return [...events, ...this.#finishCall(open, argumentsOf(call["args"]))];
  }

  #beginCall(call: Fields, thoughtSignature: string | undefined): StreamEvent[] {
    const events = [...this.#closeRun(), ...this.#closeCall(true)];
    const told = textOf(call["id"]) || undefined;
    const wireName = textOf(call["name"]) ?? "";
    const open: OpenCall = {
      index: this.#next++,
      id: this.#callId(told),
      name: this.#options.names.get(wireName) ?? wireName,
      opaque: this.#opaque({
        ...(told === undefined ? {} : { id: told }),
        ...(thoughtSignature === undefined ? {} : { thoughtSignature }),
      }),
      pieces: new PiecewiseArguments(),
    };
    this.#call = open;
    this.#calls += 1;
    const block: ToolUseBlock = { type: "tool_use", id: open.id, name: open.name, input: {} };
    events.push({ type: "block_start", index: open.index, block });
    return events;
  }

  #closeCall(cut: boolean): readonly StreamEvent[] {
    const open = this.#call;
    if (open === undefined) return NONE;
    this.#call = undefined;
    return this.#finishCall(open, open.pieces.read(cut));
  }

  #finishCall({ index, id, name, opaque }: OpenCall, input: CallInput): readonly StreamEvent[] {
    const json = input.rawInput ?? JSON.stringify(input.input);
    return [
      { type: "tool_input_delta", index, json },
      { type: "block_end", index, block: { type: "tool_use", id, name, ...input, opaque } },
    ];
  }

  /** The service's, where it gives one; else made of what no other answer of the conversation has. */
  #callId(told: string | undefined): string {
    const { messages } = this.#options;
    const base = told ?? `call_${this.#responseId || messages}_${this.#calls}`;
    let id = base;
    for (let n = 2; this.#ids.has(id); n += 1) id = `${base}_${n}`;
    this.#ids.add(id);
    return id;
  }

  #opaque(data: GenerateOpaque): Opaque {
    const { provider, model } = this.#options;
    return { provider, model, data };
  }

  #reasonText(reason: string): string {
    const more = errorLine(this.#finishMessage)
      .slice(0, MAX_WORDS_CHARS)
      .replace(/[.\s]+$/, "");
    return more === "" ? reason : `${reason}: ${more}`;
  }

  #blocked(reason: string, chunk: Fields): ProviderError {
    const { provider } = this.#options;
    const told = textOf(fieldsOf(chunk["promptFeedback"])["blockReasonMessage"]) ?? "";
    const more = errorLine(told)
      .slice(0, MAX_WORDS_CHARS)
      .replace(/[.\s]+$/, "");
    const why = more === "" ? errorLine(reason) : `${errorLine(reason)}, ${more}`;
    return new ProviderError("content_refused", `${provider} refused the prompt: ${why}; word it differently`, {
      provider,
    });
  }

  #incomplete(what: string): ProviderError {
    return this.#error("stream_incomplete", `${this.#options.provider} ${what}`);
  }

  #error(code: "protocol" | "stream_incomplete", message: string, cause?: unknown): ProviderError {
    return new ProviderError(code, message, { provider: this.#options.provider, cause });
  }
}

/** Unsigned text that follows unsigned text is one part; nothing is joined across a signature. */
function addPart(parts: GeneratePart[], length: number, thoughtSignature: string | undefined): void {
  const last = parts.at(-1);
  if (thoughtSignature !== undefined) parts.push({ length, thoughtSignature });
  else if (last !== undefined && "length" in last && last.thoughtSignature === undefined) {
    parts[parts.length - 1] = { length: last.length + length };
  } else parts.push({ length });
}

type CallInput = Pick<ToolUseBlock, "input" | "inputError" | "rawInput">;

/** A call without arguments may come without the field. */
function argumentsOf(args: unknown): CallInput {
  if (args === undefined || args === null) return { input: {} };
  if (typeof args === "object" && !Array.isArray(args)) return { input: args as Record<string, unknown> };
  return { input: {}, inputError: "the arguments are not a JSON object", rawInput: JSON.stringify(args) };
}

/**
 * Counts of one answer. Wire: `promptTokenCount` includes what the cache served, `candidatesTokenCount` leaves out
 * thoughts, and what hosted tools read comes on top. Source: API reference, "UsageMetadata", read 2026-11-20.
 */
function readUsage(usage: Fields): Usage {
  const cacheReadTokens = countOf(usage["cachedContentTokenCount"]);
  const reasoningTokens = countOf(usage["thoughtsTokenCount"]);
  return {
    inputTokens: countOf(
      Math.max(0, countOf(usage["promptTokenCount"]) - cacheReadTokens) + countOf(usage["toolUsePromptTokenCount"]),
    ),
    cacheReadTokens,
    cacheWriteTokens: 0,
    outputTokens: countOf(countOf(usage["candidatesTokenCount"]) + reasoningTokens),
    reasoningTokens,
  };
}
