import { createHash } from "node:crypto";
import { lstat, readlink, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { FileFailure } from "../files/file-failure.js";
import { readRegularFile } from "../files/regular-file.js";
import { MAX_TEXT_BYTES } from "../files/text-file.js";
import { errorCode } from "../files/workspace-path.js";

/** A file that is larger is neither kept nor compared, in bytes: what the file tools themselves take. */
const MAX_KEPT_BYTES = MAX_TEXT_BYTES;

/** What is, or was, at a path. */
export type FileState =
  | { readonly kind: "none" }
  /** `mode`: permission bits; absent where they were not known, and then they do not count. */
  | { readonly kind: "file"; readonly hash: string; readonly bytes: number; readonly mode?: number }
  | { readonly kind: "link"; readonly target: string }
  /** Something that is not taken apart: a folder, a device, a file that is too large or was never read. */
  | { readonly kind: "unknown" };

export const NOTHING: FileState = { kind: "none" };
export const UNKNOWN: FileState = { kind: "unknown" };

/** Names a content, in stores and in comparisons: its SHA-256 in hex. */
export function contentHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The state of a file whose content is at hand. */
export function fileState(bytes: Uint8Array, mode: number | undefined): FileState {
  const known = { kind: "file", hash: contentHash(bytes), bytes: bytes.length } as const;
  return mode === undefined ? known : { ...known, mode };
}

/** Whether two states are certainly the same; of what is unknown nothing is certain. */
export function isSameState(a: FileState, b: FileState): boolean {
  if (a.kind === "none") return b.kind === "none";
  if (a.kind === "link") return b.kind === "link" && a.target === b.target;
  if (a.kind !== "file" || b.kind !== "file" || a.hash !== b.hash) return false;
  return a.mode === undefined || b.mode === undefined || a.mode === b.mode;
}

/**
 * What is at an absolute path now, with its content where it is a file of bearable size. Never waits on a pipe or a
 * device, and a path that leads through a link counts as unknown: it is no longer the place that was recorded.
 */
export async function readState(path: string): Promise<{ readonly state: FileState; readonly bytes?: Buffer }> {
  try {
    const parent = dirname(path);
    if ((await realpath(parent)) !== parent) return { state: UNKNOWN };
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return { state: { kind: "link", target: await readlink(path) } };
    if (!stats.isFile() || stats.size > MAX_KEPT_BYTES) return { state: UNKNOWN };
    const { bytes } = readRegularFile(path, path, { maxBytes: MAX_KEPT_BYTES });
    return { state: fileState(bytes, stats.mode & 0o777), bytes };
  } catch (error) {
    // A missing parent is a missing file; what cannot be read is unknown.
    if (errorCode(error) === "ENOENT") return { state: NOTHING };
    if (error instanceof FileFailure && error.code === "not_found") return { state: NOTHING };
    return { state: UNKNOWN };
  }
}
