const MAX_ENTRIES = 2000;

/** A prompt that was found, and where in it. */
export interface HistoryMatch {
  readonly index: number;
  readonly text: string;
  /** Code units from the start of the text. */
  readonly at: number;
}

/** Earlier prompts, oldest first and each once, and a way up and down through them that comes back to the draft. */
export class History {
  #entries: string[];
  /** Where one stands; the number of entries is the draft. */
  #at: number;
  #draft = "";

  constructor(entries: readonly string[] = []) {
    this.#entries = newestOnce(entries);
    this.#at = this.#entries.length;
  }

  get entries(): readonly string[] {
    return this.#entries;
  }

  /** Keeps a prompt as the newest one; an equal older one goes. One stands at the draft again. */
  add(text: string): void {
    if (text.trim() !== "") this.#entries = newestOnce([...this.#entries, text]);
    this.leave();
  }

  /** Puts older prompts, read from a file, before those of this run. */
  addOlder(entries: readonly string[]): void {
    const fromDraft = this.#at - this.#entries.length;
    this.#entries = newestOnce([...entries, ...this.#entries]);
    this.#at = Math.max(0, this.#entries.length + fromDraft);
  }

  /** The prompt before; `current` is kept when it is the draft. `undefined` at the oldest. */
  older(current: string): string | undefined {
    if (this.#at === 0) return undefined;
    if (this.#at === this.#entries.length) this.#draft = current;
    this.#at -= 1;
    return this.#entries[this.#at];
  }

  /** The prompt after, at last the draft. `undefined` at the draft. */
  newer(): string | undefined {
    if (this.#at === this.#entries.length) return undefined;
    this.#at += 1;
    return this.#entries[this.#at] ?? this.#draft;
  }

  /** Back to the draft without looking at it: the text was sent or thrown away. */
  leave(): void {
    this.#at = this.#entries.length;
    this.#draft = "";
  }

  /** The draft that waits below the prompts. */
  get draft(): string {
    return this.#draft;
  }

  /**
   * The nearest prompt that holds `query`, from `index` on (itself included) towards older or newer ones. Capitals count
   * only when the query has some.
   */
  search(query: string, index: number, way: "older" | "newer"): HistoryMatch | undefined {
    if (query === "" || (way === "newer" && index >= this.#entries.length)) return undefined;
    const isExact = query !== query.toLowerCase();
    const step = way === "older" ? -1 : 1;
    for (let place = Math.min(index, this.#entries.length - 1); place >= 0; place += step) {
      const text = this.#entries[place];
      if (text === undefined) return undefined;
      const at = isExact ? text.indexOf(query) : text.toLowerCase().indexOf(query);
      if (at !== -1) return { index: place, text, at: Math.min(at, text.length) };
    }
    return undefined;
  }
}

function newestOnce(entries: readonly string[]): string[] {
  const once = new Set<string>();
  for (let at = entries.length - 1; at >= 0 && once.size < MAX_ENTRIES; at -= 1) once.add(entries[at] ?? "");
  return [...once].toReversed();
}
