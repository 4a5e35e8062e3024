import {
  addUsage,
  findModel,
  type ModelPrice,
  NO_USAGE,
  ProviderError,
  type Settings,
  type Usage,
} from "@scorpiox/sxnet";

/** Who gave an answer: the service and its own id of the model. */
export interface Answerer {
  readonly provider: string;
  readonly model: string;
}

/** The price that the configuration names, which holds for every model; `undefined` when it names none. */
export function readPrice(settings: Settings): ModelPrice | undefined {
  const input = Number(settings["PRICE_INPUT"] || Number.NaN);
  const output = Number(settings["PRICE_OUTPUT"] || Number.NaN);
  if (!Number.isFinite(input) || !Number.isFinite(output)) return undefined;
  const cached = Number(settings["PRICE_CACHED_INPUT"] || Number.NaN);
  return { input, output, cachedInput: Number.isFinite(cached) ? cached : input, asOf: "" };
}

/** USD. Where storing in a cache has no price of its own, it is plain input. */
export function costOf(usage: Usage, price: ModelPrice): number {
  const written = usage.cacheWriteTokens * (price.cacheWrite ?? price.input);
  const input = usage.inputTokens * price.input + usage.cacheReadTokens * price.cachedInput;
  return (input + written + usage.outputTokens * price.output) / 1_000_000;
}

/** What answers cost: the configured price, else the list price of the model that answers, else nobody knows. */
export class PriceList {
  readonly #settings: Settings;
  readonly #own: ModelPrice | undefined;
  readonly #known = new Map<string, ModelPrice | undefined>();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#own = readPrice(settings);
  }

  /** The price of who answers, from the tables; asked for before `priceOf`. A router that is a service has none. */
  async look({ provider, model }: Answerer): Promise<ModelPrice | undefined> {
    const key = `${provider} ${model}`;
    if (this.#own !== undefined || this.#known.has(key)) return this.priceOf({ provider, model });
    try {
      this.#known.set(key, (await findModel(provider, model, this.#settings)).price);
    } catch (error) {
      // Whoever sends the request says what is wrong with the name.
      if (!ProviderError.is(error)) throw error;
      this.#known.set(key, undefined);
    }
    return this.#known.get(key);
  }

  priceOf({ provider, model }: Answerer): ModelPrice | undefined {
    return this.#own ?? this.#known.get(`${provider} ${model}`);
  }
}

/** Adds up the answers of one turn; the total is `undefined` as soon as the price of one of them is not known. */
export class Spending {
  readonly #prices: PriceList;
  #usage = NO_USAGE;
  #usd: number | undefined = 0;
  #answers = 0;

  constructor(prices: PriceList) {
    this.#prices = prices;
  }

  get usage(): Usage {
    return this.#usage;
  }

  /** `undefined` also before the first answer. */
  get usd(): number | undefined {
    return this.#answers === 0 ? undefined : this.#usd;
  }

  add(usage: Usage, who: Answerer): void {
    const price = this.#prices.priceOf(who);
    this.#answers += 1;
    this.#usage = addUsage(this.#usage, usage);
    this.#usd = price === undefined || this.#usd === undefined ? undefined : this.#usd + costOf(usage, price);
  }
}
