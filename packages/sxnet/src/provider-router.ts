import { ProviderError, type ProviderErrorCode } from "./errors.js";
import { EventReader, takeBatches } from "./event-reader.js";
import { resolveModel } from "./models.js";
import { PartialAnswer } from "./partial-answer.js";
import type { Provider, ProviderSpec, Turn } from "./provider.js";
import { DEFAULT_RETRY, retryDelayMs, type RetryPolicy, sleep } from "./retry.js";
import type { ProviderOptions } from "./run-provider.js";
import type { ChatRequest, Settings, StreamEvent, TurnResult } from "./types.js";

/**
 * The router inside the process: it answers with the first provider that is set up, and goes on to the next when an
 * answer fails before it began. The one that answered last is asked first, because it holds the prompt cache and takes
 * the opaque data of the conversation.
 */

const NAME = "scorpiox";

/** What another provider may do better. Refused requests and credentials are for a person to mend. */
const MOVES_ON: ReadonlySet<ProviderErrorCode> = new Set<ProviderErrorCode>([
  "usage_limit",
  "quota_exhausted",
  "rate_limited",
  "overloaded",
  "server_error",
  "network",
  "timeout",
  "stream_incomplete",
]);

/** What the router needs of the table of providers. */
export interface RouterParts {
  /** Who may be chosen, in the order that holds where `ROUTER_ORDER` is not set. */
  readonly names: readonly string[];
  load(name: string): Promise<ProviderSpec>;
  run(spec: ProviderSpec, options: ProviderOptions): Provider;
}

interface Route {
  readonly spec: ProviderSpec;
  readonly model: string;
  readonly reason: string;
}

export async function createRouter(options: ProviderOptions, parts: RouterParts): Promise<Provider> {
  return new Router(options, parts);
}

class Router implements Provider {
  readonly name = NAME;
  readonly #options: ProviderOptions;
  readonly #settings: Settings;
  readonly #parts: RouterParts;
  readonly #policy: RetryPolicy;
  readonly #opened = new Map<string, Provider>();
  /** Asked again while it is empty: somebody may log in meanwhile. */
  #setUp: readonly ProviderSpec[] = [];
  #last: string | undefined;

  constructor(options: ProviderOptions, parts: RouterParts) {
    this.#options = options;
    this.#settings = options.settings ?? {};
    this.#parts = parts;
    this.#policy = { ...DEFAULT_RETRY, ...options.retry };
  }

