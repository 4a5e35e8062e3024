import { realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, sep } from "node:path";
import { ConfigurationError } from "./failure.js";
import { oneLine, quoted } from "./one-line.js";

/** The name of every configuration file. */
export const ENV_FILE_NAME = "scorpiox-env.txt";

/** The folder, in each place, that holds profiles. */
export const PROFILE_FOLDER_NAME = "scorpiox-env";

/** What the places depend on; handed in, never read from the process here. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** Absolute. */
  readonly home: string;
}

/** Where this user's own files are: `SCORPIOX_HOME`, else `~/.scorpiox`. @throws ConfigurationError for a relative path. */
export function scorpioxHome(env: Surroundings["env"], home: string): string {
  return absoluteFrom(env, "SCORPIOX_HOME") ?? join(home, ".scorpiox");
}

/** Where this machine's files are: `SCORPIOX_GLOBAL_DIR`, else `/etc/scorpiox`. @throws ConfigurationError for a relative path. */
export function globalFolder(env: Surroundings["env"]): string {
  return absoluteFrom(env, "SCORPIOX_GLOBAL_DIR") ?? "/etc/scorpiox";
}

/** Where things are kept that may be deleted at any time: under `XDG_CACHE_HOME` if that is absolute, else `~/.cache`. */
export function cacheFolder(env: Surroundings["env"], home: string): string {
  const base = env["XDG_CACHE_HOME"];
  return join(base !== undefined && isAbsolute(base) ? base : join(home, ".cache"), "scorpiox");
}

/** The user tier's files; a later one wins. */
export function userFiles(env: Surroundings["env"], home: string): readonly string[] {
  return [join(home, ".claude", ENV_FILE_NAME), join(scorpioxHome(env, home), ENV_FILE_NAME)];
}

/** The project tier's files in a project root; a later one wins. */
export function projectFiles(root: string): readonly string[] {
  return [join(root, ENV_FILE_NAME), join(root, ".claude", ENV_FILE_NAME), join(root, ".scorpiox", ENV_FILE_NAME)];
}

export interface Project {
  /** The nearest folder upward that holds a project file; else where one would be made: the git root, else cwd. */
  readonly root: string;
  /** The project files that exist; a later one wins. */
  readonly files: readonly string[];
}

/**
 * Looks upward from cwd, not above the git root or home. Above cwd it also stops at a folder that everybody may write
 * to: a file there may be anyone's. Files of the user and global tiers are never taken for a project's.
 */
export function findProject({ env, cwd, home }: Surroundings): Project {
  const realHome = realFolder(home);
  const others = new Set<string>();
  for (const path of [...userFiles(env, home), join(globalFolder(env), ENV_FILE_NAME)]) {
    others.add(path);
    others.add(join(realFolder(dirname(path)), ENV_FILE_NAME));
  }
  let folder = cwd;
  for (;;) {
    if (folder !== cwd && isOpenToAll(folder)) return { root: cwd, files: [] };
    const files = projectFiles(folder).filter((path) => !others.has(path) && exists(path));
    if (files.length > 0) return { root: folder, files };
    if (exists(join(folder, ".git"))) return { root: folder, files: [] };
    if (isWithin(home, folder) || isWithin(realHome, folder)) return { root: cwd, files: [] };
    const parent = dirname(folder);
    if (parent === folder) return { root: cwd, files: [] };
    folder = parent;
  }
}

/** A path for people: `~` for home, and nothing in it that a terminal would act on. */
export function displayPath(path: string, home: string): string {
  const inHome = home !== "/" && isWithin(path, home);
  return oneLine(inHome ? `~${path.slice(home.length)}` : path, 300);
}

/** Whether `path` is `folder` or lies in it; both absolute and without `..`. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function absoluteFrom(env: Surroundings["env"], name: string): string | undefined {
  const value = env[name];
  if (value === undefined || value === "") return undefined;
  if (isAbsolute(value)) return value;
  throw new ConfigurationError(`${name} is ${quoted(value)} (environment); give an absolute path`);
}

/** Broken and looping links exist as well: reading them then says what is wrong. */
function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "EACCES");
  }
}

function isOpenToAll(folder: string): boolean {
  try {
    const stats = statSync(folder, { throwIfNoEntry: false });
    return stats !== undefined && (stats.mode & 0o002) !== 0;
  } catch {
    // A folder that cannot be looked at is no place to take settings from.
    return true;
  }
}

/** The path without symbolic links; the same path when there is nothing there. */
export function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // It does not exist, so nothing can be the same as it.
    return folder;
  }
}
