import { TimeoutReached } from "./failure.js";

/** A signal that follows `parent` and, after `seconds`, aborts by itself with `TimeoutReached`. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Stops the clock and lets go of the parent. */
  dispose(): void;
}

export function startDeadline(parent: AbortSignal, seconds: number | undefined): Deadline {
  const controller = new AbortController();
  const forward = (): void => controller.abort(parent.reason);
  if (parent.aborted) forward();
  else parent.addEventListener("abort", forward, { once: true });
  const timer =
    seconds === undefined ? undefined : setTimeout(() => controller.abort(new TimeoutReached(seconds)), seconds * 1000);
  return {
    signal: controller.signal,
    dispose() {
      clearTimeout(timer);
      parent.removeEventListener("abort", forward);
    },
  };
}
