import { readModelEffort } from "./effort.js";
import { resolveEndpoint } from "./endpoint.js";
import { ProviderError } from "./errors.js";
import { checkImages } from "./image-check.js";
import { readCodexHeaderLimits, readCodexLimitsEvent, readCodexUsage } from "./limits-codex.js";
import { resolveModel } from "./models.js";
import { CODEX_MODELS, type CodexModel } from "./models-codex.js";
import { readCodexModelList } from "./models-codex-list.js";
import type { FailedAnswer, ImageLimits, ProviderSpec, RequestContext } from "./provider.js";
import { withSchemaInstruction } from "./schema-instruction.js";
import { needsSchemaInWords } from "./strict-schema.js";
import type { ChatRequest, Settings } from "./types.js";
import { joinBody, toWireJson, WireJson } from "./wire-json.js";
import {
  buildResponsesFormat,
  buildResponsesInput,
  buildResponsesToolChoice,
  buildResponsesTools,
} from "./wire-responses.js";
import { readResponsesError } from "./wire-responses-errors.js";
import { createResponsesMapper } from "./wire-responses-stream.js";

/**
 * Codex over a ChatGPT plan: the Responses wire format behind an OAuth bearer. The backend refuses every field that it
 * does not know, so the bodies below are allow-lists.
 * Source: captures of the Codex client 0.104 to 0.169 and public reports of the backend's answers, read 2026-11-20.
 */

const NAME = "codex";
const ENDPOINT = "https://chatgpt.com/backend-api/codex/responses";
const ORIGINATOR = "scorpiox_code";
/** The protocol level this file was written against; models are refused below their `minimal_client_version`. */
const CLIENT_VERSION = "0.169.0";
/** The backend takes cache keys of at most this many characters. */
const MAX_CACHE_KEY = 64;
/** As at the public service, whose models these are. */
const OBJECT_ROOT_ONLY = true;

/**
 * The backend tells no limits. In public reports an image of 11 million characters is answered with a bare 400, and
 * growing requests with 413; some proxies end at 15 MiB. What is kept here is below all of these.
 * Source: OpenAI guide "Images and vision" for types and scaling; reports of the backend's answers, read 2026-11-20.
 */
const IMAGES: ImageLimits = {
  mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
  maxBytes: 7_500_000,
  maxEdgePixels: 2048,
  longerEdges: "scaled",
  maxTotalBytes: 10_500_000,
};

export const codex: ProviderSpec = {
  name: NAME,
  usesCredential: true,
  models: CODEX_MODELS,
  images: IMAGES,
  buildRequest(given, context) {
    const model = resolveModel(CODEX_MODELS, given.model);
    const request = checkImages(given, model, IMAGES, { provider: NAME, seeing: "gpt-5.5" });
    return {
      method: "POST",
      url: urlOf(context.settings),
      headers: {
        ...headersOf(context),
        accept: "text/event-stream",
        "content-type": "application/json",
        ...conversationHeaders(request, model),
      },
      body: model.lite
        ? buildLiteBody(request, model, context.settings)
        : buildClassicBody(request, model, context.settings),
    };
  },
  createMapper: (request) => ({
    map: createResponsesMapper({
      provider: NAME,
      model: resolveModel(CODEX_MODELS, request.model).id,
      mapExtra: (type, event) => (type === "codex.rate_limits" ? readCodexLimitsEvent(event) : []),
    }),
  }),
  mapHeaders: readCodexHeaderLimits,
  readError,
  modelList: {
    build: (context) => ({
      method: "GET",
      url: `${urlOf(context.settings).replace(/\/responses$/, "/models")}?client_version=${encodeURIComponent(clientVersion(context.settings))}`,
      headers: headersOf(context),
    }),
    read: readCodexModelList,
  },
  limits: {
    // Beside the folder of the models: `…/backend-api/wham/usage`.
    build: (context) => ({
      method: "GET",
      url: urlOf(context.settings).replace(/\/codex\/responses$/, "/wham/usage"),
      headers: headersOf(context),
    }),
    read: readCodexUsage,
  },
};

function urlOf(settings: Settings): string {
  return resolveEndpoint(settings["CODEX_BASE_URL"], { key: "CODEX_BASE_URL", provider: NAME, fallback: ENDPOINT });
}

function clientVersion(settings: Settings): string {
  return settings["CODEX_CLIENT_VERSION"] || CLIENT_VERSION;
}

/** Who asks, and for whom. */
function headersOf({ settings, credential, userAgent }: RequestContext): Record<string, string> {
  return {
    authorization: `Bearer ${credential?.accessToken ?? ""}`,
    originator: settings["CODEX_ORIGINATOR"] || ORIGINATOR,
    "user-agent": userAgent,
    version: clientVersion(settings),
    ...(credential?.accountId === undefined ? {} : { "chatgpt-account-id": credential.accountId }),
  };
}

