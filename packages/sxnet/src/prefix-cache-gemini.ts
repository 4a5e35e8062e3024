import { type GeminiModel, resolveGeminiModel } from "./models-gemini.js";
import type { PrefixCache, PrefixCacheContext, RemotePrefix, SideAnswer } from "./prefix-cache.js";
import { checkGeminiImages } from "./provider-gemini-images.js";
import { buildGeminiHead, geminiHeaders, geminiTarget, geminiUrl, readCacheTtl } from "./provider-gemini-request.js";
import type { HttpRequest } from "./http.js";
import type { ChatRequest, Message } from "./types.js";
import { countOf, fieldsOf, textOf } from "./unknown-value.js";
import { buildGenerateContents } from "./wire-generate-content.js";
import { joinBody, WireJson } from "./wire-json.js";

/**
 * Explicit context caching of the Gemini API: system prompt, tools and the older messages are stored as
 * `cachedContents/…`, and read at a tenth of the price. Everything before the last user messages can be stored.
 *
 * When it is stored anew: reading the part that is not stored yet costs nine tenths more than it would stored, and
 * storing costs the whole prefix once. As soon as the first has added up to the second, the prefix is stored anew. That
 * is never worse than twice what could be paid with knowledge of the future, and about the best for a steady growth.
 * Source: pages "Context caching" and "Pricing" of the Gemini API, three recorded flows, read 2026-11-20.
 */

/** A stored prefix, and what it was made of. */
interface Stored extends RemotePrefix {
  readonly model: string;
  /** JSON of system prompt, tools and their configuration. */
  readonly head: string;
  readonly contents: readonly string[];
  /** Estimate, in tokens. */
  readonly tokens: number;
  expiresAtMs: number;
  /** Tokens that were paid for in full since it was stored, and would have been cheap. */
  overpaidTokens: number;
}

/** What of a request can be stored. */
interface Plan {
  readonly model: GeminiModel;
  readonly head: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** All contents of the request. */
  readonly whole: readonly string[];
  readonly sent: readonly Message[];
  /** How many of these can be stored, and how many contents they become. */
  readonly messages: number;
  readonly length: number;
  readonly ttlS: number;
}

/** What a cached token saves of its price. */
const SAVING = 0.9;
/** Conversations beside each other that are kept; the one used longest ago goes first. */
const MAX_STORED = 4;
/** Not used any more so shortly before its end: the request has to arrive there. */
const LAST_MOMENTS_MS = 5000;
/** How long nothing is stored after a failure that may pass. */
const PAUSE_MS = 60_000;
const CLOSE_MS = 3000;
const CHARS_PER_TOKEN = 4;
/** Source: page "Tokens": 258 for an image up to 384 pixels, and for each tile of a larger one. */
const IMAGE_TOKENS = 258;

/** One for each provider; `undefined` unless `GEMINI_CACHE` is on. */
export function createGeminiPrefixCache(context: PrefixCacheContext): PrefixCache | undefined {
  return context.settings["GEMINI_CACHE"] === "1" ? new GeminiPrefixCache(context) : undefined;
}

class GeminiPrefixCache implements PrefixCache {
  readonly #context: PrefixCacheContext;
  /** Used last at the end. */
  #stored: Stored[] = [];
  #creating: Promise<unknown> | undefined;
  readonly #leaving = new Set<Promise<unknown>>();
  /** By model: until when nothing is stored. */
  readonly #pausedUntilMs = new Map<string, number>();
  /** By model: the least that is taken, as a refusal told. */
  readonly #minTokens = new Map<string, number>();
  /** Tokens as counted by the service for one of our estimate. */
  #scale = 1;

  constructor(context: PrefixCacheContext) {
    this.#context = context;
  }

