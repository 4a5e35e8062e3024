import type { Io } from "@scorpiox/sxutil";
import { EDITING_OFF, EDITING_ON, SHOW_CURSOR } from "./escape-codes.js";
import type { Size } from "./live-region.js";

export interface TerminalListener {
  /** Bytes as they were typed or answered; cut anywhere. */
  onBytes(bytes: Uint8Array): void;
  onResize(size: Size): void;
  /** The terminal hung up, or its input ended. */
  onEnd(): void;
}

const USUAL: Size = { columns: 80, rows: 24 };

/**
 * The terminal in raw mode, from `begin` until `end`. Whatever ends the process in between, the terminal is put right.
 * The normal screen is kept, and with it the person's scrollback.
 */
export class Terminal {
  readonly #io: Pick<Io, "stdin" | "stdout" | "terminal">;
  #listener: TerminalListener | undefined;
  /** The terminal takes no more at the moment. */
  #isFull = false;
  #onDrain: (() => void) | undefined;

  constructor(io: Pick<Io, "stdin" | "stdout" | "terminal">) {
    this.#io = io;
  }

  get size(): Size {
    const { columns, rows } = this.#io.stdout;
    return { columns: columns || USUAL.columns, rows: rows || USUAL.rows };
  }

  /** True while what was written waits for a slow terminal: whoever can, should not write more. */
  get isFull(): boolean {
    return this.#isFull;
  }

  begin(listener: TerminalListener): void {
    this.#listener = listener;
    this.#takeOver();
    const { stdin, stdout } = this.#io;
    stdin.on("data", this.#data);
    stdin.on("end", this.#ended);
    stdin.on("error", this.#ended);
    stdout.on("resize", this.#resized);
    stdout.on("drain", this.#drained);
    stdin.resume();
  }

  end(): void {
    if (this.#listener === undefined) return;
    this.#listener = undefined;
    const { stdin, stdout } = this.#io;
    stdin.off("data", this.#data);
    stdin.off("end", this.#ended);
    stdin.off("error", this.#ended);
    stdout.off("resize", this.#resized);
    stdout.off("drain", this.#drained);
    stdin.pause();
    this.#handBack();
  }

  write(bytes: string): void {
    if (bytes !== "") this.#isFull = !this.#io.stdout.write(bytes);
  }

  /** Calls once when the terminal takes more again. */
  whenDrained(callback: () => void): void {
    this.#onDrain = callback;
  }

  /** Hands the terminal to somebody else, for example an editor, and takes it back afterwards. */
  async lend<Value>(work: () => Promise<Value>): Promise<Value> {
    const { stdin } = this.#io;
    stdin.off("data", this.#data);
    stdin.pause();
    this.#handBack();
    try {
      return await work();
    } finally {
      this.#takeOver();
      stdin.on("data", this.#data);
      stdin.resume();
      this.#resized();
    }
  }

  /** Ctrl+Z, while the terminal is lent: the shell has it until it brings this program back. */
  async stopped(): Promise<void> {
    await this.#io.terminal?.suspend();
  }

  #takeOver(): void {
    this.#io.terminal?.restoreWith(SHOW_CURSOR + EDITING_OFF);
    this.#io.stdin.setRawMode?.(true);
    this.write(EDITING_ON);
  }

  #handBack(): void {
    this.write(SHOW_CURSOR + EDITING_OFF);
    this.#io.stdin.setRawMode?.(false);
    this.#io.terminal?.restoreWith(undefined);
  }

  readonly #data = (bytes: Uint8Array): void => this.#listener?.onBytes(bytes);
  readonly #ended = (): void => this.#listener?.onEnd();
  readonly #resized = (): void => this.#listener?.onResize(this.size);
  readonly #drained = (): void => {
    this.#isFull = false;
    const callback = this.#onDrain;
    this.#onDrain = undefined;
    callback?.();
  };
}
