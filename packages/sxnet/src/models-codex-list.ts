import { ProviderError } from "./errors.js";
import { EFFORTS } from "./models.js";
import type { ListedModel } from "./provider.js";
import { countOf, fieldsOf, listOf, textOf } from "./unknown-value.js";

/**
 * The service's catalogue, `GET /codex/models?client_version=…`: `{models: [{slug, display_name, visibility,
 * supported_reasoning_levels: [{effort}], input_modalities, context_window}]}`. Hidden models are not for people.
 * Source: the Codex client 0.169, read 2026-11-20.
 * @throws ProviderError `protocol` when there is no list
 */
export function readCodexModelList(body: unknown): readonly ListedModel[] {
  const { models } = fieldsOf(body);
  if (!Array.isArray(models)) {
    throw new ProviderError("protocol", "codex answered without a list of models; check CODEX_BASE_URL");
  }
  return listOf(models).flatMap((entry): readonly ListedModel[] => {
    const model = fieldsOf(entry);
    const id = textOf(model["slug"]);
    if (id === undefined || id === "" || model["visibility"] === "hide") return [];
    const levels = new Set(listOf(model["supported_reasoning_levels"]).map((level) => fieldsOf(level)["effort"]));
    const efforts = EFFORTS.filter((effort) => levels.has(effort));
    const contextTokens = countOf(model["context_window"]);
    const inputs = listOf(model["input_modalities"]);
    return [
      {
        id,
        ...(contextTokens === 0 ? {} : { contextTokens }),
        ...(efforts.length === 0 ? {} : { efforts }),
        ...(inputs.length === 0 ? {} : { images: inputs.includes("image") }),
      },
    ];
  });
}
