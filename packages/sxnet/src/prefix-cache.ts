import type { HttpRequest } from "./http.js";
import type { ChatRequest, Settings } from "./types.js";

/**
 * Caching that must be asked for: the beginning of a conversation is stored at the service under a name, used by later
 * requests, and removed at the end. It never stands in the way: where it does not work, requests are sent whole.
 */
export interface PrefixCache {
  /**
   * The stored beginning of this request, which is made or renewed where that pays; `undefined`: send it whole. Failures
   * count as `undefined`, only the signal's reason is thrown.
   */
  find(request: ChatRequest, signal: AbortSignal | undefined): Promise<RemotePrefix | undefined>;
  /** The service refused the name (expired, foreign): forget it. */
  forget(prefix: RemotePrefix): void;
  /** Removes what was stored. Bounded in time, never throws. */
  close(): Promise<void>;
}

/** What the service has stored. */
export interface RemotePrefix {
  /** The service's name for it. */
  readonly name: string;
  /** How many messages of the request, from the oldest, are in it; system prompt and tools always are. */
  readonly messages: number;
}

export interface PrefixCacheContext {
  readonly settings: Settings;
  readonly userAgent: string;
  /** Sends a small request and reads its answer whole. Rejects with ProviderError `network` or `timeout`, or the reason. */
  readonly send: (request: HttpRequest, signal: AbortSignal | undefined) => Promise<SideAnswer>;
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number;
}

/** A whole answer to a small request, whatever its status. */
export interface SideAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most 4 MiB. */
  readonly body: string;
}
