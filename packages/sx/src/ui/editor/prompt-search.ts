import { graphemeStart } from "./graphemes.js";
import type { History, HistoryMatch } from "./history.js";

/** Nobody searches for more. */
const MAX_QUERY_CHARS = 200;

/** The search of Ctrl+R: what is looked for, and the newest prompt that holds it; then older ones. */
export class PromptSearch {
  readonly #history: History;
  #query = "";
  #match: HistoryMatch | undefined;

  constructor(history: History) {
    this.#history = history;
  }

  get query(): string {
    return this.#query;
  }

  /** What was found last. When nothing holds the query it is `undefined`. */
  get match(): HistoryMatch | undefined {
    return this.#match;
  }

  /** More of the query: the prompt that is shown stays when it still fits. */
  type(text: string): void {
    if (this.#query.length + text.length > MAX_QUERY_CHARS) return;
    this.#query += text;
    this.#match = this.#history.search(this.#query, this.#match?.index ?? this.#newest, "older");
  }

  erase(): void {
    if (this.#query === "") return;
    this.#query = this.#query.slice(0, graphemeStart(this.#query, this.#query.length));
    this.#match = this.#history.search(this.#query, this.#newest, "older");
  }

  /** The next one that holds it; at the end the one that is shown stays. */
  next(way: "older" | "newer"): void {
    if (this.#match === undefined) return;
    const from = this.#match.index + (way === "older" ? -1 : 1);
    this.#match = this.#history.search(this.#query, from, way) ?? this.#match;
  }

  get #newest(): number {
    return this.#history.entries.length - 1;
  }
}
