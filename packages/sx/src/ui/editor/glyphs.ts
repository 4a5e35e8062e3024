import { cellWidth, fitCells } from "../cell-width.js";
import type { Chips } from "./chips.js";
import { graphemeEnd, isChipAt } from "./graphemes.js";
import type { Wrap } from "./text-line.js";

/** How the editor's characters look: what stands on the screen for each, and how many cells it takes. */
export interface Glyphs extends Wrap {
  /** A part of a line as it is drawn; `chip` paints the labels. */
  draw(text: string, chip: (label: string) => string): string;
}

const TAB = "    ";
const PLAIN = /^[\u0020-\u007e]*$/;
const PLAIN_ONE = /^[\u0020-\u007e]$/;
/** Looks that are remembered; a person writes in few characters. */
const MAX_LOOKS = 4096;

/** Makes the look of characters for rows of `columns` cells. Wider than a row nothing gets: it becomes `…`. */
export function createGlyphs(chips: Chips, columns: number): Glyphs {
  const looks = new Map<string, Look>();
  const lookOf = (grapheme: string): Look => {
    // The same character may stand for another chip one day.
    if (isChip(grapheme)) return fit(chips.get(grapheme)?.label ?? "", columns);
    const known = looks.get(grapheme);
    if (known !== undefined) return known;
    const look = fit(spell(grapheme), columns);
    if (looks.size >= MAX_LOOKS) looks.clear();
    looks.set(grapheme, look);
    return look;
  };
  const cells = (grapheme: string): number => (PLAIN_ONE.test(grapheme) ? 1 : lookOf(grapheme).cells);
  const draw = (text: string, chip: (label: string) => string): string => {
    if (PLAIN.test(text)) return text;
    let drawn = "";
    for (let at = 0; at < text.length;) {
      const end = graphemeEnd(text, at);
      const grapheme = text.slice(at, end);
      const look = lookOf(grapheme);
      // What has no width would be drawn over what stands before it.
      if (look.cells > 0) drawn += isChip(grapheme) ? chip(look.text) : look.text;
      at = end;
    }
    return drawn;
  };
  return { columns, cells, draw };
}

interface Look {
  readonly text: string;
  readonly cells: number;
}

function spell(grapheme: string): string {
  if (grapheme === "\t") return TAB;
  // Two more line ends that some terminals act on.
  return grapheme === "\u2028" || grapheme === "\u2029" ? " " : grapheme;
}

function isChip(grapheme: string): boolean {
  return grapheme.length === 1 && isChipAt(grapheme, 0);
}

function fit(text: string, columns: number): Look {
  const cells = cellWidth(text);
  if (cells <= columns) return { text, cells };
  const cut = text === TAB ? TAB.slice(0, columns) : fitCells(text, columns);
  return { text: cut, cells: cellWidth(cut) };
}
