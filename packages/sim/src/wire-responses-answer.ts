import type { StopReason, Usage } from "@scorpiox/sxnet";
import type { ReplyPart, TextPart, ThinkingPart, ToolUsePart, Turn } from "./script.js";
import type { Frame, RenderContext } from "./wire.js";
import { fillDeep, splitText } from "./wire-text.js";

/** Characters in one delta where the script names none. */
const DEFAULT_DELTA_CHARS = 16;
const CHARS_PER_TOKEN = 4;

/** What marks reasoning that this simulator "encrypted"; requests that send back anything else are refused. */
export const ENCRYPTED_PREFIX = "gAAAAAsim-";

/** The stream of one turn, from `response.created` to its terminal event. */
export function renderResponses(turn: Turn, context: RenderContext): readonly Frame[] {
  return new Answer(turn, context).render();
}

type Wired = Readonly<Record<string, unknown>>;

/** Writes the frames of one answer; `sequence_number` and `output_index` run through it. */
class Answer {
  readonly #turn: Turn;
  readonly #context: RenderContext;
  readonly #frames: Frame[] = [];
  readonly #output: Wired[] = [];
  readonly #responseId: string;
  #sequence = 0;
  #outputChars = 0;
  #reasoningChars = 0;

  constructor(turn: Turn, context: RenderContext) {
    this.#turn = turn;
    this.#context = context;
    this.#responseId = context.id("resp");
  }

  render(): readonly Frame[] {
    const reply = this.#turn.reply ?? [];
    this.#event("response.created", { response: this.#response("in_progress") });
    this.#event("response.in_progress", { response: this.#response("in_progress") });
    this.#limits();
    for (const [index, part] of reply.entries()) {
      if ("raw" in part) this.#frames.push({ text: part.raw, delayMs: 0 });
      else if ("thinking" in part) this.#thinking(part);
      else if ("text" in part) this.#text(part, reply.slice(index + 1).some(isCall));
      else this.#toolUse(part);
    }
    this.#end(reply.some(isCall));
    return this.#frames;
  }

