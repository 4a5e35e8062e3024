import { graphemeEnd, graphemeStart, isChipAt } from "./graphemes.js";
import type { TextLine, Wrap } from "./text-line.js";

/** A place in the text: a line, and code units from its start, always at an end of a character. */
export interface Place {
  readonly line: number;
  readonly at: number;
}

type Lines = readonly TextLine[];

export function isBefore(a: Place, b: Place): boolean {
  return a.line < b.line || (a.line === b.line && a.at < b.at);
}

/** One character back; the line feed is one. */
export function placeLeft(lines: Lines, { line, at }: Place): Place {
  if (at > 0) return { line, at: graphemeStart(textOf(lines, line), at) };
  return line > 0 ? { line: line - 1, at: textOf(lines, line - 1).length } : { line, at };
}

/** One character on. */
export function placeRight(lines: Lines, { line, at }: Place): Place {
  const text = textOf(lines, line);
  if (at < text.length) return { line, at: graphemeEnd(text, at) };
  return line < lines.length - 1 ? { line: line + 1, at: 0 } : { line, at };
}

/** To the start of the word before, as Alt+B goes: letters, digits and `_` are a word, a chip is one by itself. */
export function wordLeft(lines: Lines, from: Place): Place {
  return walkBack(lines, from, (kind) => kind === "word");
}

/** To the end of the next word, as Alt+F goes. */
export function wordRight(lines: Lines, from: Place): Place {
  let place = from;
  let inWord = false;
  for (;;) {
    const text = textOf(lines, place.line);
    if (place.at === text.length) {
      if (inWord || place.line === lines.length - 1) return place;
      place = { line: place.line + 1, at: 0 };
      continue;
    }
    const kind = kindAt(text, place.at);
    if (inWord && kind !== "word") return place;
    place = { line: place.line, at: graphemeEnd(text, place.at) };
    if (kind === "chip") return place;
    inWord = kind === "word";
  }
}

/** To the start of what stands between spaces, as Ctrl+W deletes. */
export function spacedWordLeft(lines: Lines, from: Place): Place {
  return walkBack(lines, from, (kind) => kind !== "space");
}

function walkBack(lines: Lines, from: Place, belongs: (kind: Kind) => boolean): Place {
  let place = from;
  let inWord = false;
  for (;;) {
    if (place.at === 0) {
      if (inWord || place.line === 0) return place;
      place = { line: place.line - 1, at: textOf(lines, place.line - 1).length };
      continue;
    }
    const text = textOf(lines, place.line);
    const start = graphemeStart(text, place.at);
    const kind = kindAt(text, start);
    if (inWord && (kind === "chip" || !belongs(kind))) return place;
    place = { line: place.line, at: start };
    if (kind === "chip") return place;
    inWord = belongs(kind);
  }
}

/** The cell, within its row, at which a place is. */
export function columnOf(line: TextLine, at: number, wrap: Wrap): number {
  const start = line.row(line.rowAt(at, wrap), wrap)?.start ?? 0;
  let cells = 0;
  for (let from = start; from < at;) {
    const end = graphemeEnd(line.text, from);
    cells += wrap.cells(line.text.slice(from, end));
    from = end;
  }
  return cells;
}

/** The place in the row above or below that is nearest to a column; `undefined` at the first or last row. */
export function placeInNextRow(
  lines: Lines,
  from: Place,
  way: "up" | "down",
  column: number,
  wrap: Wrap,
): Place | undefined {
  const row = (lines[from.line]?.rowAt(from.at, wrap) ?? 0) + (way === "up" ? -1 : 1);
  const here = lines[from.line];
  if (row >= 0 && here?.row(row, wrap) !== undefined) {
    return { line: from.line, at: placeInRow(here, row, column, wrap) };
  }
  const next = from.line + (way === "up" ? -1 : 1);
  const there = lines[next];
  if (there === undefined) return undefined;
  return { line: next, at: placeInRow(there, way === "up" ? there.lastRow(wrap) : 0, column, wrap) };
}

function placeInRow(line: TextLine, index: number, column: number, wrap: Wrap): number {
  const row = line.row(index, wrap);
  if (row === undefined) return 0;
  let cells = 0;
  let at = row.start;
  while (at < row.end) {
    const end = graphemeEnd(line.text, at);
    cells += wrap.cells(line.text.slice(at, end));
    // The end of a row is the start of the next one, unless the line ends there.
    if (cells > column || (end >= row.end && row.end < line.text.length)) break;
    at = end;
  }
  return at;
}

type Kind = "word" | "space" | "chip" | "other";

function kindAt(text: string, at: number): Kind {
  if (isChipAt(text, at)) return "chip";
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (/[\p{L}\p{N}\p{M}_]/u.test(character)) return "word";
  return /\s/u.test(character) ? "space" : "other";
}

function textOf(lines: Lines, line: number): string {
  return lines[line]?.text ?? "";
}
