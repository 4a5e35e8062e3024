import { ProviderError, type ProviderErrorCode } from "./errors.js";
import { EventReader, takeBatches } from "./event-reader.js";
import { resolveModel } from "./models.js";
import { orAbort } from "./or-abort.js";
import { PartialAnswer } from "./partial-answer.js";
import type { ImageLimits, Provider, ProviderSpec, Turn } from "./provider.js";
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
  readonly services: Readonly<Record<string, RoutedService>>;
  run(spec: ProviderSpec, options: ProviderOptions): Provider;
}

export interface RoutedService {
  load(): Promise<ProviderSpec>;
  /** Settings any of which says that it is set up. Absent: the host is asked for a credential. */
  readonly setUpBy?: readonly string[];
}

/** The router at `ROUTER_URL` if one is set, else the one in this process. */
export async function createRouter(options: ProviderOptions, parts: RouterParts): Promise<Provider> {
  if (!options.settings?.["ROUTER_URL"]) return new Router(options, parts);
  const { routerService } = await import("./provider-router-service.js");
  return parts.run(routerService, options);
}

class Router implements Provider {
  readonly name = NAME;
  readonly #options: ProviderOptions;
  readonly #settings: Settings;
  readonly #parts: RouterParts;
  readonly #policy: RetryPolicy;
  readonly #opened = new Map<string, Provider>();
  /** Names. Asked again while it is empty: somebody may log in meanwhile. */
  #setUp: readonly string[] = [];
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

  /** Of all that may answer: the next message may go to another of them. */
  async readImageLimits(): Promise<ImageLimits> {
    const names = this.#setUp.length > 0 ? this.#setUp : await this.#findSetUp();
    const asked = names.length > 0 ? names : this.#order();
    const [first, ...others] = await Promise.all(asked.map(async (name) => (await this.#service(name).load()).images));
    if (first === undefined) throw new TypeError("there is no service");
    return others.reduce(narrower, first);
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
    const names = await orAbort(this.#names(), signal);
    for (let round = 1; ; round += 1) {
      const failures: ProviderError[] = [];
      const strangers: ProviderError[] = [];
      for (const name of names) {
        const spec = await this.#service(name).load();
        const model = modelOf(spec, request.model, this.#settings);
        if (ProviderError.is(model)) {
          strangers.push(model);
          continue;
        }
        yield [{ type: "route", provider: name, model, reason: this.#reason(name, failures, strangers) }];
        try {
          const turn = this.#open(spec, names.length > 1).stream({ ...request, model }, { signal });
          for await (const batch of takeBatches(turn)) {
            for (const event of batch) partial.add(event);
            yield batch;
          }
          this.#last = name;
          return await turn.result();
        } catch (error) {
          if (signal?.aborted || partial.started || !ProviderError.is(error) || !MOVES_ON.has(error.code)) throw error;
          failures.push(error);
        }
      }
      const [stranger] = strangers;
      if (failures.length === 0 && stranger !== undefined) throw stranger;
      const failure = summary(failures);
      // A single provider has done its own retries already.
      const delayMs =
        names.length === 1
          ? undefined
          : retryDelayMs(failure, round, this.#policy, this.#options.random ?? Math.random);
      if (delayMs === undefined) throw failure;
      const { code, message } = failure;
      yield [{ type: "retry", attempt: round, delayMs, error: { code, message } }];
      await sleep(delayMs, signal);
    }
  }

  /** Why this one is asked. */
  #reason(name: string, failures: readonly ProviderError[], strangers: readonly ProviderError[]): string {
    const failed = failures.at(-1);
    if (failed !== undefined) return `${failed.provider ?? "the one before"} failed (${failed.code})`;
    if (strangers.length > 0)
      return `${strangers.map(({ provider }) => provider).join(" and ")} does not know this model`;
    return name === this.#last ? "it answered last" : "first of ROUTER_ORDER that is set up";
  }

  /** Who is set up, the one that answered last first. */
  async #names(): Promise<readonly string[]> {
    if (this.#setUp.length === 0) this.#setUp = await this.#findSetUp();
    if (this.#setUp.length > 0) {
      return [...this.#setUp].sort((a, b) => Number(b === this.#last) - Number(a === this.#last));
    }
    const names = this.#order().join(", ");
    throw new ProviderError("auth_missing", `no provider of ROUTER_ORDER has a credential (${names})`, {
      provider: NAME,
    });
  }

  async #findSetUp(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const name of this.#order()) if (await isSetUp(name, this.#service(name), this.#options)) found.push(name);
    return found;
  }

  #service(name: string): RoutedService {
    const service = this.#parts.services[name];
    if (service === undefined) throw new TypeError(`${name} is not in the table`);
    return service;
  }

  #order(): readonly string[] {
    const value = this.#settings["ROUTER_ORDER"];
    const known = Object.keys(this.#parts.services);
    if (!value) return known;
    const names = value
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
    const stranger = names.find((name) => !known.includes(name));
    if (stranger === undefined && names.length > 0) return [...new Set(names)];
    throw new ProviderError(
      "configuration",
      `ROUTER_ORDER is ${JSON.stringify(value)}; list some of ${known.join(", ")}`,
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

/** Whether a service can be asked: by a setting, or by a credential that the host has. */
export async function isSetUp(name: string, { setUpBy }: RoutedService, options: ProviderOptions): Promise<boolean> {
  if (setUpBy === undefined) return (await options.hasCredential?.(name)) ?? false;
  return setUpBy.some((key) => options.settings?.[key]);
}

/** The model that the word means to this service, or the error that says it means nothing. @throws every other error */
function modelOf(spec: ProviderSpec, word: string, settings: Settings): string | ProviderError {
  try {
    return (spec.resolve?.(word, settings) ?? resolveModel(spec.models, word)).id;
  } catch (error) {
    if (!ProviderError.is(error)) throw error;
    error.provider ??= spec.name;
    // A setting that cannot be used says nothing about the model.
    if (error.code !== "model_unavailable") throw error;
    return error;
  }
}

/** What both take. */
function narrower(a: ImageLimits, b: ImageLimits): ImageLimits {
  const { crowd = b.crowd } = a;
  const least = (x = Infinity, y = Infinity): number => Math.min(x, y);
  const total = least(a.maxTotalBytes, b.maxTotalBytes);
  const count = least(a.maxImages, b.maxImages);
  // Who scales by itself refuses no edge.
  const refusing = [a, b].filter(({ longerEdges }) => longerEdges === "refused");
  const edges = (refusing.length > 0 ? refusing : [a, b]).map(({ maxEdgePixels }) => maxEdgePixels);
  return {
    mediaTypes: a.mediaTypes.filter((type) => b.mediaTypes.includes(type)),
    maxBytes: Math.min(a.maxBytes, b.maxBytes),
    maxEdgePixels: Math.min(...edges),
    longerEdges: refusing.length > 0 ? "refused" : "scaled",
    ...(total === Infinity ? {} : { maxTotalBytes: total }),
    ...(count === Infinity ? {} : { maxImages: count }),
    ...(crowd === undefined ? {} : { crowd }),
  };
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
