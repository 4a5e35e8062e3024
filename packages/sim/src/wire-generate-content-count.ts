import { isObject, type JsonObject, objectsOf } from "./json-check.js";
import { jsonBody, keyOf, sideRefusal, withoutKey } from "./wire-generate-content-access.js";
import type { CachedContents } from "./wire-generate-content-caches.js";
import { readFields } from "./wire-generate-content-fields.js";
import { findBrokenContents } from "./wire-generate-content-rules.js";
import { refused } from "./wire-generate-content-refusal.js";
import type { RawRequest, SideAnswer } from "./wire.js";

const CHARS_PER_TOKEN = 4;
/** Of an image up to 384 pixels on both sides. Source: vendor's guide on tokens, read 2026-11-20. */
const IMAGE_TOKENS = 258;

/**
 * Tokens of a prompt, estimated from its characters as JSON: contents, system instruction and tools. An image counts as
 * a small one, whatever its size.
 */
export function estimateTokens(prompt: JsonObject): number {
  let images = 0;
  const json = JSON.stringify([prompt["contents"], prompt["systemInstruction"], prompt["tools"]], (name, value) => {
    if (name !== "inlineData") return value as unknown;
    images += 1;
    return undefined;
  });
  return Math.ceil(json.length / CHARS_PER_TOKEN) + images * IMAGE_TOKENS;
}

/** `POST …:countTokens`, of contents alone or of a whole request. */
export function answerCount(raw: RawRequest, caches: CachedContents): SideAnswer {
  const key = keyOf(raw);
  if (key === undefined) return withoutKey();
  const reading = readFields("CountTokensRequest", raw.body);
  if (!reading.ok) return sideRefusal(reading.broken);
  const { contents, generateContentRequest } = reading.value;
  if (contents !== undefined && generateContentRequest !== undefined) {
    return sideRefusal(refused("contents and generate_content_request are mutually exclusive."));
  }
  const prompt = isObject(generateContentRequest) ? generateContentRequest : { contents };
  const model = /\/models\/([^/:]+):/.exec(raw.path)?.[1] ?? "";
  const found = caches.use(prompt, { key, model });
  if (!found.ok) return sideRefusal(found.broken);
  const cached = found.entry?.tokens ?? 0;
  const broken = findBrokenContents(prompt["contents"]);
  if (broken !== undefined) return sideRefusal(broken);
  const totalTokens = cached + estimateTokens(prompt);
  return jsonBody({
    totalTokens,
    ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
    promptTokensDetails: [{ modality: "TEXT", tokenCount: totalTokens }],
  });
}

/** The contents of a request after those of the prefix that it names. */
export function joinContents(prefix: JsonObject | undefined, body: JsonObject): readonly JsonObject[] {
  return [...objectsOf(prefix?.["contents"]), ...objectsOf(body["contents"])];
}
