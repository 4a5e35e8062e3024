import { join } from "node:path";
import {
  globalFolder,
  PROFILE_FOLDER_NAME,
  type Project,
  realFolder,
  scorpioxHome,
  type Surroundings,
} from "./paths.js";
import { quoted } from "./one-line.js";

/** Which place a profile file is in. */
export type ProfilePlace = "project" | "user" | "global";

export interface ProfileFile {
  readonly place: ProfilePlace;
  readonly path: string;
}

const MAX_NAME_CHARS = 64;

/** Why `name` cannot name a profile, or `undefined`. A profile name becomes a file name, so nothing in it may lead elsewhere. */
export function checkProfileName(name: string): string | undefined {
  const shown = `the profile name ${quoted(name)}`;
  if (name === "" || name.length > MAX_NAME_CHARS) return `${shown} is not 1 to ${MAX_NAME_CHARS} characters long`;
  if (/[/\\]/.test(name) || name.includes("..")) return `${shown} has a slash, a backslash or two dots`;
  if (/[\s\p{C}\p{Z}]/u.test(name)) return `${shown} has a blank or an unprintable character`;
  return undefined;
}

/**
 * Where the profile `name` may be, highest place first: the whole file of the highest place counts, never a mixture.
 * A place of the user's that is also in the project (a project in the home folder) is the user's.
 */
export function profileCandidates(name: string, surroundings: Surroundings, project: Project): readonly ProfileFile[] {
  const { env, home } = surroundings;
  const userPlaces = [scorpioxHome(env, home), join(home, ".claude")];
  const own = new Set([...userPlaces, ...userPlaces.map(realFolder)]);
  const projectPlaces = [join(project.root, ".scorpiox"), project.root].filter((folder) => !own.has(folder));
  const file = (place: ProfilePlace) => (folder: string) => ({
    place,
    path: join(folder, PROFILE_FOLDER_NAME, `${name}.txt`),
  });
  return [
    ...projectPlaces.map(file("project")),
    ...userPlaces.map(file("user")),
    ...[globalFolder(env)].map(file("global")),
  ];
}
