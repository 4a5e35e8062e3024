import { cleanText } from "../terminal-text.js";
import { graphemeCeil, isChipAt } from "./graphemes.js";
import { KillRing } from "./kill-ring.js";
import {
  columnOf,
  isBefore,
  type Place,
  placeInNextRow,
  placeLeft,
  placeRight,
  spacedWordLeft,
  wordLeft,
  wordRight,
} from "./motions.js";
import { TextLine, type Wrap } from "./text-line.js";
import { type Edit, type EditKind, UndoStack } from "./undo-stack.js";

export type Motion = "left" | "right" | "wordLeft" | "wordRight" | "lineStart" | "lineEnd" | "textStart" | "textEnd";
/** How far a deletion goes from the cursor. */
export type Reach = Motion | "spacedWordLeft";

/** Text as it may stand in the editor: no control characters but line feed and tab, nothing that passes for a chip. */
export function cleanInput(text: string): string {
  return cleanText(text.toWellFormed());
}

/**
 * The text that is being written, its cursor, what was cut, and what can be undone. The text holds chips as unpaired low
 * surrogates (`chips.ts`). Nothing here walks over the whole text for one key.
 */
export class EditBuffer {
  #lines: TextLine[] = [new TextLine("")];
  #cursor: Place = { line: 0, at: 0 };
  /** The cell that Up and Down keep to. */
  #goal: number | undefined;
  readonly #undo = new UndoStack();
  readonly #kills = new KillRing();
  #last: "kill" | "yank" | "other" = "other";
  /** Where the text that was yanked last begins. */
  #yankedFrom: Place = { line: 0, at: 0 };

  get lines(): readonly TextLine[] {
    return this.#lines;
  }

  get cursor(): Place {
    return this.#cursor;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 1 && this.#lines[0]?.text === "";
  }

  /** The whole text, chips as they stand in it. */
  get text(): string {
    return this.#lines.map(({ text }) => text).join("\n");
  }

