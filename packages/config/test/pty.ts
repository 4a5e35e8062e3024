import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type IPty, spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { onTestFinished } from "vitest";
import type { SampleCommand } from "./sample-command.js";

const BIN = fileURLToPath(new URL("../dist/bin.cjs", import.meta.url));
const SEEN_WITHIN_MS = 15_000;

export const KEY = { enter: "\r", down: "\u001b[B", up: "\u001b[A", escape: "\u001b", interrupt: "\u0003" } as const;

/** Somebody at a terminal, who waits until a question is on the screen before the next key. */
export class Person {
  readonly exit: Promise<number>;
  /** What was written since the last key. */
  #fresh = "";
  readonly #terminal: xterm.Terminal;
  readonly #pty: IPty;
  #written: Promise<void> = Promise.resolve();
  #onWrite: () => void = () => undefined;
  #hasExited = false;

  constructor(
    command: SampleCommand,
    {
      argv = [],
      env = {},
      columns = 90,
    }: {
      readonly argv?: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly columns?: number;
    } = {},
  ) {
    if (!existsSync(BIN)) throw new Error("packages/config/dist is missing: run `pnpm build` first");
    this.#terminal = new xterm.Terminal({ cols: columns, rows: 40, allowProposedApi: true, scrollback: 10_000 });
    this.#pty = spawn(process.execPath, [BIN, ...argv], {
      name: "xterm-256color",
      cols: columns,
      rows: 40,
      cwd: command.cwd,
      env: { PATH: process.env["PATH"], HOME: command.home, NO_COLOR: "1", LANG: "C.UTF-8", ...command.env, ...env },
    });
    this.#pty.onData((data) => {
      this.#fresh += data;
      this.#written = new Promise<void>((resolve) => this.#terminal.write(data, resolve)).then(() => this.#onWrite());
    });
    this.exit = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        this.#hasExited = true;
        resolve(signal ? 128 + signal : exitCode);
        this.#onWrite();
      });
    });
    onTestFinished(async () => {
      if (!this.#hasExited) this.#pty.kill("SIGKILL");
      await this.exit;
      this.#terminal.dispose();
    });
  }

  /** Types once the question is there and drawn to its end. */
  async at(question: string, keys: string): Promise<void> {
    await this.sees(question);
    this.#fresh = "";
    this.#pty.write(keys);
  }

  /** Waits for words that were written since the last key. Line breaks of narrow terminals do not count. */
  async sees(words: string): Promise<void> {
    const wanted = squeezed(words);
    for (;;) {
      await this.#written;
      if (squeezed(plain(this.#fresh)).includes(wanted)) return;
      if (this.#hasExited) throw new Error(`the program ended before ${words}:\n${this.all()}`);
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`never seen: ${words}\n${this.all()}`)), SEEN_WITHIN_MS);
        this.#onWrite = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Every row of the terminal, scrollback included. */
  rows(): readonly string[] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
  }

  all(): string {
    return this.rows().join("\n").trimEnd();
  }
}

function plain(bytes: string): string {
  return bytes.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
}

function squeezed(text: string): string {
  return text.replace(/[\s│]+/g, "");
}
