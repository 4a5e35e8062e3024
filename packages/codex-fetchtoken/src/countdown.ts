import type { OutputStream } from "@scorpiox/sxutil";
import { clock } from "./time-words.js";

const TICK_MS = 1_000;

/** One line on a terminal that is written anew each second: what is waited for, and for how much longer. */
export class Countdown {
  #timer: NodeJS.Timeout | undefined;
  #text = "";
  #endMs = 0;

  /** Without a terminal that can go back in a line it shows nothing. */
  constructor(
    private readonly stream: OutputStream,
    private readonly isLive: boolean,
  ) {}

  /** @param lifeMs how long from now, in milliseconds */
  start(text: string, lifeMs: number): void {
    this.#text = text;
    this.#endMs = performance.now() + lifeMs;
    if (!this.isLive) return;
    this.#draw();
    this.#timer ??= setInterval(() => this.#draw(), TICK_MS);
  }

  /** From now on the line says this. One line, with nothing in it that a terminal acts on. */
  say(text: string): void {
    this.#text = text;
    if (this.#timer !== undefined) this.#draw();
  }

  /** Takes the line away. May be called twice. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.stream.write("\r\x1b[K");
  }

  #draw(): void {
    const line = `${clock(this.#endMs - performance.now())} left, ${this.#text}`;
    // A line that wraps could not be taken back. A terminal that does not know its width says 0.
    const columns = this.stream.columns || 80;
    this.stream.write(`\r${line.slice(0, Math.max(10, columns - 1))}\x1b[K`);
  }
}
