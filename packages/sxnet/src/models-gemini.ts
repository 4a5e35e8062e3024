import type { ModelInfo, ModelPrice, ModelTable } from "./models.js";
import { resolveModel } from "./models.js";
import type { Effort } from "./types.js";

/** A Gemini model: what decides the shape of its request. */
export interface GeminiModel extends ModelInfo {
  readonly thinking: GeminiThinking;
  /**
   * Generation 3 and later: names its calls, holds them to their thought signatures, takes images inside of results and
   * a bound answer beside tools, and refuses a conversation that ends with its own turn.
   */
  readonly modern: boolean;
  /** How schemas are written: ordinary JSON Schema, or the older subset of OpenAPI that every host knows. */
  readonly schemas: "json" | "openapi";
  /** Least tokens of a stored prefix; absent where none can be stored. */
  readonly cacheMinTokens?: number;
}

/** How thinking is asked for: by a budget in tokens, by a level, or not at all. */
export type GeminiThinking =
  | { readonly kind: "none" }
  | { readonly kind: "level" }
  | { readonly kind: "budget"; readonly minTokens: number; readonly maxTokens: number };

const MINIMAL_TO_HIGH: readonly Effort[] = ["minimal", "low", "medium", "high"];
const LOW_TO_HIGH: readonly Effort[] = ["low", "medium", "high"];
const BUDGETS: readonly Effort[] = ["minimal", "low", "medium", "high", "max"];
const BUDGETS_OR_OFF: readonly Effort[] = ["off", ...BUDGETS];

const shared = { contextTokens: 1_048_576, maxOutputTokens: 65_536, images: true } as const;

const modern = (id: string, note: string, efforts: readonly Effort[], price?: ModelPrice): GeminiModel => ({
  ...shared,
  id,
  note,
  efforts,
  thinking: { kind: "level" },
  modern: true,
  schemas: "json",
  cacheMinTokens: 4096,
  ...(price === undefined ? {} : { price }),
});

/** The 2.5 line: `minTokens` is the least budget above 0. */
const budgeted = (
  id: string,
  note: string,
  efforts: readonly Effort[],
  [minTokens, maxTokens]: readonly [number, number],
): GeminiModel => ({
  ...shared,
  id,
  note,
  efforts,
  thinking: { kind: "budget", minTokens, maxTokens },
  modern: false,
  schemas: "json",
  cacheMinTokens: 2048,
});

const flat = (input: number, cachedInput: number, output: number, asOf: string): ModelPrice => ({
  input,
  cachedInput,
  output,
  asOf,
});

/**
 * The models of the Gemini API that make text, newest first.
 * Source: ai.google.dev pages "Gemini deprecations", "Gemini thinking", "Context caching" and "Pricing", the developer
 * guides of 3.5 to 3.8 Flash, read 2026-11-20; the pricing page as of the day that stands at each price. The prices of
 * 3.8 Flash hold through 2026-12-31. The Pro models have none here: theirs depend on the length of the prompt.
 */
export const GEMINI_MODELS: ModelTable<GeminiModel> = {
  provider: "gemini",
  aliases: { opus: "gemini-3.1-pro-preview", sonnet: "gemini-3.8-flash", haiku: "gemini-3.5-flash-lite" },
  passes: /^(gemini|gemma)-[\w.-]+$/,
  unlisted: modern("", "not in the table", LOW_TO_HIGH),
  models: [
    modern("gemini-3.8-flash", "agents and code, newest", LOW_TO_HIGH, flat(0.75, 0.075, 3.75, "2026-10-07")),
    modern("gemini-3.7-flash", "agents, fewer tokens", LOW_TO_HIGH),
    modern("gemini-3.6-flash", "the line before 3.7", MINIMAL_TO_HIGH, flat(1.5, 0.15, 7.5, "2026-07-21")),
    modern("gemini-3.5-flash", "the line before 3.6", MINIMAL_TO_HIGH, flat(1.5, 0.15, 9, "2026-10-07")),
    modern("gemini-3.5-flash-lite", "fastest and cheapest", MINIMAL_TO_HIGH, flat(0.3, 0.03, 2.5, "2026-10-07")),
    modern("gemini-3.1-pro-preview", "deep reasoning", LOW_TO_HIGH),
    modern("gemini-3.1-flash-lite", "much work, little cost", MINIMAL_TO_HIGH),
    {
      ...modern("gemini-3-flash-preview", "the first 3 line", MINIMAL_TO_HIGH, flat(0.5, 0.05, 3, "2026-07-04")),
      cacheMinTokens: 1024,
    },
    { ...modern("gemini-3-pro-preview", "before 3.1 Pro", ["low", "high"]), retired: "2026-03-09" },
    budgeted("gemini-2.5-pro", "the 2.5 line, deep reasoning", BUDGETS, [128, 32_768]),
    budgeted("gemini-2.5-flash", "the 2.5 line", BUDGETS_OR_OFF, [1, 24_576]),
    budgeted("gemini-2.5-flash-lite", "the 2.5 line, cheapest", BUDGETS_OR_OFF, [512, 24_576]),
  ],
};

/**
 * The model that a word names. An id that is not in the table is taken as its line says: by the number in it.
 * @throws ProviderError `model_unavailable` with the nearest names
 */
export function resolveGeminiModel(word: string): GeminiModel {
  const model = resolveModel(GEMINI_MODELS, word);
  if (GEMINI_MODELS.models.includes(model)) return model;
  return { ...lineOf(model.id), id: model.id, note: model.note };
}

function lineOf(id: string): GeminiModel {
  const newest = { ...GEMINI_MODELS.unlisted, id };
  if (id.startsWith("gemma-")) return { ...plain(id), schemas: "openapi" };
  const [, number] = /-(\d+(?:\.\d+)?)(?![\d.]*b)/.exec(id) ?? [];
  if (number === undefined || Number(number) >= 3) return newest;
  if (Number(number) < 2.5) return { ...plain(id), schemas: "openapi" };
  if (id.includes("-pro")) return budgeted(id, "", BUDGETS, [128, 32_768]);
  return budgeted(id, "", BUDGETS_OR_OFF, [id.includes("-lite") ? 512 : 1, 24_576]);
}

/** Without thinking and stored prefixes, and nothing that only newer models take. */
function plain(id: string): GeminiModel {
  const { contextTokens, images } = shared;
  return {
    id,
    note: "",
    contextTokens,
    images,
    efforts: [],
    thinking: { kind: "none" },
    modern: false,
    schemas: "openapi",
  };
}
