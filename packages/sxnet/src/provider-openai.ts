import { readEffort } from "./effort.js";
import { ProviderError, type ProviderErrorCode } from "./errors.js";
import { checkImages } from "./image-check.js";
import { readOpenAiHeaderLimits } from "./limits-openai.js";
import { nearestEffort } from "./models.js";
import {
  OPENAI_MODELS,
  type OpenAiModel,
  readOpenAiModels,
  resolveOpenAiModel,
  resolveServerModel,
} from "./models-openai.js";
import type { FailedAnswer, ImageLimits, ProviderSpec } from "./provider.js";
import {
  buildServerHeaders,
  OPENAI,
  type OpenAiApi,
  type OpenAiServer,
  readObjectSetting,
  readServer,
  readServerTimeoutMs,
} from "./provider-openai-server.js";
import type { ChatRequest, Effort, Settings } from "./types.js";
import { buildChatBody } from "./wire-chat-completions.js";
import { readChatError } from "./wire-chat-completions-errors.js";
import { createChatMapper } from "./wire-chat-completions-stream.js";
import { buildResponsesBody } from "./wire-responses.js";
import { createResponsesMapper } from "./wire-responses-stream.js";

/**
 * api.openai.com with an API key, and every server that speaks the same: over Chat Completions, or over Responses. The
 * vendor's own server refuses fields that it does not know and some that others need, so the two are told apart.
 * Source: OpenAI API reference and the documentation of compatible servers, read 2026-11-20.
 */

/** Source: OpenAI guide "Images and vision": these types, 512 MB a request; one image is bounded here. Read 2026-11-20. */
const IMAGES: ImageLimits = {
  mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
  maxBytes: 20_000_000,
  maxEdgePixels: 2048,
  longerEdges: "scaled",
  maxTotalBytes: 100_000_000,
};

/** The service takes cache keys of at most this many characters. */
const MAX_CACHE_KEY = 64;
const EFFORT_KEYS = ["OPENAI_REASONING_EFFORT", "REASONING_EFFORT"] as const;
/** The vendor's reasoning models, which refuse `max_tokens` also behind somebody else's address. */
const VENDOR_REASONING = /(^|\/)(o\d|gpt-[5-9])/;
const SUMMARIES = ["auto", "concise", "detailed", "off"] as const;

export const openai: ProviderSpec = {
  name: OPENAI,
  usesCredential: false,
  models: OPENAI_MODELS,
  images: IMAGES,
  resolve: (word, settings) => modelOf(word, readServer(settings)),
  namesModels: (settings) => !readServer(settings).official,
  idleTimeoutMs: readServerTimeoutMs,
  buildRequest(given, { settings, userAgent }) {
    const server = readServer(settings);
    const model = modelOf(given.model, server);
    const request = checkImages(given, model, IMAGES, { provider: OPENAI, seeing: "gpt-5.6-terra" });
    const api = apiOf(settings, server, model);
    return {
      method: "POST",
      url: `${server.base}/${api === "chat" ? "chat/completions" : "responses"}`,
      headers: {
        ...buildServerHeaders(server, userAgent),
        accept: "text/event-stream",
        "content-type": "application/json",
      },
      body:
        api === "chat" ? chatBody(request, settings, server, model) : responsesBody(request, settings, server, model),
    };
  },
  createMapper(request, settings) {
    const server = readServer(settings);
    const model = modelOf(request.model, server);
    const own = { provider: OPENAI, model: model.id };
    return apiOf(settings, server, model) === "chat"
      ? createChatMapper(own)
      : { map: createResponsesMapper({ ...own, keepIds: true }) };
  },
  mapHeaders: readOpenAiHeaderLimits,
  readError,
  modelList: {
    build({ settings, userAgent }) {
      const server = readServer(settings);
      const headers = { ...buildServerHeaders(server, userAgent), accept: "application/json" };
      return { method: "GET", url: `${server.base}/models`, headers };
    },
    read: readOpenAiModels,
  },
};

function modelOf(word: string, { official, host }: OpenAiServer): OpenAiModel {
  return official ? resolveOpenAiModel(word) : resolveServerModel(word, host);
}

/** As the person says, as the address says, as the model needs it: models of other servers need Chat Completions. */
function apiOf(settings: Settings, server: OpenAiServer, model: OpenAiModel): OpenAiApi {
  const value = settings["OPENAI_API"]?.trim() ?? "";
  if (value === "chat" || value === "responses") return value;
  if (value !== "") throw wrong("OPENAI_API", value, ["chat", "responses"]);
  return server.api ?? model.api;
}

function chatBody(request: ChatRequest, settings: Settings, server: OpenAiServer, model: OpenAiModel): string {
  const { official } = server;
  const reasons = model.efforts.length > 0;
  const kwargs = official ? undefined : readObjectSetting(settings, "OPENAI_CHAT_TEMPLATE_KWARGS");
  return buildChatBody(request, {
    provider: OPENAI,
    model: model.id,
    systemRole: official && reasons ? "developer" : "system",
    maxTokensField: official || VENDOR_REASONING.test(model.id) ? "max_completion_tokens" : "max_tokens",
    parallelTools: model.parallelTools,
    objectRootOnly: official,
    usage: settings["OPENAI_STREAM_USAGE"] !== "0",
    cacheKey: cacheKeyOf(request, server),
    // The vendor's own server shows no reasoning here and takes none.
    sendReasoning: !official && settings["OPENAI_SEND_REASONING"] !== "0",
    ids: server.ids,
    maxIdChars: server.maxIdChars,
    extra: {
      ...chatEffort(request, settings, server, model),
      ...(kwargs === undefined ? {} : { chat_template_kwargs: kwargs }),
    },
  });
}

