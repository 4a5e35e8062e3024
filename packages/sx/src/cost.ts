import type { Settings, Usage } from "@scorpiox/sxnet";

/** Prices of one model in USD per million tokens. */
export interface Price {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}

/** The price that the configuration names, or `undefined`: plans have no price a token, and a guess would be a lie. */
export function readPrice(settings: Settings): Price | undefined {
  const input = Number(settings["PRICE_INPUT"] || Number.NaN);
  const output = Number(settings["PRICE_OUTPUT"] || Number.NaN);
  if (!Number.isFinite(input) || !Number.isFinite(output)) return undefined;
  const cached = Number(settings["PRICE_CACHED_INPUT"] || Number.NaN);
  return { input, output, cachedInput: Number.isFinite(cached) ? cached : input };
}

/** USD. Tokens written to a cache count as plain input. */
export function costOf(usage: Usage, price: Price): number {
  const input = (usage.inputTokens + usage.cacheWriteTokens) * price.input;
  return (input + usage.cacheReadTokens * price.cachedInput + usage.outputTokens * price.output) / 1_000_000;
}
