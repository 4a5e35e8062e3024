import type { Paper, Part, PartKind } from "./part.js";

/** Of these, many may follow one another without an empty row. */
const DENSE: ReadonlySet<PartKind> = new Set(["thinking", "call", "note"]);

/** The parts of the conversation in their order. Only the first that is not done can hold back what comes after it. */
export class Transcript {
  #parts: Part[] = [];
  /** The last part that has a row in the terminal's history. */
  #above: Part | undefined;

  add(part: Part): void {
    this.#parts.push(part);
  }

  get last(): Part | undefined {
    return this.#parts.at(-1);
  }

  /** True when something stands above what is live. */
  get hasHistory(): boolean {
    return this.#above !== undefined;
  }

  /** Rows that will never change again. */
  take(paper: Paper): readonly string[] {
    const taken: string[] = [];
    let done = 0;
    for (const part of this.#parts) {
      const rows = part.take(paper);
      if (rows.length > 0) {
        taken.push(...spaced(part, rows, this.#above));
        this.#above = part;
      }
      if (!part.isDone) break;
      done += 1;
    }
    if (done > 0) this.#parts = this.#parts.slice(done);
    return taken;
  }

  live(paper: Paper): readonly string[] {
    const live: string[] = [];
    let above = this.#above;
    for (const part of this.#parts) {
      const rows = part.live(paper);
      if (rows.length === 0) continue;
      live.push(...spaced(part, rows, above));
      above = part;
    }
    return live;
  }
}

/** The rows, with an empty one before them where one part is set off from the other. */
function spaced(part: Part, rows: readonly string[], above: Part | undefined): readonly string[] {
  if (above === undefined || above === part || (DENSE.has(above.kind) && DENSE.has(part.kind))) return rows;
  return ["", ...rows];
}
