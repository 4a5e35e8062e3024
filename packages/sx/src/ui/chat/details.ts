import type { Paper } from "./part.js";

/** Finished things that can be opened again, the last one first. */
const MAX_KEPT = 10;

export type Details = (paper: Paper) => readonly string[];

/** What Ctrl+O prints again, each once. */
export class DetailsStack {
  #kept: Details[] = [];

  add(details: Details): void {
    this.#kept.push(details);
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
  }

  take(): Details | undefined {
    return this.#kept.pop();
  }
}
