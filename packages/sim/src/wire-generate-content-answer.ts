import type { StopReason } from "@scorpiox/sxnet";
import { isObject, type JsonObject, parseBody } from "./json-check.js";
import type { ReplyPart, ToolUsePart, Turn } from "./script.js";
import type { Frame, Opening, RenderContext } from "./wire.js";
import { CONTEXT_TOO_LONG, streamError } from "./wire-generate-content-failures.js";
import { bodyJson, lineJson } from "./wire-generate-content-json.js";
import { isThirdGeneration, traitsOf } from "./wire-generate-content-models.js";
import type { AnswerForm, Notes } from "./wire-generate-content-notes.js";
import { errorAnswer, type GoogleError, JSON_TYPE } from "./wire-generate-content-refusal.js";
import { makeSignature } from "./wire-generate-content-signature.js";
import { fillDeep, splitText } from "./wire-text.js";
import { UsageCount } from "./wire-generate-content-usage.js";

/** Characters in one piece of text where the script names none. */
const DEFAULT_DELTA_CHARS = 16;

/** Of an answer whose call could not be read; it has no content then. */
const MALFORMED = "MALFORMED_FUNCTION_CALL";

/** The body of one turn, in the form that the request asked for. There is no terminal event. */
export function renderGenerateContent(turn: Turn, context: RenderContext<Notes>): readonly Frame[] {
  return new Answer(turn, context).render();
}

/** A whole answer that fails has a status of its own; a stream has begun by then. */
export function openGenerateContent(turn: Turn, { notes }: RenderContext<Notes>): Opening {
  const error = errorOf(turn);
  switch (notes?.form ?? "events") {
    case "events":
      return { status: 200, contentType: "text/event-stream" };
    case "list":
      return { status: 200, contentType: JSON_TYPE };
    case "whole":
      return { status: error?.code ?? 200, contentType: JSON_TYPE };
  }
}

/** A stretch of the stream: one response with some parts, or bytes of the script. */
type Piece =
  | { readonly raw: string }
  | {
      readonly parts: readonly JsonObject[];
      readonly delayMs: number;
      /** Characters of text and of reasoning in it, for the counts. */
      readonly chars: number;
      readonly thoughtChars: number;
    };

class Answer {
  readonly #turn: Turn;
  readonly #context: RenderContext<Notes>;
  readonly #form: AnswerForm;
  readonly #model: string;
  readonly #responseId: string;
  readonly #pieces: Piece[] = [];
  /** Calls of this set so far; the first carries the signature. */
  #calls = 0;

  constructor(turn: Turn, context: RenderContext<Notes>) {
    this.#turn = turn;
    this.#context = context;
    this.#form = context.notes?.form ?? "events";
    this.#model = context.request.model;
    this.#responseId = context.id("resp");
  }

  render(): readonly Frame[] {
    const error = errorOf(this.#turn);
    if (error !== undefined && this.#form === "whole") return [frame(errorAnswer(error).body)];
    const reply = this.#turn.reply ?? [];
    const unusable = reply.flatMap((part) => ("tool_use" in part && readInput(part) === undefined ? [part] : []))[0];
    for (const part of reply) this.#take(part, unusable !== undefined);
    if (error === undefined) return this.#form === "whole" ? this.#whole(unusable) : this.#stream(this.#end(unusable));
    const bare = this.#turn.error?.event === "error";
    return this.#stream(undefined, bare ? { bare: error } : { error });
  }

  #take(part: ReplyPart, dropCalls: boolean): void {
    const { notes } = this.#context;
    if ("raw" in part) this.#pieces.push({ raw: part.raw });
    else if ("thinking" in part) this.#text(part.thinking, part, true, notes?.includeThoughts ?? true);
    else if ("text" in part) this.#text(part.text, part, false, true);
    else if (!dropCalls) this.#call(part);
  }

  #text(given: string, pacing: { deltas?: number; delayMs?: number }, thought: boolean, shown: boolean): void {
    const text = this.#context.fill(given);
    const size = this.#form === "whole" ? Infinity : (pacing.deltas ?? this.#turn.deltas ?? DEFAULT_DELTA_CHARS);
    const delayMs = pacing.delayMs ?? this.#turn.delayMs ?? 0;
    for (const piece of splitText(text, size)) {
      const parts = shown ? [{ text: piece, ...(thought ? { thought } : {}) }] : [];
      const counts = thought ? { chars: 0, thoughtChars: piece.length } : { chars: piece.length, thoughtChars: 0 };
      this.#pieces.push({ parts, delayMs, ...counts });
    }
  }

