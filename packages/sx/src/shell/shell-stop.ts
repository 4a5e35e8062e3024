/** Why a command is stopped from outside. */
export type StopReason = "timed_out" | "cancelled";

/** Watches a time limit and a signal at once. */
export interface Stop {
  /** Settles with the first of the two; never when neither comes. */
  readonly stopped: Promise<StopReason>;
  /** Set as soon as `stopped` has settled. */
  readonly reason: StopReason | undefined;
  /** The time limit no longer counts; the signal still does. */
  clearTimer(): void;
  /** Removes the timer and the listener. */
  dispose(): void;
}

/** Starts watching now. The caller disposes. */
export function waitForStop(signal: AbortSignal, timeoutMs: number): Stop {
  let settle: (reason: StopReason) => void = () => {};
  let reason: StopReason | undefined;
  const stopped = new Promise<StopReason>((resolve) => {
    settle = (first) => {
      reason ??= first;
      resolve(first);
    };
  });
  const onAbort = (): void => settle("cancelled");
  const timer = setTimeout(() => settle("timed_out"), timeoutMs);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    stopped,
    get reason() {
      return reason;
    },
    clearTimer: () => clearTimeout(timer),
    dispose: () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}

/** Waits for `promise`, but no longer than `limitMs`. Never rejects; leaves no timer behind. */
export async function within(limitMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  try {
    // Whoever made the promise hears of its failure; here only its end counts.
    await Promise.race([promise.catch(() => {}), limit]);
  } finally {
    clearTimeout(timer);
  }
}
