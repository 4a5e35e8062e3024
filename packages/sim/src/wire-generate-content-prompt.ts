import { type JsonObject, objectsOf } from "./json-check.js";

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

/** The contents of a request after those of the prefix that it names. */
export function joinContents(prefix: JsonObject | undefined, body: JsonObject): readonly JsonObject[] {
  return [...objectsOf(prefix?.["contents"]), ...objectsOf(body["contents"])];
}
