import type { ProviderError } from "./errors.js";
import type { HttpRequest } from "./http.js";
import type { SseFrame } from "./sse.js";
import type { AccessCredential, ChatRequest, Settings, StreamEvent, TurnResult } from "./types.js";

/** One answer under way: iterate it for its events, or await `result()`, or both. */
export interface Turn extends AsyncIterable<StreamEvent> {
  /**
   * The whole answer. Without an iterator it reads the stream itself; with one it settles when the iteration ends.
   * Rejects with the same error that the iteration threw.
   */
  result(): Promise<TurnResult>;
}

export interface Provider {
  readonly name: string;
  /**
   * Ends in exactly one of three ways: a `done` event, a thrown ProviderError, or the signal's abort reason. A stream
   * that merely stops is the error `stream_incomplete`, never an answer. Leaving the loop early ends the request.
   */
  stream(request: ChatRequest, options?: { readonly signal?: AbortSignal | undefined }): Turn;
  /** Ends idle connections. The provider stays usable. */
  close(): void;
}

/** What a provider file exports: a table of pure functions. It never fetches, sleeps, retries or reads a clock. */
export interface ProviderSpec {
  readonly name: string;
  /** Whether requests carry what `getCredential` returns; otherwise keys come from the settings. */
  readonly usesCredential: boolean;
  /** @throws ProviderError `configuration`, `model_unavailable` or `invalid_request` before anything is sent. */
  buildRequest(request: ChatRequest, context: RequestContext): HttpRequest;
  /** One for each answer; its state lives inside. It throws a ProviderError for an error inside the stream. */
  createMapper(request: ChatRequest): (frame: SseFrame) => readonly StreamEvent[];
  /** What the headers of a good answer already tell, for example rate limits. */
  mapHeaders?(headers: Readonly<Record<string, string>>, nowMs: number): readonly StreamEvent[];
  readError(answer: FailedAnswer): ProviderError;
}

export interface RequestContext {
  readonly settings: Settings;
  /** Present when the provider uses one. */
  readonly credential: AccessCredential | undefined;
  readonly userAgent: string;
}

/** An HTTP answer that is not a stream. */
export interface FailedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most the first 64 KiB. */
  readonly body: string;
  /** Wall clock in Unix milliseconds when the answer came, for dates and delays in it. */
  readonly nowMs: number;
}