  #text(part: TextPart, callsFollow: boolean): void {
    const id = this.#context.id("msg");
    const text = this.#context.fill(part.text);
    const base = { id, type: "message", role: "assistant", phase: callsFollow ? "commentary" : "final_answer" };
    const output_index = this.#begin({ ...base, status: "in_progress", content: [] });
    const place = { content_index: 0, item_id: id, output_index };
    const content = { type: "output_text", annotations: [], logprobs: [], text };
    this.#event("response.content_part.added", { ...place, part: { ...content, text: "" } });
    this.#deltas("response.output_text.delta", text, { ...place, logprobs: [] }, part);
    this.#event("response.output_text.done", { ...place, logprobs: [], text });
    this.#event("response.content_part.done", { ...place, part: content });
    this.#finish(output_index, { ...base, status: "completed", content: [content] });
    this.#outputChars += text.length;
  }

  #thinking(part: ThinkingPart): void {
    const id = this.#context.id("rs");
    const text = this.#context.fill(part.thinking);
    const encrypted_content = `${ENCRYPTED_PREFIX}${this.#context.id("enc")}`;
    const output_index = this.#begin({ id, type: "reasoning", encrypted_content, summary: [] });
    const place = { item_id: id, output_index, summary_index: 0 };
    if (text !== "") {
      this.#event("response.reasoning_summary_part.added", { ...place, part: { type: "summary_text", text: "" } });
      this.#deltas("response.reasoning_summary_text.delta", text, place, part);
      this.#event("response.reasoning_summary_text.done", { ...place, text });
      this.#event("response.reasoning_summary_part.done", { ...place, part: { type: "summary_text", text } });
    }
    const summary = text === "" ? [] : [{ type: "summary_text", text }];
    this.#finish(output_index, { id, type: "reasoning", encrypted_content, summary });
    this.#outputChars += text.length;
    this.#reasoningChars += text.length;
  }

  #toolUse(part: ToolUsePart): void {
    const { name, input, rawInput, id: givenId } = part.tool_use;
    const id = this.#context.id("fc");
    const call_id = givenId ?? this.#context.id("call");
    const json = rawInput ?? JSON.stringify(fillDeep(input ?? {}, this.#context.fill));
    // A call in a namespace names it, and the client must send it back.
    const namespace = this.#context.request.tools.find((tool) => tool.name === name)?.namespace;
    const base = { id, type: "function_call", call_id, name, ...(namespace === undefined ? {} : { namespace }) };
    const output_index = this.#begin({ ...base, status: "in_progress", arguments: "" });
    this.#deltas("response.function_call_arguments.delta", json, { item_id: id, output_index }, part);
    this.#event("response.function_call_arguments.done", { item_id: id, output_index, arguments: json });
    const cut = rawInput !== undefined && this.#turn.stopReason === "max_tokens";
    this.#finish(output_index, { ...base, status: cut ? "incomplete" : "completed", arguments: json });
    this.#outputChars += json.length;
  }

  #begin(item: Wired): number {
    const output_index = this.#output.length;
    this.#event("response.output_item.added", { item, output_index });
    return output_index;
  }

  #finish(output_index: number, item: Wired): void {
    this.#output.push(item);
    this.#event("response.output_item.done", { item, output_index });
  }

  /** The same text around every delta is made once: answers of many thousand deltas are common in benchmarks. */
  #deltas(type: string, text: string, place: Wired, pacing: ReplyPart & TextPacing): void {
    const size = pacing.deltas ?? this.#turn.deltas ?? DEFAULT_DELTA_CHARS;
    const delayMs = pacing.delayMs ?? this.#turn.delayMs ?? 0;
    const head = `event: ${type}\ndata: {"type":"${type}","delta":`;
    const tail = `,${JSON.stringify(place).slice(1, -1)},"sequence_number":`;
    for (const piece of splitText(text, size)) {
      this.#frames.push({ text: `${head}${JSON.stringify(piece)}${tail}${this.#sequence}}\n\n`, delayMs });
      this.#sequence += 1;
    }
  }

  #limits(): void {
    const { limits } = this.#turn;
    if (limits === undefined) return;
    const windows = limits.windows.map((window) => {
      const resetsAtMs =
        window.resetsInSeconds === undefined ? window.resetsAtMs : this.#context.nowMs + window.resetsInSeconds * 1000;
      const told = {
        used_percent: window.usedPercent,
        window_minutes: window.windowMinutes ?? null,
        reset_at: resetsAtMs === undefined ? null : Math.ceil(resetsAtMs / 1000),
      };
      return [window.name, told] as const;
    });
    const credits = limits.credits && {
      has_credits: true,
      unlimited: limits.credits.unlimited,
      balance: limits.credits.balance ?? null,
    };
    this.#event("codex.rate_limits", {
      plan_type: limits.plan ?? null,
      rate_limits: { allowed: true, limit_reached: false, ...Object.fromEntries(windows) },
      credits: credits ?? null,
    });
  }

  #end(calls: boolean): void {
    const { error, stopReason = calls ? "tool_use" : "end_turn" } = this.#turn;
    if (error?.event === "error") {
      this.#event("error", { error: { type: error.code, code: error.code, message: error.message, param: null } });
      return;
    }
    if (error !== undefined || stopReason === "context_full") {
      const { code, message } = error ?? CONTEXT_FULL;
      this.#event("response.failed", { response: { ...this.#response("failed"), error: { code, message } } });
      return;
    }
    const reason = INCOMPLETE[stopReason];
    const status = reason === undefined ? "completed" : "incomplete";
    const response = { ...this.#response(status), output: this.#output, usage: this.#usage() };
    this.#event(`response.${status}`, {
      response: {
        ...response,
        ...(reason === undefined ? {} : { incomplete_details: { reason } }),
        ...(stopReason === "pause" ? { end_turn: false } : {}),
      },
    });
  }

  #response(status: string): Wired {
    return {
      id: this.#responseId,
      object: "response",
      created_at: Math.floor(this.#context.nowMs / 1000),
      status,
      error: null,
      incomplete_details: null,
      model: this.#context.request.model,
      output: [],
      store: false,
      usage: null,
    };
  }

  /** Wire: cached tokens are part of `input_tokens`, reasoning tokens part of `output_tokens`. */
  #usage(): Wired | null {
    if (this.#turn.usage === null) return null;
    const usage: Usage = {
      inputTokens: Math.ceil(this.#context.requestChars / CHARS_PER_TOKEN),
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: Math.ceil(this.#outputChars / CHARS_PER_TOKEN),
      reasoningTokens: Math.ceil(this.#reasoningChars / CHARS_PER_TOKEN),
      ...this.#turn.usage,
    };
    const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
    return {
      input_tokens: input,
      input_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      total_tokens: input + usage.outputTokens,
    };
  }

  #event(type: string, fields: Wired): void {
    const data = JSON.stringify({ type, ...fields, sequence_number: this.#sequence });
    this.#frames.push({ text: `event: ${type}\ndata: ${data}\n\n`, delayMs: 0 });
    this.#sequence += 1;
  }
}

interface TextPacing {
  readonly deltas?: number;
  readonly delayMs?: number;
}

const CONTEXT_FULL = {
  code: "context_length_exceeded",
  message: "Your input exceeds the context window of this model.",
};

/** Stop reasons that this wire format tells as an incomplete answer. */
const INCOMPLETE: Readonly<Partial<Record<StopReason, string>>> = {
  max_tokens: "max_output_tokens",
  refusal: "content_filter",
};

function isCall(part: ReplyPart): boolean {
  return "tool_use" in part;
}
