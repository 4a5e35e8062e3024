import { readOptionalApiKey } from "./api-key.js";
import { resolveEndpoint } from "./endpoint.js";
import { checkImages } from "./image-check.js";
import type { ModelTable } from "./models.js";
import type { ImageLimits, ProviderSpec, RequestContext } from "./provider.js";
import { buildMessagesBody } from "./wire-messages.js";
import { readMessagesError } from "./wire-messages-errors.js";
import type { MessagesModel, MessagesTarget } from "./wire-messages-model.js";
import { modelsAddress, readModelList } from "./wire-messages-models.js";
import { createMessagesMapper } from "./wire-messages-stream.js";

/**
 * A router that somebody runs, at `ROUTER_URL`: the Messages wire format, as such servers imitate it. What a model name
 * means, and what stands behind it, is the router's business: names are sent as they are, and nothing is sent that
 * only the original knows.
 * Source: documentation of claude-code-router, LiteLLM, Ollama, llama.cpp, vLLM and LM Studio, read 2026-11-20.
 */

const NAME = "scorpiox";
/** Only its path counts: there is no default address. */
const SHAPE = "https://router.invalid/v1/messages";
/** The version that servers know which imitate the service. */
const VERSION = "2023-06-01";

const UNKNOWN: Omit<MessagesModel, "id"> = {
  note: "whatever the router makes of the name",
  contextTokens: 200_000,
  efforts: ["off", "low", "medium", "high", "max"],
  images: true,
  thinking: "budget",
  thinkingOff: "absent",
  forcedTools: true,
  structuredOutputs: false,
};

const MODELS: ModelTable<MessagesModel> = { provider: NAME, models: [], aliases: {}, passes: /\S/, unlisted: UNKNOWN };

/** As the service has them that most such servers hand on to. */
const IMAGES: ImageLimits = {
  mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
  maxBytes: 7_864_320,
  maxEdgePixels: 8000,
  longerEdges: "refused",
  maxTotalBytes: 19_200_000,
  maxImages: 100,
  crowd: { images: 20, maxEdgePixels: 2000 },
};

export const routerService: ProviderSpec = {
  name: NAME,
  usesCredential: false,
  models: MODELS,
  images: IMAGES,
  buildRequest(given, context) {
    const target = targetOf(given.model, context);
    const request = checkImages(given, target.model, IMAGES, { provider: NAME, seeing: given.model });
    return {
      method: "POST",
      url: urlOf(context),
      headers: { ...headersOf(context), accept: "text/event-stream", "content-type": "application/json" },
      body: buildMessagesBody(request, target),
    };
  },
  createMapper: (request) => ({ map: createMessagesMapper({ provider: NAME, model: request.model }) }),
  readError: (answer) => readMessagesError(NAME, answer, { auth_rejected: "check ROUTER_API_KEY" }),
  modelList: {
    build: (context) => ({ method: "GET", url: modelsAddress(urlOf(context)), headers: headersOf(context) }),
    read: (body) => readModelList(body, NAME),
  },
};

function targetOf(model: string, { settings }: RequestContext): MessagesTarget {
  return { provider: NAME, model: { ...UNKNOWN, id: model }, settings, cacheTtl: "5m", unsignedThoughts: true };
}

function keyOf({ settings }: RequestContext): string | undefined {
  return readOptionalApiKey(settings, "ROUTER_API_KEY", NAME);
}

function urlOf(context: RequestContext): string {
  return resolveEndpoint(context.settings["ROUTER_URL"], {
    key: "ROUTER_URL",
    provider: NAME,
    fallback: SHAPE,
    withoutSecrets: keyOf(context) === undefined,
  });
}

/** Some routers read the one header, some the other, and none minds both. */
function headersOf(context: RequestContext): Record<string, string> {
  const key = keyOf(context);
  return {
    "anthropic-version": VERSION,
    "user-agent": context.userAgent,
    ...(key === undefined ? {} : { authorization: `Bearer ${key}`, "x-api-key": key }),
  };
}
