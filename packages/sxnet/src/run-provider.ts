import { ProviderError } from "./errors.js";
import { EventReader } from "./event-reader.js";
import { createHttpClient, type HttpClient, type NetworkOptions, readText } from "./http.js";
import { PartialAnswer } from "./partial-answer.js";
import type { Provider, ProviderSpec, Turn } from "./provider.js";
import { orAbort } from "./or-abort.js";
import { DEFAULT_RETRY, retryDelayMs, type RetryPolicy, sleep } from "./retry.js";
import { createSseParser } from "./sse.js";
import type { AccessCredential, ChatRequest, Settings, StreamEvent, TurnResult } from "./types.js";
import { VERSION } from "./version.js";

/** Reasoning models are silent for minutes. Source: the Codex client's `stream_idle_timeout_ms`, read 2026-11-20. */
const IDLE_TIMEOUT_MS = 300_000;
const MAX_ERROR_BYTES = 65_536;

/**
 * Hands in the credential of an OAuth provider. `rejected` is the one that the service has just refused: return
 * another, or throw. It is asked once for each request, and once more after a refusal.
 */
export type GetCredential = (options: {
  readonly rejected?: AccessCredential | undefined;
  readonly signal?: AbortSignal | undefined;
}) => Promise<AccessCredential>;

export interface ProviderOptions {
  readonly settings?: Settings | undefined;
  readonly getCredential?: GetCredential | undefined;
  /** Used for every request instead of node:http; it must stream. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Proxies, and certificate authorities to trust as well; nothing is read from the environment. Not with `fetch`. */
  readonly network?: NetworkOptions | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Longest silence of an answer, in milliseconds. Default 300,000. */
  readonly idleTimeoutMs?: number | undefined;
  readonly userAgent?: string | undefined;
  /** Wall clock, Unix milliseconds. */
  readonly now?: (() => number) | undefined;
  /** 0 up to 1, for jitter. */
  readonly random?: (() => number) | undefined;
}

/** The one loop that runs every provider: credential, request, retry before the first block, proper ending. */
export function runProvider(spec: ProviderSpec, options: ProviderOptions = {}): Provider {
  const client = createHttpClient({ ...options.network, fetch: options.fetch });
  const policy = { ...DEFAULT_RETRY, ...options.retry };
  return {
    name: spec.name,
    stream(request, { signal } = {}): Turn {
      const partial = new PartialAnswer();
      const batches = answer(spec, client, policy, options, request, signal, partial);
      return new EventReader(batches, () => partial.result());
    },
    close: () => client.close(),
  };
}

async function* answer(
  spec: ProviderSpec,
  client: HttpClient,
  policy: RetryPolicy,
  options: ProviderOptions,
  request: ChatRequest,
  signal: AbortSignal | undefined,
  partial: PartialAnswer,
): AsyncGenerator<readonly StreamEvent[], TurnResult, void> {
  signal?.throwIfAborted();
  let credential = await readCredential(spec, options, undefined, signal);
  let askedAgain = false;
  for (let attempt = 1; ;) {
    try {
      yield* attemptOnce(spec, client, options, request, credential, signal, partial);
      const result = partial.result();
      if (result !== undefined) return result;
      throw new ProviderError("stream_incomplete", `the answer of ${spec.name} stopped before its end`, {
        provider: spec.name,
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!ProviderError.is(error)) throw error;
      error.provider ??= spec.name;
      if (partial.started) {
        error.partial = partial.message();
        throw error;
      }
      if (error.code === "auth_rejected" && spec.usesCredential && !askedAgain) {
        askedAgain = true;
        credential = await readCredential(spec, options, credential, signal);
        continue;
      }
      const delayMs = retryDelayMs(error, attempt, policy, options.random ?? Math.random);
      if (delayMs === undefined) throw error;
      const { code, message, status } = error;
      yield [
        { type: "retry", attempt, delayMs, error: { code, message, ...(status === undefined ? {} : { status }) } },
      ];
      await sleep(delayMs, signal);
      attempt += 1;
    }
  }
}

async function readCredential(
  spec: ProviderSpec,
  { getCredential }: ProviderOptions,
  rejected: AccessCredential | undefined,
  signal: AbortSignal | undefined,
): Promise<AccessCredential | undefined> {
  if (!spec.usesCredential) return undefined;
  if (getCredential === undefined) {
    throw new ProviderError("auth_missing", `${spec.name} needs a credential: hand in getCredential`, {
      provider: spec.name,
    });
  }
  return orAbort(getCredential({ rejected, signal }), signal);
}

/** One request and its stream. Ends without `done` when the body merely stops. */
async function* attemptOnce(
  spec: ProviderSpec,
  client: HttpClient,
  options: ProviderOptions,
  request: ChatRequest,
  credential: AccessCredential | undefined,
  outer: AbortSignal | undefined,
  partial: PartialAnswer,
): AsyncGenerator<readonly StreamEvent[], void, void> {
  const settings = options.settings ?? {};
  const userAgent = options.userAgent ?? `scorpiox-code/${VERSION}`;
  const now = options.now ?? Date.now;
  const message = spec.buildRequest(request, { settings, credential, userAgent });
  // An own controller, so that a reader who leaves the loop ends the request without touching the caller's signal.
  outer?.throwIfAborted();
  const controller = new AbortController();
  const forward = (): void => controller.abort(outer?.reason);
  outer?.addEventListener("abort", forward, { once: true });
  try {
    const response = await client.send(message, {
      signal: controller.signal,
      idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
    });
    const { status, headers } = response;
    if (status < 200 || status > 299 || isDocument(headers["content-type"])) {
      const body = await readText(response, MAX_ERROR_BYTES);
      throw spec.readError({ status, headers, body, nowMs: now() });
    }
    const first = spec.mapHeaders?.(headers, now()) ?? [];
    if (first.length > 0) yield first;
    const parser = createSseParser();
    const map = spec.createMapper(request);
    for (;;) {
      const bytes = await response.read();
      const batch: StreamEvent[] = [];
      let failure: { readonly error: unknown } | undefined;
      try {
        for (const frame of bytes === undefined ? parser.end() : parser.push(bytes)) {
          for (const event of map(frame)) {
            partial.add(event);
            batch.push(event);
          }
          // Nothing comes after the end, whatever else the chunk holds.
          if (partial.ended) break;
        }
      } catch (error) {
        // What came before the error in the same chunk is still delivered first. A last event that cannot be read was
        // cut by the end of the body: not a strange wire format, but an answer that stopped.
        const wasCut = bytes === undefined && ProviderError.is(error) && error.code === "protocol";
        if (!wasCut) failure = { error };
      }
      const { ended } = partial;
      if (ended) response.discard();
      if (batch.length > 0) yield batch;
      if (ended) return;
      if (failure !== undefined) throw failure.error;
      if (bytes === undefined) return;
    }
  } finally {
    outer?.removeEventListener("abort", forward);
    if (!partial.ended) controller.abort();
  }
}

/** A page or a JSON document where a stream was due: a proxy's page, or an error sent with status 200. */
function isDocument(contentType: string | undefined): boolean {
  return contentType !== undefined && /^\s*(text\/html|application\/(problem\+)?json)/i.test(contentType);
}