  async find(request: ChatRequest, signal: AbortSignal | undefined): Promise<RemotePrefix | undefined> {
    signal?.throwIfAborted();
    const plan = this.#plan(request);
    if (plan === undefined) return undefined;
    let stored = this.#best(plan);
    if (stored !== undefined) stored = await this.#keepAlive(stored, plan, signal);
    const own = stored?.contents.length ?? 0;
    const tail = this.#tokens(plan.whole.slice(own, plan.length));
    const tokens = (stored?.tokens ?? this.#tokens([plan.head])) + tail;
    if (stored !== undefined) {
      stored.overpaidTokens += SAVING * tail;
      if (stored.overpaidTokens < tokens) return stored;
      // Whatever comes of it, the next attempt has to be earned again.
      stored.overpaidTokens = 0;
    }
    if (this.#creating !== undefined || !this.#isWelcome(plan, tokens)) return stored;
    return (await this.#create(plan, tokens, stored, signal)) ?? stored;
  }

  forget(prefix: RemotePrefix): void {
    const found = this.#stored.find(({ name }) => name === prefix.name);
    if (found === undefined) return;
    this.#drop(found);
    // Otherwise one that is made and refused, over and over, would keep a request from being sent at all.
    this.#pause(found.model, PAUSE_MS);
  }

  async close(): Promise<void> {
    if (this.#stored.length + this.#leaving.size === 0 && this.#creating === undefined) return;
    const signal = AbortSignal.timeout(CLOSE_MS);
    const late = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await Promise.race([this.#creating?.catch(() => undefined), late]);
    const deleted = this.#stored.splice(0).map((stored) => this.#delete(stored, signal));
    await Promise.race([Promise.allSettled([...deleted, ...this.#leaving]), late]);
  }

  /** What cannot be planned is refused with better words when the request is built. */
  #plan(request: ChatRequest): Plan | undefined {
    const { messages, toolChoice } = request;
    let cut = messages.length;
    while (messages[cut - 1]?.role === "user") cut -= 1;
    // A prefix holds how tools are chosen: one that is made for all answers fits none that is told what to call.
    if (cut === messages.length || (toolChoice !== undefined && toolChoice !== "auto")) return undefined;
    const { settings } = this.#context;
    try {
      const model = resolveGeminiModel(request.model);
      if (model.cacheMinTokens === undefined) return undefined;
      const fields = { ...buildGeminiHead(request, model, settings) };
      const target = geminiTarget(model);
      // As they are sent: an image that gives way to a note is none in the prefix either.
      const sent = checkGeminiImages(request, model).messages;
      const whole = buildGenerateContents(sent, target);
      const rest = buildGenerateContents(sent, target, cut);
      const length = whole.length - rest.length;
      const ttlS = readCacheTtl(settings);
      return { model, head: joinBody(fields), fields, whole, sent, messages: cut, length, ttlS };
    } catch {
      return undefined;
    }
  }

  /** The longest stored beginning of this request. */
  #best(plan: Plan): Stored | undefined {
    let best: Stored | undefined;
    for (const stored of this.#stored) {
      const { contents } = stored;
      if (stored.model !== plan.model.id || stored.head !== plan.head || contents.length > plan.length) continue;
      if (best !== undefined && best.contents.length >= contents.length) continue;
      // Texts of messages that were sent before are the same objects, so this compares no characters.
      if (!contents.every((content, at) => content === plan.whole[at])) continue;
      const rest = buildGenerateContents(plan.sent, geminiTarget(plan.model), stored.messages).length;
      if (stored.messages <= plan.messages && plan.whole.length - rest === contents.length) best = stored;
    }
    if (best !== undefined) this.#stored = [...this.#stored.filter((stored) => stored !== best), best];
    return best;
  }

  /** Renews it when it nears its end; `undefined` when it is over. */
  async #keepAlive(stored: Stored, plan: Plan, signal: AbortSignal | undefined): Promise<Stored | undefined> {
    const nowMs = this.#context.now();
    const leftMs = stored.expiresAtMs - nowMs;
    if (leftMs <= LAST_MOMENTS_MS) {
      this.#drop(stored);
      return undefined;
    }
    if (leftMs > (plan.ttlS * 1000) / 3) return stored;
    const body = joinBody({ ttl: `${plan.ttlS}s` });
    const answer = await this.#ask("PATCH", stored.name, body, signal);
    if (answer !== undefined && isGood(answer)) stored.expiresAtMs = nowMs + lifeMs(answer, plan.ttlS);
    else if (answer?.status === 403 || answer?.status === 404) {
      this.#drop(stored);
      return undefined;
    }
    return stored;
  }

  #isWelcome({ model }: Plan, tokens: number): boolean {
    const least = this.#minTokens.get(model.id) ?? model.cacheMinTokens ?? Number.POSITIVE_INFINITY;
    return tokens >= least && this.#context.now() >= (this.#pausedUntilMs.get(model.id) ?? 0);
  }

  async #create(
    plan: Plan,
    tokens: number,
    before: Stored | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Stored | undefined> {
    const contents = plan.whole.slice(0, plan.length);
    const body = joinBody({
      model: `models/${plan.model.id}`,
      contents: contents.length === 0 ? undefined : new WireJson(`[${contents.join(",")}]`),
      ...plan.fields,
      ttl: `${plan.ttlS}s`,
    });
    const askedAtMs = this.#context.now();
    const asking = this.#ask("POST", "cachedContents", body, signal).then((answer) => {
      const name = answer !== undefined && isGood(answer) ? nameIn(answer) : undefined;
      if (answer === undefined || name === undefined) {
        this.#refused(plan, tokens, answer);
        return undefined;
      }
      this.#learn(countOf(fieldsOf(fieldsOf(parse(answer))["usageMetadata"])["totalTokenCount"]), tokens);
      const stored: Stored = {
        name,
        model: plan.model.id,
        head: plan.head,
        contents,
        messages: plan.messages,
        tokens: this.#tokens([plan.head, ...contents]),
        expiresAtMs: askedAtMs + lifeMs(answer, plan.ttlS),
        overpaidTokens: 0,
      };
      this.#stored.push(stored);
      if (before !== undefined) this.#discard(before);
      while (this.#stored.length > MAX_STORED) this.#discard(this.#stored[0]);
      return stored;
    });
    this.#creating = asking;
    try {
      return await asking;
    } finally {
      this.#creating = undefined;
    }
  }

  /** A refusal is remembered, so that the same prefix is not offered again. */
  #refused({ model }: Plan, tokens: number, answer: SideAnswer | undefined): void {
    const status = answer?.status ?? 0;
    if (status === 400 && answer !== undefined && /too small/i.test(answer.body)) {
      const [, told] = /\btotal_token_count=(\d{1,9})/.exec(answer.body) ?? [];
      const [, least] = /min_total_token_count=(\d{1,9})/.exec(answer.body) ?? [];
      this.#learn(Number(told ?? 0), tokens);
      this.#minTokens.set(model.id, Number(least ?? 0) || 2 * tokens);
      return;
    }
    const mayPass = status === 0 || status === 408 || status === 429 || status >= 500;
    this.#pause(model.id, mayPass ? PAUSE_MS : Number.POSITIVE_INFINITY);
  }

  #learn(counted: number, estimated: number): void {
    if (counted > 0 && estimated > 0) this.#scale *= counted / estimated;
  }

  #pause(model: string, ms: number): void {
    this.#pausedUntilMs.set(model, this.#context.now() + ms);
  }

  #drop(stored: Stored): void {
    this.#stored = this.#stored.filter((other) => other !== stored);
  }

  /** Nobody waits for this but `close`. */
  #discard(stored: Stored | undefined): void {
    if (stored === undefined) return;
    this.#drop(stored);
    const leaving: Promise<unknown> = this.#delete(stored, undefined).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  /** What cannot be removed ends by itself. */
  #delete({ name }: Stored, signal: AbortSignal | undefined): Promise<unknown> {
    return this.#ask("DELETE", name, undefined, signal).catch(() => undefined);
  }

