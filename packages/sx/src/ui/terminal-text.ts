/**
 * Makes foreign text safe to show: nothing of it can move the cursor, set a title, fill the clipboard or answer for the
 * keyboard, and nothing in it is unseen or reordered. Escape sequences (CSI, OSC, DCS, SOS, PM, APC, two-byte ones), C1
 * controls, all C0 controls but tab and newline, and the characters of `INVISIBLE` are dropped; a carriage return becomes
 * a newline, a line separator a blank, half a character the replacement character (at the very end, nothing). It is a
 * state machine over the stream: a sequence may be cut anywhere between two pieces, also inside a character. A sequence
 * that is never closed ends with its line: it must not swallow the rest.
 */
export class TerminalText {
  #state: "text" | "escape" | "csi" | "string" | "string-escape" | "two" = "text";
  #afterReturn = false;
  /** The first half of a character whose second half comes with the next piece. */
  #half = "";

  /** The part of `piece` that may be shown. */
  clean(piece: string): string {
    const text = this.#half + piece;
    const last = text.charCodeAt(text.length - 1);
    this.#half = last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : "";
    const whole = (this.#half === "" ? text : text.slice(0, -1)).toWellFormed();
    if (this.#state === "text" && !this.#afterReturn && !CONTROL.test(whole) && !INVISIBLE.test(whole)) return whole;
    let shown = "";
    for (const character of whole) shown += this.#next(character);
    return shown;
  }

  #next(character: string): string {
    const code = character.codePointAt(0) ?? 0;
    switch (this.#state) {
      case "text":
        return this.#text(character, code);
      case "escape":
        this.#state = afterEscape(character, code);
        return "";
      case "two":
        this.#state = "text";
        return "";
      case "csi":
        // Parameters and intermediates run from 0x20 to 0x3f; the final byte ends it, and so does anything malformed.
        if (code === 0x0a || code === 0x0d) return this.#endWithLine(character, code);
        if (code < 0x20 || code > 0x3f) this.#state = code === 0x1b ? "escape" : "text";
        return "";
      case "string":
        if (code === 0x0a || code === 0x0d) return this.#endWithLine(character, code);
        if (code === 0x07 || code === 0x9c || code === 0x18 || code === 0x1a) this.#state = "text";
        else if (code === 0x1b) this.#state = "string-escape";
        return "";
      case "string-escape":
        if (code === 0x0a || code === 0x0d) return this.#endWithLine(character, code);
        this.#state = character === "\\" ? "text" : "string";
        return "";
    }
  }

  #endWithLine(character: string, code: number): string {
    this.#state = "text";
    return this.#text(character, code);
  }

  #text(character: string, code: number): string {
    const afterReturn = this.#afterReturn;
    this.#afterReturn = code === 0x0d;
    if (code === 0x1b) this.#state = "escape";
    else if (code === 0x9b) this.#state = "csi";
    else if (code === 0x90 || code === 0x98 || (code >= 0x9d && code <= 0x9f)) this.#state = "string";
    if (code === 0x0a) return afterReturn ? "" : "\n";
    if (code === 0x0d) return "\n";
    if (code === 0x2028 || code === 0x2029) return " ";
    if (code === 0x09) return "\t";
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || INVISIBLE.test(character) ? "" : character;
  }
}

/** A whole text at once. */
export function cleanText(text: string): string {
  return new TerminalText().clean(text);
}

/**
 * What makes text read otherwise than it is, or hides text in it: marks, overrides and isolates of direction, tags,
 * supplementary variation selectors, and characters without width. The joiners that scripts and emoji need stay.
 */
const INVISIBLE =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{1bca0}-\u{1bca3}]|[\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|\u034f|\u17b4|\u17b5|\u180b|\u180c|\u180d|\u180f/u;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/;

function afterEscape(character: string, code: number): "text" | "escape" | "csi" | "string" | "two" {
  if (character === "[") return "csi";
  if (character === "]" || character === "P" || character === "X" || character === "^" || character === "_")
    return "string";
  if (code === 0x1b) return "escape";
  // An intermediate byte: one more follows, as in the character set selections.
  return code >= 0x20 && code <= 0x2f ? "two" : "text";
}
