import { ProviderError } from "./errors.js";
import type { Effort } from "./types.js";

/** What is known of one model without asking the service. */
export interface ModelInfo {
  readonly id: string;
  /** What it is meant for, in a few words. */
  readonly note: string;
  /** Whole window, prompt and answer, in tokens. */
  readonly contextTokens: number;
  /** Levels the service takes, lowest first. */
  readonly efforts: readonly Effort[];
  readonly images: boolean;
  /** Most tokens of one answer, thinking included, where it is known. */
  readonly maxOutputTokens?: number;
  /** Absent where none is known: a guess would be a lie. */
  readonly price?: ModelPrice;
  /** The day the service stopped serving it to plan sign-ins, where it has: YYYY-MM-DD. */
  readonly retired?: string;
}

/** List price in USD per million tokens. */
export interface ModelPrice {
  readonly input: number;
  /** Prompt tokens that a cache served. */
  readonly cachedInput: number;
  /** Prompt tokens that were stored for later, where that costs more than plain input. */
  readonly cacheWrite?: number;
  readonly output: number;
  /** The day on which the price was read: YYYY-MM-DD. */
  readonly asOf: string;
}

/** The models of one provider: what exists, what the aliases mean, and which unlisted ids pass through. */
export interface ModelTable<Model extends ModelInfo = ModelInfo> {
  readonly provider: string;
  readonly models: readonly Model[];
  readonly aliases: Readonly<Record<string, string>>;
  /** An id of this form is sent as it is, with the settings of `unlisted`. */
  readonly passes: RegExp;
  readonly unlisted: Omit<Model, "id">;
}

/**
 * The model that a word names: an alias, a listed id, or an id of the provider's form.
 * @throws ProviderError `model_unavailable` with the nearest names; never a silent other model.
 */
export function resolveModel<Model extends ModelInfo>(table: ModelTable<Model>, word: string): Model {
  const id = Object.hasOwn(table.aliases, word) ? table.aliases[word] : word;
  const listed = table.models.find((model) => model.id === id);
  if (listed !== undefined) return listed;
  if (id !== undefined && table.passes.test(id)) return { ...table.unlisted, id } as Model;
  const names = [...Object.keys(table.aliases), ...table.models.map((model) => model.id)];
  throw new ProviderError(
    "model_unavailable",
    `MODEL is "${word}", which ${table.provider} does not know; nearest: ${nearest(word, names).join(", ")}`,
    { provider: table.provider, key: "MODEL" },
  );
}

/** Every level, lowest first. */
export const EFFORTS: readonly Effort[] = ["off", "minimal", "low", "medium", "high", "xhigh", "max"];

/** The level to send: the asked one, else the nearest that the model takes; ties go to the lower one. */
export function nearestEffort(wanted: Effort, taken: readonly Effort[]): Effort {
  const distance = (effort: Effort): number => Math.abs(EFFORTS.indexOf(effort) - EFFORTS.indexOf(wanted));
  return taken.reduce((best, effort) => (distance(effort) < distance(best) ? effort : best), taken[0] ?? wanted);
}

function nearest(word: string, names: readonly string[]): readonly string[] {
  const lower = word.toLowerCase();
  return [...names]
    .map((name) => ({ name, distance: editDistance(lower, name) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Levenshtein distance; both words are short. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
