import type { FileHandle } from "node:fs/promises";

/** JSON Lines written in the order of the calls. A failed write is reported once; later rows are dropped. */
export interface JsonlFile {
  append(row: unknown): void;
  /** Waits for all rows. */
  close(): Promise<void>;
}

/**
 * Opens a file for rows, mode 0600.
 * @param flags `a` to append to what is there, `wx` to refuse an existing file
 * @throws the system's error when it cannot be opened
 */
export async function openJsonl(path: string, flags: "a" | "wx", onError: (error: Error) => void): Promise<JsonlFile> {
  const { open } = await import("node:fs/promises");
  return new QueuedFile(await open(path, flags, 0o600), onError);
}

class QueuedFile implements JsonlFile {
  readonly #file: FileHandle;
  readonly #onError: (error: Error) => void;
  #tail: Promise<void> = Promise.resolve();
  #broken = false;

  constructor(file: FileHandle, onError: (error: Error) => void) {
    this.#file = file;
    this.#onError = onError;
  }

  append(row: unknown): void {
    const line = `${JSON.stringify(row)}\n`;
    this.#tail = this.#tail.then(() => this.#write(line));
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#file.close();
  }

  async #write(line: string): Promise<void> {
    if (this.#broken) return;
    try {
      await this.#file.appendFile(line);
    } catch (error) {
      this.#broken = true;
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
