import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { scorpioxHome, type Surroundings } from "@scorpiox/sxutil";

/** Where the sessions of all projects are: `~/.scorpiox/sessions`. @throws ConfigurationError for a relative SCORPIOX_HOME */
export function sessionsFolder(env: Surroundings["env"], home: string): string {
  return join(scorpioxHome(env, home), "sessions");
}

/**
 * The folder name of a project: a part that people can read, and a part that keeps projects apart. `path` is the real
 * path of the working folder; whatever its name holds, the result is one plain, short file name.
 */
export function projectName(path: string): string {
  const readable = basename(path)
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 40)
    .replace(/[.-]+$/, "");
  const hash = createHash("sha256").update(path).digest("hex").slice(0, 16);
  return `${readable === "" ? "folder" : readable}-${hash}`;
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The session that a file name belongs to; `undefined` for every other file. */
export function sessionOf(fileName: string): string | undefined {
  const id = fileName.endsWith(".jsonl") ? fileName.slice(0, -6) : "";
  return ID.test(id) ? id : undefined;
}
