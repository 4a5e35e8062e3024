import { type JsonObject, textOf } from "./json-check.js";
import { jsonBody, keyOf, sideRefusal, withoutKey } from "./wire-generate-content-access.js";
import { estimateTokens } from "./wire-generate-content-prompt.js";
import { readFields } from "./wire-generate-content-fields.js";
import { traitsOf } from "./wire-generate-content-models.js";
import { type BrokenRule, refused, refusedAnyway } from "./wire-generate-content-refusal.js";
import { findBrokenContents, findBrokenTools } from "./wire-generate-content-rules.js";
import type { RawRequest, SideAnswer, WireMeans } from "./wire.js";

/** A stored prefix of prompts. */
export interface CacheEntry {
  /** `cachedContents/…` */
  readonly name: string;
  /** `models/…`; no other model may use it. */
  readonly model: string;
  readonly tokens: number;
  /** What is stored: `contents`, `systemInstruction`, `tools`, `toolConfig`. */
  readonly prefix: JsonObject;
  readonly key: string;
  readonly displayName: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number;
}

export type CacheUse =
  | { readonly ok: true; readonly entry?: CacheEntry }
  | { readonly ok: false; readonly broken: BrokenRule };

/** Source: vendor's guide on explicit caching, read 2026-11-20. */
const DEFAULT_TTL_MS = 3_600_000;
const DEFAULT_PAGE = 100;
const PATH = /^\/v1beta\/(cachedContents(?:\/[^/]+)?)$/;

/** Whether a request is about stored prefixes. */
export function isCachePath(path: string): boolean {
  return PATH.test(path);
}

/**
 * The prefixes that one simulator has stored, with their real rules: they belong to one key and one model, must not be
 * too small, and end when their time is over.
 * Source: recorded requests of explicit caching, public reports of its errors, our notes, section 4, read 2026-11-20.
 */
export class CachedContents {
  readonly #means: WireMeans;
  readonly #entries = new Map<string, CacheEntry>();
  /** Whose the ones were that are no more. */
  readonly #gone = new Map<string, string>();

  constructor(means: WireMeans) {
    this.#means = means;
  }

  /** The prefix that a request names, if it may use it. */
  use(body: JsonObject, { key, model }: { readonly key: string; readonly model: string }): CacheUse {
    const { cachedContent: name, systemInstruction, tools, toolConfig } = body;
    if (typeof name !== "string" || name === "") return { ok: true };
    if (systemInstruction !== undefined || tools !== undefined || toolConfig !== undefined) {
      return { ok: false, broken: refused(NOT_BESIDE) };
    }
    const entry = this.#find(name, key);
    if (entry === undefined) {
      return { ok: false, broken: refusedAnyway("CachedContent not found (or permission denied)", 403) };
    }
    if (entry.model === `models/${model}`) return { ok: true, entry };
    const models = `(models/${model}) and CachedContent (${entry.model})`;
    return { ok: false, broken: refused(`Model used by GenerateContent request ${models} has to be the same.`) };
  }

  /** `POST`, `GET`, `PATCH`, `DELETE` on `/v1beta/cachedContents…`. */
  answer(raw: RawRequest): SideAnswer {
    const key = keyOf(raw);
    if (key === undefined) return withoutKey();
    const name = PATH.exec(raw.path)?.[1] ?? "";
    if (name === "cachedContents") {
      if (raw.method === "POST") return this.#create(raw.body, key);
      return raw.method === "GET" ? this.#list(raw.query, key) : noMethod();
    }
    const entry = this.#find(name, key);
    if (entry === undefined) return this.#missing(name, key);
    switch (raw.method) {
      case "GET":
        return jsonBody(describe(entry));
      case "PATCH":
        return this.#update(entry, raw.body);
      case "DELETE":
        this.#remove(entry);
        return jsonBody({});
      default:
        return noMethod();
    }
  }

