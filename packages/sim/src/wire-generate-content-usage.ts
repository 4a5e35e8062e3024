import type { Usage } from "@scorpiox/sxnet";
import type { JsonObject } from "./json-check.js";
import type { Notes } from "./wire-generate-content-notes.js";

const CHARS_PER_TOKEN = 4;

interface Counted {
  readonly chars: number;
  readonly thoughtChars: number;
  readonly notes: Notes | undefined;
}

/**
 * `usageMetadata`, which most responses of a stream carry with the counts so far.
 * Wire: the prompt's count includes what a cache served; the candidates' excludes reasoning; a count of zero is left
 * out. There is no count of what was written to a cache, so that is a plain part of the prompt's.
 * Source: recorded streams and our notes, section 4, read 2026-11-20.
 */
export class UsageCount {
  readonly #total: Usage | undefined;
  #chars = 0;
  #thoughtChars = 0;

  /** @param given of the script; `null`: no response has any */
  constructor(given: Partial<Usage> | null | undefined, { chars, thoughtChars, notes }: Counted) {
    if (given === null) return;
    const cacheReadTokens = given?.cacheReadTokens ?? notes?.cachedTokens ?? 0;
    this.#total = {
      inputTokens: Math.max(0, (notes?.promptTokens ?? 0) - (notes?.cachedTokens ?? 0)),
      cacheWriteTokens: 0,
      outputTokens: Math.ceil(chars / CHARS_PER_TOKEN) + Math.ceil(thoughtChars / CHARS_PER_TOKEN),
      reasoningTokens: Math.ceil(thoughtChars / CHARS_PER_TOKEN),
      ...given,
      cacheReadTokens,
    };
  }

  /** The counts after one more response with so many characters. */
  after(chars: number, thoughtChars: number): JsonObject | undefined {
    this.#chars += chars;
    this.#thoughtChars += thoughtChars;
    if (this.#total === undefined) return undefined;
    const { reasoningTokens } = this.#total;
    return this.#tell(
      Math.min(Math.ceil(this.#chars / CHARS_PER_TOKEN), this.#candidates(this.#total)),
      Math.min(Math.ceil(this.#thoughtChars / CHARS_PER_TOKEN), reasoningTokens),
    );
  }

  total(): JsonObject | undefined {
    return this.#total && this.#tell(this.#candidates(this.#total), this.#total.reasoningTokens);
  }

  #candidates({ outputTokens, reasoningTokens }: Usage): number {
    return Math.max(0, outputTokens - reasoningTokens);
  }

  #tell(candidates: number, thoughts: number): JsonObject | undefined {
    if (this.#total === undefined) return undefined;
    const { inputTokens, cacheReadTokens, cacheWriteTokens } = this.#total;
    const prompt = inputTokens + cacheReadTokens + cacheWriteTokens;
    return {
      promptTokenCount: prompt,
      ...(candidates === 0 ? {} : { candidatesTokenCount: candidates }),
      totalTokenCount: prompt + candidates + thoughts,
      ...(cacheReadTokens === 0 ? {} : { cachedContentTokenCount: cacheReadTokens }),
      promptTokensDetails: [{ modality: "TEXT", tokenCount: prompt }],
      ...(cacheReadTokens === 0 ? {} : { cacheTokensDetails: [{ modality: "TEXT", tokenCount: cacheReadTokens }] }),
      ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
      serviceTier: "standard",
    };
  }
}
