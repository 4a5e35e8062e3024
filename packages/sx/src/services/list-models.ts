import { type ListedModel, type ModelInfo, type ModelTable, serviceNames } from "@scorpiox/sxnet";
import { type ModelCache, readModelCache, writeModelCache } from "./model-cache.js";
import { type Services, whyNot } from "./open-services.js";

/** The models of one service: what it lists, joined with what is known of them here. */
export interface ServiceModels {
  readonly provider: string;
  /** `service`: as it answered now; `cache`: as it answered within the last day; `table`: what this program knows. */
  readonly from: "service" | "cache" | "table";
  /** When the service was asked: Unix epoch in milliseconds. */
  readonly askedAtMs?: number;
  /** Why it was not asked, or did not answer. */
  readonly why?: string;
  readonly aliases: Readonly<Record<string, string>>;
  readonly models: readonly (ListedModel & { readonly listed: boolean })[];
}

export interface ListModelsOptions {
  /** Ask also where an answer of today is kept. */
  readonly refresh: boolean;
  readonly cacheOf: (account: string) => ModelCache;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/**
 * The models of every service that is set up, side by side; of all that there are, by their tables, when none is.
 * A service that does not answer is not an error: its table is.
 */
export function listModels(services: Services, options: ListModelsOptions): Promise<readonly ServiceModels[]> {
  const names = services.names.length > 0 ? services.names : serviceNames();
  return Promise.all(names.map((name) => modelsOf(name, services, options)));
}

async function modelsOf(name: string, services: Services, options: ListModelsOptions): Promise<ServiceModels> {
  const table = serviceNames().includes(name) ? await services.table(name) : EMPTY;
  const { aliases } = table;
  if (!services.names.includes(name)) {
    return { provider: name, from: "table", why: "not set up", aliases, models: known(table) };
  }
  const account = await services.account(name);
  const cache = account === undefined ? undefined : options.cacheOf(account);
  const kept = options.refresh || cache === undefined ? undefined : await readModelCache(cache, name, options.nowMs);
  if (kept !== undefined) {
    const { askedAtMs } = kept;
    return { provider: name, from: "cache", askedAtMs, aliases, models: join(kept.models, table) };
  }
  const signal = services.signal();
  try {
    const listed = await (await services.open(name)).listModels?.({ signal });
    if (listed === undefined) {
      return { provider: name, from: "table", why: "it has no list to ask for", aliases, models: known(table) };
    }
    if (cache !== undefined) await writeModelCache(cache, name, { askedAtMs: options.nowMs, models: listed });
    return { provider: name, from: "service", askedAtMs: options.nowMs, aliases, models: join(listed, table) };
  } catch (error) {
    options.signal.throwIfAborted();
    return { provider: name, from: "table", why: whyNot(error, signal), aliases, models: known(table) };
  }
}

/** The router at `ROUTER_URL` knows its models itself. */
const EMPTY: Pick<ModelTable, "aliases" | "models"> = { aliases: {}, models: [] };

/** What the service lists goes before what is known here; what only is known here comes last. */
function join(listed: readonly ListedModel[], table: Pick<ModelTable, "models">): ServiceModels["models"] {
  const byId = new Map(table.models.map((model): [string, ModelInfo] => [model.id, model]));
  const ids = new Set(listed.map(({ id }) => id));
  const now = listed.map((model) => {
    const about: Partial<ModelInfo> = { ...byId.get(model.id) };
    return { ...about, ...model, note: about.note ?? model.note ?? "", listed: true };
  });
  return [...now, ...known(table).filter(({ id }) => !ids.has(id))];
}

function known(table: Pick<ModelTable, "models">): ServiceModels["models"] {
  return table.models.map((model) => ({ ...model, listed: false }));
}
