import { loadThroughCache } from "../../src/code-cache.js";

/** Loads a file through the cache, runs its `main`, saves, and prints what happened; the question is JSON in argv. */
interface Question {
  readonly path: string;
  readonly folder?: string;
  readonly name?: string;
  readonly ranMs?: number;
  readonly uid?: number;
  readonly call?: string;
}

const { path, folder, name = "probe", ranMs, uid, call = "main" } = JSON.parse(process.argv[2] ?? "") as Question;
const { arch, pid, platform, version } = process;
const getuid = uid === undefined ? process.getuid?.bind(process) : (): number => uid;
const runtime = { arch, pid, platform, version, ...(getuid === undefined ? {} : { getuid }) };
const loaded = loadThroughCache({ name, path, require, folder, runtime });
const said = (loaded.exports as Record<string, () => unknown>)[call]?.();
if (ranMs !== undefined) loaded.save(ranMs);
process.stdout.write(JSON.stringify({ cache: loaded.cache, said }));
