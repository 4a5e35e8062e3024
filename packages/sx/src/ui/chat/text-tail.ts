/** Enough for the rows that are ever shown of it. */
const KEPT_CHARS = 4_000;

/** The end of a clean text that grows: what it costs and keeps does not grow with it. */
export class TextTail {
  #text = "";

  /** Never more than 8,000, however much was pushed in small pieces. */
  get keptChars(): number {
    return this.#text.length;
  }

  push(piece: string): void {
    this.#text += piece;
    if (this.#text.length > 2 * KEPT_CHARS) this.#text = this.#text.slice(-KEPT_CHARS).toWellFormed();
  }

  /** The last lines that say something, oldest first. */
  lines(count: number): readonly string[] {
    return this.#text
      .slice(-KEPT_CHARS)
      .split("\n")
      .map((line) => line.trimEnd())
      .filter((line) => line !== "")
      .slice(-count);
  }
}