  #create(text: string, key: string): SideAnswer {
    const reading = readFields("CachedContent", text);
    if (!reading.ok) return sideRefusal(reading.broken);
    const { ttl, expireTime, displayName, contents, systemInstruction, tools, toolConfig } = reading.value;
    const prefix = onlyGiven({ contents, systemInstruction, tools, toolConfig });
    const model = textOf(reading.value["model"]);
    if (!/^models\/[^/]+$/.test(model)) {
      return sideRefusal(refused("* CreateCachedContentRequest.cached_content.model: unexpected model name format\n"));
    }
    const broken = (contents === undefined ? undefined : findBrokenContents(contents)) ?? findBrokenTools(tools);
    if (broken !== undefined) return sideRefusal(broken);
    const nowMs = this.#means.now();
    const end = readEnd({ ttl, expireTime }, nowMs);
    if (typeof end === "object") return sideRefusal(end);
    const tokens = estimateTokens(prefix);
    const { minCacheTokens } = traitsOf(model.slice("models/".length));
    if (tokens < minCacheTokens) {
      const counts = `total_token_count=${tokens}, min_total_token_count=${minCacheTokens}`;
      return sideRefusal(refusedAnyway(`Cached content is too small. ${counts}`, 400));
    }
    const entry: CacheEntry = {
      name: `cachedContents/${this.#means.id("cache").replaceAll("_", "")}`,
      model,
      tokens,
      prefix,
      key,
      displayName: textOf(displayName),
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      expiresAtMs: end ?? nowMs + DEFAULT_TTL_MS,
    };
    this.#entries.set(entry.name, entry);
    return jsonBody(describe(entry));
  }

  /** Only the end can change. */
  #update(entry: CacheEntry, text: string): SideAnswer {
    const reading = readFields("CachedContent", text);
    if (!reading.ok) return sideRefusal(reading.broken);
    const { ttl, expireTime } = reading.value;
    // The words of this refusal are a guess.
    if (Object.keys(reading.value).some((name) => !["name", "ttl", "expireTime"].includes(name))) {
      return sideRefusal(refused("Only expire_time and ttl can be updated in CachedContent."));
    }
    const nowMs = this.#means.now();
    const end = readEnd({ ttl, expireTime }, nowMs);
    if (typeof end === "object") return sideRefusal(end);
    const updated = { ...entry, updatedAtMs: nowMs, expiresAtMs: end ?? entry.expiresAtMs };
    this.#entries.set(entry.name, updated);
    return jsonBody(describe(updated));
  }

  #list(query: string, key: string): SideAnswer {
    const parameters = new URLSearchParams(query);
    const start = Number(parameters.get("pageToken") ?? 0);
    const size = Number(parameters.get("pageSize") ?? DEFAULT_PAGE);
    if (!Number.isInteger(start) || !Number.isInteger(size) || start < 0 || size < 0) {
      return sideRefusal(refused("Request contains an invalid argument."));
    }
    const own = [...this.#entries.keys()].flatMap((name) => this.#find(name, key) ?? []);
    const end = start + (size === 0 ? DEFAULT_PAGE : size);
    // An empty list is left out, as the service's JSON does with all of them.
    return jsonBody({
      ...(own.length === 0 ? {} : { cachedContents: own.slice(start, end).map((entry) => describe(entry)) }),
      ...(end < own.length ? { nextPageToken: String(end) } : {}),
    });
  }

  #find(name: string, key: string): CacheEntry | undefined {
    const entry = this.#entries.get(name);
    if (entry !== undefined && entry.expiresAtMs <= this.#means.now()) {
      this.#remove(entry);
      return undefined;
    }
    return entry?.key === key ? entry : undefined;
  }

  #remove(entry: CacheEntry): void {
    this.#entries.delete(entry.name);
    this.#gone.set(entry.name, entry.key);
  }

  /** One's own that is over is told from all others; that the service does so as well is a guess. */
  #missing(name: string, key: string): SideAnswer {
    return sideRefusal(
      this.#gone.get(name) === key
        ? refusedAnyway("Requested entity was not found.", 404)
        : refusedAnyway("CachedContent not found (or permission denied)", 403),
    );
  }
}

const NOT_BESIDE =
  "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.\n\n" +
  "Proposed fix: move those values to CachedContent from GenerateContent request.";

function noMethod(): SideAnswer {
  return sideRefusal(refused("Method not found.", 404));
}

function onlyGiven(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** When an entry is to end, in Unix milliseconds; `undefined` when the request does not say. */
function readEnd({ ttl, expireTime }: JsonObject, nowMs: number): number | BrokenRule | undefined {
  if (ttl !== undefined && expireTime !== undefined) {
    return refused("Invalid value (oneof), oneof field 'expiration' is already set. Cannot set 'ttl'");
  }
  if (ttl !== undefined) {
    const seconds = /^(\d{1,12}(?:\.\d{1,9})?)s$/.exec(textOf(ttl))?.[1];
    if (seconds !== undefined) return nowMs + Number(seconds) * 1000;
    return refused(`Invalid value at 'ttl' (type.googleapis.com/google.protobuf.Duration), ${JSON.stringify(ttl)}`);
  }
  if (expireTime === undefined) return undefined;
  const endMs = Date.parse(textOf(expireTime));
  if (Number.isNaN(endMs)) {
    const type = "type.googleapis.com/google.protobuf.Timestamp";
    return refused(`Invalid value at 'expire_time' (${type}), ${JSON.stringify(expireTime)}`);
  }
  return endMs > nowMs ? endMs : refused("expire_time must be in the future.");
}

function describe(entry: CacheEntry): unknown {
  return {
    name: entry.name,
    model: entry.model,
    createTime: timestamp(entry.createdAtMs),
    updateTime: timestamp(entry.updatedAtMs),
    expireTime: timestamp(entry.expiresAtMs),
    displayName: entry.displayName,
    usageMetadata: { totalTokenCount: entry.tokens },
  };
}

/** With microseconds, as the service writes them. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
