const MAX_ENTRIES = 30;
const MAX_CHARS = 4_000_000;

/** What was cut, newest last; `yank` gives it back and `rotate` the one before it. */
export class KillRing {
  readonly #entries: string[] = [];

  /** Keeps a cut text. With `join` it belongs to the newest one: before it when the cut went backwards. */
  add(text: string, join: "before" | "after" | undefined): void {
    if (text === "") return;
    const newest = join === undefined ? "" : (this.#entries.pop() ?? "");
    this.#entries.push(join === "before" ? text + newest : newest + text);
    while (this.#entries.length > MAX_ENTRIES || (this.#entries.length > 1 && this.#chars() > MAX_CHARS)) {
      this.#entries.shift();
    }
  }

  /** The newest; `undefined` when nothing was cut. */
  yank(): string | undefined {
    return this.#entries.at(-1);
  }

  /** Makes the one before the newest the newest, and gives it. */
  rotate(): string | undefined {
    const newest = this.#entries.pop();
    if (newest !== undefined) this.#entries.unshift(newest);
    return this.yank();
  }

  get entries(): readonly string[] {
    return this.#entries;
  }

  #chars(): number {
    return this.#entries.reduce((sum, entry) => sum + entry.length, 0);
  }
}
