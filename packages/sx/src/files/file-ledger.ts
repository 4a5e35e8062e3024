import { createHash } from "node:crypto";
import { FileFailure } from "./file-failure.js";
import type { FileTarget } from "./file-target.js";

/**
 * What the model last saw of each file in one run: the content it read, or the content that we wrote for it. Compared
 * by content, never by time stamps, so that a change of the same size within the same tick counts. Shared by `read`,
 * `write` and `edit`; starts empty, so a resumed conversation reads again before it writes.
 */
export class FileLedger {
  readonly #seen = new Map<string, string>();

  /** The model has seen `bytes`, or they are what was written for it. */
  record(target: FileTarget, bytes: Uint8Array): void {
    this.#seen.set(target.real, contentHash(bytes));
  }

  /**
   * Passes when `bytes`, the file as it is now, is what the model knows.
   * @throws FileFailure `unread` or `changed_on_disk`.
   */
  assertKnown(target: FileTarget, bytes: Uint8Array): void {
    const known = this.#seen.get(target.real);
    if (known === undefined) {
      throw new FileFailure("unread", `${target.shown} exists and has not been read yet; read it first`);
    }
    if (known !== contentHash(bytes)) {
      throw new FileFailure(
        "changed_on_disk",
        `${target.shown} has changed on disk since it was last read or written here; read it again`,
      );
    }
  }
}

/** An empty ledger, one for each run. */
export function createFileLedger(): FileLedger {
  return new FileLedger();
}

function contentHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}
