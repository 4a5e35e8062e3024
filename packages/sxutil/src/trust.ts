import { type Dirent, readdirSync, realpathSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { contentHash } from "./content-hash.js";
import type { EnvEntry, ParsedEnvFile } from "./env-file.js";
import { readEnvFile } from "./env-file-read.js";
import { ConfigurationError } from "./failure.js";
import type { KeyClass, KeySpec } from "./key-spec.js";
import { canonicalValue, findKey } from "./keys.js";
import { displayPath, findProject, PROFILE_FOLDER_NAME, type Project, realFolder, type Surroundings } from "./paths.js";
import { checkProfileName, profileCandidates } from "./profile.js";
import { type Place, readTrustStore, type TrustedFile, type TrustedProject, updateTrustStore } from "./trust-store.js";

/** Classes of keys that a project decides only where it is trusted. */
const RISKY: ReadonlySet<KeyClass> = new Set(["redirects", "runs"]);

/** A key that counts only where its file is trusted. */
export interface RiskyEntry extends EnvEntry {
  readonly spec: KeySpec;
  /** What was allowed for it when the file was last trusted; absent where that was nothing. */
  readonly before?: string;
}

/** One file of a project's, as trust sees it. */
export interface ProjectFile {
  readonly path: string;
  /** Below the root, with `/`; the key under which trust is kept. */
  readonly name: string;
  /**
   * `harmless`: there is nothing in it that needs trust. `changed`: other content was trusted. `broken`: it cannot be
   * read or breaks the grammar, and `problem` says how.
   */
  readonly state: "trusted" | "harmless" | "new" | "changed" | "broken";
  readonly hash: string;
  readonly risky: readonly RiskyEntry[];
  /** Keys that were allowed and are gone. */
  readonly gone: readonly { readonly key: string; readonly before: string }[];
  /** Keys of other classes that matter: secrets, and what no project may set. */
  readonly secrets: readonly EnvEntry[];
  readonly problem?: string;
}

/** A project's configuration files, all of them; what is shown here is what `allowProject` allows, byte by byte. */
export interface ProjectTrust {
  /** The real path of the root. */
  readonly root: string;
  readonly files: readonly ProjectFile[];
}

/**
 * Answers whether a project file's very content was allowed. The store is read when that is first asked; a store that
 * cannot be read trusts nothing, and is told to `warn` once.
 */
export function createTrustReader(
  place: Place,
  project: Pick<Project, "root">,
  warn: (line: string) => void,
): (path: string, bytes: Uint8Array) => boolean {
  let trusted: TrustedProject | undefined;
  return (path, bytes) => {
    if (trusted === undefined) {
      trusted = new Map();
      try {
        trusted = readTrustStore(place).get(realFolder(project.root)) ?? trusted;
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        warn(error.message);
      }
    }
    const known = trusted.get(nameOf(project.root, path));
    return known !== undefined && known.hash === contentHash(bytes);
  };
}

/** Whether any of these keys counts only where its file is trusted. */
export function needsTrust(entries: ParsedEnvFile["entries"]): boolean {
  return entries.some(({ key }) => RISKY.has(findKey(key)?.class ?? "harmless"));
}

/** All configuration files of the project of the current folder, and what trust there is. @throws ConfigurationError for a broken store */
export function inspectProject(surroundings: Surroundings): ProjectTrust {
  const project = findProject(surroundings);
  const root = realpathSync(project.root);
  const trusted = readTrustStore(surroundings).get(root);
  const paths = [...project.files, ...projectProfiles(surroundings, project)];
  return {
    root,
    files: paths.flatMap((path) => inspectFile(path, nameOf(project.root, path), trusted, surroundings.home) ?? []),
  };
}

function inspectFile(
  path: string,
  name: string,
  trusted: TrustedProject | undefined,
  home: string,
): ProjectFile | undefined {
  const known = trusted?.get(name);
  try {
    const file = readEnvFile(path, displayPath(path, home));
    if (file === undefined) return undefined;
    const hash = contentHash(file.bytes);
    const risky = file.entries.flatMap((entry) => asRisky(entry, known, home));
    const state =
      known?.hash === hash ? "trusted" : risky.length === 0 ? "harmless" : known === undefined ? "new" : "changed";
    const now = new Set(risky.map(({ key }) => key));
    const gone = Object.entries(known?.allowed ?? {}).flatMap(([key, before]) =>
      now.has(key) ? [] : [{ key, before }],
    );
    const secrets = file.entries.filter(({ key }) => findKey(key)?.class === "secret");
    return { path, name, state, hash, risky, gone, secrets };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { path, name, state: "broken", hash: "", risky: [], gone: [], secrets: [], problem: error.message };
  }
}

function asRisky(entry: EnvEntry, known: TrustedFile | undefined, home: string): readonly RiskyEntry[] {
  const spec = findKey(entry.key);
  if (spec === undefined || !RISKY.has(spec.class)) return [];
  const allowed = known?.allowed ?? {};
  const before = Object.hasOwn(allowed, entry.key) ? allowed[entry.key] : undefined;
  const value = canonicalValue(spec, entry.value, home);
  return [{ ...entry, value, spec, ...(before === undefined ? {} : { before }) }];
}

/** Keeps that these files may decide what is in them, as they were read; whatever else was allowed there is forgotten. */
export async function allowProject(place: Place, { root, files }: ProjectTrust, signal?: AbortSignal): Promise<void> {
  await updateTrustStore(
    place,
    (store) => {
      // A profile is kept without risky keys too: a trusted one may stand before the user's own of the same name.
      const kept = files.filter(
        ({ name, risky, state }) => state !== "broken" && (risky.length > 0 || isProfile(name)),
      );
      if (kept.length === 0) store.delete(root);
      else store.set(root, new Map(kept.map((file) => [file.name, recordOf(file.hash, file.risky)])));
    },
    signal,
  );
}

/** Forgets a project. @returns false when it was not trusted */
export async function revokeProject(place: Place, root: string, signal?: AbortSignal): Promise<boolean> {
  let found = false;
  await updateTrustStore(
    place,
    (store) => {
      found = store.delete(root);
    },
    signal,
  );
  return found;
}

/**
 * Called for a project file that this program has just changed from `before` (absent: it is new) to `after` for the
 * person who runs it. The new content is trusted at once, unless somebody else's risky keys were in the file before.
 * @returns whether the content is trusted now
 */
export async function trustOwnWriting(
  surroundings: Surroundings,
  path: string,
  { before, after }: { readonly before: string | undefined; readonly after: string },
  parse: (text: string) => ParsedEnvFile,
  signal?: AbortSignal,
): Promise<boolean> {
  const project = findProject(surroundings);
  const root = realpathSync(project.root);
  const name = nameOf(project.root, path);
  const known = readTrustStore(surroundings).get(root)?.get(name);
  const own = before === undefined || known?.hash === contentHash(Buffer.from(before, "utf8"));
  if (!own && needsTrust(parse(before).entries)) return false;
  const risky = parse(after).entries.flatMap((entry) => asRisky(entry, undefined, surroundings.home));
  await updateTrustStore(
    surroundings,
    (store) => {
      const files = new Map(store.get(root));
      if (risky.length === 0) files.delete(name);
      else files.set(name, recordOf(contentHash(Buffer.from(after, "utf8")), risky));
      if (files.size === 0) store.delete(root);
      else store.set(root, files);
    },
    signal,
  );
  return true;
}

function recordOf(hash: string, risky: readonly { readonly key: string; readonly value: string }[]): TrustedFile {
  return { hash, allowed: Object.fromEntries(risky.map(({ key, value }) => [key, value])) };
}

function nameOf(root: string, path: string): string {
  return relative(root, path).split(sep).join("/");
}

function isProfile(name: string): boolean {
  return name.startsWith(`${PROFILE_FOLDER_NAME}/`) || name.includes(`/${PROFILE_FOLDER_NAME}/`);
}

const MAX_PROFILES = 500;

/** The profiles in the project's own places, in the order in which these are looked at. */
function projectProfiles(surroundings: Surroundings, project: Project): readonly string[] {
  const places = profileCandidates("x", surroundings, project).filter(({ place }) => place === "project");
  return places
    .map(({ path }) => dirname(path))
    .flatMap((folder) => listNames(folder).map((name) => join(folder, `${name}.txt`)));
}

/** The names of the profiles in a folder, in order; at most 500, whatever a hostile folder holds. */
export function listNames(folder: string): readonly string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    // There is no such folder, or it may not be looked at: then no profile comes from it either.
    return [];
  }
  return entries
    .flatMap(({ name }) => (name.endsWith(".txt") ? [name.slice(0, -".txt".length)] : []))
    .filter((name) => checkProfileName(name) === undefined)
    .toSorted()
    .slice(0, MAX_PROFILES);
}
