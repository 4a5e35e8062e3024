import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "./atomic-write.js";
import { readSmallFile } from "./env-file-read.js";
import { ConfigurationError } from "./failure.js";
import { withFileLock } from "./file-lock.js";
import { displayPath, scorpioxHome, type Surroundings } from "./paths.js";

/** One file of a project as it was when it was allowed. */
export interface TrustedFile {
  /** As of `contentHash`. */
  readonly hash: string;
  /** What it asked for then, without secrets: so that a change can be shown. */
  readonly allowed: Readonly<Record<string, string>>;
}

/** The files of one project by their paths below its root, with `/`. */
export type TrustedProject = ReadonlyMap<string, TrustedFile>;

/** Everything that was allowed: projects by the real path of their root. */
export type TrustStore = ReadonlyMap<string, TrustedProject>;

export type Place = Pick<Surroundings, "env" | "home">;

const NAME = "trust.json";
const MAX_BYTES = 4 * 1024 * 1024;
const WAIT_MS = 30_000;

/** Where trust is kept: in the user's own folder, never in a project. */
export function trustPath({ env, home }: Place): string {
  return join(scorpioxHome(env, home), NAME);
}

/**
 * What was allowed so far; nothing when there is no such file. Synchronous: it is on the start path.
 * @throws ConfigurationError when the file cannot be read, or is not what this program writes
 */
export function readTrustStore(place: Place): TrustStore {
  const path = trustPath(place);
  const shown = displayPath(path, place.home);
  const bytes = readSmallFile(path, shown, MAX_BYTES);
  return bytes === undefined ? new Map() : parseTrustStore(new TextDecoder().decode(bytes), path, shown);
}

/** @throws ConfigurationError for anything that `formatTrustStore` does not write */
function parseTrustStore(text: string, path: string, shown: string = path): TrustStore {
  const broken = (): ConfigurationError =>
    new ConfigurationError(`${shown} is broken, so no project is trusted; remove it, and allow projects again`, {
      path,
    });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw broken();
  }
  if (!isRecord(document) || document["version"] !== 1 || !isRecord(document["projects"])) throw broken();
  const store = new Map<string, TrustedProject>();
  for (const [root, files] of Object.entries(document["projects"])) {
    if (!isRecord(files)) throw broken();
    const project = new Map<string, TrustedFile>();
    for (const [name, file] of Object.entries(files)) {
      if (!isTrustedFile(file)) throw broken();
      project.set(name, { hash: file.hash, allowed: { ...file.allowed } });
    }
    store.set(root, project);
  }
  return store;
}

function formatTrustStore(store: TrustStore): string {
  const projects = Object.fromEntries(Array.from(store, ([root, files]) => [root, Object.fromEntries(files)]));
  return `${JSON.stringify({ version: 1, projects }, null, 2)}\n`;
}

/**
 * Changes what is kept, under the lock of all who do: `change` gets what is there now. A store that is left without
 * projects is written empty. The file is 0600.
 * @throws ConfigurationError for a broken store, which is left alone; Failure for the lock or the disk; the signal's reason
 */
export async function updateTrustStore(
  place: Place,
  change: (store: Map<string, TrustedProject>) => void,
  signal?: AbortSignal,
): Promise<void> {
  const path = trustPath(place);
  await mkdir(scorpioxHome(place.env, place.home), { recursive: true, mode: 0o700 });
  const options = {
    waitMs: WAIT_MS,
    what: "the list of trusted projects",
    ...(signal === undefined ? {} : { signal }),
  };
  await withFileLock(path, options, async () => {
    const store = new Map(readTrustStore(place));
    const before = formatTrustStore(store);
    change(store);
    const after = formatTrustStore(store);
    if (after !== before) await writeFileAtomic(path, after, { mode: 0o600 });
  });
}

function isTrustedFile(value: unknown): value is TrustedFile {
  if (!isRecord(value) || typeof value["hash"] !== "string" || !isRecord(value["allowed"])) return false;
  return Object.values(value["allowed"]).every((item) => typeof item === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
