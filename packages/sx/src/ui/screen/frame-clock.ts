/** Longest rate of paints: what comes within one interval is one paint. */
const FRAME_MS = 33;

export interface FrameClockOptions {
  readonly paint: () => void;
  /** Milliseconds that only go forward. */
  readonly nowMs: () => number;
}

/** Calls `paint` soon after each `request`, never more often than every 33 ms. At rest there is no timer. */
export class FrameClock {
  readonly #options: FrameClockOptions;
  #timer: NodeJS.Timeout | undefined;
  #paintedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: FrameClockOptions) {
    this.#options = options;
  }

  request(): void {
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#paintedAtMs + FRAME_MS - this.#options.nowMs());
    this.#timer = setTimeout(() => this.now(), waitMs);
  }

  /** Paints at once; a paint that was due is this one. */
  now(): void {
    this.stop();
    this.#paintedAtMs = this.#options.nowMs();
    this.#options.paint();
  }

  /** Forgets the paint that is due. */
  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
