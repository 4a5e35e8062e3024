import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode, Failure, quoted } from "@scorpiox/sxutil";
import { projectName, sessionOf } from "./session-folder.js";

/** Where one session is. */
export interface SessionPlace {
  readonly id: string;
  /** Its file. */
  readonly path: string;
  /** The name of the project's folder. */
  readonly project: string;
  /** When something was last written to it, Unix epoch. */
  readonly writtenAtMs: number;
  readonly bytes: number;
}

/** The beginning of an id that people type and are shown. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** The sessions of one project (a real path), or of all; the last written first. Nothing is read of them. */
export async function findSessions(folder: string, cwd: string | undefined): Promise<readonly SessionPlace[]> {
  const projects = cwd === undefined ? await namesIn(folder) : [projectName(cwd)];
  const places = await Promise.all(projects.map((project) => placesIn(folder, project)));
  return places.flat().sort((a, b) => b.writtenAtMs - a.writtenAtMs || (a.id < b.id ? -1 : 1));
}

/**
 * The session whose id is or begins with `prefix`, in any project.
 * @throws Failure `session_not_found` or `session_ambiguous`, both exit code 42
 */
export async function findSession(folder: string, prefix: string): Promise<SessionPlace> {
  const wanted = prefix.trim().toLowerCase();
  const all = await findSessions(folder, undefined);
  const exact = all.find(({ id }) => id === wanted);
  if (exact !== undefined) return exact;
  const found = wanted === "" ? [] : all.filter(({ id }) => id.startsWith(wanted));
  const [first, ...others] = found;
  if (first === undefined) {
    const message = `there is no session ${quoted(prefix)}; sx sessions list --all shows all`;
    throw new Failure("session_not_found", ExitCode.badInput, message);
  }
  if (others.length === 0) return first;
  // As much of each as tells them apart.
  const names = found.slice(0, 5).map(({ id }) => id.slice(0, Math.max(13, wanted.length + 4)));
  const more = found.length > 5 ? ` and ${found.length - 5} more` : "";
  throw new Failure(
    "session_ambiguous",
    ExitCode.badInput,
    `${found.length} sessions begin with ${quoted(prefix)}: ${names.join(", ")}${more}; give more of the id`,
  );
}

async function placesIn(folder: string, project: string): Promise<readonly SessionPlace[]> {
  const places = await Promise.all(
    (await namesIn(join(folder, project))).map(async (name) => {
      const id = sessionOf(name);
      const path = join(folder, project, name);
      const info = id === undefined ? undefined : await stat(path).catch(() => undefined);
      if (id === undefined || info?.isFile() !== true) return [];
      return [{ id, path, project, writtenAtMs: info.mtimeMs, bytes: info.size }];
    }),
  );
  return places.flat();
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // No session was ever kept here, or a file lies among the projects.
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
