import { ProviderError } from "../../errors.js";
import { createHttpClient, type HttpRequest, type HttpResponse, type NetworkOptions } from "../../http.js";
import { retryDelayMs, sleep } from "../../retry.js";
import type { OauthVendor, TokenAnswer } from "../oauth-vendor.js";

/** How an exchange is carried out; handed in, so that it can be tested. */
export interface ExchangeTools {
  /** Wall clock in Unix milliseconds. */
  readonly now: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly network?: NetworkOptions | undefined;
  readonly limits?: ExchangeLimits | undefined;
}

/** All in milliseconds. */
export interface ExchangeLimits {
  /** One request from its start to the last byte of its answer. */
  readonly requestMs: number;
  /** From the first request on; after that no new one is begun. */
  readonly budgetMs: number;
  readonly connectMs: number;
}

const LIMITS: ExchangeLimits = { requestMs: 60_000, budgetMs: 15_000, connectMs: 10_000 };

/** Beyond what any token answer needs. */
const MAX_BYTES = 1024 * 1024;

export interface Exchange {
  readonly answer: TokenAnswer;
  /** How far the server's clock is ahead of ours, in milliseconds, when it told its time. */
  readonly skewMs?: number;
}

/** Failures at which no byte of the request can have reached the server. Source: Node.js "Errors", read 2026-11-20. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_NODATA",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
]);

/**
 * Sends a refresh token to its authority. What surely did not use it up (no connection, 429, 5xx) is repeated within
 * the budget. When the answer is lost, nobody can know whether it was used up: then it is sent once more, because some
 * authorities repeat their answer for a while, and then no more. Ends by itself; never throws for what a server does.
 */
export async function exchangeRefreshToken(
  vendor: OauthVendor,
  request: HttpRequest,
  tools: ExchangeTools,
): Promise<Exchange> {
  const limits = tools.limits ?? LIMITS;
  const endMs = performance.now() + limits.budgetMs;
  let unclear = 0;
  for (let attempt = 1; ; attempt += 1) {
    const exchange = await sendOnce(vendor, request, tools, limits);
    const { answer } = exchange;
    if (answer.kind === "granted" || answer.kind === "refused") return exchange;
    if (answer.kind === "unclear") {
      unclear += 1;
      if (unclear > 1) return exchange;
      continue;
    }
    // After a lost answer even a refusal to serve is final: a third request has less to win than to lose.
    const delayMs = answer.again && unclear === 0 ? chooseDelay(answer, attempt, endMs, tools) : undefined;
    if (delayMs === undefined) return exchange;
    await sleep(delayMs, undefined);
  }
}

function chooseDelay(
  { retryAfterMs }: { readonly retryAfterMs?: number | undefined },
  attempt: number,
  endMs: number,
  { random }: ExchangeTools,
): number | undefined {
  const leftMs = endMs - performance.now();
  const policy = { maxRetries: 8, baseDelayMs: 500, maxDelayMs: 5_000, maxServerDelayMs: leftMs };
  const delayMs = retryDelayMs(new ProviderError("server_error", "", { retryAfterMs }), attempt, policy, random);
  return delayMs === undefined || delayMs >= leftMs ? undefined : delayMs;
}

async function sendOnce(
  vendor: OauthVendor,
  request: HttpRequest,
  { now, network }: ExchangeTools,
  limits: ExchangeLimits,
): Promise<Exchange> {
  // A client of its own: no connection is taken up again, so none can be found closed with the token already on it.
  const client = createHttpClient({ ...network, connectTimeoutMs: limits.connectMs, maxBodyBytes: MAX_BYTES });
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new ProviderError("timeout", "no answer in time")), limits.requestMs);
  const sentAtMs = now();
  try {
    const { signal } = controller;
    const response = await client.send(request, { signal, idleTimeoutMs: limits.requestMs });
    const text = await readBody(response);
    const skewMs = readSkew(response, sentAtMs, now());
    return {
      answer: vendor.readRefresh(response.status, response.headers, text, now() + (skewMs ?? 0)),
      ...(skewMs === undefined ? {} : { skewMs }),
    };
  } catch (error) {
    if (!ProviderError.is(error)) throw error;
    return { answer: judgeFailure(error) };
  } finally {
    clearTimeout(timer);
    client.close();
  }
}

async function readBody(response: HttpResponse): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = await response.read(); bytes !== undefined; bytes = await response.read()) {
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

function judgeFailure(error: ProviderError): TokenAnswer {
  const { message } = error;
  if (error.code === "configuration" || error.code === "invalid_request") {
    return { kind: "failed", reason: "network", what: message, again: false };
  }
  if (error.code === "network" && (!error.retryable || NEVER_SENT.has(causeCode(error)))) {
    return { kind: "failed", reason: "network", what: message, again: error.retryable };
  }
  return { kind: "unclear", what: message };
}

/** Of a try at several addresses the first counts. */
function causeCode({ cause }: ProviderError): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  return typeof first === "object" && first !== null && "code" in first ? String(first.code) : "";
}

/** `Date` has whole seconds and was written at some moment between sending and now. */
function readSkew(response: HttpResponse, sentAtMs: number, nowMs: number): number | undefined {
  const dateMs = Date.parse(response.headers["date"] ?? "");
  if (Number.isNaN(dateMs)) return undefined;
  if (dateMs + 1000 < sentAtMs) return dateMs + 1000 - sentAtMs;
  return dateMs > nowMs ? dateMs - nowMs : 0;
}
