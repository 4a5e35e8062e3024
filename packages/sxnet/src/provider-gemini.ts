import { ProviderError } from "./errors.js";
import { GEMINI_MODELS, resolveGeminiModel } from "./models-gemini.js";
import { createGeminiPrefixCache } from "./prefix-cache-gemini.js";
import type { ListedModel, ProviderSpec } from "./provider.js";
import { checkGeminiImages, GEMINI_IMAGES } from "./provider-gemini-images.js";
import {
  buildGeminiHead,
  buildGenerationConfig,
  geminiHeaders,
  geminiTarget,
  geminiUrl,
  NAME,
  readCacheTtl,
} from "./provider-gemini-request.js";
import type { ChatRequest } from "./types.js";
import { countOf, fieldsOf, listOf, textOf } from "./unknown-value.js";
import { buildGenerateContents, toWireName } from "./wire-generate-content.js";
import { readGenerateError } from "./wire-generate-content-errors.js";
import { createGenerateMapper } from "./wire-generate-content-stream.js";
import { joinBody, WireJson } from "./wire-json.js";

/**
 * The Gemini API with a key: the generateContent wire format.
 * Source: API reference (v1beta), types of the official client 2.32.0, recorded traffic, read 2026-11-20.
 */

/** The whole request, images included. Source: its page "Image understanding", and the text of the refusal. */
const MAX_REQUEST_BYTES = 20_971_520;

export const gemini: ProviderSpec = {
  name: NAME,
  usesCredential: false,
  models: GEMINI_MODELS,
  resolve: (word) => resolveGeminiModel(word),
  images: GEMINI_IMAGES,
  buildRequest(given, { settings, userAgent, prefix }) {
    const model = resolveGeminiModel(given.model);
    const request = checkGeminiImages(given, model);
    if (settings["GEMINI_CACHE"] === "1") readCacheTtl(settings);
    const head = prefix === undefined ? buildGeminiHead(request, model, settings) : { cachedContent: prefix.name };
    const contents = buildGenerateContents(request.messages, geminiTarget(model), prefix?.messages);
    const body = joinBody({
      ...head,
      contents: new WireJson(`[${contents.join(",")}]`),
      generationConfig: buildGenerationConfig(request, model, settings),
    });
    checkSize(body, request);
    return {
      method: "POST",
      url: geminiUrl(settings, `models/${model.id}:streamGenerateContent?alt=sse`),
      headers: geminiHeaders(settings, userAgent, "text/event-stream"),
      body,
    };
  },
  createMapper(request) {
    const names = (request.tools ?? []).map(({ name }) => [toWireName(name), name] as const);
    return createGenerateMapper({
      provider: NAME,
      model: resolveGeminiModel(request.model).id,
      names: new Map(names.filter(([wire, own]) => wire !== own)),
      messages: request.messages.length,
    });
  },
  readError: (answer) =>
    readGenerateError(NAME, answer, { auth_rejected: "set GEMINI_API_KEY to a key that is valid" }),
  modelList: {
    build: ({ settings, userAgent }) => ({
      method: "GET",
      url: geminiUrl(settings, "models?pageSize=1000"),
      headers: geminiHeaders(settings, userAgent, "application/json"),
    }),
    read: readModels,
  },
  createPrefixCache: createGeminiPrefixCache,
};

/** Images are most of what makes a request too large; text alone meets the model's context first. */
function checkSize(body: string, request: ChatRequest): void {
  if (body.length <= MAX_REQUEST_BYTES) return;
  const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
  throw new ProviderError(
    "request_too_large",
    `the request has ${megabytes(body.length)}, images included, and ${NAME} takes at most ${megabytes(MAX_REQUEST_BYTES)} for ${request.model}; start a new conversation, or send fewer or smaller images`,
    { provider: NAME },
  );
}

/** Those that make text; the list holds others as well. */
function readModels(body: unknown): readonly ListedModel[] {
  const { models } = fieldsOf(body);
  if (!Array.isArray(models)) {
    throw new ProviderError(
      "protocol",
      `${NAME} answered with something that is no list of models; check the address`,
      {
        provider: NAME,
      },
    );
  }
  return listOf(models).flatMap((entry): readonly ListedModel[] => {
    const model = fieldsOf(entry);
    const id = textOf(model["name"])?.replace(/^models\//, "");
    const methods = listOf(model["supportedGenerationMethods"]);
    if (id === undefined || id === "" || (methods.length > 0 && !methods.includes("generateContent"))) return [];
    const contextTokens = countOf(model["inputTokenLimit"]);
    const maxOutputTokens = countOf(model["outputTokenLimit"]);
    return [
      {
        id,
        ...(textOf(model["displayName"]) === undefined ? {} : { note: textOf(model["displayName"]) ?? "" }),
        ...(contextTokens === 0 ? {} : { contextTokens }),
        ...(maxOutputTokens === 0 ? {} : { maxOutputTokens }),
      },
    ];
  });
}
