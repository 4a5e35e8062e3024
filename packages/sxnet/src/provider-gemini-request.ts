import { readApiKey } from "./api-key.js";
import { readEffort } from "./effort.js";
import { resolveEndpoint } from "./endpoint.js";
import { ProviderError } from "./errors.js";
import { nearestEffort } from "./models.js";
import type { GeminiModel } from "./models-gemini.js";
import { withSchemaInstruction } from "./schema-instruction.js";
import type { ChatRequest, Effort, Settings } from "./types.js";
import { buildGenerateToolConfig, buildGenerateTools, type GenerateTarget } from "./wire-generate-content.js";
import { toAnswerSchema } from "./wire-generate-content-answer.js";
import { toResponseSchema } from "./wire-generate-content-schema.js";

/** The parts of a Gemini request that answers, stored prefixes and the list of models share. */

export const NAME = "gemini";
const ORIGIN = "https://generativelanguage.googleapis.com";
const VERSION = "v1beta";

export function geminiTarget(model: GeminiModel): GenerateTarget {
  return { provider: NAME, model: model.id, modern: model.modern };
}

/**
 * `path` under `GEMINI_BASE_URL`: an origin, with or without a prefix, with or without a version, or the full address
 * of a model's method.
 * @throws ProviderError `configuration`
 */
export function geminiUrl(settings: Settings, path: string): string {
  const value = settings["GEMINI_BASE_URL"]
    ?.trim()
    .replace(/\/models\/[^/?#]*:\w+(\?alt=sse)?$/, "")
    .replace(/\/models\/?$/, "");
  const version = /\/(v\d+(?:(?:alpha|beta)\d*)?)\/?$/.exec(value ?? "")?.[1] ?? VERSION;
  return resolveEndpoint(value, { key: "GEMINI_BASE_URL", provider: NAME, fallback: `${ORIGIN}/${version}/${path}` });
}

/** @throws ProviderError `auth_missing` or `configuration` */
export function geminiHeaders(settings: Settings, userAgent: string, accept: string): Record<string, string> {
  return {
    "x-goog-api-key": readApiKey(settings, "GEMINI_API_KEY", NAME),
    "user-agent": userAgent,
    accept,
    "content-type": "application/json",
  };
}

/** What stands before the conversation. A stored prefix holds it as well, and a request that uses one must not. */
export function buildGeminiHead(
  request: ChatRequest,
  model: GeminiModel,
  settings: Settings,
): { readonly systemInstruction: unknown; readonly tools: unknown; readonly toolConfig: unknown } {
  const { responseSchema: bound } = request;
  const inWords = bound !== undefined && !bindsAnswer(request, model);
  const system = inWords ? withSchemaInstruction(request.system, bound) : (request.system ?? "");
  return {
    systemInstruction: system === "" ? undefined : { parts: [{ text: system }] },
    tools: buildGenerateTools(request.tools, schemasOf(model, settings)),
    toolConfig: buildGenerateToolConfig(request),
  };
}

function schemasOf(model: GeminiModel, settings: Settings): "json" | "openapi" {
  const word = settings["GEMINI_SCHEMAS"];
  if (word === undefined || word === "") return model.schemas;
  if (word === "json" || word === "openapi") return word;
  throw new ProviderError("configuration", `GEMINI_SCHEMAS is ${JSON.stringify(word)}; choose json, openapi`, {
    provider: NAME,
    key: "GEMINI_SCHEMAS",
  });
}

/** Older models refuse a bound answer beside tools: then the schema is asked for in words. */
function bindsAnswer({ responseSchema, tools = [] }: ChatRequest, model: GeminiModel): boolean {
  return responseSchema !== undefined && (model.modern || tools.length === 0);
}

/** The fields beside the conversation. @throws ProviderError `configuration` */
export function buildGenerationConfig(request: ChatRequest, model: GeminiModel, settings: Settings): unknown {
  const { maxOutputTokens, responseSchema } = request;
  const thinkingConfig = thinkingOf(request, model, settings);
  const schema = bindsAnswer(request, model) ? responseSchema?.schema : undefined;
  const config = {
    ...(maxOutputTokens === undefined
      ? {}
      : { maxOutputTokens: Math.min(maxOutputTokens, model.maxOutputTokens ?? maxOutputTokens) }),
    ...(schema === undefined
      ? {}
      : {
          responseMimeType: "application/json",
          ...(schemasOf(model, settings) === "json"
            ? { responseJsonSchema: toAnswerSchema(schema) }
            : { responseSchema: toResponseSchema(schema) }),
        }),
    ...(thinkingConfig === undefined ? {} : { thinkingConfig }),
  };
  return Object.keys(config).length === 0 ? undefined : config;
}

/** Shares of the largest budget. */
const SHARES: Readonly<Record<Effort, number>> = {
  off: 0,
  minimal: 0.02,
  low: 0.08,
  medium: 0.33,
  high: 0.67,
  xhigh: 0.67,
  max: 1,
};

/** A budget for the 2.5 line, a level later; both at once are refused. Off where a model can, else the least it takes. */
function thinkingOf(request: ChatRequest, model: GeminiModel, settings: Settings): unknown {
  const wanted = readEffort(request, settings, { provider: NAME, keys: ["REASONING_EFFORT"] });
  const cap = readBudgetCap(settings);
  if (model.thinking.kind === "none") return undefined;
  const effort = wanted === undefined ? undefined : nearestEffort(wanted, model.efforts);
  // Who wants no thinking and cannot be without it, need not see it.
  const shown = wanted === "off" ? {} : { includeThoughts: true };
  if (model.thinking.kind === "level") {
    return effort === undefined ? shown : { ...shown, thinkingLevel: effort.toUpperCase() };
  }
  if (effort === "off") return { thinkingBudget: 0 };
  if (effort === undefined && cap === undefined) return shown;
  const { minTokens, maxTokens } = model.thinking;
  if (wanted === "off") return { thinkingBudget: minTokens };
  const asked = effort === undefined ? maxTokens : Math.round(maxTokens * SHARES[effort]);
  return { ...shown, thinkingBudget: Math.max(minTokens, Math.min(asked, cap ?? asked)) };
}

/** Most tokens of thinking, where they are counted. */
function readBudgetCap(settings: Settings): number | undefined {
  const text = settings["THINKING_BUDGET"]?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ProviderError("configuration", `THINKING_BUDGET is ${JSON.stringify(text)}; give a number of tokens`, {
    provider: NAME,
    key: "THINKING_BUDGET",
  });
}

/**
 * How long a stored prefix lives after its last use, in seconds.
 * @throws ProviderError `configuration`
 */
export function readCacheTtl(settings: Settings): number {
  const text = settings["GEMINI_CACHE_TTL"]?.trim();
  if (text === undefined || text === "") return 300;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds >= 60 && seconds <= 86_400) return seconds;
  throw new ProviderError("configuration", `GEMINI_CACHE_TTL is ${JSON.stringify(text)}; give 60 to 86400 seconds`, {
    provider: NAME,
    key: "GEMINI_CACHE_TTL",
  });
}
