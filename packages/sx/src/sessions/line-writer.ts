import { constants } from "node:fs";
import { chmod, type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { repairTail } from "./repair-tail.js";
import { holdSession } from "./session-lock.js";

export interface LineWriterOptions {
  /** Absolute. Its folders are made when the first line is written. */
  readonly path: string;
  /** What messages call the session. */
  readonly shortId: string;
  /** Told once when lines cannot be written, and once when they can be again. */
  readonly warn: (line: string) => void;
}

/**
 * Appends whole lines to one file that only we write to. What cannot be written is kept and comes first with the next
 * line; half a line never stays between.
 */
export class LineWriter {
  readonly #options: LineWriterOptions;
  #file: FileHandle | undefined;
  #release: (() => Promise<void>) | undefined;
  #missing: Buffer[] = [];
  #warned = false;
  /** Where the file must be cut before anything else is written; set when a failed write could not be taken back. */
  #cutAt: number | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  /** The file. */
  get path(): string {
    return this.#options.path;
  }

  /**
   * Takes the lock and opens the file now instead of with the first line. @returns how many bytes of a torn line were
   * set aside. @throws Failure `session_busy`, or the error of the file system
   */
  async open(): Promise<number> {
    const { path, shortId } = this.#options;
    await makePrivateFolder(dirname(path));
    const release = await holdSession(path, shortId);
    let file: FileHandle | undefined;
    try {
      file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
      await file.chmod(0o600);
      const torn = await repairTail(file, path.replace(/\.jsonl$/, ".torn"));
      this.#file = file;
      this.#release = release;
      return torn;
    } catch (error) {
      await file?.close();
      await release();
      throw error;
    }
  }

  /** Writes one line, which ends with its LF. Resolves when it was tried; never rejects. Calls run in their order. */
  append(line: string): Promise<void> {
    this.#missing.push(Buffer.from(line));
    return this.#next(() => this.#flush());
  }

  /** Brings what was written to the disk itself. Never rejects. */
  sync(): Promise<void> {
    return this.#next(async () => {
      // The lines are with the system, and a kill does not lose them: only a power cut now would.
      await this.#file?.datasync().catch(() => undefined);
    });
  }

  /** Tries the missing lines once more, and lets go of the file. @returns how many lines could not be written */
  async close(): Promise<number> {
    await this.#next(async () => {
      if (this.#missing.length > 0) await this.#flush();
      await this.#file?.close();
      this.#file = undefined;
      // A lock that cannot be given back frees itself with the process.
      await this.#release?.().catch(() => undefined);
      this.#release = undefined;
    });
    return this.#missing.length;
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work);
    return this.#last;
  }

  async #flush(): Promise<void> {
    try {
      if (this.#file === undefined) await this.open();
      // Writing to a file that nobody can find any more would be keeping nothing, without a word.
      else if ((await this.#file.stat()).nlink === 0) throw new Error("its file was removed");
      for (let bytes = this.#missing[0]; bytes !== undefined; bytes = this.#missing[0]) {
        await this.#write(bytes);
        this.#missing.shift();
      }
      if (this.#warned) this.#options.warn("the session is being saved again, and nothing of it is missing");
      this.#warned = false;
    } catch (error) {
      if (!this.#warned) this.#options.warn(notSaved(error));
      this.#warned = true;
    }
  }

  /** One line with one write. A part that went in before an error is taken out again. */
  async #write(bytes: Buffer): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    if (this.#cutAt !== undefined) await file.truncate(this.#cutAt);
    this.#cutAt = undefined;
    let done = 0;
    try {
      while (done < bytes.length) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, null);
        if (bytesWritten === 0) throw Object.assign(new Error("no byte was written"), { code: "EIO" });
        done += bytesWritten;
      }
    } catch (error) {
      if (done > 0) await this.#takeBack(file, done);
      throw error;
    }
  }

  async #takeBack(file: FileHandle, bytes: number): Promise<void> {
    const start = (await file.stat()).size - bytes;
    this.#cutAt = start;
    await file.truncate(start);
    this.#cutAt = undefined;
  }
}

/**
 * Makes a folder and those above it, for the owner alone. Not `recursive`: node never comes back from that where a
 * folder cannot be made although the one above it is there, as in /proc.
 */
async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return chmod(path, 0o700);
    if (code !== "ENOENT" || dirname(path) === path || (await isFolder(dirname(path)))) throw error;
    await makePrivateFolder(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

async function isFolder(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info?.isDirectory() === true;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the disk",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of its path is not a folder",
  EACCES: "permission denied",
  EPERM: "the system does not permit it",
  EIO: "the disk reports an error",
};

function notSaved(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return `the session is not being saved: ${REASONS[code ?? ""] ?? message}; the work goes on, and saving is tried again`;
}
