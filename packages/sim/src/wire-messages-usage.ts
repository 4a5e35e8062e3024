import type { Usage } from "@scorpiox/sxnet";
import type { RenderContext } from "./wire.js";
import type { Notes } from "./wire-messages-notes.js";

const CHARS_PER_TOKEN = 4;

type Wired = Readonly<Record<string, unknown>>;

/**
 * Counts of one answer.
 * Wire: `input_tokens` leaves out what the cache served and what was written to it; `output_tokens` includes thinking.
 * The first event has the prompt and the first token, the last one totals.
 * Source: Messages API reference, `Usage`, recorded streams, read 2026-11-20.
 */
export class UsageCount {
  readonly #given: Partial<Usage> | null | undefined;
  readonly #requestChars: number;
  readonly #cacheTtl: Notes["cacheTtl"];
  #chars = 0;
  #thinkingChars = 0;

  /** @param given of the script; `null`: the answer has none */
  constructor(given: Partial<Usage> | null | undefined, { requestChars, notes }: RenderContext<Notes>) {
    this.#given = given;
    this.#requestChars = requestChars;
    this.#cacheTtl = notes?.cacheTtl ?? "5m";
  }

  /** One more part of the answer, in characters. */
  add(chars: number, thinking = false): void {
    this.#chars += chars;
    if (thinking) this.#thinkingChars += chars;
  }

  /** Of `message_start`, when nothing is counted yet. */
  first(): Wired | undefined {
    if (this.#given === null) return undefined;
    const usage = this.#total();
    const { cacheWriteTokens } = usage;
    return {
      ...promptOf(usage),
      cache_creation: {
        ephemeral_5m_input_tokens: this.#cacheTtl === "5m" ? cacheWriteTokens : 0,
        ephemeral_1h_input_tokens: this.#cacheTtl === "1h" ? cacheWriteTokens : 0,
      },
      output_tokens: Math.min(1, this.#given?.outputTokens ?? 1),
      service_tier: "standard",
      inference_geo: "not_available",
    };
  }

  /** Of `message_delta`. */
  last(): Wired | undefined {
    if (this.#given === null) return undefined;
    const usage = this.#total();
    const { outputTokens, reasoningTokens } = usage;
    return {
      ...promptOf(usage),
      output_tokens: outputTokens,
      ...(reasoningTokens === 0 ? {} : { output_tokens_details: { thinking_tokens: reasoningTokens } }),
    };
  }

  /** Of an answer that comes whole. */
  whole(): Wired | undefined {
    return this.#given === null ? undefined : { ...this.first(), ...this.last() };
  }

  #total(): Usage {
    return {
      inputTokens: Math.ceil(this.#requestChars / CHARS_PER_TOKEN),
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: Math.ceil(this.#chars / CHARS_PER_TOKEN),
      reasoningTokens: Math.ceil(this.#thinkingChars / CHARS_PER_TOKEN),
      ...this.#given,
    };
  }
}

function promptOf({ inputTokens, cacheReadTokens, cacheWriteTokens }: Usage): Wired {
  return {
    input_tokens: inputTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cacheReadTokens,
  };
}