/** One stable id for a conversation finds the prompt cache: the header picks the shard, the body's key the entry. */
function conversationHeaders({ sessionId }: ChatRequest, model: CodexModel): Record<string, string> {
  return {
    ...(sessionId === undefined ? {} : { "session-id": sessionId }),
    ...(model.lite ? { "x-openai-internal-codex-responses-lite": "true" } : {}),
    ...(model.lite && sessionId !== undefined ? { "thread-id": sessionId } : {}),
  };
}

function buildClassicBody(request: ChatRequest, model: CodexModel, settings: Settings): string {
  const effort = effortOf(request, model, settings);
  const hasTools = request.tools !== undefined && request.tools.length > 0;
  return joinBody({
    model: model.id,
    // Refused when absent: 400 "Instructions are required".
    instructions: systemOf(request) ?? "You are a coding agent.",
    input: new WireJson(
      `[${buildResponsesInput(request.messages, { provider: NAME, model: model.id, imageDetail: true })}]`,
    ),
    tools: buildResponsesTools(request.tools ?? []),
    tool_choice: hasTools ? buildResponsesToolChoice(request.toolChoice) : "auto",
    parallel_tool_calls: model.parallelTools && request.parallelTools !== false,
    ...(effort === undefined && !model.summary
      ? {}
      : { reasoning: { ...(effort === undefined ? {} : { effort }), ...(model.summary ? { summary: "auto" } : {}) } }),
    ...sharedFields(request, model, settings),
  });
}

function buildLiteBody(request: ChatRequest, model: CodexModel, settings: Settings): string {
  const effort = effortOf(request, model, settings);
  // The current client wraps function tools in the namespace `functions`; flat ones were not shown to some models.
  const tools = {
    type: "additional_tools",
    role: "developer",
    tools: [
      {
        type: "namespace",
        name: "functions",
        description: "Functions of this program.",
        tools: buildResponsesTools(request.tools ?? []),
      },
    ],
  };
  const text = systemOf(request);
  const system = { type: "message", role: "developer", content: [{ type: "input_text", text: text ?? "" }] };
  const head = [
    ...(request.tools !== undefined && request.tools.length > 0 ? [tools] : []),
    ...(text === undefined ? [] : [system]),
  ].map(toWireJson);
  const rest = buildResponsesInput(request.messages, { provider: NAME, model: model.id, imageDetail: false });
  return joinBody({
    model: model.id,
    input: new WireJson(`[${[...head, ...(rest === "" ? [] : [rest])].join(",")}]`),
    tool_choice: buildResponsesToolChoice(request.toolChoice),
    parallel_tool_calls: false,
    reasoning: { ...(effort === undefined ? {} : { effort }), context: "all_turns" },
    ...sharedFields(request, model, settings),
  });
}

/** `undefined`: there is none. */
function systemOf({ system, responseSchema }: ChatRequest): string | undefined {
  return needsSchemaInWords(responseSchema, OBJECT_ROOT_ONLY)
    ? withSchemaInstruction(system, responseSchema)
    : system || undefined;
}

function sharedFields(request: ChatRequest, model: CodexModel, settings: Settings): Record<string, unknown> {
  const verbosity = settings["CODEX_VERBOSITY"];
  const tier = settings["CODEX_SERVICE_TIER"];
  const format = buildResponsesFormat(request.responseSchema, OBJECT_ROOT_ONLY);
  const text = {
    ...(model.verbosity ? { verbosity: verbosity || "low" } : {}),
    ...(format === undefined ? {} : { format }),
  };
  return {
    store: false,
    stream: true,
    include: ["reasoning.encrypted_content"],
    ...(request.sessionId === undefined ? {} : { prompt_cache_key: request.sessionId.slice(0, MAX_CACHE_KEY) }),
    ...(Object.keys(text).length === 0 ? {} : { text }),
    ...(tier ? { service_tier: tier } : {}),
  };
}

/** In the order in which they are asked. */
const EFFORT_KEYS = ["CODEX_REASONING_EFFORT", "REASONING_EFFORT", "OPENAI_REASONING_EFFORT"] as const;

/** The catalogue lists `none` and `minimal` for no model, so both become the lowest level there is. */
function effortOf(request: ChatRequest, model: CodexModel, settings: Settings): string | undefined {
  return readModelEffort(request, settings, { provider: NAME, keys: EFFORT_KEYS, taken: model.efforts });
}

function readError(answer: FailedAnswer): ProviderError {
  const error = readResponsesError(NAME, answer);
  if (error.code !== "model_unavailable") return error;
  const living = CODEX_MODELS.models.filter((model) => model.retired === undefined).map((model) => model.id);
  return new ProviderError(
    "model_unavailable",
    `${error.message}; models that were served lately: ${living.join(", ")}`,
    {
      provider: NAME,
      status: error.status,
      requestId: error.requestId,
      key: "MODEL",
    },
  );
}
