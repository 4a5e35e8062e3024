import { ProviderError } from "./errors.js";
import { EFFORTS, nearestEffort } from "./models.js";
import type { ChatRequest, Effort, Settings } from "./types.js";

/**
 * How hard to think, as the request or the settings ask: `request.thinking`, else the first of `keys` that is set, else
 * `THINKING` (off, or the model's default). `undefined`: the model's own default.
 * @throws ProviderError `configuration` for a word that is no level, never a silent other one
 */
export function readEffort(
  request: ChatRequest,
  settings: Settings,
  options: { readonly provider: string; readonly keys: readonly string[] },
): Effort | undefined {
  if (request.thinking !== undefined) return request.thinking.effort;
  const key = options.keys.find((name) => settings[name]);
  if (key === undefined) return settings["THINKING"] === "0" ? "off" : undefined;
  const word = settings[key] ?? "";
  const effort = word === "none" ? "off" : EFFORTS.find((known) => known === word);
  if (effort !== undefined) return effort;
  throw new ProviderError("configuration", `${key} is ${JSON.stringify(word)}; choose ${EFFORTS.join(", ")}`, {
    provider: options.provider,
    key,
  });
}

/** The same, as the nearest level that the model takes. */
export function readModelEffort(
  request: ChatRequest,
  settings: Settings,
  options: { readonly provider: string; readonly keys: readonly string[]; readonly taken: readonly Effort[] },
): Effort | undefined {
  const effort = readEffort(request, settings, options);
  return effort === undefined ? undefined : nearestEffort(effort, options.taken);
}
