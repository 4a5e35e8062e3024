/** Bytes beyond this are dropped: somebody leans on a key, or a file is piped in. */
const MAX_BYTES = 1_000_000;

/** Keeps what a terminal sends before there is anybody to read it. */
export class TypedAhead {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** Bytes that were not kept. */
  droppedBytes = 0;

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Keeps a copy: streams use their buffers again. */
  add(bytes: Uint8Array): void {
    const kept = bytes.slice(0, Math.max(0, this.#maxBytes - this.#length));
    this.droppedBytes += bytes.length - kept.length;
    if (kept.length === 0) return;
    this.#length += kept.length;
    this.#chunks.push(kept);
  }

  /** What came so far, in its order; it is then forgotten. */
  take(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#length = 0;
    return chunks;
  }
}
