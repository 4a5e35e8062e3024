import { ProviderError } from "./errors.js";
import { inSeconds } from "./http-errors.js";

/**
 * What can end one exchange from our side: its signal and its silence. One abort listener and one timer for the whole
 * exchange, both gone after `release()` or after the first stop.
 */
export class Watch {
  readonly #signal: AbortSignal | undefined;
  readonly #stop: (reason: unknown) => void;
  readonly #abort = (): void => this.#end(this.#signal?.reason);
  #timer: NodeJS.Timeout | undefined;
  #released = false;

  /** `stop` is called at most once: with the signal's reason, or with the ProviderError `timeout`. */
  constructor(signal: AbortSignal | undefined, stop: (reason: unknown) => void) {
    this.#signal = signal;
    this.#stop = stop;
    signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** Starts a new limit in place of the one before. `what` completes the sentence "… for 300 seconds". */
  limit(timeoutMs: number, what: string, isIdle: () => boolean = () => true): void {
    clearTimeout(this.#timer);
    if (this.#released) return;
    this.#timer = setTimeout(() => {
      // A reader who takes his time is not a silent server: the limit starts anew when he waits again.
      if (isIdle()) this.#end(new ProviderError("timeout", `${what} for ${inSeconds(timeoutMs)}; try again`));
    }, timeoutMs);
  }

  /** Starts the same limit from now on; cheap. */
  touch(): void {
    if (!this.#released) this.#timer?.refresh();
  }

  release(): void {
    this.#released = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#signal?.removeEventListener("abort", this.#abort);
  }

  #end(reason: unknown): void {
    this.release();
    this.#stop(reason);
  }
}
