import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ListedModel, Settings } from "@scorpiox/sxnet";
import { type Io, KEYS, scorpioxHome, writeFileAtomic } from "@scorpiox/sxutil";

/** Lists of models as services gave them, a day at most. They are a convenience: no failure here is anybody's problem. */
export interface ModelCache {
  readonly folder: string;
  readonly settings: Settings;
  /** Whose account: see `Services.account`. */
  readonly account: string;
}

export interface KeptModels {
  readonly askedAtMs: number;
  readonly models: readonly ListedModel[];
}

const KEPT_MS = 24 * 3_600_000;

export function modelCache(io: Pick<Io, "env" | "home">, settings: Settings, account: string): ModelCache {
  return { folder: join(scorpioxHome(io.env, io.home), "cache"), settings, account };
}

/** What was kept for this service, as it is set up now; `undefined` when there is nothing of today. */
export async function readModelCache(
  cache: ModelCache,
  provider: string,
  nowMs: number,
): Promise<KeptModels | undefined> {
  try {
    const kept = JSON.parse(await readFile(pathOf(cache, provider), "utf8")) as Partial<KeptModels> & {
      setUp?: string;
    };
    const { askedAtMs, models, setUp } = kept;
    if (typeof askedAtMs !== "number" || !Array.isArray(models) || setUp !== setUpOf(cache, provider)) return undefined;
    const ageMs = nowMs - askedAtMs;
    if (ageMs < 0 || ageMs > KEPT_MS || !models.every((model) => typeof model?.id === "string")) return undefined;
    return { askedAtMs, models };
  } catch {
    // Nothing was kept, or nothing that can be read: the service is asked.
    return undefined;
  }
}

export async function writeModelCache(cache: ModelCache, provider: string, kept: KeptModels): Promise<void> {
  try {
    await mkdir(cache.folder, { recursive: true, mode: 0o700 });
    const text = `${JSON.stringify({ ...kept, setUp: setUpOf(cache, provider) })}\n`;
    await writeFileAtomic(pathOf(cache, provider), text, { mode: 0o600 });
  } catch {
    // A full disk or a read-only home: the service is asked again next time.
  }
}

function pathOf({ folder }: ModelCache, provider: string): string {
  return join(folder, `models-${provider}.json`);
}

/** Address and account, as a word that tells neither: what was kept for one is never shown for another. */
function setUpOf({ settings, account }: ModelCache, provider: string): string {
  const own = KEYS.filter((key) => key.provider === provider).map(({ name }) => [name, settings[name] ?? ""]);
  return createHash("sha256")
    .update(JSON.stringify([account, ...own]))
    .digest("hex")
    .slice(0, 32);
}
