import { lstat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Failure, writeFileAtomic, type WriteResult } from "@scorpiox/sxutil";
import type { FileAccess } from "./file-access.js";
import type { FileTarget } from "./file-target.js";
import { FileFailure } from "./file-failure.js";
import type { FileLedger } from "./file-ledger.js";
import { readRegularFile } from "./regular-file.js";
import { MAX_TEXT_BYTES } from "./text-file.js";
import { type HeldFolder, holdFolder } from "./workspace-folder.js";

/** What is at a target now, and only if the model knows it; `undefined` when nothing is there. */
export async function readKnown(
  access: FileAccess,
  ledger: FileLedger,
  target: FileTarget,
): Promise<Buffer | undefined> {
  const stats = await lstat(target.real).catch(() => undefined);
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) throw new FileFailure("not_a_file", `${target.shown} is a folder; give the path of a file`);
  const judge = access.judge(target);
  const { bytes } = readRegularFile(target.real, target.shown, { maxBytes: MAX_TEXT_BYTES, judge });
  // An empty file has nothing that could be lost.
  if (bytes.length > 0) ledger.assertKnown(target, bytes);
  return bytes;
}

/**
 * Replaces the content of a judged target, makes its folders, and notes the new content in the ledger. `before` is what
 * `readKnown` gave; the file is compared with it once more right before the write.
 * @returns one remark where the write was not atomic.
 * @throws FileFailure; the old content is then intact.
 */
export async function writeKnown(
  access: FileAccess,
  ledger: FileLedger,
  target: FileTarget,
  change: { readonly before: Buffer | undefined; readonly after: Buffer },
): Promise<string | undefined> {
  const folders = (await access.undo?.missingFolders(target.real)) ?? [];
  const folder = await holdFolder(access.workspace, dirname(target.real), target);
  try {
    // Before the last look: nothing may come between that and the write.
    await access.undo?.recordWrite({ path: target.real, folders, ...change });
    confirmContent(target, change.before);
    const written = await write(folder, target, change.after);
    ledger.record(target, change.after);
    return written.atomic ? undefined : `written in place, not atomically: ${written.reason ?? "no other way here"}`;
  } finally {
    await folder.close();
  }
}

/** The time between the first look and the write is short, but an editor or a formatter may save just then. */
function confirmContent(target: FileTarget, before: Buffer | undefined): void {
  let now: Buffer | undefined;
  try {
    now = readRegularFile(target.real, target.shown, { maxBytes: MAX_TEXT_BYTES }).bytes;
  } catch (error) {
    if (!(error instanceof FileFailure)) throw error;
    if (error.code !== "not_found") throw error;
  }
  if (now === undefined ? before === undefined : before?.equals(now) === true) return;
  throw new FileFailure("changed_on_disk", `${target.shown} changed on disk just now; read it again`);
}

async function write(folder: HeldFolder, target: FileTarget, bytes: Buffer): Promise<WriteResult> {
  try {
    return await writeFileAtomic(join(folder.path, basename(target.real)), bytes, { followLinks: false });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const message = error.message.replaceAll(folder.path, dirname(target.real));
    throw new FileFailure("write_failed", message, { cause: error });
  }
}
