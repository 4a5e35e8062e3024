import { parseBase } from "../endpoint.js";
import { ProviderError } from "../errors.js";
import { type Hop, hopOf, placeOf } from "../http-errors.js";
import { createHttpClient, type NetworkOptions } from "../http.js";

export interface ProbeOptions {
  /** The setting that the address is from; named in errors. */
  readonly key: string;
  readonly provider: string;
  /** As `resolveEndpoint` takes it: plain http is allowed in the local network. */
  readonly withoutSecrets?: boolean;
  readonly network: NetworkOptions;
  /** For everything together, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type Probe = ProbeAnswer | ProbeFailure;

export interface ProbeAnswer {
  readonly reached: true;
  /** Host and port. */
  readonly place: string;
  readonly status: number;
  /** Host and port of the proxy that was used. */
  readonly proxy?: string;
  readonly tookMs: number;
  /** How far the server's clock is ahead of ours, in milliseconds, to about a second; absent when it told no time. */
  readonly skewMs?: number;
}

export interface ProbeFailure {
  readonly reached: false;
  readonly hop: Hop | "address";
  /** One line that names the hop and what to do. */
  readonly message: string;
}

/**
 * One GET without any credential, by the same way that requests take. Any status is an answer.
 * Never rejects but with the signal's reason.
 */
export async function probeAddress(address: string, options: ProbeOptions): Promise<Probe> {
  const { network, timeoutMs, signal } = options;
  const client = createHttpClient({ ...network, connectTimeoutMs: timeoutMs });
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new ProviderError("timeout", `no answer within ${timeoutMs / 1000} s`)),
    timeoutMs + 500,
  );
  try {
    const url = parseBase(address, options);
    const startedMs = performance.now();
    const response = await client.send(
      { method: "GET", url: url.href, headers: { accept: "*/*" } },
      { signal: AbortSignal.any([signal, limit.signal]), idleTimeoutMs: timeoutMs },
    );
    const tookMs = Math.round(performance.now() - startedMs);
    response.discard();
    const toldMs = Date.parse(response.headers["date"] ?? "");
    const proxy = await proxyFor(url, network);
    return {
      reached: true,
      place: placeOf(url),
      status: response.status,
      tookMs,
      ...(proxy === undefined ? {} : { proxy }),
      ...(Number.isNaN(toldMs) ? {} : { skewMs: toldMs - (Date.now() - tookMs / 2) }),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!ProviderError.is(error)) throw error;
    const hop = error.code === "configuration" ? "address" : hopOf(error);
    return { reached: false, hop, message: error.message };
  } finally {
    clearTimeout(timer);
    client.close();
  }
}

async function proxyFor(url: URL, { proxy }: NetworkOptions): Promise<string | undefined> {
  if (proxy === undefined) return undefined;
  const { chooseProxy } = await import("../http-proxy.js");
  return chooseProxy(url, proxy)?.place;
}
