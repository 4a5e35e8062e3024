import type { ModelPrice, ModelTable } from "./models.js";
import type { Effort } from "./types.js";
import type { MessagesModel } from "./wire-messages-model.js";

const TO_MAX: readonly Effort[] = ["low", "medium", "high", "xhigh", "max"];
const WITHOUT_XHIGH: readonly Effort[] = ["low", "medium", "high", "max"];
/** Each becomes a budget of its own. */
const BUDGETS: readonly Effort[] = ["off", "minimal", "low", "medium", "high", "xhigh", "max"];

/** Input, cache hit, cache write for five minutes, output. Writes that live for an hour cost 1.6 times as much. */
const price = (input: number, cachedInput: number, cacheWrite: number, output: number): ModelPrice => ({
  input,
  cachedInput,
  cacheWrite,
  output,
  asOf: "2026-11-21",
});

/** From 4.6 on: the model decides how much it thinks. */
const adaptive = (id: string, note: string, rest: Partial<MessagesModel> = {}): MessagesModel => ({
  id,
  note,
  contextTokens: 1_000_000,
  maxOutputTokens: 128_000,
  efforts: ["off", ...TO_MAX],
  images: true,
  thinking: "adaptive",
  thinkingOff: "absent",
  forcedTools: true,
  structuredOutputs: true,
  ...rest,
});

/** It always thinks. */
const alwaysOn = (id: string, note: string, rest: Partial<MessagesModel> = {}): MessagesModel =>
  adaptive(id, note, { efforts: TO_MAX, thinkingOff: "never", ...rest });

/** The 4.5 line. */
const budgeted = (id: string, note: string, rest: Partial<MessagesModel> = {}): MessagesModel =>
  adaptive(id, note, {
    contextTokens: 200_000,
    maxOutputTokens: 64_000,
    efforts: BUDGETS,
    thinking: "budget",
    ...rest,
  });

const FABLE_5_1 = price(10, 0.25, 12.5, 50);
const FABLE_5 = price(10, 1, 12.5, 50);
const OPUS_5 = price(5, 0.5, 6.25, 25);
const SONNET_4 = price(3, 0.3, 3.75, 15);
const HAIKU_4_5 = price(1, 0.1, 1.25, 5);

const NO_FORCING: Partial<MessagesModel> = { forcedTools: false };

/**
 * The Claude models, by line and newest first. The service's own list (`GET /v1/models`) outranks this one.
 * Claude Haiku 5.5 has two prices, by the length of the prompt, so it has none here; of the .2 models only a part of
 * the price was found.
 * Source: models overview, pricing, "Troubleshooting thinking", effort, structured outputs and migration guides of
 * platform.claude.com, types of the official TypeScript client 1.11.0, read 2026-11-21.
 */
const MODELS: readonly MessagesModel[] = [
  alwaysOn("claude-fable-5-2", "demanding reasoning, work that takes long", NO_FORCING),
  alwaysOn("claude-fable-5-1", "demanding reasoning, the version before", { ...NO_FORCING, price: FABLE_5_1 }),
  alwaysOn("claude-fable-5", "demanding reasoning, the first of its line", { price: FABLE_5 }),
  alwaysOn("claude-mythos-5-2", "defensive security work, for verified organisations", NO_FORCING),
  alwaysOn("claude-mythos-5-1", "the same, the version before", { ...NO_FORCING, price: FABLE_5_1 }),
  alwaysOn("claude-mythos-5", "the same, the first of its line", { price: FABLE_5 }),
  alwaysOn("claude-mythos-preview", "by invitation", { efforts: WITHOUT_XHIGH }),
  alwaysOn("claude-opus-5-5", "long-running coding and knowledge work", { ...NO_FORCING, price: price(4, 0.2, 5, 20) }),
  adaptive("claude-opus-5", "the flagship before", { thinkingOff: "disabled", price: OPUS_5 }),
  adaptive("claude-opus-4-8", "an older flagship", { price: OPUS_5 }),
  adaptive("claude-opus-4-7", "an older flagship", { price: OPUS_5 }),
  adaptive("claude-opus-4-6", "an older flagship", { efforts: ["off", ...WITHOUT_XHIGH], price: OPUS_5 }),
  budgeted("claude-opus-4-5", "an older flagship with thinking budgets", { price: OPUS_5 }),
  budgeted("claude-opus-4-5-20251101", "an older flagship with thinking budgets", { price: OPUS_5 }),
  adaptive("claude-sonnet-5-5", "speed and intelligence in balance", {
    ...NO_FORCING,
    thinkingOff: "between_tools",
    price: price(2, 0.1, 2.5, 10),
  }),
  adaptive("claude-sonnet-5", "the balanced one before", { thinkingOff: "disabled", price: price(2, 0.2, 2.5, 10) }),
  adaptive("claude-sonnet-4-6", "an older balanced one", {
    efforts: ["off", ...WITHOUT_XHIGH],
    maxOutputTokens: 64_000,
    price: SONNET_4,
  }),
  budgeted("claude-sonnet-4-5", "an older balanced one, retires on 2026-11-30", { price: SONNET_4 }),
  budgeted("claude-sonnet-4-5-20250929", "an older balanced one, retires on 2026-11-30", { price: SONNET_4 }),
  adaptive("claude-haiku-5-5", "fast and cheap: sorting, extracting, small tasks", { thinkingOff: "disabled" }),
  budgeted("claude-haiku-4-5", "the fast one before", { price: HAIKU_4_5 }),
  budgeted("claude-haiku-4-5-20251001", "the fast one before", { price: HAIKU_4_5 }),
];

/** One list for both ways in: with a key, and with the login of a plan, whose tokens have no price. */
export function anthropicModels(
  provider: string,
  { isPlan = false }: { readonly isPlan?: boolean } = {},
): ModelTable<MessagesModel> {
  return {
    provider,
    aliases: { opus: "claude-opus-5-5", sonnet: "claude-sonnet-5-5", haiku: "claude-haiku-5-5" },
    passes: /^claude-[\w.@-]+$/,
    unlisted: adaptive("", "not in the table", { maxOutputTokens: 32_000 }),
    models: isPlan ? MODELS.map(({ price: _price, ...model }) => model) : MODELS,
  };
}
