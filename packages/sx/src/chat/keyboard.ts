import { KeyParser } from "../ui/keys/key-parser.js";
import type { InputEvent } from "../ui/keys/key.js";

/** So long after an ESC nothing may come for it to be the key itself. */
const FLUSH_MS = 40;

/** Bytes of the terminal in, events out, with the timer that tells the Esc key from the start of a sequence. */
export class Keyboard {
  readonly #parser = new KeyParser();
  readonly #onEvents: (events: readonly InputEvent[]) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onEvents: (events: readonly InputEvent[]) => void) {
    this.#onEvents = onEvents;
  }

  /** `isTypedAhead`: before the terminal was told to hand over every key. */
  push(bytes: Uint8Array, isTypedAhead = false): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#hand(this.#parser.push(isTypedAhead ? bytes.map(keyOfCookedByte) : bytes));
    if (this.#parser.isPending) this.#timer = setTimeout(() => this.#hand(this.#parser.flush()), FLUSH_MS);
  }

  /** Forgets a key that is not complete. */
  dispose(): void {
    clearTimeout(this.#timer);
  }

  #hand(events: readonly InputEvent[]): void {
    if (events.length > 0) this.#onEvents(events);
  }
}

/**
 * What a terminal that reads by lines has made of two keys: Enter is a line feed, and Ctrl+D is kept as a zero byte.
 * Source: Linux drivers/tty/n_tty.c (`__DISABLED_CHAR`), read 2026-11-20.
 */
function keyOfCookedByte(byte: number): number {
  if (byte === 0x0a) return 0x0d;
  return byte === 0x00 ? 0x04 : byte;
}
