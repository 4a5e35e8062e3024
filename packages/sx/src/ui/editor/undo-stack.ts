import type { Place } from "./motions.js";

/** One replacement; undone and done again by swapping the two texts. */
export interface Edit {
  readonly from: Place;
  readonly removed: string;
  readonly inserted: string;
  readonly before: Place;
  readonly after: Place;
}

/** Typing and erasing character by character are gathered; anything else is a step by itself. */
export type EditKind = "type" | "erase" | "other";

const MAX_STEPS = 1000;
const MAX_CHARS = 16_000_000;

/** The edits that can be taken back, and those that were. */
export class UndoStack {
  #done: Edit[] = [];
  #undone: Edit[] = [];
  #open: EditKind = "other";
  #chars = 0;

  push(edit: Edit, kind: EditKind): void {
    this.#undone = [];
    const last = this.#done.at(-1);
    const joined = last !== undefined && kind !== "other" && kind === this.#open ? join(last, edit, kind) : undefined;
    if (joined !== undefined) this.#done.pop();
    this.#done.push(joined ?? edit);
    this.#chars += size(edit);
    this.#open = kind;
    // The step just made is always kept, however large.
    while (this.#done.length > 1 && (this.#done.length > MAX_STEPS || this.#chars > MAX_CHARS)) {
      const oldest = this.#done.shift();
      if (oldest !== undefined) this.#chars -= size(oldest);
    }
  }

  /** The next edit begins a step of its own. */
  seal(): void {
    this.#open = "other";
  }

  undo(): Edit | undefined {
    return this.#move(this.#done, this.#undone);
  }

  redo(): Edit | undefined {
    return this.#move(this.#undone, this.#done);
  }

  clear(): void {
    this.#done = [];
    this.#undone = [];
    this.#chars = 0;
    this.seal();
  }

  #move(from: Edit[], to: Edit[]): Edit | undefined {
    this.seal();
    const edit = from.pop();
    if (edit !== undefined) to.push(edit);
    return edit;
  }
}

/** Both as one step, when the second goes on where the first ended; words typed one after another are steps. */
function join(first: Edit, second: Edit, kind: "type" | "erase"): Edit | undefined {
  const { before } = first;
  const { after } = second;
  if (kind === "erase") {
    const isOn = first.inserted === "" && second.inserted === "" && isSame(second.before, first.after);
    // Behind a character that grew together when the one before it went, the two do not touch.
    if (!isOn || !isSame(first.from, first.after) || second.removed.includes("\n")) return undefined;
    const isBack = !isSame(second.from, first.from);
    const removed = isBack ? second.removed + first.removed : first.removed + second.removed;
    return { from: second.from, removed, inserted: "", before, after };
  }
  const end = { line: first.from.line, at: first.from.at + first.inserted.length };
  const isOn = second.removed === "" && isSame(second.before, first.after) && isSame(second.from, end);
  const isNewWord = /\s$/.test(first.inserted) && !/^\s/.test(second.inserted);
  if (!isOn || isNewWord || second.inserted.includes("\n") || first.inserted.includes("\n")) return undefined;
  return { from: first.from, removed: first.removed, inserted: first.inserted + second.inserted, before, after };
}

function isSame(a: Place, b: Place): boolean {
  return a.line === b.line && a.at === b.at;
}

function size(edit: Edit): number {
  return edit.removed.length + edit.inserted.length;
}
