/** Enough for the rows that are ever shown of it. */
const KEPT_CHARS = 4_000;

/** The end of a clean text that grows: what it costs and keeps does not grow with it. */
export class TextTail {
  #text = "";
  #chars = 0;

  get chars(): number {
    return this.#chars;
  }

  push(piece: string): void {
    this.#chars += piece.length;
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
