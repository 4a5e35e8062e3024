import { StringDecoder } from "node:string_decoder";
import { Transform, type TransformCallback } from "node:stream";
import type { InputStream } from "@scorpiox/sxutil";
import { TerminalText } from "./terminal-text.js";

/** What a terminal in bracketed paste mode (DECSET 2004) puts around a paste. Source: xterm, ctlseqs, read 2026-11-20. */
const START = "\u001b[200~";
const END = "\u001b[201~";

/**
 * Keys from a terminal, with pastes taken out of them: a line feed in a paste is text, not the Enter key, and its control
 * characters are nobody's Ctrl+C. `onPaste` gets the cleaned text and says what stands for it among the keys; it must be
 * free of control characters.
 */
export class PasteInput extends Transform {
  readonly isTTY = true;
  readonly #terminal: InputStream;
  readonly #onPaste: (text: string) => string;
  readonly #decoder = new StringDecoder("utf8");
  /** Text of the paste that is being read; `undefined` outside of one. */
  #paste: string | undefined;
  /** The end of what was read, which may be the beginning of a mark. */
  #held = "";

  constructor(terminal: InputStream, onPaste: (text: string) => string) {
    super({ decodeStrings: false, encoding: "utf8" });
    this.#terminal = terminal;
    this.#onPaste = onPaste;
  }

  setRawMode(on: boolean): this {
    this.#terminal.setRawMode?.(on);
    return this;
  }

  override _transform(chunk: Buffer | string, _encoding: string, done: TransformCallback): void {
    let rest = this.#held + (typeof chunk === "string" ? chunk : this.#decoder.write(chunk));
    this.#held = "";
    let keys = "";
    while (rest !== "") {
      const mark = this.#paste === undefined ? START : END;
      const at = rest.indexOf(mark);
      // Outside a paste a lone ESC is a key; inside one it can only be the start of the mark.
      const kept = at === -1 ? startOf(mark, rest, this.#paste === undefined ? 2 : 1) : 0;
      const text = at === -1 ? rest.slice(0, rest.length - kept) : rest.slice(0, at);
      if (this.#paste === undefined) keys += text;
      else this.#paste += text;
      if (at === -1) {
        this.#held = rest.slice(rest.length - kept);
        break;
      }
      rest = rest.slice(at + mark.length);
      if (this.#paste === undefined) this.#paste = "";
      else {
        keys += this.#onPaste(new TerminalText().clean(this.#paste));
        this.#paste = undefined;
      }
    }
    if (keys === "") done();
    else done(null, keys);
  }
}

/** How many characters at the end of `text` are the beginning of `mark`, if at least `least`. */
function startOf(mark: string, text: string, least: number): number {
  for (let length = Math.min(mark.length - 1, text.length); length >= least; length -= 1) {
    if (mark.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
