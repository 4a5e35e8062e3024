import { readApiKey } from "./api-key.js";
import { resolveEndpoint } from "./endpoint.js";
import { ProviderError } from "./errors.js";
import { checkImages } from "./image-check.js";
import { readAnthropicLimits } from "./limits-anthropic.js";
import { resolveModel } from "./models.js";
import { anthropicModels } from "./models-anthropic.js";
import type { FailedAnswer, ImageLimits, ProviderSpec, RequestContext } from "./provider.js";
import type { ChatRequest, Settings } from "./types.js";
import { buildMessagesBody, messagesBetas } from "./wire-messages.js";
import { readMessagesError } from "./wire-messages-errors.js";
import type { CacheTtl, MessagesTarget } from "./wire-messages-model.js";
import { modelsAddress, readModelList } from "./wire-messages-models.js";
import { createMessagesMapper } from "./wire-messages-stream.js";

/**
 * Claude with an API key: the Messages wire format. What is different about the login of a plan is in
 * provider-claude-code.ts, which shares the rest.
 * Source: Messages API reference, official TypeScript client 1.11.0, read 2026-11-21.
 */

const ENDPOINT = "https://api.anthropic.com/v1/messages";
/** The version the service itself is asked for, and the one that servers know which imitate it. */
const VERSION = "2026-10-21";
const COMMON_VERSION = "2023-06-01";

/**
 * The service counts base64, 10 MiB of it for an image, 32 MB for a request: a fifth of that is left to the words.
 * Source: vision guide, and the service's words "image exceeds 10 MB maximum: … bytes > 10485760 bytes", read 2026-11-21.
 */
const IMAGES: ImageLimits = {
  mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
  maxBytes: 7_864_320,
  maxEdgePixels: 8000,
  longerEdges: "refused",
  maxTotalBytes: 19_200_000,
  maxImages: 100,
  crowd: { images: 20, maxEdgePixels: 2000 },
};

/** What differs between the two ways in. */
export interface AnthropicAccess {
  readonly name: string;
  readonly usesCredential: boolean;
  /** The setting that holds the address. */
  readonly urlKey: string;
  /** Headers that say who pays. @throws ProviderError before anything is sent */
  authorize(context: RequestContext): Readonly<Record<string, string>>;
  /** Features that every request names. */
  readonly betas: readonly string[];
  /** A block of its own before the system prompt. */
  systemPrefix?(settings: Settings): string | undefined;
  readError(answer: FailedAnswer): ProviderError;
}

/** A provider over the Messages API of Anthropic. */
export function createAnthropicSpec(access: AnthropicAccess): ProviderSpec {
  const { name, urlKey } = access;
  const models = anthropicModels(name, { isPlan: access.usesCredential });
  const urlOf = ({ settings }: RequestContext): string =>
    resolveEndpoint(settings[urlKey], { key: urlKey, provider: name, fallback: ENDPOINT });
  const headersOf = (context: RequestContext, url: string, betas: readonly string[]): Record<string, string> => ({
    ...access.authorize(context),
    "anthropic-version": versionOf(url, context.settings),
    ...(betas.length === 0 ? {} : { "anthropic-beta": betas.join(",") }),
    "user-agent": context.userAgent,
  });
  const targetOf = (request: ChatRequest, settings: Settings): MessagesTarget => ({
    provider: name,
    model: resolveModel(models, request.model),
    settings,
    cacheTtl: readCacheTtl(settings, name),
    systemPrefix: access.systemPrefix?.(settings),
  });
  return {
    name,
    usesCredential: access.usesCredential,
    models,
    images: IMAGES,
    buildRequest(given, context) {
      const target = targetOf(given, context.settings);
      const request = checkImages(given, target.model, IMAGES, {
        provider: name,
        seeing: models.aliases["sonnet"] ?? "",
      });
      const url = urlOf(context);
      return {
        method: "POST",
        url,
        headers: {
          ...headersOf(context, url, [...access.betas, ...messagesBetas(request, target)]),
          accept: "text/event-stream",
          "content-type": "application/json",
        },
        body: buildMessagesBody(request, target),
      };
    },
    createMapper: (request) => ({
      map: createMessagesMapper({ provider: name, model: resolveModel(models, request.model).id }),
    }),
    mapHeaders: readAnthropicLimits,
    readError: (answer) => access.readError(answer),
    modelList: {
      build(context) {
        const url = urlOf(context);
        return { method: "GET", url: modelsAddress(url), headers: headersOf(context, url, access.betas) };
      },
      read: (body) => readModelList(body, name),
    },
  };
}

export const anthropic: ProviderSpec = createAnthropicSpec({
  name: "anthropic",
  usesCredential: false,
  urlKey: "ANTHROPIC_API_URL",
  authorize: ({ settings }) => ({ "x-api-key": readApiKey(settings, "ANTHROPIC_API_KEY", "anthropic") }),
  betas: [],
  readError: (answer) => readMessagesError("anthropic", answer, { auth_rejected: "check ANTHROPIC_API_KEY" }),
});

function versionOf(url: string, settings: Settings): string {
  return (
    settings["ANTHROPIC_VERSION"]?.trim() ||
    (new URL(url).hostname === new URL(ENDPOINT).hostname ? VERSION : COMMON_VERSION)
  );
}

function readCacheTtl(settings: Settings, provider: string): CacheTtl | undefined {
  const word = settings["ANTHROPIC_CACHE_TTL"]?.trim() || "5m";
  if (word === "5m" || word === "1h") return word;
  if (word === "off") return undefined;
  throw new ProviderError("configuration", `ANTHROPIC_CACHE_TTL is ${JSON.stringify(word)}; choose 5m, 1h, off`, {
    provider,
    key: "ANTHROPIC_CACHE_TTL",
  });
}
