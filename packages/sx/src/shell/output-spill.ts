import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../files/workspace-path.js";

/** Bytes that may wait for the disk before the producer is asked to pause. */
const MAX_WAITING_BYTES = 1 << 20;

/**
 * The file that takes all of a command's output once memory keeps only its ends. Written in the background, in order,
 * readable by its owner only. A full disk ends the file, never the command.
 */
export class OutputSpill {
  /** Absolute path, once the file exists. */
  path: string | undefined;
  /** Bytes that are in the file. */
  storedBytes = 0;
  /** Why the file ends early: the system's word, for example `ENOSPC`. */
  failure: string | undefined;
  #acceptedBytes = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;

  /** `folder` is asked for at the first write. `onDrain` is called when waiting bytes fell to none. */
  constructor(
    private readonly folder: () => Promise<string>,
    private readonly name: string,
    private readonly maxBytes: number,
    private readonly onDrain: () => void,
  ) {}

  /**
   * Takes over `chunk`, which must not change afterwards. False: pause until `onDrain`. Bytes beyond the limit, and
   * all bytes after a failure, are dropped.
   */
  add(chunk: Uint8Array): boolean {
    const room = this.failure === undefined ? this.maxBytes - this.#acceptedBytes : 0;
    if (room <= 0) return true;
    const taken = chunk.subarray(0, room);
    this.#acceptedBytes += taken.length;
    this.#waiting.push(taken);
    this.#waitingBytes += taken.length;
    this.#writing ??= this.#writeAll();
    return this.#waitingBytes < MAX_WAITING_BYTES;
  }

  /** Makes the file even when nothing was added yet, writes what waits, and returns its path; undefined on failure. */
  async flush(): Promise<string | undefined> {
    if (this.#file === undefined && this.failure === undefined) this.#writing ??= this.#writeAll();
    await this.#writing;
    return this.path;
  }

  /** Writes what waits and closes the file. Never rejects. */
  async close(): Promise<void> {
    await this.#writing;
    const file = this.#file;
    this.#file = undefined;
    // Its bytes are written; an error of close has nobody to tell.
    await file?.close().catch(() => {});
  }

  async #writeAll(): Promise<void> {
    try {
      this.#file ??= await this.#create();
      for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
        for (let offset = 0; offset < chunk.length;) {
          const { bytesWritten } = await this.#file.write(chunk, offset);
          if (bytesWritten === 0) throw new Error("no progress");
          offset += bytesWritten;
          this.storedBytes += bytesWritten;
        }
        this.#waitingBytes -= chunk.length;
      }
    } catch (error) {
      this.failure = errorCode(error);
      this.#waiting = [];
      this.#waitingBytes = 0;
    } finally {
      this.#writing = undefined;
      this.onDrain();
    }
  }

  async #create(): Promise<FileHandle> {
    const path = join(await this.folder(), this.name);
    // O_EXCL and O_NOFOLLOW: nobody can have put a link there first.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = await open(path, flags, 0o600);
    this.path = path;
    return file;
  }
}
