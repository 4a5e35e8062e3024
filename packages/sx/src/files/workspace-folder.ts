import { constants, existsSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { FileTarget } from "./file-target.js";
import { FileFailure } from "./file-failure.js";
import { errorCode } from "./workspace-path.js";

/** A folder that is held open, so that nobody can put another one in its place. The caller closes it. */
export interface HeldFolder {
  /** A path that leads to this very folder while it is held. */
  readonly path: string;
  close(): Promise<void>;
}

/** A place that can be named but not read, so no right to list is needed. Source: open(2), O_PATH, read 2026-11-20. */
const O_PATH = 0o10000000;

/**
 * Opens the folder of a judged target, from the workspace down and name by name, and makes what is missing. No link is
 * followed: a folder that was swapped for one since it was judged leads nowhere. Where the system has no /proc, each
 * name is looked at right before it is used, which leaves a moment in between.
 * @throws FileFailure `outside_workspace` or `write_failed`; no folder was made outside of the workspace then.
 */
export async function holdFolder(workspace: string, folder: string, target: FileTarget): Promise<HeldFolder> {
  const hasProc = existsSync("/proc/self/fd");
  const flags = constants.O_DIRECTORY | constants.O_NOFOLLOW | (hasProc ? O_PATH : constants.O_RDONLY);
  let plain = workspace;
  let handle: FileHandle | undefined;
  const pathOf = (held: FileHandle): string => (hasProc ? `/proc/self/fd/${held.fd}` : plain);
  try {
    handle = await open(workspace, flags);
    for (const name of relative(workspace, folder).split(sep)) {
      if (name === "") continue;
      const next = await openBelow(join(pathOf(handle), name), flags);
      await handle.close();
      handle = next;
      plain = join(plain, name);
    }
    const held = handle;
    return { path: pathOf(held), close: () => held.close() };
  } catch (error) {
    await handle?.close();
    throw explain(target, error);
  }
}

async function openBelow(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  try {
    await mkdir(path);
  } catch (error) {
    // Somebody else made it just now; whether it may be used shows itself when it is opened.
    if (errorCode(error) !== "EEXIST") throw error;
  }
  return open(path, flags);
}

function explain(target: FileTarget, cause: unknown): FileFailure {
  const code = errorCode(cause);
  if (code === "ENOTDIR" || code === "ELOOP") {
    const message = `a folder of ${target.shown} was replaced by something else; nothing was written`;
    return new FileFailure("outside_workspace", message, { cause });
  }
  return new FileFailure("write_failed", `the folder of ${target.shown} cannot be made (${code})`, { cause });
}
