import { once } from "node:events";
import type { OutputStream } from "@scorpiox/sxutil";

/** Writes to a stream that may be slower than we are: what does not fit is waited for, not piled up. */
export class TextOutput {
  readonly #stream: OutputStream;
  #full = false;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  write(text: string): void {
    this.#full = !this.#stream.write(text) || this.#full;
  }

  /** Resolves once the reader has caught up, or when the signal aborts: a stalled reader must not outlive the run. */
  async settle(signal: AbortSignal): Promise<void> {
    if (!this.#full || signal.aborted) return;
    this.#full = false;
    try {
      await once(this.#stream, "drain", { signal });
    } catch (error) {
      // Aborted, or the stream failed: the run's own end and the process's stream handler deal with both.
      if (!signal.aborted && this.#stream.writable) throw error;
    }
  }
}
