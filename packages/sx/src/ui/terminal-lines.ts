import { createInterface, type Interface } from "node:readline";
import type { InputStream, OutputStream } from "@scorpiox/sxutil";
import { GatedOutput } from "./gated-output.js";
import { PasteInput } from "./paste-input.js";
import { cleanText } from "./terminal-text.js";

/** A question takes no keys from somebody who was typing something else when it appeared: so long must they pause. */
const TYPING_PAUSE_MS = 700;
/** Longer pastes, and those of several lines, are shown by a name. */
const MAX_SHOWN_PASTE_CHARS = 400;
/** Lines typed ahead that are kept. */
const MAX_WAITING_LINES = 100;

export interface TerminalLinesOptions {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** The terminal's name, `TERM`. */
  readonly terminal: string | undefined;
  readonly typingPauseMs?: number;
}

/**
 * Lines from a person at a terminal, and who hears Ctrl+C. What is typed while nobody asks is kept, unseen, for the next
 * `prompt`; it never answers a `question`.
 */
export class TerminalLines {
  readonly #reader: Interface;
  readonly #input: PasteInput;
  readonly #screen: GatedOutput;
  readonly #options: TerminalLinesOptions;
  readonly #abort = (): void => this.close();
  readonly #pastes = new Map<string, string>();
  /** Lines that were ended with Enter while nobody asked. */
  #waiting: string[] = [];
  #interrupt: (() => void) | undefined;
  #answer: ((line: string | undefined) => void) | undefined;
  #isQuestion = false;
  #closed = false;
  #asked = false;
  #stopped = false;
  #presses = 0;
  #typedAtMs: number | undefined;
  /** True when the person left by Ctrl+C. */
  interrupted = false;

