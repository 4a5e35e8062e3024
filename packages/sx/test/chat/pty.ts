import { existsSync } from "node:fs";
import { type IPty, spawn } from "@lydell/node-pty";
import { onTestFinished } from "vitest";
import { BIN, type Place } from "../harness.js";
import { openVirtualTerminal, type VirtualTerminal } from "../terminal/virtual-terminal.js";

export interface PersonOptions {
  readonly place: Place;
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
  /** What runs in the terminal. Default: the built `sx`. */
  readonly command?: readonly [string, ...string[]];
}

/** A person at a real terminal: what the program writes goes through an emulator, and waits are for what it shows. */
export class Person {
  readonly terminal: VirtualTerminal;
  /** Everything that was written, as it came. */
  raw = "";
  /** Exit code and signal of the process. */
  readonly exit: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>;
  readonly #pty: IPty;
  #written: Promise<void> = Promise.resolve();
  #onWrite: () => void = () => undefined;
  #hasExited = false;

  constructor(argv: readonly string[], { place, env = {}, columns = 90, rows = 30, command }: PersonOptions) {
    if (!existsSync(BIN)) throw new Error("packages/sx/dist is missing: run `pnpm build` first");
    const [program, ...before] = command ?? [process.execPath, BIN];
    this.terminal = openVirtualTerminal(columns, rows);
    this.#pty = spawn(program, [...before, ...argv], {
      // This, and not the environment, becomes TERM.
      name: env["TERM"] ?? "xterm-256color",
      cols: columns,
      rows,
      cwd: place.project,
      env: { PATH: process.env["PATH"], HOME: place.home, NO_COLOR: "1", ...env },
    });
    this.#pty.onData((data) => {
      this.raw += data;
      this.#written = this.terminal.write(data).then(() => this.#onWrite());
    });
    this.exit = new Promise((resolve) => {
      this.#pty.onExit((end) => {
        this.#hasExited = true;
        resolve(end);
        this.#onWrite();
      });
    });
    onTestFinished(async () => {
      if (!this.#hasExited) this.#pty.kill("SIGKILL");
      await this.exit;
      this.terminal.dispose();
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** The terminal takes nothing any more, until `readOn`. */
  stopReading(): void {
    this.#pty.pause();
  }

  readOn(): void {
    this.#pty.resume();
  }

  /** The window is closed: the terminal is gone. */
  hangUp(): void {
    (this.#pty as IPty & { destroy(): void }).destroy();
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  screen(): string {
    return this.terminal.screen().join("\n");
  }

  /** Scrollback and screen. */
  all(): string {
    return this.terminal.all().join("\n");
  }

  /** Waits until the terminal shows it, anywhere from the top of its history on. */
  sees(text: string | RegExp): Promise<void> {
    return this.until(
      () => (typeof text === "string" ? this.all().includes(text) : text.test(this.all())),
      String(text),
    );
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    for (;;) {
      await this.#written;
      if (holds()) return;
      if (this.#hasExited) throw new Error(`the program ended before ${what}:\n${this.all()}`);
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`never seen: ${what}\n${this.all()}`)), 15_000);
        this.#onWrite = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
