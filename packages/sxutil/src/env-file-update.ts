import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "./atomic-write.js";
import { readEnvFile } from "./env-file-read.js";
import { ExitCode } from "./exit-code.js";
import { Failure } from "./failure.js";
import { withFileLock } from "./file-lock.js";
import { oneLine } from "./one-line.js";
import { displayPath, scorpioxHome } from "./paths.js";

export interface EnvFileUpdate {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The file; with its folder it is made when it is absent. */
  readonly path: string;
  /** `private`: a new file is 0600 in folders 0700. `shared`: as the umask says. `secret`: 0600 also when it exists. */
  readonly access: "private" | "shared" | "secret";
  readonly signal?: AbortSignal;
  /** Runs under the same lock once the file is written; what it throws, the caller gets. `before` is "" for a new file. */
  readonly onWritten?: (before: string, after: string) => Promise<void>;
  /** How long to wait for other writers, in milliseconds. */
  readonly waitMs?: number;
}

const DEFAULT_WAIT_MS = 30_000;
const LOCK_NAME = "config";

/**
 * Changes one configuration file: `change` gets its text ("" when absent) and returns the new one. The text is read
 * under the lock that every writer of this user takes, so no change of another process is lost, and replaced as a
 * whole. Answers whether anything was written.
 * @throws ConfigurationError when the file is broken: it is then left alone; Failure when the lock is not to be had or
 * the file cannot be written; the signal's reason.
 */
export async function updateEnvFile(update: EnvFileUpdate, change: (text: string) => string): Promise<boolean> {
  const { env, home, path, access, signal, waitMs = DEFAULT_WAIT_MS } = update;
  const own = scorpioxHome(env, home);
  await makeFolder(own, 0o700);
  // One lock for all files, in the user's own folder: none is left behind in a project.
  const options = { waitMs, what: "the configuration", ...(signal === undefined ? {} : { signal }) };
  return await withFileLock(join(own, LOCK_NAME), options, async () => {
    const before = readEnvFile(path, displayPath(path, home))?.text;
    const after = change(before ?? "");
    if (after === (before ?? "")) return false;
    await makeFolder(dirname(path), access === "shared" ? 0o777 : 0o700);
    await writeFileAtomic(path, after, access === "shared" ? {} : { mode: 0o600, keepMode: access === "private" });
    await update.onWritten?.(before ?? "", after);
    return true;
  });
}

async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode });
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const message = `cannot make the folder ${oneLine(path, 300)}: ${why}; make it yourself or choose another place`;
    throw new Failure("write_failed", ExitCode.failure, message, { cause: error });
  }
}
