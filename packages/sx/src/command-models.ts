import { serviceNames } from "@scorpiox/sxnet";
import { ExitCode, type Io, oneLine } from "@scorpiox/sxutil";
import type { SxOptions } from "./args.js";
import { listModels, type ServiceModels } from "./services/list-models.js";
import { modelCache } from "./services/model-cache.js";
import { openServices } from "./services/open-services.js";
import { tableRows } from "./services/table-rows.js";
import { cleanText } from "./ui/terminal-text.js";

/**
 * `sx models`: what each service that is set up offers, asked from it, with what is known here about windows, levels
 * and prices.
 */
export async function printModels(options: SxOptions, io: Io): Promise<number> {
  const say = (line: string): void => void io.stderr.write(`sx: ${oneLine(cleanText(line))}\n`);
  const services = await openServices(options, io, say);
  try {
    const lists = await listModels(services, {
      refresh: options.refresh === true,
      cacheOf: (account) => modelCache(io, services.settings, account),
      nowMs: Date.now(),
      signal: io.signal,
    });
    if (wantsJson(options)) {
      io.stdout.write(`${JSON.stringify({ providers: lists.map(fieldsOf) })}\n`);
      return ExitCode.ok;
    }
    if (services.names.length === 0) {
      say(`no provider is set up; these are the models that this program knows of ${serviceNames().join(", ")}`);
    }
    for (const list of lists) {
      if (list.why !== undefined && services.names.length > 0) {
        say(`${list.provider}: ${list.why}; its models are those that this program knows`);
      }
      io.stdout.write(
        `${list.provider}${list.from === "cache" ? " (asked within the last day; --refresh asks again)" : ""}\n`,
      );
      for (const row of tableRows(rowsOf(list))) io.stdout.write(`  ${cleanText(row)}\n`);
    }
    return ExitCode.ok;
  } finally {
    await services.close();
  }
}

export function wantsJson(options: SxOptions): boolean {
  return options.json === true || options["output-format"] === "json" || options["output-format"] === "stream-json";
}

function rowsOf({ models, aliases, from }: ServiceModels): readonly (readonly string[])[] {
  const names = new Map<string, string[]>();
  for (const [alias, id] of Object.entries(aliases)) names.set(id, [...(names.get(id) ?? []), alias]);
  return models.map((model) => [
    oneLine(model.id, 80),
    (names.get(model.id) ?? []).join(" "),
    model.contextTokens === undefined ? "" : tokens(model.contextTokens),
    (model.efforts ?? []).join(" "),
    model.price === undefined ? "" : `$${model.price.input}/$${model.price.output}`,
    [
      oneLine(model.note ?? "", 80),
      ...(model.retired === undefined ? [] : [`retired ${model.retired}`]),
      ...(from !== "table" && !model.listed ? ["not in the service's list"] : []),
    ]
      .filter((part) => part !== "")
      .join("; "),
  ]);
}

function tokens(count: number): string {
  return count >= 1_000_000 ? `${Number((count / 1_000_000).toFixed(1))}M` : `${Math.round(count / 1000)}k`;
}

function fieldsOf({
  provider,
  from,
  askedAtMs,
  why,
  aliases,
  models,
}: ServiceModels): Readonly<Record<string, unknown>> {
  return {
    provider,
    from,
    asked_at: askedAtMs === undefined ? null : new Date(askedAtMs).toISOString(),
    why: why ?? null,
    aliases,
    models: models.map((model) => ({
      id: model.id,
      listed: model.listed,
      note: model.note ?? null,
      context_tokens: model.contextTokens ?? null,
      max_output_tokens: model.maxOutputTokens ?? null,
      efforts: model.efforts ?? null,
      images: model.images ?? null,
      retired: model.retired ?? null,
      price: model.price === undefined ? null : priceFields(model.price),
    })),
  };
}

/** USD for a million tokens. */
function priceFields(price: NonNullable<ServiceModels["models"][number]["price"]>): Readonly<Record<string, unknown>> {
  const { input, cachedInput, cacheWrite, output, asOf } = price;
  return { input, cached_input: cachedInput, cache_write: cacheWrite ?? null, output, as_of: asOf };
}
