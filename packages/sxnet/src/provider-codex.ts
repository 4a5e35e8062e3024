import { resolveEndpoint } from "./endpoint.js";
import { ProviderError } from "./errors.js";
import { readCodexHeaderLimits, readCodexLimitsEvent } from "./limits-codex.js";
import { EFFORTS, nearestEffort, resolveModel } from "./models.js";
import { CODEX_MODELS, type CodexModel } from "./models-codex.js";
import type { FailedAnswer, ProviderSpec, RequestContext } from "./provider.js";
import type { ChatRequest, Settings } from "./types.js";
import { buildResponsesInput, buildResponsesToolChoice, buildResponsesTools, toWireJson } from "./wire-responses.js";
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

export const codex: ProviderSpec = {
  name: NAME,
  usesCredential: true,
  buildRequest(request, context) {
    const model = resolveModel(CODEX_MODELS, request.model);
    if (!model.images && request.messages.some(hasImage)) throw imagesRefused(model);
    return {
      method: "POST",
      url: resolveEndpoint(context.settings["CODEX_BASE_URL"], {
        key: "CODEX_BASE_URL",
        provider: NAME,
        fallback: ENDPOINT,
      }),
      headers: buildHeaders(request, model, context),
      body: model.lite
        ? buildLiteBody(request, model, context.settings)
        : buildClassicBody(request, model, context.settings),
    };
  },
  createMapper: (request) =>
    createResponsesMapper({
      provider: NAME,
      model: resolveModel(CODEX_MODELS, request.model).id,
      mapExtra: (type, event) => (type === "codex.rate_limits" ? readCodexLimitsEvent(event) : []),
    }),
  mapHeaders: readCodexHeaderLimits,
  readError,
};

function buildHeaders(request: ChatRequest, model: CodexModel, context: RequestContext): Record<string, string> {
  const { settings, credential, userAgent } = context;
  const headers: Record<string, string> = {
    authorization: `Bearer ${credential?.accessToken ?? ""}`,
    originator: settings["CODEX_ORIGINATOR"] || ORIGINATOR,
    "user-agent": userAgent,
    version: settings["CODEX_CLIENT_VERSION"] || CLIENT_VERSION,
    accept: "text/event-stream",
    "content-type": "application/json",
  };
  if (credential?.accountId !== undefined) headers["chatgpt-account-id"] = credential.accountId;
  // One stable id for a conversation finds the prompt cache: the header picks the shard, the body's key the entry.
  if (request.sessionId !== undefined) headers["session-id"] = request.sessionId;
  if (model.lite) {
    headers["x-openai-internal-codex-responses-lite"] = "true";
    if (request.sessionId !== undefined) headers["thread-id"] = request.sessionId;
  }
  return headers;
}

function buildClassicBody(request: ChatRequest, model: CodexModel, settings: Settings): string {
  const effort = readEffort(request, model, settings);
  const hasTools = request.tools !== undefined && request.tools.length > 0;
  return joinBody({
    model: model.id,
    // Refused when absent: 400 "Instructions are required".
    instructions: request.system || "You are a coding agent.",
    input: new Json(
      `[${buildResponsesInput(request.messages, { provider: NAME, model: model.id, imageDetail: true })}]`,
    ),
    tools: buildResponsesTools(request.tools ?? []),
    tool_choice: hasTools ? buildResponsesToolChoice(request.toolChoice) : "auto",
    parallel_tool_calls: model.parallelTools,
    ...(effort === undefined && !model.summary
      ? {}
      : { reasoning: { ...(effort === undefined ? {} : { effort }), ...(model.summary ? { summary: "auto" } : {}) } }),
    ...sharedFields(request, model, settings),
  });
}

function buildLiteBody(request: ChatRequest, model: CodexModel, settings: Settings): string {
  const effort = readEffort(request, model, settings);
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
  const system = { type: "message", role: "developer", content: [{ type: "input_text", text: request.system ?? "" }] };
  const head = [
    ...(request.tools !== undefined && request.tools.length > 0 ? [tools] : []),
    ...(request.system === undefined || request.system === "" ? [] : [system]),
  ].map(toWireJson);
  const rest = buildResponsesInput(request.messages, { provider: NAME, model: model.id, imageDetail: false });
  return joinBody({
    model: model.id,
    input: new Json(`[${[...head, ...(rest === "" ? [] : [rest])].join(",")}]`),
    tool_choice: buildResponsesToolChoice(request.toolChoice),
    parallel_tool_calls: false,
    reasoning: { ...(effort === undefined ? {} : { effort }), context: "all_turns" },
    ...sharedFields(request, model, settings),
  });
}

function sharedFields(request: ChatRequest, model: CodexModel, settings: Settings): Record<string, unknown> {
  const verbosity = settings["CODEX_VERBOSITY"];
  const tier = settings["CODEX_SERVICE_TIER"];
  return {
    store: false,
    stream: true,
    include: ["reasoning.encrypted_content"],
    ...(request.sessionId === undefined ? {} : { prompt_cache_key: request.sessionId.slice(0, MAX_CACHE_KEY) }),
    ...(model.verbosity ? { text: { verbosity: verbosity || "low" } } : {}),
    ...(tier ? { service_tier: tier } : {}),
  };
}

function imagesRefused(model: CodexModel): ProviderError {
  const message = `${model.id} cannot see images; choose a model that can, for example gpt-5.5`;
  return new ProviderError("invalid_request", message, { provider: NAME, key: "MODEL" });
}

function hasImage(message: ChatRequest["messages"][number]): boolean {
  return message.content.some(
    (block) =>
      block.type === "image" || (block.type === "tool_result" && block.content.some((part) => part.type === "image")),
  );
}

/** In the order in which they are asked. */
const EFFORT_KEYS = ["CODEX_REASONING_EFFORT", "REASONING_EFFORT", "OPENAI_REASONING_EFFORT"] as const;

/**
 * The level for the wire, or `undefined` for the model's own default. The catalogue lists `none` and `minimal` for no
 * model, so both become the lowest level there is.
 */
function readEffort(request: ChatRequest, model: CodexModel, settings: Settings): string | undefined {
  if (request.thinking !== undefined) return nearestEffort(request.thinking.effort, model.efforts);
  const key = EFFORT_KEYS.find((name) => settings[name]);
  if (key === undefined) return undefined;
  const word = settings[key] ?? "";
  const effort = word === "none" ? "off" : EFFORTS.find((known) => known === word);
  if (effort === undefined) {
    throw new ProviderError("configuration", `${key} is ${JSON.stringify(word)}; choose ${EFFORTS.join(", ")}`, {
      provider: NAME,
      key,
    });
  }
  return nearestEffort(effort, model.efforts);
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

/** JSON text that goes into a body as it is. */
class Json {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A JSON object from its fields; the conversation inside is already serialised, message by message. */
function joinBody(fields: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(fields).map(([name, value]) => {
    const text = value instanceof Json ? value.text : toWireJson(value);
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{${parts.join(",")}}`;
}
