import { isObject } from "./json-check.js";
import { jsonBody, keyOf, sideRefusal, withoutKey } from "./wire-generate-content-access.js";
import type { CachedContents } from "./wire-generate-content-caches.js";
import { readFields } from "./wire-generate-content-fields.js";
import { findBrokenContents } from "./wire-generate-content-rules.js";
import { estimateTokens } from "./wire-generate-content-prompt.js";
import { refused } from "./wire-generate-content-refusal.js";
import type { RawRequest, SideAnswer } from "./wire.js";

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
