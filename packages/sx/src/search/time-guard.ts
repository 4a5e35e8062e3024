import { createContext, Script } from "node:vm";
import { errorCode } from "../files/workspace-path.js";

/** Work that ran longer than it may was ended. */
export class TimeGuardError extends Error {
  override readonly name = "TimeGuardError";
}

/**
 * Runs synchronous work that may never end by itself. A regular expression that backtracks for hours cannot be left
 * from inside; the engine's own watchdog can end it. Entering costs about 50 microseconds, so guard whole files,
 * not lines. Blocks the thread for at most `timeMs` (whole milliseconds, at least 1).
 */
export type TimeGuard = <T>(work: () => T, timeMs: number) => T;

/** A guard of its own; making one costs about a millisecond. */
export function createTimeGuard(): TimeGuard {
  const sandbox: { work: (() => void) | undefined } = { work: undefined };
  const context = createContext(sandbox);
  const script = new Script("work()");
  return <T>(work: () => T, timeMs: number): T => {
    let result: { readonly value: T } | undefined;
    sandbox.work = () => {
      result = { value: work() };
    };
    try {
      script.runInContext(context, { timeout: Math.max(1, Math.floor(timeMs)) });
    } catch (error) {
      // Not `instanceof Error`: the watchdog's error belongs to the context that was ended.
      if (errorCode(error) === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
        throw new TimeGuardError(`ended after ${timeMs} ms`);
      }
      throw error;
    } finally {
      sandbox.work = undefined;
    }
    if (result === undefined) throw new TimeGuardError("ended without a result");
    return result.value;
  };
}