  /** Whole, in one response; up to Gemini 2.5 all calls of a set share it. Source: recorded streams, read 2026-11-20. */
  #call(part: ToolUsePart): void {
    const { name, id } = part.tool_use;
    const third = isThirdGeneration(this.#model);
    const args = fillDeep(readInput(part) ?? {}, this.#context.fill);
    const given = third ? { id: id ?? this.#context.id("call") } : {};
    const signed = this.#calls === 0 && traitsOf(this.#model).generation >= 2.5;
    const signature = signed ? { thoughtSignature: this.#sign({ call: name }) } : {};
    this.#calls += 1;
    const call = { functionCall: { name, args, ...given }, ...signature };
    const chars = JSON.stringify(args).length;
    const last = this.#pieces.at(-1);
    if (!third && last !== undefined && !("raw" in last) && last.parts.some(isCall)) {
      this.#pieces[this.#pieces.length - 1] = { ...last, parts: [...last.parts, call], chars: last.chars + chars };
      return;
    }
    const delayMs = part.delayMs ?? this.#turn.delayMs ?? 0;
    this.#pieces.push({ parts: [call], delayMs, chars, thoughtChars: 0 });
  }

  /** What stands beside the last content: why it ended. */
  #end(unusable: ToolUsePart | undefined): JsonObject {
    const { stopReason = "end_turn" } = this.#turn;
    if (unusable !== undefined && stopReason !== "max_tokens") {
      const { name, rawInput = "" } = unusable.tool_use;
      const finishMessage = `Malformed function call: ${name}(${rawInput})`;
      return { finishReason: MALFORMED, index: 0, finishMessage };
    }
    const finishReason = FINISH[stopReason];
    const token = { continuationToken: Buffer.from(this.#context.id("continue")).toString("base64") };
    const called = this.#calls > 0 && !isThirdGeneration(this.#model);
    return {
      finishReason,
      index: 0,
      ...(called && finishReason === "STOP" ? { finishMessage: "Model generated function call(s)." } : {}),
      ...(stopReason === "pause" ? token : {}),
    };
  }

  #stream(
    end: JsonObject | undefined,
    failed: { readonly bare?: GoogleError; readonly error?: GoogleError } = {},
  ): readonly Frame[] {
    const usage = this.#usage();
    const blocked = end !== undefined && this.#isBlocked();
    const frames: Frame[] = [];
    let listed = 0;
    const push = (json: string, delayMs = 0): void => {
      const text = this.#form === "events" ? `data: ${json}\r\n\r\n` : `${listed === 0 ? "[" : ",\r\n"}${json}\n`;
      listed += 1;
      frames.push({ text, delayMs });
    };
    const write = (value: unknown): string => (this.#form === "events" ? lineJson(value) : bodyJson(value));
    const last = this.#pieces.at(-1);
    const apart = end?.["finishReason"] === MALFORMED || isThirdGeneration(this.#model);
    const joined = end !== undefined && !apart && canCarryEnd(last);
    for (const piece of this.#pieces) {
      if ("raw" in piece) {
        frames.push(frame(piece.raw));
        continue;
      }
      const counts = usage.after(piece.chars, piece.thoughtChars);
      const isEnd = joined && piece === last;
      if (!isEnd && piece.parts.length === 0) continue;
      push(
        write(this.#response(candidate(piece.parts, isEnd ? end : { index: 0 }), isEnd ? usage.total() : counts)),
        piece.delayMs,
      );
    }
    if (blocked) push(write(this.#response({ promptFeedback: { blockReason: "SAFETY" } }, usage.total())));
    else if (end !== undefined && !joined) {
      push(write(this.#response(candidate(this.#lastParts(end), end), usage.total())));
    }
    if (failed.error !== undefined) push(write({ error: failed.error }));
    if (failed.bare !== undefined) frames.push(frame(`${bodyJson({ error: failed.bare })}\n`));
    else if (this.#form === "list") frames.push(frame("]"));
    return frames;
  }

  /** Gemini 3 ends in a part of empty text, which carries the signature of an answer without calls. */
  #lastParts({ finishReason }: JsonObject): readonly JsonObject[] {
    if (finishReason === MALFORMED || !isThirdGeneration(this.#model)) return [];
    return [{ text: "", ...(this.#calls === 0 ? { thoughtSignature: this.#sign("text") } : {}) }];
  }

  /** One object: texts that follow each other in one part, a signature on the last of them. */
  #whole(unusable: ToolUsePart | undefined): readonly Frame[] {
    const raws = this.#pieces.flatMap((piece) => ("raw" in piece ? [frame(piece.raw)] : []));
    const usage = this.#usage();
    if (this.#isBlocked()) {
      const blocked = this.#response({ promptFeedback: { blockReason: "SAFETY" } }, usage.total());
      return [...raws, frame(`${bodyJson(blocked)}\n`)];
    }
    const end = this.#end(unusable);
    const bad = end["finishReason"] === MALFORMED;
    const parts = bad ? [] : joinTexts(this.#pieces.flatMap((piece) => ("raw" in piece ? [] : piece.parts)));
    const last = parts.at(-1);
    if (last !== undefined && this.#calls === 0 && last["thought"] !== true && isThirdGeneration(this.#model)) {
      parts[parts.length - 1] = { ...last, thoughtSignature: this.#sign("text") };
    }
    return [...raws, frame(`${bodyJson(this.#response(candidate(parts, end), usage.total()))}\n`)];
  }

  /** A refusal without a word is a prompt that was stopped before the model saw it. */
  #isBlocked(): boolean {
    return this.#turn.stopReason === "refusal" && this.#pieces.length === 0;
  }

  #response(content: JsonObject, usageMetadata: JsonObject | undefined): JsonObject {
    return {
      ...content,
      ...(usageMetadata === undefined ? {} : { usageMetadata }),
      modelVersion: this.#model,
      responseId: this.#responseId,
    };
  }

  #sign(part: { readonly call: string } | "text"): string {
    return makeSignature(this.#model, part, this.#context.id("sig"));
  }

  #usage(): UsageCount {
    const pieces = this.#pieces.flatMap((piece) => ("raw" in piece ? [] : [piece]));
    const chars = pieces.reduce((sum, piece) => sum + piece.chars, 0);
    const thoughtChars = pieces.reduce((sum, piece) => sum + piece.thoughtChars, 0);
    return new UsageCount(this.#turn.usage, { chars, thoughtChars, notes: this.#context.notes });
  }
}

/** Source: `FinishReason` of `@google/genai` 2.32.0, read 2026-11-20. */
const FINISH: Readonly<Record<StopReason, string>> = {
  end_turn: "STOP",
  tool_use: "STOP",
  stop_sequence: "STOP",
  max_tokens: "MAX_TOKENS",
  refusal: "SAFETY",
  pause: "CONTINUATION",
  // Told as an error instead, see `errorOf`: the service has no such reason.
  context_full: "OTHER",
};

/** What the answer fails with, if it does. */
function errorOf({ error, stopReason }: Turn): GoogleError | undefined {
  if (error !== undefined) return streamError(error);
  return stopReason === "context_full" ? streamError({ code: "400", message: CONTEXT_TOO_LONG }) : undefined;
}

/** The arguments as an object; `undefined` for a text that is none, which this format has no way to send. */
function readInput({ tool_use: { input, rawInput } }: ToolUsePart): JsonObject | undefined {
  if (rawInput === undefined) return input ?? {};
  const value = parseBody(rawInput);
  return isObject(value) ? value : undefined;
}

function candidate(parts: readonly JsonObject[], end: JsonObject): JsonObject {
  return { candidates: [{ content: parts.length === 0 ? {} : { parts, role: "model" }, ...end }] };
}

/** Up to Gemini 2.5 the reason stands on the last content; reasoning alone is none. */
function canCarryEnd(piece: Piece | undefined): boolean {
  return piece !== undefined && !("raw" in piece) && piece.parts.some((part) => part["thought"] !== true);
}

function isCall(part: JsonObject): boolean {
  return part["functionCall"] !== undefined;
}

function joinTexts(parts: readonly JsonObject[]): JsonObject[] {
  const joined: JsonObject[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const same = last !== undefined && !isCall(last) && !isCall(part) && last["thought"] === part["thought"];
    if (same) joined[joined.length - 1] = { ...last, text: `${String(last["text"])}${String(part["text"])}` };
    else joined.push(part);
  }
  return joined;
}

function frame(text: string): Frame {
  return { text, delayMs: 0 };
}
