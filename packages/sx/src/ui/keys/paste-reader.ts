/** What a terminal in bracketed paste mode puts behind a paste. Source: xterm control sequences, read 2026-11-20. */
const END = "\u001b[201~";

/** Reads one paste up to its end, which may be cut anywhere; keeps a bounded part of it. */
export class PasteReader {
  readonly #maxChars: number;
  readonly #pieces: string[] = [];
  #length = 0;
  /** The end of what was read, which may be the beginning of the mark. */
  #held = "";
  /** Characters beyond the limit. */
  droppedChars = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** How much of `text` belongs to the paste and its end; `undefined` when the paste goes on. */
  push(text: string): number | undefined {
    const all = this.#held + text;
    const at = all.indexOf(END);
    if (at !== -1) {
      this.#keep(all.slice(0, at));
      const used = at + END.length - this.#held.length;
      this.#held = "";
      return used;
    }
    const open = openLength(all);
    this.#keep(all.slice(0, all.length - open));
    this.#held = all.slice(all.length - open);
    return undefined;
  }

  /** What was kept. It never ends in half a character. */
  text(): string {
    this.#keep(this.#held);
    this.#held = "";
    return this.#pieces.join("").replace(/[\ud800-\udbff]$/, "");
  }

  #keep(text: string): void {
    const room = this.#maxChars - this.#length;
    if (text.length > room) this.droppedChars += text.length - room;
    const kept = text.slice(0, room);
    if (kept === "") return;
    this.#length += kept.length;
    this.#pieces.push(kept);
  }
}

/** How many characters at the end of `text` are the beginning of the mark. */
function openLength(text: string): number {
  for (let length = Math.min(END.length - 1, text.length); length > 0; length -= 1) {
    if (END.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