function chatEffort(
  request: ChatRequest,
  settings: Settings,
  server: OpenAiServer,
  model: OpenAiModel,
): Readonly<Record<string, unknown>> {
  const effort = effortOf(request, settings, model);
  const hasTools = request.tools !== undefined && request.tools.length > 0;
  if (server.official && model.api === "responses" && hasTools) {
    // The one level that goes with tools here; it has to be said, because the default is another one.
    if ((effort === undefined || effort === "off") && model.efforts.includes("off"))
      return { reasoning_effort: "none" };
    throw new ProviderError(
      "configuration",
      `OPENAI_API is "chat", over which ${model.id} cannot use tools and think; unset it, or set it to responses`,
      { provider: OPENAI, key: "OPENAI_API" },
    );
  }
  if (effort === undefined) return {};
  return effort === "off" && server.reasoningOff !== undefined
    ? server.reasoningOff
    : { reasoning_effort: wireEffort(effort) };
}

function responsesBody(request: ChatRequest, settings: Settings, server: OpenAiServer, model: OpenAiModel): string {
  const effort = effortOf(request, settings, model);
  const reasons = model.efforts.length > 0;
  return buildResponsesBody(request, {
    provider: OPENAI,
    model: model.id,
    effort: effort === undefined ? undefined : wireEffort(effort),
    reasons,
    summary: reasons && effort !== "off" ? summaryOf(settings, server) : undefined,
    parallelTools: model.parallelTools,
    objectRootOnly: server.official,
    cacheKey: cacheKeyOf(request, server),
  });
}

/** The vendor shows reasoning only as summaries, and only when asked; other servers show what they have. */
function summaryOf(settings: Settings, { official }: OpenAiServer): string | undefined {
  const key = "OPENAI_REASONING_SUMMARY";
  const value = settings[key]?.trim() || (official ? "auto" : "off");
  if (!SUMMARIES.some((known) => known === value)) throw wrong(key, value, SUMMARIES);
  return value === "off" ? undefined : value;
}

/** `undefined`: the model's own default, and always for models that do not reason. */
function effortOf(request: ChatRequest, settings: Settings, { efforts }: OpenAiModel): Effort | undefined {
  const effort = readEffort(request, settings, { provider: OPENAI, keys: EFFORT_KEYS });
  return effort === undefined || efforts.length === 0 ? undefined : nearestEffort(effort, efforts);
}

function wireEffort(effort: Effort): string {
  return effort === "off" ? "none" : effort;
}

/** Other servers do not know the field, and strict ones refuse what they do not know. */
function cacheKeyOf({ sessionId }: ChatRequest, { official }: OpenAiServer): string | undefined {
  return official ? sessionId?.slice(0, MAX_CACHE_KEY) : undefined;
}

const ADVICE: Partial<Record<ProviderErrorCode, string>> = {
  auth_rejected: "check OPENAI_API_KEY",
  quota_exhausted: "check the account's balance and limits",
  model_unavailable: "set MODEL to another one",
};

/** What helps against refusals that only say what they do not take. */
const HINTS: readonly (readonly [words: RegExp, hint: string])[] = [
  [/verified to generate reasoning summar/i, "set OPENAI_REASONING_SUMMARY=off to do without summaries"],
  [/function tools with reasoning_effort/i, "set OPENAI_API=responses"],
  [/does not support tools|no endpoints found that support tool use/i, "choose a model that can use tools"],
  [/stream_options|include_usage/i, "set OPENAI_STREAM_USAGE=0"],
  [
    /reasoning(_content|_details)?\W{1,3}(is |are )?(unsupported|not (supported|allowed|permitted))/i,
    "set OPENAI_SEND_REASONING=0",
  ],
  [/max_completion_tokens|chat_template_kwargs/i, "the server does not take this field; check OPENAI_BASE_URL"],
];

function readError(answer: FailedAnswer): ProviderError {
  const error = readChatError(OPENAI, answer, ADVICE);
  if (error.code !== "invalid_request") return error;
  const told = HINTS.find(([words]) => words.test(error.message))?.[1];
  const hint = told ?? (error.status === 404 ? "check OPENAI_BASE_URL and OPENAI_API" : undefined);
  if (hint === undefined) return error;
  const { code, message, status, requestId, retryable, retryAfterMs } = error;
  return new ProviderError(code, `${message}; ${hint}`, {
    provider: OPENAI,
    status,
    requestId,
    retryable,
    retryAfterMs,
  });
}

function wrong(key: string, value: string, choices: readonly string[]): ProviderError {
  return new ProviderError("configuration", `${key} is ${JSON.stringify(value)}; choose ${choices.join(", ")}`, {
    provider: OPENAI,
    key,
  });
}
