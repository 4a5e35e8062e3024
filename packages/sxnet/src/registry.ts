import { ProviderError } from "./errors.js";
import type { ModelTable } from "./models.js";
import type { Provider, ProviderSpec } from "./provider.js";
import { type ProviderOptions, runProvider } from "./run-provider.js";

/** Every provider that asks a service, by the name that `PROVIDER` takes. Only the chosen one is loaded. */
const PROVIDERS: Readonly<Record<string, () => Promise<ProviderSpec>>> = {
  codex: async () => (await import("./provider-codex.js")).codex,
};

/** Used while `PROVIDER` is unset: the only one so far. */
export const DEFAULT_PROVIDER = "codex";

/** The names that `createProvider` knows, in the order of the table. */
export function providerNames(): readonly string[] {
  return Object.keys(PROVIDERS);
}

/**
 * A provider by name. Nothing is sent until its first `stream`.
 * @throws ProviderError `configuration` when the name is unknown.
 */
export async function createProvider(name: string, options: ProviderOptions = {}): Promise<Provider> {
  return runProvider(await load(name), options);
}

/**
 * What is known of a provider's models without asking its service.
 * @throws ProviderError `configuration` when the name is unknown.
 */
export async function loadModels(name: string): Promise<ModelTable> {
  return (await load(name)).models;
}

async function load(name: string): Promise<ProviderSpec> {
  const entry = Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
  if (entry !== undefined) return entry();
  throw new ProviderError("configuration", `PROVIDER is "${name}"; choose ${providerNames().join(", ")}`, {
    key: "PROVIDER",
  });
}
