import { type HttpAnswer, jsonAnswer, type RawRequest } from "./wire.js";

/** What the simulator knows of the service's models; others are taken as classic ones. */
export interface CatalogueModel {
  readonly slug: string;
  readonly lite: boolean;
  readonly minimalClientVersion: string;
  readonly efforts: readonly string[];
  readonly defaultEffort: string;
  readonly contextWindow: number;
}

const TO_XHIGH = ["low", "medium", "high", "xhigh"];
const TO_MAX = [...TO_XHIGH, "max"];

/** Source: catalogue bundled with the Codex client 0.169, read 2026-11-20. */
const MODELS: readonly CatalogueModel[] = [
  model("gpt-6.1-sol", "0.153.0", TO_MAX, "low"),
  model("gpt-6-astra", "0.153.0", TO_MAX, "low"),
  model("gpt-6.1-terra", "0.153.0", TO_MAX, "low", 500_000),
  model("gpt-6-sol", "0.155.0", TO_MAX, "medium"),
  model("gpt-6-luna", "0.155.0", TO_MAX, "medium"),
  model("gpt-5.6-sol", "0.144.0", TO_MAX, "low"),
  model("gpt-5.6-terra", "0.144.0", TO_MAX, "medium"),
  model("gpt-5.6-luna", "0.144.0", TO_MAX, "medium"),
  { ...model("gpt-5.5", "0.124.0", TO_XHIGH, "medium"), lite: false },
];

function model(
  slug: string,
  minimalClientVersion: string,
  efforts: readonly string[],
  defaultEffort: string,
  contextWindow = 272_000,
): CatalogueModel {
  return { slug, lite: true, minimalClientVersion, efforts, defaultEffort, contextWindow };
}

export function findCatalogueModel(slug: string): CatalogueModel | undefined {
  return MODELS.find((entry) => entry.slug === slug);
}

/** Whether a client of `version` may use a model that asks for `minimal`; both as `1.2.3`, a suffix is ignored. */
export function isVersionAtLeast(version: string, minimal: string): boolean {
  const [have, want] = [version, minimal].map((text) => text.split("-", 1).join("").split(".").map(Number));
  for (const [index, part] of (want ?? []).entries()) {
    const own = have?.[index] ?? 0;
    if (Number.isNaN(own)) return false;
    if (own !== part) return own > part;
  }
  return true;
}

/** `GET …/codex/models?client_version=X`: models above that version are hidden, as the service does. */
export function answerCatalogue(request: RawRequest): HttpAnswer {
  if (request.headers["authorization"] === undefined) return jsonAnswer(401, { detail: "Unauthorized" });
  const version = new URLSearchParams(request.query).get("client_version");
  const visible = MODELS.filter((entry) => version === null || isVersionAtLeast(version, entry.minimalClientVersion));
  const models = visible.map((entry, priority) => ({
    slug: entry.slug,
    display_name: entry.slug,
    visibility: "list",
    priority,
    supported_reasoning_levels: entry.efforts.map((effort) => ({ effort })),
    default_reasoning_level: entry.defaultEffort,
    support_verbosity: true,
    default_verbosity: "low",
    supports_reasoning_summaries: true,
    supports_parallel_tool_calls: !entry.lite,
    input_modalities: ["text", "image"],
    context_window: entry.contextWindow,
    max_context_window: entry.lite ? 872_000 : entry.contextWindow,
    minimal_client_version: entry.minimalClientVersion,
    use_responses_lite: entry.lite,
  }));
  return jsonAnswer(200, { models }, { etag: `"simulator-${visible.length}"` });
}