  stream(request: ChatRequest, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Turn {
    const partial = new PartialAnswer();
    return new EventReader(this.#answer(request, signal, partial), () => partial.result());
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map((provider) => provider.close()));
  }

  async *#answer(
    request: ChatRequest,
    signal: AbortSignal | undefined,
    partial: PartialAnswer,
  ): AsyncGenerator<readonly StreamEvent[], TurnResult, void> {
    signal?.throwIfAborted();
    const routes = await this.#routes(request.model);
    for (let round = 1; ; round += 1) {
      const failures: ProviderError[] = [];
      for (const { spec, model, reason } of routes) {
        const before = failures.at(-1);
        const why = before === undefined ? reason : `${before.provider ?? "the one before"} failed (${before.code})`;
        yield [{ type: "route", provider: spec.name, model, reason: why }];
        try {
          const turn = this.#open(spec, routes.length > 1).stream({ ...request, model }, { signal });
          for await (const batch of takeBatches(turn)) {
            for (const event of batch) partial.add(event);
            yield batch;
          }
          this.#last = spec.name;
          return await turn.result();
        } catch (error) {
          if (signal?.aborted || partial.started || !ProviderError.is(error) || !MOVES_ON.has(error.code)) throw error;
          failures.push(error);
        }
      }
      const failure = summary(failures);
      // A single provider has done its own retries already.
      const delayMs =
        routes.length === 1
          ? undefined
          : retryDelayMs(failure, round, this.#policy, this.#options.random ?? Math.random);
      if (delayMs === undefined) throw failure;
      const { code, message } = failure;
      yield [{ type: "retry", attempt: round, delayMs, error: { code, message } }];
      await sleep(delayMs, signal);
    }
  }

  /** Who is set up and knows the model, the one that answered last first. */
  async #routes(word: string): Promise<readonly Route[]> {
    if (this.#setUp.length === 0) this.#setUp = await this.#findSetUp();
    const specs = [...this.#setUp].sort((a, b) => Number(b.name === this.#last) - Number(a.name === this.#last));
    if (specs.length === 0) {
      const names = this.#order().join(", ");
      throw new ProviderError("auth_missing", `no provider of ROUTER_ORDER has a credential (${names})`, {
        provider: NAME,
      });
    }
    const routes: Route[] = [];
    const unknown: ProviderError[] = [];
    for (const spec of specs) {
      try {
        const { id } = resolveModel(spec.models, word);
        const skipped = unknown.map(({ provider }) => provider).join(" and ");
        const first = spec.name === this.#last ? "it answered last" : "first of ROUTER_ORDER that is set up";
        const reason = skipped === "" ? first : `${skipped} does not know this model`;
        routes.push({ spec, model: id, reason });
      } catch (error) {
        if (!ProviderError.is(error)) throw error;
        error.provider ??= spec.name;
        unknown.push(error);
      }
    }
    const [first] = unknown;
    if (routes.length === 0 && first !== undefined) throw first;
    return routes;
  }

  async #findSetUp(): Promise<readonly ProviderSpec[]> {
    const found: ProviderSpec[] = [];
    for (const name of this.#order()) {
      const spec = await this.#parts.load(name);
      if (await this.#isSetUp(spec)) found.push(spec);
    }
    return found;
  }

  async #isSetUp(spec: ProviderSpec): Promise<boolean> {
    if (spec.usesCredential) return (await this.#options.hasCredential?.(spec.name)) ?? false;
    return (spec.setUpBy ?? []).some((key) => this.#settings[key]);
  }

  #order(): readonly string[] {
    const value = this.#settings["ROUTER_ORDER"];
    if (!value) return this.#parts.names;
    const names = value
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
    const stranger = names.find((name) => !this.#parts.names.includes(name));
    if (stranger === undefined && names.length > 0) return [...new Set(names)];
    throw new ProviderError(
      "configuration",
      `ROUTER_ORDER is ${JSON.stringify(value)}; list some of ${this.#parts.names.join(", ")}`,
      { provider: NAME, key: "ROUTER_ORDER" },
    );
  }

  /** With others behind it a provider does not wait and repeat: the next one is asked at once. */
  #open(spec: ProviderSpec, hasOthers: boolean): Provider {
    const key = `${spec.name} ${hasOthers}`;
    let provider = this.#opened.get(key);
    if (provider === undefined) {
      const retry = hasOthers ? { ...this.#options.retry, maxRetries: 0 } : this.#options.retry;
      provider = this.#parts.run(spec, { ...this.#options, retry });
      this.#opened.set(key, provider);
    }
    return provider;
  }
}

/** One error for all: it can be repeated as soon as any of them can. */
function summary(failures: readonly ProviderError[]): ProviderError {
  const [only, ...others] = failures;
  if (only !== undefined && others.length === 0) return only;
  const soonest = [...failures].sort(
    (a, b) => Number(b.retryable) - Number(a.retryable) || (a.retryAfterMs ?? 0) - (b.retryAfterMs ?? 0),
  )[0];
  const words = failures.map(({ message }) => message).join("; ");
  return new ProviderError(soonest?.code ?? "server_error", `no provider answered: ${words}`, {
    provider: NAME,
    retryable: soonest?.retryable,
    retryAfterMs: soonest?.retryAfterMs,
    resetsAtMs: soonest?.resetsAtMs,
    cause: soonest,
  });
}
