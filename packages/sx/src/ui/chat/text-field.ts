import { cellWidth } from "../cell-width.js";
import { graphemeEnd, graphemeStart } from "../editor/graphemes.js";
import { type Key, keyId } from "../keys/key.js";
import { cleanText } from "../terminal-text.js";

/** A paste beyond this is cut: one line is wanted here. */
const MAX_CHARS = 10_000;

/** One line of text that the person types into a question. */
export class TextField {
  #text = "";
  #at = 0;

  get text(): string {
    return this.#text;
  }

  /** Text as it was typed or pasted; line ends become spaces. */
  insert(text: string): void {
    const line = cleanText(text).replaceAll(/[\n\t]+/g, " ");
    const room = Math.max(0, MAX_CHARS - this.#text.length);
    const added = line.slice(0, room).toWellFormed();
    this.#text = this.#text.slice(0, this.#at) + added + this.#text.slice(this.#at);
    this.#at += added.length;
  }

  /** False when the key means nothing here. */
  handle(key: Key): boolean {
    switch (keyId(key)) {
      case "backspace":
      case "shift+backspace":
      case "ctrl+h":
        if (this.#at > 0) this.#cut(graphemeStart(this.#text, this.#at), this.#at);
        return true;
      case "delete":
        if (this.#at < this.#text.length) this.#cut(this.#at, graphemeEnd(this.#text, this.#at));
        return true;
      case "ctrl+u":
        this.#cut(0, this.#at);
        return true;
      case "ctrl+k":
        this.#cut(this.#at, this.#text.length);
        return true;
      case "ctrl+w":
      case "alt+backspace":
        this.#cut(this.#text.slice(0, this.#at).replace(/[^ ]* *$/, "").length, this.#at);
        return true;
      case "left":
      case "ctrl+b":
        if (this.#at > 0) this.#at = graphemeStart(this.#text, this.#at);
        return true;
      case "right":
      case "ctrl+f":
        if (this.#at < this.#text.length) this.#at = graphemeEnd(this.#text, this.#at);
        return true;
      case "home":
      case "ctrl+a":
        this.#at = 0;
        return true;
      case "end":
      case "ctrl+e":
        this.#at = this.#text.length;
        return true;
      default:
        if (key.text === undefined || key.ctrl || key.alt) return false;
        this.insert(key.text);
        return true;
    }
  }

  /** The stretch around the cursor that fits, and the cursor's column in it. */
  view(room: number): { readonly text: string; readonly column: number } {
    let from = 0;
    while (from < this.#at && cellWidth(this.#text.slice(from, this.#at)) > room - 1) {
      from = graphemeEnd(this.#text, from);
    }
    let to = this.#at;
    while (to < this.#text.length) {
      const next = graphemeEnd(this.#text, to);
      if (cellWidth(this.#text.slice(from, next)) > room - 1) break;
      to = next;
    }
    return { text: this.#text.slice(from, to), column: cellWidth(this.#text.slice(from, this.#at)) };
  }

  #cut(from: number, to: number): void {
    this.#text = this.#text.slice(0, from) + this.#text.slice(to);
    this.#at = from;
  }
}
