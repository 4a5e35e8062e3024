import type { StopReason, Usage } from "@scorpiox/sxnet";
import type { Pacing, ReplyPart, ToolUsePart, Turn } from "./script.js";
import type { Frame, Opening, RenderContext } from "./wire.js";
import { CONTEXT_TOO_LONG, streamError } from "./wire-chat-completions-failures.js";
import type { ReasoningMemory } from "./wire-chat-completions-memory.js";
import type { Notes } from "./wire-chat-completions-notes.js";
import { errorBody, type ErrorWords } from "./wire-chat-completions-refusal.js";
import { fillDeep, splitText } from "./wire-text.js";

/** Characters in one delta where the script names none. */
const DEFAULT_DELTA_CHARS = 16;
const CHARS_PER_TOKEN = 4;
/** What padding is cut from. */
const LETTERS = "k7Qm2xVb9TzR4hJc";

/** The body of one turn: chunks and `[DONE]`, or one object. */
export function renderChatCompletions(
  turn: Turn,
  context: RenderContext<Notes>,
  memory: ReasoningMemory | undefined,
): readonly Frame[] {
  return new Answer(turn, context, memory).render();
}

/** A whole answer that fails has a status of its own; a stream has begun by then. */
export function openChatCompletions(turn: Turn, { notes }: RenderContext<Notes>): Opening {
  if (notes?.stream !== false) return { status: 200, contentType: "text/event-stream; charset=utf-8" };
  return { status: errorOf(turn)?.status ?? 200, contentType: "application/json" };
}

type Wired = Readonly<Record<string, unknown>>;

/** Writes the frames of one answer, and keeps what they say for the form that comes whole. */
class Answer {
  readonly #turn: Turn;
  readonly #context: RenderContext<Notes>;
  readonly #memory: ReasoningMemory | undefined;
  readonly #id: string;
  readonly #frames: Frame[] = [];
  readonly #raws: Frame[] = [];
  readonly #calls: Wired[] = [];
  #text = "";
  #reasoning = "";
  #callChars = 0;

  constructor(turn: Turn, context: RenderContext<Notes>, memory: ReasoningMemory | undefined) {
    this.#turn = turn;
    this.#context = context;
    this.#memory = memory;
    this.#id = context.id("chatcmpl").replace("_", "-");
  }

