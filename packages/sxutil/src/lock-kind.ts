import type { ProcessIdentity } from "./process-identity.js";

/** How long a lock may be waited for. */
export interface LockWait {
  /** On the clock of `performance.now()`. One attempt is made also when it has passed. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A lock in our hands. It is free again after `release`, or by itself when the process dies in any way. */
export interface HeldLock {
  release(): Promise<void>;
}

/** The wait was over before the lock was free. */
export interface BusyLock {
  /** Who has it, as far as the lock file tells; it may be of an earlier holder. */
  readonly holder: ProcessIdentity | undefined;
}

/**
 * `unsupported`: this kind of lock does not work in that place.
 * An abort rejects with the signal's reason and leaves no child, timer, listener or open file behind.
 */
export type LockAnswer = HeldLock | BusyLock | "unsupported";

/** The one record that lock files hold; undefined when the text is none. */
export function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof ProcessIdentity, unknown>> | null;
    const { pid, start, scope } = value ?? {};
    if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    if (typeof start !== "string" || typeof scope !== "string") return undefined;
    return { pid, start, scope };
  } catch {
    // Empty, half-written or foreign: the record only helps to name the holder.
    return undefined;
  }
}
