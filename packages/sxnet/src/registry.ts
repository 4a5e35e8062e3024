import { ProviderError } from "./errors.js";
import { type ModelInfo, type ModelTable, resolveModel } from "./models.js";
import type { Provider } from "./provider.js";
import type { RoutedService } from "./provider-router.js";
import { type ProviderOptions, runProvider } from "./run-provider.js";
import type { Settings } from "./types.js";

/**
 * Every provider that asks a service, by the name that `PROVIDER` takes and in the router's order. Only the chosen one
 * is loaded.
 */
const SERVICES: Readonly<Record<string, RoutedService>> = {
  codex: { load: async () => (await import("./provider-codex.js")).codex },
  claude_code: { load: async () => (await import("./provider-claude-code.js")).claudeCode },
  anthropic: { load: async () => (await import("./provider-anthropic.js")).anthropic, setUpBy: ["ANTHROPIC_API_KEY"] },
  gemini: { load: async () => (await import("./provider-gemini.js")).gemini, setUpBy: ["GEMINI_API_KEY"] },
  openai: {
    load: async () => (await import("./provider-openai.js")).openai,
    setUpBy: ["OPENAI_API_KEY", "OPENAI_BASE_URL"],
  },
};

/** The router's names. It chooses among the services, so it is none of them. */
const ROUTERS: readonly string[] = ["scorpiox", "router"];

/** The names that `createProvider` knows: the services in the order of the table, then the router. */
export function providerNames(): readonly string[] {
  return [...Object.keys(SERVICES), ...ROUTERS];
}

/** The names of those that have a service of their own, in the router's order. */
export function serviceNames(): readonly string[] {
  return Object.keys(SERVICES);
}

/**
 * A provider by name. Nothing is sent until its first `stream`.
 * @throws ProviderError `configuration` when the name is unknown.
 */
export async function createProvider(name: string, options: ProviderOptions = {}): Promise<Provider> {
  if (ROUTERS.includes(name)) {
    const { createRouter } = await import("./provider-router.js");
    return createRouter(options, { services: SERVICES, run: runProvider });
  }
  return runProvider(await find(name).load(), options);
}

/**
 * What is known of a service's models without asking it.
 * @throws ProviderError `configuration` when the name is unknown, or the router's.
 */
export async function loadModels(name: string): Promise<ModelTable> {
  return (await find(name).load()).models;
}

/**
 * The model that a word names at a service, as far as it is known without asking; `settings` may lead elsewhere than to
 * the vendor.
 * @throws ProviderError `configuration` for an unknown service, `model_unavailable` for an unknown model
 */
export async function findModel(name: string, word: string, settings: Settings): Promise<ModelInfo> {
  const spec = await find(name).load();
  return spec.resolve?.(word, settings) ?? resolveModel(spec.models, word);
}

/** The services that are set up, in the router's own order: those it would choose from. */
export async function findSetUp(options: ProviderOptions): Promise<readonly string[]> {
  const { isSetUp } = await import("./provider-router.js");
  const found: string[] = [];
  for (const [name, service] of Object.entries(SERVICES)) if (await isSetUp(name, service, options)) found.push(name);
  return found;
}

function find(name: string): RoutedService {
  const service = Object.hasOwn(SERVICES, name) ? SERVICES[name] : undefined;
  if (service !== undefined) return service;
  throw new ProviderError("configuration", `PROVIDER is "${name}"; choose ${providerNames().join(", ")}`, {
    key: "PROVIDER",
  });
}
