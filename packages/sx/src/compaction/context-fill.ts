import type { Message, Usage } from "@scorpiox/sxnet";
import { estimateAll } from "./estimate.js";

/** How far an estimate is corrected by what a service counted. */
const LEAST_FACTOR = 0.5;
const MOST_FACTOR = 3;

/**
 * How many tokens of the model's window a conversation takes: what the service counted for the last answer, and an
 * estimate for what has been added since.
 */
export class ContextFill {
  /** System prompt and tools, as an estimate. */
  readonly #overhead: number;
  #factor = 1;
  #counted: { readonly tokens: number; readonly messages: number } | undefined;

  constructor(overheadTokens: number) {
    this.#overhead = overheadTokens;
  }

  /** An answer came; `messages` is the conversation with it. Counts of 0 mean that the service told none. */
  answered(usage: Usage, messages: readonly Message[]): void {
    const prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
    if (prompt <= 0) return;
    this.#counted = { tokens: prompt + usage.outputTokens, messages: messages.length };
    const guess = this.#overhead + estimateAll(messages.slice(0, -1));
    this.#factor = Math.min(MOST_FACTOR, Math.max(LEAST_FACTOR, prompt / Math.max(1, guess)));
  }

  /** The conversation is another one now: only an estimate is left, corrected by what was learnt. */
  replaced(): void {
    this.#counted = undefined;
  }

  tokens(messages: readonly Message[]): number {
    const counted = this.#counted;
    if (counted === undefined || counted.messages > messages.length) return this.estimate(messages);
    return Math.ceil(counted.tokens + this.#factor * estimateAll(messages.slice(counted.messages)));
  }

  /** What a conversation would take, without what was counted. */
  estimate(messages: readonly Message[]): number {
    return Math.ceil(this.#factor * (this.#overhead + estimateAll(messages)));
  }
}
