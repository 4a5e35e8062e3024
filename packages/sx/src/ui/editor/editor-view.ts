import { cellWidth, fitCells } from "../cell-width.js";
import { cleanText } from "../terminal-text.js";
import type { Completion } from "./completion.js";
import type { EditBuffer } from "./edit-buffer.js";
import type { Glyphs } from "./glyphs.js";
import { graphemeCeil } from "./graphemes.js";
import { columnOf } from "./motions.js";
import type { PromptSearch } from "./prompt-search.js";

/** What the editor paints, by meaning. Each gives its text back, with colours or without. */
export interface EditorTheme {
  prompt(text: string): string;
  placeholder(text: string): string;
  chip(text: string): string;
  selected(text: string): string;
  detail(text: string): string;
  match(text: string): string;
}

/** Rows of the screen, none wider than was asked for, and the cell where the terminal's own cursor belongs. */
export interface EditorRows {
  readonly rows: readonly string[];
  readonly cursorRow: number;
  readonly cursorColumn: number;
  /** So many of the rows, at the end, are the list of completions. */
  readonly listRows: number;
}

export interface ViewOptions {
  readonly theme: EditorTheme;
  /** Before the first row, with its space: `> `. Other rows are indented as far. */
  readonly prompt: string;
  readonly placeholder: string;
}

export interface ViewSize {
  readonly columns: number;
  /** Rows for the text; more of them scroll. At least 1. */
  readonly maxTextRows: number;
}

/** Narrower than this there is no room for a prompt, or for a list. */
const MIN_COLUMNS = 12;
const MAX_LABEL_CELLS = 48;

interface RowPlace {
  readonly line: number;
  readonly row: number;
}

/** Text to rows. It only remembers which row stood first, so that the text does not jump when it scrolls. */
export class EditorView {
  readonly #options: ViewOptions;
  #top: RowPlace = { line: 0, row: 0 };

  constructor(options: ViewOptions) {
    this.#options = options;
  }

