import type { Theme } from "../theme.js";

/** What a part is, as far as the space around it goes. */
export type PartKind = "prompt" | "answer" | "thinking" | "call" | "note" | "text";

/** How wide it is now, and how it looks. */
export interface Paper {
  readonly columns: number;
  readonly theme: Theme;
}

/** A piece of the transcript, from its first row until nothing of it changes any more. */
export interface Part {
  readonly kind: PartKind;
  /** Nothing comes any more; once its rows are taken, it is forgotten. */
  readonly isDone: boolean;
  /** Rows that are finished since the last call. */
  take(paper: Paper): readonly string[];
  /** The rows of what is not finished. */
  live(paper: Paper): readonly string[];
}

/** Something that is finished from the start: its rows are made when the width is known, and once. */
export class FinishedPart implements Part {
  readonly kind: PartKind;
  readonly isDone = true;
  #render: ((paper: Paper) => readonly string[]) | undefined;

  constructor(kind: PartKind, render: (paper: Paper) => readonly string[]) {
    this.kind = kind;
    this.#render = render;
  }

  take(paper: Paper): readonly string[] {
    const rows = this.#render?.(paper) ?? [];
    this.#render = undefined;
    return rows;
  }

  /** Shown while it waits for something before it. */
  live(paper: Paper): readonly string[] {
    return this.#render?.(paper) ?? [];
  }
}
