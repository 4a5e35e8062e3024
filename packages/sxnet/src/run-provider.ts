import { ProviderError } from "./errors.js";
import { EventReader } from "./event-reader.js";
import { createHttpClient, type HttpClient, type HttpResponse, type NetworkOptions, readText } from "./http.js";
import { maskInError, maskSecrets } from "./mask-secrets.js";
import { resolveModel } from "./models.js";
import { orAbort } from "./or-abort.js";
import { PartialAnswer } from "./partial-answer.js";
import type { PrefixCache, RemotePrefix } from "./prefix-cache.js";
import type { Provider, ProviderSpec, RequestContext, SideRequest, Turn } from "./provider.js";
import { DEFAULT_RETRY, retryDelayMs, type RetryPolicy, sleep } from "./retry.js";
import { createSseParser } from "./sse.js";
import type { AnswerCheck } from "./response-schema.js";
import type { AccessCredential, ChatRequest, Settings, StreamEvent, TurnResult } from "./types.js";
import { fieldsOf } from "./unknown-value.js";
import { VERSION } from "./version.js";

/** Reasoning models are silent for minutes. Source: the Codex client's `stream_idle_timeout_ms`, read 2026-11-20. */
const IDLE_TIMEOUT_MS = 300_000;
const MAX_ERROR_BYTES = 65_536;
/** What a service answers to the name of a stored prefix that is gone or not ours. */
const PREFIX_REFUSED: ReadonlySet<number> = new Set([403, 404]);

/**
 * Hands in the credential of an OAuth provider. `rejected` is the one that the service has just refused: return
 * another, or throw. It is asked once for each request, and once more after a refusal.
 */
export type GetCredential = (options: {
  /** Whose: the name of the provider that asks. */
  readonly provider: string;
  readonly rejected?: AccessCredential | undefined;
  readonly signal?: AbortSignal | undefined;
}) => Promise<AccessCredential>;

export interface ProviderOptions {
  readonly settings?: Settings | undefined;
  readonly getCredential?: GetCredential | undefined;
  /** For the router: whether there is a credential to hand in. Default: there is none for any provider. */
  readonly hasCredential?: ((provider: string) => Promise<boolean>) | undefined;
  /** Used for every request instead of node:http; it must stream. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Proxies, and certificate authorities to trust as well; nothing is read from the environment. Not with `fetch`. */
  readonly network?: NetworkOptions | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Longest silence of an answer, in milliseconds. Default: what the provider says, mostly 300,000. */
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
  const run: Run = {
    spec,
    client,
    options,
    policy: { ...DEFAULT_RETRY, ...options.retry },
    settings: options.settings ?? {},
    userAgent: options.userAgent ?? `scorpiox-code/${VERSION}`,
    now: options.now ?? Date.now,
  };
  const prefixCache = openPrefixCache(run);
  const { modelList, limits } = spec;
  return {
    name: spec.name,
    stream(request, { signal } = {}): Turn {
      const partial = new PartialAnswer();
      const batches = answer(run, prefixCache, request, signal, partial);
      return new EventReader(batches, () => partial.result());
    },
    ...(modelList === undefined ? {} : { listModels: ({ signal } = {}) => askBeside(run, modelList, signal) }),
    ...(limits === undefined ? {} : { readLimits: ({ signal } = {}) => askBeside(run, limits, signal) }),
    readImageLimits: () => Promise.resolve(spec.images),
    async close() {
      await prefixCache?.close();
      client.close();
    },
  };
}

/** What every request of one provider shares. */
interface Run {
  readonly spec: ProviderSpec;
  readonly client: HttpClient;
  readonly options: ProviderOptions;
  readonly policy: RetryPolicy;
  readonly settings: Settings;
  readonly userAgent: string;
  readonly now: () => number;
}

function openPrefixCache({ spec, client, settings, userAgent, now }: Run): PrefixCache | undefined {
  return spec.createPrefixCache?.({
    settings,
    userAgent,
    now,
    send: async (request, signal) => (await import("./side-request.js")).sendWhole(client, request, signal),
  });
}

