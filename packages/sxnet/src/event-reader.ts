/**
 * One run of events that ends in a result: iterate it, or await `result()`, or both. The events arrive in batches (all
 * that one network chunk held), so that reading one more event costs no more than an array step.
 */
export class EventReader<Event, Result> implements AsyncIterable<Event> {
  readonly #batches: AsyncGenerator<readonly Event[], Result, void>;
  readonly #known: () => Result | undefined;
  #claimed = false;
  /** Nobody loops over the events: `result()` is the only one who can tell of an error. */
  #readItself = false;
  #outcome: { readonly result: Result } | { readonly error: unknown } | undefined;
  #waiting: { resolve(result: Result): void; reject(error: unknown): void }[] = [];

  /** `known` gives the result as soon as there is one, for readers who leave between it and the end of the events. */
  constructor(
    batches: AsyncGenerator<readonly Event[], Result, void>,
    known: () => Result | undefined = () => undefined,
  ) {
    this.#batches = batches;
    this.#known = known;
  }

  [Symbol.asyncIterator](): AsyncIterator<Event, undefined> {
    const batches = this.takeBatches();
    let batch: readonly Event[] = [];
    let position = 0;
    const next = async (): Promise<IteratorResult<Event, undefined>> => {
      for (;;) {
        if (position < batch.length) return { done: false, value: batch[position++] as Event };
        const step = await batches.next();
        if (step.done) return { done: true, value: undefined };
        batch = step.value;
        position = 0;
      }
    };
    return {
      next: () =>
        position < batch.length ? Promise.resolve({ done: false, value: batch[position++] as Event }) : next(),
      return: async () => {
        await batches.return();
        // A generator that never started runs no `finally` of its own.
        if (this.#outcome === undefined) this.#leave();
        return { done: true, value: undefined };
      },
    };
  }

  /**
   * The events as they came together. For loops that stand on top of this one.
   * @throws TypeError when the events were already taken: a stream can be read once.
   */
  takeBatches(): AsyncGenerator<readonly Event[], void, void> {
    if (this.#claimed) throw new TypeError("these events were already read; a stream can be iterated once");
    this.#claimed = true;
    return this.#read();
  }

  /**
   * Settles when the events end. Reads them itself when nobody has begun to by the next microtask, so that it may be
   * called before the loop as well as after it. Whoever loops is told of an error there: this promise may then be left
   * alone.
   */
  result(): Promise<Result> {
    const result = this.#whole();
    // Marks a rejection as seen; awaiting `result` still throws it.
    void Promise.resolve().then(() => (this.#readItself ? undefined : result.catch(() => undefined)));
    return result;
  }

  async #whole(): Promise<Result> {
    await Promise.resolve();
    if (!this.#claimed) {
      this.#readItself = true;
      const batches = this.takeBatches();
      for (let step = await batches.next(); !step.done; step = await batches.next());
    }
    if (this.#outcome === undefined) {
      return new Promise<Result>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    if ("error" in this.#outcome) throw this.#outcome.error;
    return this.#outcome.result;
  }

  async *#read(): AsyncGenerator<readonly Event[], void, void> {
    try {
      for (;;) {
        const step = await this.#batches.next();
        if (step.done) return this.#settle({ result: step.value });
        yield step.value;
      }
    } catch (error) {
      this.#settle({ error });
      throw error;
    } finally {
      if (this.#outcome === undefined) {
        this.#leave();
        await this.#batches.return(undefined as Result);
      }
    }
  }

  #leave(): void {
    const result = this.#known();
    this.#settle(result === undefined ? { error: readerLeft() } : { result });
  }

  #settle(outcome: { readonly result: Result } | { readonly error: unknown }): void {
    this.#outcome = outcome;
    for (const waiting of this.#waiting) {
      if ("error" in outcome) waiting.reject(outcome.error);
      else waiting.resolve(outcome.result);
    }
    this.#waiting = [];
  }
}

function readerLeft(): DOMException {
  return new DOMException("the reader left before the end", "AbortError");
}

/** The events of a run in the batches in which they came; what a display reads, to draw once for a whole chunk. */
export function takeBatches<Event>(
  source: AsyncIterable<Event> & { takeBatches?(): AsyncGenerator<readonly Event[], void, void> },
): AsyncGenerator<readonly Event[], void, void> {
  return source.takeBatches?.() ?? single(source);
}

async function* single<Event>(source: AsyncIterable<Event>): AsyncGenerator<readonly Event[], void, void> {
  for await (const event of source) yield [event];
}