  /** `undefined` for what failed on the way. Throws the signal's reason only. */
  async #ask(
    method: HttpRequest["method"],
    path: string,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<SideAnswer | undefined> {
    const { settings, userAgent, send } = this.#context;
    try {
      const url = geminiUrl(settings, path);
      const headers = geminiHeaders(settings, userAgent, "application/json");
      return await send({ method, url, headers, ...(body === undefined ? {} : { body }) }, signal);
    } catch {
      // Whatever it was, the request is sent whole, and tells it in its own words.
      signal?.throwIfAborted();
      return undefined;
    }
  }

  #tokens(texts: readonly string[]): number {
    let chars = 0;
    let images = 0;
    for (const text of texts) {
      chars += text.length;
      if (!text.includes('"inlineData"')) continue;
      for (const [, data = ""] of text.matchAll(/"data":"([\w+/=]*)"/g)) {
        chars -= data.length;
        images += 1;
      }
    }
    return Math.ceil(this.#scale * (chars / CHARS_PER_TOKEN + images * IMAGE_TOKENS));
  }
}

function isGood({ status }: SideAnswer): boolean {
  return status >= 200 && status < 300;
}

function parse({ body }: SideAnswer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not the answer that was asked for: nothing in it is what is looked for.
    return undefined;
  }
}

/** It becomes a part of addresses. */
function nameIn(answer: SideAnswer): string | undefined {
  const name = textOf(fieldsOf(parse(answer))["name"]);
  return name !== undefined && /^cachedContents\/[\w-]{1,200}$/.test(name) ? name : undefined;
}

/** By the service's own clock, which need not be ours. */
function lifeMs(answer: SideAnswer, ttlS: number): number {
  const { updateTime, expireTime } = fieldsOf(parse(answer));
  const ms = Date.parse(textOf(expireTime) ?? "") - Date.parse(textOf(updateTime) ?? "");
  return Number.isFinite(ms) && ms > 0 ? ms : ttlS * 1000;
}
