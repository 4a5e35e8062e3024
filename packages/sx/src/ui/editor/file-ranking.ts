import type { SnapshotKey } from "fuzzysort";

interface Shard {
  readonly paths: readonly string[];
  snapshot?: SnapshotKey<{ readonly path: string }>;
}

/** Paths that are made ready at once: some ten milliseconds the first time, less than one later. */
const SHARD = 4000;
/** Of worse matches nobody would say that they fit. */
const THRESHOLD = 0.2;

/** A list of paths that can be searched loosely, again and again, without holding up the keys. */
export class FileRanking {
  readonly #paths: readonly string[];
  readonly #shards: readonly Shard[];
  readonly #pause: () => Promise<void>;

  /** `pause` lets others run. */
  constructor(paths: readonly string[], pause: () => Promise<void>) {
    this.#paths = paths;
    this.#pause = pause;
    const count = Math.ceil(paths.length / SHARD);
    this.#shards = Array.from({ length: count }, (_, at) => ({ paths: paths.slice(at * SHARD, (at + 1) * SHARD) }));
  }

  /** The `limit` paths that fit best, best first; for no query those at the top. @throws the signal's reason. */
  async search(query: string, limit: number, signal: AbortSignal): Promise<readonly string[]> {
    if (query.trim() === "") {
      const top = this.#paths.filter((path) => !/\/./.test(path));
      return top.sort().slice(0, limit);
    }
    const { go, snapshot } = await import("fuzzysort");
    const found: { readonly path: string; readonly score: number }[] = [];
    for (const shard of this.#shards) {
      if (shard.snapshot === undefined) await this.#pause();
      signal.throwIfAborted();
      shard.snapshot ??= snapshot(
        shard.paths.map((path) => ({ path })),
        { key: "path" },
      );
      for (const { obj, score } of go(query, shard.snapshot, { limit, threshold: THRESHOLD })) {
        found.push({ path: obj.path, score });
      }
    }
    found.sort((a, b) => b.score - a.score || a.path.length - b.path.length || (a.path < b.path ? -1 : 1));
    return found.slice(0, limit).map(({ path }) => path);
  }
}
