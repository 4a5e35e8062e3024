import type { ServerResponse } from "node:http";
import type { Answer } from "./player.js";
import type { Frame } from "./wire.js";

/** Bytes that are joined before one write, where nothing asks for smaller ones. */
const WRITE_BYTES = 64 * 1024;
/** Writes in a second of a slow answer. */
const SLOW_WRITES = 20;
/** Between the last byte and a reset, so that the other side has read what it was sent. */
const RESET_PAUSE_MS = 25;

/**
 * Sends an answer with its faults. Settles when the answer is over, the other side has left, or `signal` aborts;
 * never rejects for any of these.
 * @returns bytes of the body that were handed to the socket
 */
export async function deliver(response: ServerResponse, answer: Answer, signal: AbortSignal): Promise<number> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once("close", leave);
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted || response.destroyed) leave();
  const writer = new BodyWriter(response, answer, gone.signal);
  try {
    await writer.run();
  } finally {
    response.off("close", leave);
    signal.removeEventListener("abort", leave);
  }
  return writer.sentBytes;
}

class BodyWriter {
  readonly #response: ServerResponse;
  readonly #answer: Answer;
  readonly #gone: AbortSignal;
  /** Where the body breaks off. */
  readonly #limit: number;
  sentBytes = 0;

  constructor(response: ServerResponse, answer: Answer, gone: AbortSignal) {
    this.#response = response;
    this.#answer = answer;
    this.#gone = gone;
    this.#limit = answer.delivery.cutAfterBytes ?? answer.delivery.stallAfterBytes ?? Number.POSITIVE_INFINITY;
  }

  async run(): Promise<void> {
    const { delivery, status, headers } = this.#answer;
    await this.#pause(delivery.headDelayMs ?? 0);
    if (this.#gone.aborted) return;
    if (delivery.reset === true && delivery.cutAfterBytes === undefined) {
      this.#response.socket?.resetAndDestroy();
      return;
    }
    this.#response.writeHead(status, headers);
    this.#response.flushHeaders();
    for (const piece of pieces(this.#answer.frames, delivery.crlf === true)) {
      await this.#pause(piece.delayMs);
      await this.#write(piece.bytes ?? Buffer.from(piece.text));
      if (this.#gone.aborted || this.sentBytes >= this.#limit) break;
    }
    if (!this.#gone.aborted) await this.#end();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { chunkBytes, slow } = this.#answer.delivery;
    const allowed = bytes.subarray(0, Math.max(0, this.#limit - this.sentBytes));
    const slowBytes = slow === undefined ? undefined : Math.max(1, Math.floor(slow / SLOW_WRITES));
    const size = Math.min(chunkBytes ?? allowed.length, slowBytes ?? allowed.length);
    for (let start = 0; start < allowed.length && !this.#gone.aborted; start += size) {
      const chunk = allowed.subarray(start, start + size);
      this.sentBytes += chunk.length;
      if (!this.#response.write(chunk)) await this.#drained();
      if (slow !== undefined) await this.#pause((chunk.length / slow) * 1000);
      // A turn of the event loop lets each small chunk leave as its own segment.
      else if (chunkBytes !== undefined) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #end(): Promise<void> {
    const { cutAfterBytes, stallAfterBytes, reset, keepOpen } = this.#answer.delivery;
    if (cutAfterBytes !== undefined) {
      await this.#drained();
      if (reset === true) {
        await this.#pause(RESET_PAUSE_MS);
        this.#response.socket?.resetAndDestroy();
      } else {
        this.#response.socket?.destroySoon();
      }
      return;
    }
    if (stallAfterBytes !== undefined || keepOpen === true) await this.#pause(Number.POSITIVE_INFINITY);
    else this.#response.end();
  }

  /** Until the socket has taken what was written, or the other side has left. */
  async #drained(): Promise<void> {
    if (!this.#response.writableNeedDrain || this.#gone.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#response.off("drain", done);
        this.#gone.removeEventListener("abort", done);
        resolve();
      };
      this.#response.once("drain", done);
      this.#gone.addEventListener("abort", done, { once: true });
    });
  }

  /** Ends early when the other side leaves; `Infinity` ends only then. */
  async #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#gone.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#gone.removeEventListener("abort", done);
        resolve();
      };
      const timer = Number.isFinite(ms) ? setTimeout(done, ms) : undefined;
      this.#gone.addEventListener("abort", done, { once: true });
    });
  }
}

/** Frames that need no pause between them, joined. */
function* pieces(frames: readonly Frame[], crlf: boolean): Generator<Frame> {
  let texts: string[] = [];
  let chars = 0;
  let delayMs = 0;
  const take = (): Frame => {
    const joined = texts.join("");
    texts = [];
    chars = 0;
    return { text: crlf ? joined.replaceAll(/\r?\n/g, "\r\n") : joined, delayMs };
  };
  for (const frame of frames) {
    if (texts.length > 0 && (frame.delayMs > 0 || frame.bytes !== undefined || chars >= WRITE_BYTES)) {
      yield take();
      delayMs = 0;
    }
    if (frame.bytes !== undefined) {
      yield frame;
      continue;
    }
    if (frame.delayMs > 0) delayMs = frame.delayMs;
    texts.push(frame.text);
    chars += frame.text.length;
  }
  if (texts.length > 0) yield take();
}