  render(): readonly Frame[] {
    const { reply = [] } = this.#turn;
    const first = reply.find((part) => !("raw" in part));
    const content = first !== undefined && "text" in first ? "" : null;
    this.#chunk({ role: "assistant", content, refusal: null });
    for (const part of reply) this.#take(part);
    const finish = FINISH[this.#turn.stopReason ?? (this.#calls.length > 0 ? "tool_use" : "end_turn")];
    const error = errorOf(this.#turn);
    if (this.#context.notes?.stream === false) return this.#whole(finish, error?.words);
    if (error !== undefined) {
      const name = this.#turn.error?.event === "error" ? "event: error\n" : "";
      return [...this.#frames, { text: `${name}data: ${JSON.stringify(errorBody(error.words))}\n\n`, delayMs: 0 }];
    }
    this.#chunk({}, finish);
    const usage = this.#usage();
    if (usage !== undefined && this.#context.notes?.includeUsage === true) {
      this.#push({ ...this.#head(CHUNK), choices: [], usage });
    }
    this.#frames.push({ text: "data: [DONE]\n\n", delayMs: 0 });
    return this.#frames;
  }

  #take(part: ReplyPart): void {
    if ("raw" in part) {
      const frame = { text: part.raw, delayMs: 0 };
      this.#frames.push(frame);
      this.#raws.push(frame);
    } else if ("thinking" in part) {
      const text = this.#context.fill(part.thinking);
      this.#deltas((piece) => `{"reasoning_content":${piece}}`, text, part);
      this.#reasoning += text;
    } else if ("text" in part) {
      const text = this.#context.fill(part.text);
      this.#deltas((piece) => `{"content":${piece}}`, text, part);
      this.#text += text;
    } else this.#call(part);
  }

  #call(part: ToolUsePart): void {
    const { name, input = {}, rawInput, id = this.#context.id("call") } = part.tool_use;
    const json = rawInput ?? JSON.stringify(fillDeep(input, this.#context.fill));
    const index = this.#calls.length;
    this.#chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] });
    this.#deltas((piece) => `{"tool_calls":[{"index":${index},"function":{"arguments":${piece}}}]}`, json, part);
    this.#calls.push({ id, type: "function", function: { name, arguments: json } });
    this.#callChars += json.length;
    if (this.#reasoning !== "") this.#memory?.remember(id);
  }

  /** The same text around every delta is made once: answers of many thousand deltas are common in benchmarks. */
  #deltas(delta: (piece: string) => string, text: string, pacing: Pacing): void {
    const size = pacing.deltas ?? this.#turn.deltas ?? DEFAULT_DELTA_CHARS;
    const delayMs = pacing.delayMs ?? this.#turn.delayMs ?? 0;
    const head = `data: ${JSON.stringify(this.#head(CHUNK)).slice(0, -1)},"choices":[{"index":0,"delta":`;
    const nothing = this.#context.notes?.includeUsage === true ? ',"usage":null' : "";
    for (const piece of splitText(text, size)) {
      const tail = `,"finish_reason":null}]${nothing}${this.#obfuscation()}}\n\n`;
      this.#frames.push({ text: `${head}${delta(JSON.stringify(piece))}${tail}`, delayMs });
    }
  }

  #chunk(delta: Wired, finish: string | null = null): void {
    this.#push({
      ...this.#head(CHUNK),
      choices: [{ index: 0, delta, finish_reason: finish }],
      ...(this.#context.notes?.includeUsage === true ? { usage: null } : {}),
    });
  }

  #push(chunk: Wired): void {
    const json = JSON.stringify(chunk).slice(0, -1);
    this.#frames.push({ text: `data: ${json}${this.#obfuscation()}}\n\n`, delayMs: 0 });
  }

  /** Another length for each chunk, the same in every run. */
  #obfuscation(): string {
    if (this.#context.notes?.obfuscate === false) return "";
    return `,"obfuscation":"${LETTERS.slice(0, 1 + ((this.#frames.length * 7) % LETTERS.length))}"`;
  }

  #whole(finish: string, error: ErrorWords | undefined): readonly Frame[] {
    const message = {
      role: "assistant",
      content: this.#text === "" ? null : this.#text,
      refusal: null,
      ...(this.#reasoning === "" ? {} : { reasoning_content: this.#reasoning }),
      ...(this.#calls.length === 0 ? {} : { tool_calls: this.#calls }),
    };
    const usage = this.#usage();
    const body =
      error === undefined
        ? {
            ...this.#head("chat.completion"),
            choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
            ...(usage === undefined ? {} : { usage }),
          }
        : errorBody(error);
    return [...this.#raws, { text: JSON.stringify(body), delayMs: 0 }];
  }

  #head(object: string): Wired {
    return {
      id: this.#id,
      object,
      created: Math.floor(this.#context.nowMs / 1000),
      model: this.#context.request.model,
      service_tier: "default",
      system_fingerprint: null,
    };
  }

  /** Wire: cached tokens are part of `prompt_tokens`, reasoning tokens part of `completion_tokens`. */
  #usage(): Wired | undefined {
    if (this.#turn.usage === null) return undefined;
    const chars = this.#text.length + this.#reasoning.length + this.#callChars;
    const usage: Usage = {
      inputTokens: Math.ceil(this.#context.requestChars / CHARS_PER_TOKEN),
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: Math.ceil(chars / CHARS_PER_TOKEN),
      reasoningTokens: Math.ceil(this.#reasoning.length / CHARS_PER_TOKEN),
      ...this.#turn.usage,
    };
    const { cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens } = usage;
    const prompt = usage.inputTokens + cacheReadTokens + cacheWriteTokens;
    return {
      prompt_tokens: prompt,
      completion_tokens: outputTokens,
      total_tokens: prompt + outputTokens,
      prompt_tokens_details: {
        cached_tokens: cacheReadTokens,
        audio_tokens: 0,
        ...(cacheWriteTokens === 0 ? {} : { cache_write_tokens: cacheWriteTokens }),
      },
      completion_tokens_details: {
        reasoning_tokens: reasoningTokens,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    };
  }
}

const CHUNK = "chat.completion.chunk";

/** The format has no word for a pause. Source: API reference, `finish_reason`, read 2026-11-20. */
const FINISH: Readonly<Record<StopReason, string>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause: "stop",
  tool_use: "tool_calls",
  max_tokens: "length",
  refusal: "content_filter",
  // Told as an error instead, see `errorOf`: the service has no such reason.
  context_full: "length",
};

/** What the answer fails with, if it does. */
function errorOf({ error, stopReason }: Turn): ReturnType<typeof streamError> | undefined {
  if (error !== undefined) return streamError(error);
  return stopReason === "context_full" ? { words: CONTEXT_TOO_LONG, status: 400 } : undefined;
}