/** A request beside the conversation: not repeated, but with another credential after a refusal. */
async function askBeside<Value>(run: Run, side: SideRequest<Value>, signal: AbortSignal | undefined): Promise<Value> {
  const { spec, client, settings, userAgent, now } = run;
  const { sendSide } = await import("./side-request.js");
  let credential = await readCredential(run, undefined, signal);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendSide(spec, side, { settings, credential, userAgent }, { client, signal, nowMs: now });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!ProviderError.is(error)) throw error;
      error.provider ??= spec.name;
      if (error.code !== "auth_rejected" || !spec.usesCredential || attempt > 1) throw error;
      credential = await readCredential(run, credential, signal);
    }
  }
}

/** An unknown model, with the names of those that the service has, where only the service knows them. */
async function withModelNames(run: Run, error: ProviderError, signal: AbortSignal | undefined): Promise<ProviderError> {
  const { spec, settings } = run;
  const { modelList } = spec;
  if (error.code !== "model_unavailable" || modelList === undefined || !spec.namesModels?.(settings)) return error;
  const { nameModels } = await import("./name-models.js");
  return nameModels(error, () => askBeside(run, modelList, signal), signal);
}

async function* answer(
  run: Run,
  prefixCache: PrefixCache | undefined,
  request: ChatRequest,
  signal: AbortSignal | undefined,
  partial: PartialAnswer,
): AsyncGenerator<readonly StreamEvent[], TurnResult, void> {
  const { spec, options, policy } = run;
  signal?.throwIfAborted();
  // A misspelt model is told before anybody is asked for a credential.
  if (spec.usesCredential) resolveModel(spec.models, request.model);
  const check = await openCheck(spec, request);
  let credential = await readCredential(run, undefined, signal);
  let askedAgain = false;
  for (let attempt = 1; ;) {
    let prefix: RemotePrefix | undefined;
    try {
      prefix = await prefixCache?.find(request, signal);
      yield* attemptOnce(run, request, { credential, prefix, check }, signal, partial);
      const result = partial.result();
      if (result !== undefined) return result;
      throw new ProviderError("stream_incomplete", `the answer of ${spec.name} stopped before its end`, {
        provider: spec.name,
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!ProviderError.is(error)) throw error;
      error.provider ??= spec.name;
      if (partial.started || error.code === "schema_mismatch") {
        error.partial = partial.message();
        throw error;
      }
      if (prefix !== undefined && PREFIX_REFUSED.has(error.status ?? 0)) {
        // It expired, or another key made it: this cannot repeat, because what is forgotten is not found again.
        prefixCache?.forget(prefix);
        continue;
      }
      if (error.code === "auth_rejected" && spec.usesCredential && !askedAgain) {
        askedAgain = true;
        credential = await readCredential(run, credential, signal);
        continue;
      }
      const delayMs = retryDelayMs(error, attempt, policy, options.random ?? Math.random);
      if (delayMs === undefined) throw await withModelNames(run, error, signal);
      const { code, message, status } = error;
      yield [
        { type: "retry", attempt, delayMs, error: { code, message, ...(status === undefined ? {} : { status }) } },
      ];
      await sleep(delayMs, signal);
      attempt += 1;
    }
  }
}

/** Loaded only when there is a schema. @throws ProviderError `invalid_request` for one that cannot be used */
async function openCheck({ name }: ProviderSpec, { responseSchema }: ChatRequest): Promise<AnswerCheck | undefined> {
  if (responseSchema === undefined) return undefined;
  const { AnswerCheck: Check } = await import("./response-schema.js");
  return new Check(responseSchema, name);
}

async function readCredential(
  { spec, options: { getCredential } }: Run,
  rejected: AccessCredential | undefined,
  signal: AbortSignal | undefined,
): Promise<AccessCredential | undefined> {
  if (!spec.usesCredential) return undefined;
  if (getCredential === undefined) {
    throw new ProviderError("auth_missing", `${spec.name} needs a credential: hand in getCredential`, {
      provider: spec.name,
    });
  }
  // A function that is not async may throw or answer at once as well.
  const asking = (async () => getCredential({ provider: spec.name, rejected, signal }))();
  const credential = await orAbort(asking, signal);
  if (isCredential(credential)) return credential;
  throw new ProviderError("auth_missing", `${spec.name} needs a credential: getCredential gave no accessToken`, {
    provider: spec.name,
  });
}

/** Not every caller has types. */
function isCredential(value: unknown): value is AccessCredential {
  const { accessToken } = fieldsOf(value);
  return typeof accessToken === "string" && accessToken.trim() !== "";
}

/** One request and its stream. Ends without `done` when the body merely stops. */
async function* attemptOnce(
  { spec, client, options, settings, userAgent, now }: Run,
  request: ChatRequest,
  {
    credential,
    prefix,
    check,
  }: Pick<RequestContext, "credential" | "prefix"> & { readonly check: AnswerCheck | undefined },
  outer: AbortSignal | undefined,
  partial: PartialAnswer,
): AsyncGenerator<readonly StreamEvent[], void, void> {
  const message = spec.buildRequest(request, { settings, credential, userAgent, prefix });
  // An own controller, so that a reader who leaves the loop ends the request without touching the caller's signal.
  outer?.throwIfAborted();
  const controller = new AbortController();
  const forward = (): void => controller.abort(outer?.reason);
  outer?.addEventListener("abort", forward, { once: true });
  try {
    const sent = await client.send(message, {
      signal: controller.signal,
      idleTimeoutMs: options.idleTimeoutMs ?? spec.idleTimeoutMs?.(settings) ?? IDLE_TIMEOUT_MS,
    });
    const { status, headers } = sent;
    const isGood = status >= 200 && status <= 299;
    const isDoubtful = isDocument(headers["content-type"]);
    const first = isGood && isDoubtful ? await sent.read() : undefined;
    const response = first === undefined ? sent : putBack(sent, first);
    if (!isGood || (isDoubtful && !beginsAsStream(first))) {
      const body = await readText(response, MAX_ERROR_BYTES);
      throw spec.readError({ status, headers, body: maskSecrets(body, message.headers), nowMs: now() });
    }
    const told = spec.mapHeaders?.(headers, now()) ?? [];
    if (told.length > 0) yield told;
    const parser = createSseParser();
    const mapper = spec.createMapper(request, settings);
    for (;;) {
      const bytes = await response.read();
      const batch: StreamEvent[] = [];
      let failure: { readonly error: unknown } | undefined;
      const take = (event: StreamEvent): void => {
        // An answer that does not fit never ends well: its `done` is not delivered.
        const told = check !== undefined && event.type === "done" ? check.complete(event, partial.message()) : event;
        partial.add(told);
        batch.push(told);
      };
      try {
        for (const frame of bytes === undefined ? parser.end() : parser.push(bytes)) {
          for (const event of mapper.map(frame)) take(event);
          // Nothing comes after the end, whatever else the chunk holds.
          if (partial.ended) break;
        }
        if (bytes === undefined && !partial.ended) {
          for (const event of mapper.end?.() ?? []) take(event);
        }
      } catch (error) {
        // What came before the error in the same chunk is still delivered first. A last event that cannot be read was
        // cut by the end of the body: not a strange wire format, but an answer that stopped.
        const wasCut = bytes === undefined && ProviderError.is(error) && error.code === "protocol";
        if (ProviderError.is(error)) maskInError(error, message.headers);
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

/** Some servers send events under the name of a document: neither JSON nor a page begins like a field or a comment. */
function beginsAsStream(bytes: Uint8Array | undefined): boolean {
  return (
    bytes !== undefined &&
    /^(\uFEFF$|\uFEFF?[deir:])/.test(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, 4)))
  );
}

/** The same answer before its first bytes were read. */
function putBack(response: HttpResponse, first: Uint8Array): HttpResponse {
  const { status, headers } = response;
  let waiting: Uint8Array | undefined = first;
  return {
    status,
    headers,
    read() {
      const bytes = waiting;
      waiting = undefined;
      return bytes === undefined ? response.read() : Promise.resolve(bytes);
    },
    discard: () => response.discard(),
  };
}