  constructor(options: TerminalLinesOptions) {
    this.#options = options;
    this.#screen = new GatedOutput(options.stdout);
    this.#input = new PasteInput(options.stdin, (text) => this.#nameOf(text));
    // Before the editor's own listener: a line that ends a question takes this moment back.
    this.#input.on("data", () => {
      this.#typedAtMs = performance.now();
    });
    this.#reader = createInterface({ input: this.#input, output: this.#screen, terminal: true, historySize: 200 });
    this.#reader.on("line", (line) => this.#entered(line));
    this.#reader.on("close", () => this.#leave());
    this.#reader.on("SIGINT", () => this.#pressed());
    // After a stop and a `fg` the editor waits to be told to go on, and the shell has switched the mode off.
    this.#reader.on("SIGCONT", () => {
      this.#mark("h");
      this.#reader.resume();
    });
    // Answers to questions are no lines to go back to.
    this.#reader.on("history", (history) => {
      if (this.#isQuestion) history.shift();
    });
    options.stdin.pipe(this.#input);
    if (options.signal.aborted) this.close();
    else options.signal.addEventListener("abort", this.#abort, { once: true });
    this.#mark("h");
  }

  /** One line, or `undefined` when the person left. Takes what was typed ahead. */
  async prompt(mark: string): Promise<string | undefined> {
    this.#asked = true;
    if (this.#stopped) {
      // Meant for a turn that was then stopped: the person shall see it before it is sent.
      this.#insert([...this.#waiting.splice(0), this.#take()].filter((text) => text !== "").join("\n"));
      this.#stopped = false;
    }
    const typed = this.#waiting.shift();
    if (typed === undefined) return this.#read(mark, this.#take(), false);
    this.#options.stdout.write(`${mark}${cleanText(typed)}\n`);
    return typed;
  }

  /** One line in answer to a question that has just been shown; `undefined` when there is none, also after Ctrl+C. */
  async question(mark: string): Promise<string | undefined> {
    await this.#pause();
    if (this.#stopped) return undefined;
    const ahead = this.#take();
    const answer = await this.#read(mark, "", true);
    this.#insert(ahead);
    return answer;
  }

  /**
   * A turn begins: Ctrl+C goes to `hear`. The returned function ends it; a question that is still open then has no
   * answer.
   */
  beginTurn(hear: () => void): () => void {
    this.#asked = true;
    this.#stopped = false;
    this.#interrupt = hear;
    return () => {
      this.#interrupt = undefined;
      if (this.#isQuestion) this.#drop();
    };
  }

  /** Gives the terminal back. */
  close(): void {
    this.#reader.close();
  }

  #read(mark: string, text: string, isQuestion: boolean): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#isQuestion = isQuestion;
      this.#screen.isOpen = true;
      this.#reader.setPrompt(mark);
      this.#reader.prompt();
      this.#insert(text);
    });
  }

  #entered(line: string): void {
    const text = this.#unfold(line);
    this.#presses = 0;
    if (this.#answer !== undefined) this.#give(text);
    else if (this.#waiting.length < MAX_WAITING_LINES) this.#waiting.push(text);
  }

  #give(line: string | undefined): void {
    const answer = this.#answer;
    this.#answer = undefined;
    this.#isQuestion = false;
    this.#screen.isOpen = false;
    this.#typedAtMs = undefined;
    answer?.(line);
  }

  /** Leaves an open question, with what stands in its line. */
  #drop(): void {
    this.#screen.isOpen = false;
    this.#take();
    this.#options.stdout.write("\n");
    this.#give(undefined);
  }

  #pressed(): void {
    if (this.#interrupt !== undefined) {
      this.#stopped = true;
      this.#interrupt();
      if (this.#isQuestion) this.#drop();
      return;
    }
    this.#presses += 1;
    if (this.#presses > 1 || !this.#asked) {
      this.interrupted = true;
      this.close();
      return;
    }
    this.#screen.isOpen = false;
    this.#take();
    this.#screen.isOpen = true;
    this.#options.stdout.write("\n(Ctrl+C again or Ctrl+D leaves)\n");
    this.#reader.prompt();
  }

  #leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Whatever comes next shall not stand behind the prompt.
    if (this.#answer !== undefined) this.#options.stdout.write("\n");
    this.#give(undefined);
    this.#options.signal.removeEventListener("abort", this.#abort);
    this.#options.stdin.unpipe(this.#input);
    this.#options.stdin.pause();
    this.#screen.dispose();
    this.#mark("l");
  }

  /** Waits until somebody who is typing pauses, or the turn is over. */
  async #pause(): Promise<void> {
    const pauseMs = this.#options.typingPauseMs ?? TYPING_PAUSE_MS;
    for (;;) {
      if (this.#closed || this.#stopped || this.#typedAtMs === undefined) return;
      const leftMs = this.#typedAtMs + pauseMs - performance.now();
      if (leftMs <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, leftMs));
    }
  }

  /** Empties the line and returns what stood in it. */
  #take(): string {
    const text = this.#reader.line;
    if (text !== "" && !this.#closed) {
      this.#reader.write(null, { ctrl: true, name: "e" });
      this.#reader.write(null, { ctrl: true, name: "u" });
    }
    return text;
  }

  #insert(text: string): void {
    if (text !== "" && !this.#closed) this.#reader.write(text.includes("\n") ? this.#nameOf(text) : text);
  }

  /** What stands in the line for a paste: itself, or a name for what would not fit there. */
  #nameOf(text: string): string {
    const trimmed = text.replace(/\n+$/, "");
    const lines = trimmed.split("\n").length;
    if (lines === 1 && trimmed.length <= MAX_SHOWN_PASTE_CHARS) return trimmed;
    const size = lines === 1 ? `${trimmed.length} characters` : `${lines} lines`;
    const name = `[paste ${this.#pastes.size + 1}: ${size}]`;
    this.#pastes.set(name, trimmed);
    return name;
  }

  #unfold(line: string): string {
    if (this.#pastes.size === 0) return line;
    return line.replaceAll(/\[paste \d+: [^\]]+\]/g, (name) => this.#pastes.get(name) ?? name);
  }

  /** Bracketed paste mode; a dumb terminal would print it. */
  #mark(final: "h" | "l"): void {
    const { stdout, terminal } = this.#options;
    if (terminal !== "dumb" && terminal !== undefined && stdout.writable) stdout.write(`\u001b[?2004${final}`);
  }
}