  /** The cells that the text has in a row of `columns`; one is left for the cursor behind the last character. */
  textColumns(columns: number): number {
    return Math.max(1, columns - this.#indent(columns) - 1);
  }

  /** The text, and the list under it. */
  render(buffer: EditBuffer, completion: Completion, glyphs: Glyphs, size: ViewSize): EditorRows {
    const { theme, prompt, placeholder } = this.#options;
    const { columns } = size;
    const indent = this.#indent(columns);
    if (buffer.isEmpty) {
      const hint = fitOrNothing(placeholder, glyphs.columns);
      const head = indent > 0 ? theme.prompt(prompt) : "";
      return {
        rows: [head + (hint === "" ? "" : theme.placeholder(hint))],
        cursorRow: 0,
        cursorColumn: indent,
        listRows: 0,
      };
    }
    const { places, cursorRow, isMoreAbove, isMoreBelow } = this.#window(buffer, glyphs, Math.max(1, size.maxTextRows));
    const rows = places.map((place, index) => {
      const text = this.#rowText(buffer, glyphs, place);
      if (indent === 0) return text;
      const isFirst = place.line === 0 && place.row === 0;
      const isCut = (index === 0 && isMoreAbove) || (index === places.length - 1 && isMoreBelow);
      const sign = index === 0 && isMoreAbove ? "↑" : "↓";
      const mark = isFirst ? prompt : isCut ? sign.padEnd(indent) : " ".repeat(indent);
      return (isFirst || isCut ? theme.prompt(mark) : mark) + text;
    });
    const { line, at } = buffer.cursor;
    const current = buffer.lines[line];
    const column = indent + (current === undefined ? 0 : columnOf(current, at, glyphs));
    const list = this.#list(completion, columns);
    return {
      rows: [...rows, ...list],
      cursorRow,
      cursorColumn: Math.min(column, columns - 1),
      listRows: list.length,
    };
  }

  /** The search for an earlier prompt: what is looked for, and the line of the prompt where it was found. */
  renderSearch(search: PromptSearch, glyphs: Glyphs, columns: number): EditorRows {
    const { theme } = this.#options;
    const lead = columns >= MIN_COLUMNS * 2 ? "search: " : "";
    // The end of what is looked for is what matters while it is typed.
    const query = fitEnd(shownPart(search.query), Math.max(1, columns - lead.length - 1));
    const head = theme.prompt(lead) + query;
    const cursorColumn = Math.min(columns - 1, lead.length + cellWidth(query));
    const { match } = search;
    if (match === undefined) {
      const note = search.query === "" ? "type to search earlier prompts" : "nothing found";
      return { rows: [head, theme.placeholder(fitOrNothing(note, columns))], cursorRow: 0, cursorColumn, listRows: 0 };
    }
    const start = match.text.lastIndexOf("\n", Math.max(0, match.at - 1)) + 1;
    const line = match.text.slice(start).split("\n", 1)[0] ?? "";
    const at = match.at - start;
    const from = graphemeCeil(line, Math.max(0, at - Math.floor(columns / 2)));
    const before = shownPart(line.slice(from, at));
    const found = shownPart(line.slice(at, at + search.query.length));
    const room = Math.max(1, glyphs.columns);
    const parts = [fitOrNothing(before, room)];
    const left = room - cellWidth(parts[0] ?? "");
    const foundFit = fitOrNothing(found, left);
    const behind = fitOrNothing(shownPart(line.slice(at + search.query.length)), left - cellWidth(foundFit));
    parts.push(foundFit === "" ? "" : theme.match(foundFit), behind);
    return { rows: [head, parts.join("")], cursorRow: 0, cursorColumn, listRows: 0 };
  }

  #indent(columns: number): number {
    return columns >= MIN_COLUMNS ? cellWidth(this.#options.prompt) : 0;
  }

  #rowText(buffer: EditBuffer, glyphs: Glyphs, { line, row }: RowPlace): string {
    const span = buffer.lines[line]?.row(row, glyphs);
    const text = buffer.lines[line]?.text.slice(span?.start, span?.end) ?? "";
    return glyphs.draw(text, (label) => this.#options.theme.chip(label));
  }

  /** The rows that are seen: those from the top on, moved so that the cursor is among them. */
  #window(
    buffer: EditBuffer,
    glyphs: Glyphs,
    height: number,
  ): { places: readonly RowPlace[]; cursorRow: number; isMoreAbove: boolean; isMoreBelow: boolean } {
    const { line, at } = buffer.cursor;
    const cursor = { line, row: buffer.lines[line]?.rowAt(at, glyphs) ?? 0 };
    const hasTop = buffer.lines[this.#top.line]?.row(this.#top.row, glyphs) !== undefined;
    let top = hasTop && !isAbove(cursor, this.#top) ? this.#top : cursor;
    let places = this.#rowsFrom(buffer, glyphs, top, height);
    if (!places.some((place) => isSame(place, cursor))) {
      top = stepBack(buffer, glyphs, cursor, height - 1);
      places = this.#rowsFrom(buffer, glyphs, top, height);
    } else if (places.length < height) {
      // Text went away below: what is above comes down.
      top = stepBack(buffer, glyphs, top, height - places.length);
      places = this.#rowsFrom(buffer, glyphs, top, height);
    }
    this.#top = top;
    const last = places.at(-1) ?? top;
    return {
      places,
      cursorRow: Math.max(
        0,
        places.findIndex((place) => isSame(place, cursor)),
      ),
      isMoreAbove: top.line > 0 || top.row > 0,
      isMoreBelow: stepOn(buffer, glyphs, last) !== undefined,
    };
  }

  #rowsFrom(buffer: EditBuffer, glyphs: Glyphs, top: RowPlace, height: number): readonly RowPlace[] {
    const places = [top];
    for (let next = stepOn(buffer, glyphs, top); next !== undefined && places.length < height;) {
      places.push(next);
      next = stepOn(buffer, glyphs, next);
    }
    return places;
  }

  #list(completion: Completion, columns: number): readonly string[] {
    if (!completion.isOpen || columns < MIN_COLUMNS) return [];
    const { theme } = this.#options;
    const { rows } = completion.shown;
    const most = Math.min(MAX_LABEL_CELLS, columns - 3);
    const widest = Math.min(most, Math.max(...rows.map(({ label }) => cellWidth(label))));
    return rows.map(({ label, detail, isSelected }) => {
      const name = fitCells(label, detail === "" ? columns - 3 : most);
      const gap = " ".repeat(Math.max(0, widest - cellWidth(name)) + 2);
      const room = columns - 3 - cellWidth(name) - gap.length;
      const about = room < 8 ? "" : fitOrNothing(detail, room);
      const mark = isSelected ? "› " : "  ";
      const text = isSelected ? theme.selected(mark + name) : mark + name;
      return about === "" ? text : `${text}${gap}${theme.detail(about)}`;
    });
  }
}

function stepOn(buffer: EditBuffer, glyphs: Glyphs, { line, row }: RowPlace): RowPlace | undefined {
  if (buffer.lines[line]?.row(row + 1, glyphs) !== undefined) return { line, row: row + 1 };
  return line + 1 < buffer.lines.length ? { line: line + 1, row: 0 } : undefined;
}

function stepBack(buffer: EditBuffer, glyphs: Glyphs, from: RowPlace, count: number): RowPlace {
  let { line, row } = from;
  for (let left = count; left > 0; left -= 1) {
    if (row > 0) row -= 1;
    else if (line > 0) {
      line -= 1;
      row = buffer.lines[line]?.lastRow(glyphs) ?? 0;
    } else break;
  }
  return { line, row };
}

function isAbove(a: RowPlace, b: RowPlace): boolean {
  return a.line < b.line || (a.line === b.line && a.row < b.row);
}

function isSame(a: RowPlace, b: RowPlace): boolean {
  return a.line === b.line && a.row === b.row;
}

function shownPart(text: string): string {
  return cleanText(text)
    .replaceAll("\t", "    ")
    .replaceAll(/[\u2028\u2029]/g, " ");
}

function fitOrNothing(text: string, room: number): string {
  return room < 1 ? "" : fitCells(text, room);
}

/** The end of a text that fits. */
function fitEnd(text: string, room: number): string {
  let from = 0;
  while (cellWidth(text.slice(from)) > room) from = graphemeCeil(text, from + 1);
  return text.slice(from);
}
