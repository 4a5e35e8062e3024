import { join } from "node:path";
import {
  checkProfileName,
  ENV_FILE_NAME,
  findProject,
  globalFolder,
  type Io,
  profileCandidates,
  readConfiguration,
  readEnvFile,
  UsageError,
  userFiles,
} from "@scorpiox/sxutil";
import type { ConfigOptions, WritableTier } from "./args.js";

/** A file that can be written to. */
export interface TargetFile {
  readonly tier: WritableTier;
  readonly path: string;
  /** It is in the project folder, where others may get to see it. */
  readonly inProject: boolean;
}

/** The file that `set` writes: the winning one of the tier; in a project rather the one that has the key already. */
export function targetFile(key: string, options: ConfigOptions, io: Io): TargetFile {
  const files = tierFiles(options, io);
  const holder = files.findLast(({ path, inProject }) => inProject && hasKey(path, key));
  const target = holder ?? files.at(-1);
  if (target === undefined) throw new UsageError("there is no file to write to; choose another --tier");
  return target;
}

/** The files of a tier that may hold a key, lowest first. @throws UsageError */
export function tierFiles(options: ConfigOptions, io: Io): readonly TargetFile[] {
  const tier = options.tier ?? (options.profile === undefined ? "user" : "profile");
  switch (tier) {
    case "global":
      return [{ tier, path: join(globalFolder(io.env), ENV_FILE_NAME), inProject: false }];
    case "user":
      return userFiles(io.env, io.home).map((path) => ({ tier, path, inProject: false }));
    case "project": {
      const { root, files } = findProject(io);
      const paths = files.length > 0 ? files : [join(root, ENV_FILE_NAME)];
      return paths.map((path) => ({ tier, path, inProject: true }));
    }
    case "profile":
      return [profileFile(options.profile, io)];
  }
}

/** The file that the cascade would use for the profile, else a new one of the user's. */
function profileFile(wanted: string | undefined, io: Io): TargetFile {
  const surroundings = { env: io.env, cwd: io.cwd, home: io.home, lenient: true };
  const name = wanted ?? readConfiguration(surroundings).value("ACTIVE_PROFILE");
  if (name === undefined || name === "") throw new UsageError("no profile is active; name one with --profile NAME");
  const problem = checkProfileName(name);
  if (problem !== undefined) throw new UsageError(`${problem}; choose another name`);
  const active = readConfiguration({ ...surroundings, overrides: [["ACTIVE_PROFILE", name]] });
  const used = active.files.find((file) => file.tier === "profile")?.path;
  const candidates = profileCandidates(name, io, findProject(io));
  const file = candidates.find(({ path }) => path === used) ?? candidates.find(({ place }) => place === "user");
  if (file === undefined) throw new UsageError("there is no place for profiles; set SCORPIOX_HOME");
  return { tier: "profile", path: file.path, inProject: file.place === "project" };
}

function hasKey(path: string, key: string): boolean {
  return readEnvFile(path)?.entries.some((entry) => entry.key === key) ?? false;
}
