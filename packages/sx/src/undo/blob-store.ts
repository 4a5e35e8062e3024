import { readdir, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@scorpiox/sxutil";
import { contentHash } from "./file-state.js";
import { makeFolder } from "./undo-folder.js";

const HASH = /^[0-9a-f]{64}$/;

/** Contents of files by their hash, each once: `FOLDER/HASH`, for the user alone. */
export class BlobStore {
  readonly #folder: string;
  /** Bytes by hash, of what is there. */
  #sizes: Promise<Map<string, number>> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps a content. @returns its hash. @throws Failure when it cannot be written */
  async put(bytes: Uint8Array): Promise<string> {
    const hash = contentHash(bytes);
    const sizes = await this.#known();
    if (sizes.has(hash)) return hash;
    await makeFolder(this.#folder);
    await writeFileAtomic(join(this.#folder, hash), bytes, { mode: 0o600, followLinks: false });
    sizes.set(hash, bytes.length);
    return hash;
  }

  async has(hash: string): Promise<boolean> {
    return (await this.#known()).has(hash);
  }

  /** The content of a hash; `undefined` when it is not there or damaged. */
  async get(hash: string): Promise<Buffer | undefined> {
    if (!(await this.has(hash))) return undefined;
    try {
      const bytes = await readFile(join(this.#folder, hash));
      return contentHash(bytes) === hash ? bytes : undefined;
    } catch {
      // Somebody removed it since it was listed.
      return undefined;
    }
  }

  /** Bytes of all contents together. */
  async totalBytes(): Promise<number> {
    return [...(await this.#known()).values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** How many bytes a content takes; 0 when it is not there. */
  async sizeOf(hash: string): Promise<number> {
    return (await this.#known()).get(hash) ?? 0;
  }

  /** Removes everything but what is named. */
  async keepOnly(hashes: ReadonlySet<string>): Promise<void> {
    const sizes = await this.#known();
    for (const hash of sizes.keys()) {
      if (hashes.has(hash)) continue;
      // One that is gone already is what was wanted.
      await unlink(join(this.#folder, hash)).catch(() => undefined);
      sizes.delete(hash);
    }
  }

  #known(): Promise<Map<string, number>> {
    this.#sizes ??= (async () => {
      const sizes = new Map<string, number>();
      // No folder: nothing has been kept yet.
      for (const name of await readdir(this.#folder).catch(() => [])) {
        if (!HASH.test(name)) continue;
        const facts = await stat(join(this.#folder, name)).catch(() => undefined);
        if (facts?.isFile() === true) sizes.set(name, facts.size);
      }
      return sizes;
    })();
    return this.#sizes;
  }
}
