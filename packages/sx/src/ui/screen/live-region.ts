import { cellWidth } from "../cell-width.js";
import {
  BEGIN_UPDATE,
  down,
  END_UPDATE,
  ERASE_BELOW,
  HIDE_CURSOR,
  insertRows,
  NEW_ROW,
  SHOW_CURSOR,
  toColumn,
  up,
} from "./escape-codes.js";
import { changeRow } from "./row-change.js";
import { findInsertion } from "./row-insertion.js";

/** Counted from the first row and column of the region, from 0. */
export interface CursorCell {
  readonly row: number;
  readonly column: number;
}

export interface Frame {
  /** Rows that go above the region, into the terminal's own history, for good. */
  readonly finished: readonly string[];
  /** The rows of the region; each fits the terminal and leaves no style open. */
  readonly live: readonly string[];
  /** Where the cursor stands; absent: it is hidden. */
  readonly cursor?: CursorCell | undefined;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Below this a change is one small write, which no terminal shows half of. */
const SMALL_CHARS = 160;

/**
 * The last rows on the normal screen, the only ones that are ever drawn again. Pure: frames in, bytes for the terminal
 * out; only what differs from the frame before is sent. A region higher than the terminal shows its last rows.
 */
export class LiveRegion {
  #size: Size;
  /** What the terminal shows of the region. */
  #drawn: readonly string[] = [];
  /** Row of the region in which the terminal's cursor is. */
  #row = 0;
  #cursorShown = true;
  /** After a change of width, nothing of what was drawn can be counted on. */
  #stale = false;

  constructor(size: Size) {
    this.#size = size;
  }

  /** The bytes that turn what is shown into this frame; empty when nothing differs. */
  draw(frame: Frame): string {
    const hidden = Math.max(0, frame.live.length - Math.max(1, this.#size.rows - 1));
    const live = hidden === 0 ? frame.live : frame.live.slice(hidden);
    const cursor =
      frame.cursor === undefined ? undefined : { ...frame.cursor, row: Math.max(0, frame.cursor.row - hidden) };
    const rows = this.#stale ? this.#redraw(frame.finished, live) : this.#change(frame.finished, live);
    this.#drawn = live;
    const bytes = rows + this.#place(cursor, rows !== "");
    return bytes.length > SMALL_CHARS ? BEGIN_UPDATE + bytes + END_UPDATE : bytes;
  }

  /** Takes the region off the screen; the cursor stands where its first row was. */
  erase(): string {
    const bytes = this.#drawn.length === 0 && !this.#stale ? "" : up(this.#row) + "\r" + ERASE_BELOW;
    const shown = this.#cursorShown ? "" : SHOW_CURSOR;
    this.#drawn = [];
    this.#row = 0;
    this.#stale = false;
    this.#cursorShown = true;
    return bytes + shown;
  }

  /**
   * The terminal has a new size. Terminals that wrap long rows anew when they become narrower push the region's first
   * row up; the rows between it and the cursor are counted as those would be.
   */
  resize(size: Size): void {
    if (size.columns < this.#size.columns) {
      const above = this.#drawn.slice(0, this.#row);
      this.#row = above.reduce((sum, row) => sum + wrappedRows(row, size.columns), 0);
    }
    // Rows that a lower terminal has pushed out of sight cannot be changed any more.
    this.#stale ||= size.columns !== this.#size.columns || size.rows <= this.#drawn.length;
    this.#size = size;
  }

  /** Nothing of what stands there counts: all is written again. */
  #redraw(finished: readonly string[], live: readonly string[]): string {
    const start = `${up(this.#row)}\r${ERASE_BELOW}`;
    this.#stale = false;
    this.#row = Math.max(0, live.length - 1);
    // With nothing live, the cursor goes to the row after the last finished one.
    const end = live.length === 0 && finished.length > 0 ? NEW_ROW : "";
    return start + [...finished, ...live].join(NEW_ROW) + end;
  }

  /**
   * Only what differs is written. Finished rows stay where they stood while they were live; the region begins below
   * them from now on.
   */
  #change(finished: readonly string[], live: readonly string[]): string {
    const before = this.#drawn;
    const now = finished.length === 0 ? live : [...finished, ...live];
    let bytes = "";
    let row = this.#row;
    const go = (to: number): void => {
      bytes += to < row ? up(row - to) : down(to - row);
      row = to;
    };
    const write = (from: number, to: number, old: readonly (string | undefined)[]): void => {
      for (let index = from; index < to; index += 1) {
        const [stands, text] = [old[index], now[index] ?? ""];
        if (stands === text) continue;
        if (stands !== undefined) {
          go(index);
          bytes += changeRow(stands, text);
          continue;
        }
        // A row that is not there yet: only a line feed makes room at the bottom of the screen.
        if (index > 0) {
          go(index - 1);
          bytes += NEW_ROW;
          row = index;
        } else bytes += "\r";
        bytes += text;
      }
    };
    const insertion = findInsertion(before, now, this.#size.rows);
    if (insertion === undefined) write(0, now.length, before);
    else {
      const { at, count } = insertion;
      write(0, at, before);
      go(before.length - 1);
      bytes += NEW_ROW.repeat(count);
      row += count;
      go(at);
      bytes += insertRows(count);
      write(at, now.length, before.toSpliced(at, 0, ...Array<string>(count).fill("")));
    }
    if (before.length > now.length) {
      go(now.length);
      bytes += `\r${ERASE_BELOW}`;
    } else if (live.length === 0 && finished.length > 0) {
      // With nothing live, the cursor goes to the row after the last finished one.
      go(now.length - 1);
      bytes += NEW_ROW;
      row = now.length;
    }
    // Counted from the region's first row: while nothing moved, the cursor may still be above it.
    this.#row = row - finished.length;
    return bytes;
  }

  #place(cursor: CursorCell | undefined, hasMoved: boolean): string {
    if (cursor === undefined) {
      const hide = this.#cursorShown ? HIDE_CURSOR : "";
      this.#cursorShown = false;
      this.#placed = undefined;
      return hide;
    }
    const isThere = !hasMoved && this.#placed?.row === cursor.row && this.#placed.column === cursor.column;
    const show = this.#cursorShown ? "" : SHOW_CURSOR;
    const move = cursor.row < this.#row ? up(this.#row - cursor.row) : down(cursor.row - this.#row);
    this.#row = cursor.row;
    this.#placed = cursor;
    this.#cursorShown = true;
    return isThere ? show : move + toColumn(cursor.column) + show;
  }

  #placed: CursorCell | undefined;
}

function wrappedRows(row: string, columns: number): number {
  return Math.max(1, Math.ceil(cellWidth(plain(row)) / columns));
}

/** Without styles and links. */
function plain(row: string): string {
  return row.includes("\u001b")
    ? row.replace(/\u001b(?:\[[\d;:?]*[A-Za-z]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g, "")
    : row;
}
