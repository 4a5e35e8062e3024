import { resolveEndpoint } from "./endpoint.js";
import { ProviderError } from "./errors.js";
import { readCodexHeaderLimits, readCodexLimitsEvent } from "./limits-codex.js";
import { nearestEffort, resolveModel } from "./models.js";
import { CODEX_MODELS, type CodexModel } from "./models-codex.js";
import type { FailedAnswer, ProviderSpec, RequestContext } from "./provider.js";
import type { ChatRequest, Effort, Settings } from "./types.js";
import { buildResponsesInput, buildResponsesToolChoice, buildResponsesTools } from "./wire-responses.js";
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
    return {
      method: "POST",
      url: resolveEndpoint(context.settings["CODEX_BASE_URL"], {
        key: "CODEX_BASE_URL",
        provider: NAME,
        fallback: ENDPOINT,
      }),
      headers: buildHeaders(request, model, context),
      body: model.lite ? buildLiteBody(request, model, context.settings) : buildClassicBody(request, model, context.settings),
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
    input: inputOf(request, model),
    tools: buildResponsesTools(request.tools ?? []),
    tool_choice: hasTools ? buildResponsesToolChoice(request.toolChoice) : "auto",
    parallel_tool_calls: model.parallelTools,
    reasoning: {
      ...(effort === undefined ? {} : { effort }),
      ...(model.summary ? { summary: "auto" } : {}),
    },
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
  ].map((item) => JSON.stringify(item));
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

function inputOf(request: ChatRequest, model: CodexModel): Json {
  if (!model.images && request.messages.some(hasImage)) {
    throw new ProviderError("invalid_request", `${model.id} cannot see images; choose a model that can, for example gpt-5.5`, {
      provider: NAME,
      key: "MODEL",
    });
  }
  return new Json(`[${buildResponsesInput(request.messages, { provider: NAME, model: model.id, imageDetail: true })}]`);
}

function hasImage(message: ChatRequest["messages"][number]): boolean {
  return message.content.some(
    (block) => block.type === "image" || (block.type === "tool_result" && block.content.some((part) => part.type === "image")),
  );
}

/** The level for the wire, or `undefined` for the model's own default. `off` is `none` there. */
function readEffort(request: ChatRequest, model: CodexModel, settings: Settings): string | undefined {
  const word =
    request.thinking?.effort ||
    settings["CODEX_REASONING_EFFORT"] ||
    settings["REASONING_EFFORT"] ||
    settings["OPENAI_REASONING_EFFORT"];
  if (word === undefined || word === "") return undefined;
  if (word === "off" || word === "none" || word === "0") return "none";
  return nearestEffort(word as Effort, model.efforts);
}

function readError(answer: FailedAnswer): ProviderError {
  const error = readResponsesError(NAME, answer);
  if (error.code !== "model_unavailable") return error;
  const living = CODEX_MODELS.models.filter((model) => model.retired === undefined).map((model) => model.id);
  return new ProviderError("model_unavailable", `${error.message}; models that were served lately: ${living.join(", ")}`, {
    provider: NAME,
    status: error.status,
    requestId: error.requestId,
    key: "MODEL",
  });
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
    const text = value instanceof Json ? value.text : JSON.stringify(value);
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{${parts.join(",")}}`;
}
