import { dirname, join } from "node:path";
import {
  ConfigurationError,
  findProject,
  inspectProject,
  type Io,
  listNames,
  profileCandidates,
  type ProfilePlace,
} from "@scorpiox/sxutil";

/** One profile in one place. */
export interface PlacedProfile {
  readonly name: string;
  readonly place: ProfilePlace;
  readonly path: string;
  /** The one of its name that would be used. */
  readonly used: boolean;
}

/**
 * Every profile of every place, by name, highest place first.
 */
export function profileFiles(io: Pick<Io, "env" | "cwd" | "home">): readonly PlacedProfile[] {
  const surroundings = { env: io.env, cwd: io.cwd, home: io.home };
  const folders = profileCandidates("x", surroundings, findProject(surroundings));
  const found = folders.flatMap(({ place, path }) =>
    listNames(dirname(path)).map((name) => ({ name, place, path: join(dirname(path), `${name}.txt`) })),
  );
  const trusted = trustedPaths(surroundings);
  const names = [...new Set(found.map(({ name }) => name))].toSorted();
  return names.flatMap((name) => {
    const files = found.filter((file) => file.name === name);
    // As the cascade chooses: a project's own only where it is trusted or there is no other.
    const used = files.find(({ place, path }) => place !== "project" || trusted.has(path)) ?? files[0];
    return files.map((file) => ({ ...file, used: file === used }));
  });
}

function trustedPaths(surroundings: Pick<Io, "env" | "cwd" | "home">): ReadonlySet<string> {
  try {
    const { files } = inspectProject(surroundings);
    return new Set(files.flatMap(({ path, state }) => (state === "trusted" ? [path] : [])));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    // What is trusted cannot be read: then nothing is, as in the cascade.
    return new Set();
  }
}
