/** A time limit that is also ended from outside, and that stands still while a person is being asked. */
export class TimeLimit {
  readonly #controller = new AbortController();
  readonly #stop: () => void;
  #timer: NodeJS.Timeout | undefined;
  #leftMs: number;
  #runsSinceMs = 0;
  #pauses = 0;

  /** Starts at once. `describe` makes the error that `signal` is aborted with. */
  constructor(
    ms: number,
    private readonly describe: () => Error,
    private readonly outer?: AbortSignal,
  ) {
    this.#leftMs = ms;
    this.#stop = () => this.#controller.abort(outer?.reason);
    if (outer?.aborted === true) this.#stop();
    outer?.addEventListener("abort", this.#stop, { once: true });
    this.#run();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The time that `work` takes does not count. */
  async uncounted<T>(work: () => Promise<T>): Promise<T> {
    this.#pauses += 1;
    if (this.#pauses === 1 && this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#leftMs -= performance.now() - this.#runsSinceMs;
    }
    try {
      return await work();
    } finally {
      this.#pauses -= 1;
      if (this.#pauses === 0 && this.#leftMs !== Number.POSITIVE_INFINITY) this.#run();
    }
  }

  /** Ends the limit: nothing of it is left behind, and the signal never aborts any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs = Number.POSITIVE_INFINITY;
    this.outer?.removeEventListener("abort", this.#stop);
  }

  #run(): void {
    this.#runsSinceMs = performance.now();
    this.#timer = setTimeout(() => this.#controller.abort(this.describe()), Math.max(0, this.#leftMs));
  }
}
