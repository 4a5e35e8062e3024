import { open, realpath, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ExitCode, Failure } from "@scorpiox/sxutil";

/** More than a credential file is, by far. */
const MIN_BYTES = 32_768;

export interface DiskReserve {
  /** Gives the space back, for the file that is about to be written. Never throws. */
  free(): Promise<void>;
}

/**
 * Makes sure that a file of about this size can be written beside `path` and flushed, by doing it: a full or broken
 * disk, a quota, a folder that takes no files is found out before anything is spent that must be saved afterwards. The
 * space stays taken until it is freed. Under the lock of `path`, so the fixed name is nobody else's, and what a killed
 * process left is taken over.
 * @throws Failure `write_failed`
 */
export async function reserveDisk(path: string, name: string, bytes: number): Promise<DiskReserve> {
  try {
    const target = await realpath(path);
    const reserve = join(dirname(target), `.${basename(target)}.reserve`);
    const free = async (): Promise<void> => {
      try {
        await rm(reserve, { force: true });
      } catch {
        // The next refresh takes it over.
      }
    };
    // Not opened in place: what stands there may be a link that somebody else has put.
    await rm(reserve, { force: true });
    const file = await open(reserve, "wx", 0o600);
    try {
      await file.writeFile(Buffer.alloc(Math.max(MIN_BYTES, bytes * 2), 0x2e));
      await file.sync();
    } catch (error) {
      await free();
      throw error;
    } finally {
      await file.close();
    }
    return { free };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOSPC" || code === "EDQUOT" ? "no space left on the disk" : (code ?? "unknown");
    const message = `cannot refresh ${name}, because a new login could not be saved (${why}); nothing was sent`;
    throw new Failure("write_failed", ExitCode.failure, message, { cause: error });
  }
}