  /** The text of the cursor's line before the cursor. */
  get textBefore(): string {
    return (this.#lines[this.#cursor.line]?.text ?? "").slice(0, this.#cursor.at);
  }

  /** All that may come back: the text, what was cut, and nothing of what can be undone. */
  get heldTexts(): readonly string[] {
    return [this.text, ...this.#kills.entries];
  }

  /** Puts text at the cursor. `text` is cleaned; chips in it must come from `insertRaw`. */
  insert(text: string): void {
    const clean = cleanInput(text);
    this.#replace(this.#cursor, this.#cursor, clean, clean.length <= 2 ? "type" : "other");
    this.#last = "other";
  }

  /** Puts text with chips at the cursor; whoever calls this has cleaned the rest of it. */
  insertRaw(text: string): void {
    this.#replace(this.#cursor, this.#cursor, text, "other");
    this.#last = "other";
  }

  /** Replaces everything, as one step that can be undone; the cursor is at the end. Chips in it are kept. */
  setRaw(text: string): void {
    if (text !== this.text) this.#replace({ line: 0, at: 0 }, this.#end(), text, "other");
    this.move("textEnd");
  }

  /** Replaces the `length` code units before the cursor on its line. */
  replaceBefore(length: number, text: string): void {
    const { line, at } = this.#cursor;
    this.#replace({ line, at: Math.max(0, at - length) }, this.#cursor, cleanInput(text), "other");
    this.#last = "other";
  }

  /** The chip before the cursor, else the one after it, with its place. */
  chipAtCursor(): { readonly character: string; readonly from: Place } | undefined {
    const { line, at } = this.#cursor;
    const text = this.#lines[line]?.text ?? "";
    for (const start of [at - 1, at]) {
      if (start >= 0 && isChipAt(text, start)) return { character: text.charAt(start), from: { line, at: start } };
    }
    return undefined;
  }

  /** Puts text in the place of the one character there, a chip; the text is cleaned. */
  replaceChip(from: Place, text: string): void {
    this.#replace(from, { line: from.line, at: from.at + 1 }, cleanInput(text), "other");
    this.#last = "other";
  }

  move(motion: Motion): void {
    this.#goTo(this.#target(motion));
  }

  /** One row up or down, keeping to its column. False when there is no such row; the cursor then stays. */
  moveRow(way: "up" | "down", wrap: Wrap): boolean {
    const line = this.#lines[this.#cursor.line];
    if (line === undefined) return false;
    const goal = this.#goal ?? columnOf(line, this.#cursor.at, wrap);
    const place = placeInNextRow(this.#lines, this.#cursor, way, goal, wrap);
    if (place === undefined) return false;
    this.#goTo(place);
    this.#goal = goal;
    return true;
  }

  /** Deletes without keeping it. */
  erase(reach: Reach): void {
    const [from, to] = this.#span(reach);
    this.#replace(from, to, "", "erase");
    this.#last = "other";
  }

  /** Cuts; cuts one after another are yanked together. At the end (or start) of a line the line feed is cut. */
  kill(reach: Reach): void {
    let [from, to] = this.#span(reach);
    if (from === to && reach === "lineEnd") to = placeRight(this.#lines, to);
    if (from === to && reach === "lineStart") from = placeLeft(this.#lines, from);
    const isBack = isBefore(from, this.#cursor);
    this.#kills.add(this.#slice(from, to), this.#last !== "kill" ? undefined : isBack ? "before" : "after");
    this.#replace(from, to, "", "other");
    this.#last = "kill";
  }

  yank(): void {
    const text = this.#kills.yank();
    if (text === undefined) return;
    this.#yankedFrom = this.#cursor;
    this.#replace(this.#cursor, this.#cursor, text, "other");
    this.#last = "yank";
  }

  /** Right after a yank: the text cut before that one in its place. */
  yankPop(): void {
    if (this.#last !== "yank") return;
    const yanked = this.#kills.yank() ?? "";
    const text = this.#kills.rotate() ?? "";
    this.#replace(this.#yankedFrom, endOf(this.#yankedFrom, yanked), text, "other");
    this.#last = "yank";
  }

  /** Swaps the characters around the cursor, at the end of a line the last two. */
  transpose(): void {
    const { line, at } = this.#cursor;
    const atEnd = at === (this.#lines[line]?.text.length ?? 0);
    const middle = atEnd ? placeLeft(this.#lines, this.#cursor) : this.#cursor;
    if (middle.line !== line || middle.at === 0) return;
    const from = placeLeft(this.#lines, middle);
    const to = placeRight(this.#lines, middle);
    this.#replace(from, to, this.#slice(middle, to) + this.#slice(from, middle), "other");
    this.#last = "other";
  }

  /** False when there is nothing to undo. */
  undo(): boolean {
    const edit = this.#undo.undo();
    if (edit === undefined) return false;
    this.#splice(edit.from, endOf(edit.from, edit.inserted), edit.removed);
    this.#jump(edit.before);
    return true;
  }

  redo(): boolean {
    const edit = this.#undo.redo();
    if (edit === undefined) return false;
    this.#splice(edit.from, endOf(edit.from, edit.removed), edit.inserted);
    this.#jump(edit.after);
    return true;
  }

  /** Starts anew: empty, with nothing to undo. What was cut can still be yanked. */
  reset(): void {
    this.#lines = [new TextLine("")];
    this.#jump({ line: 0, at: 0 });
    this.#undo.clear();
  }

  #target(reach: Reach): Place {
    const { line } = this.#cursor;
    switch (reach) {
      case "left":
        return placeLeft(this.#lines, this.#cursor);
      case "right":
        return placeRight(this.#lines, this.#cursor);
      case "wordLeft":
        return wordLeft(this.#lines, this.#cursor);
      case "wordRight":
        return wordRight(this.#lines, this.#cursor);
      case "spacedWordLeft":
        return spacedWordLeft(this.#lines, this.#cursor);
      case "lineStart":
        return { line, at: 0 };
      case "lineEnd":
        return { line, at: this.#lines[line]?.text.length ?? 0 };
      case "textStart":
        return { line: 0, at: 0 };
      case "textEnd":
        return this.#end();
    }
  }

  /** From the cursor to a target, in the order of the text; the same object twice when that is nothing. */
  #span(reach: Reach): [from: Place, to: Place] {
    const target = this.#target(reach);
    if (isBefore(target, this.#cursor)) return [target, this.#cursor];
    return isBefore(this.#cursor, target) ? [this.#cursor, target] : [this.#cursor, this.#cursor];
  }

  #goTo(place: Place): void {
    this.#undo.seal();
    this.#jump(place);
  }

  #jump(place: Place): void {
    this.#cursor = place;
    this.#goal = undefined;
    this.#last = "other";
  }

  #end(): Place {
    const line = this.#lines.length - 1;
    return { line, at: this.#lines[line]?.text.length ?? 0 };
  }

  #replace(from: Place, to: Place, text: string, kind: EditKind): void {
    const removed = this.#slice(from, to);
    this.#goal = undefined;
    if (removed === "" && text === "") return;
    const before = this.#cursor;
    this.#splice(from, to, text);
    const end = endOf(from, text);
    // A mark that now follows a letter belongs to it: the cursor goes behind both.
    const after = { line: end.line, at: graphemeCeil(this.#lines[end.line]?.text ?? "", end.at) };
    this.#cursor = after;
    const edit: Edit = { from, removed, inserted: text, before, after };
    this.#undo.push(edit, kind);
  }

  #slice(from: Place, to: Place): string {
    if (from.line === to.line) return (this.#lines[from.line]?.text ?? "").slice(from.at, to.at);
    const lines = this.#lines.slice(from.line, to.line + 1).map(({ text }) => text);
    const last = lines.length - 1;
    return lines
      .map((text, index) => (index === 0 ? text.slice(from.at) : index === last ? text.slice(0, to.at) : text))
      .join("\n");
  }

  #splice(from: Place, to: Place, text: string): void {
    const first = this.#lines[from.line];
    if (first === undefined) return;
    const tail = (this.#lines[to.line]?.text ?? "").slice(to.at);
    const pieces = text.split("\n");
    const head = pieces.shift() ?? "";
    const last = pieces.pop();
    if (from.line === to.line && last === undefined) return first.replace(from.at, to.at, head);
    first.replace(from.at, first.text.length, last === undefined ? head + tail : head);
    const added = pieces.map((piece) => new TextLine(piece));
    if (last !== undefined) added.push(new TextLine(last + tail));
    this.#lines = [...this.#lines.slice(0, from.line + 1), ...added, ...this.#lines.slice(to.line + 1)];
  }
}

/** Where a text ends that was put at a place. */
function endOf(from: Place, text: string): Place {
  const last = text.lastIndexOf("\n");
  if (last === -1) return { line: from.line, at: from.at + text.length };
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return { line: from.line + lines, at: text.length - last - 1 };
}
