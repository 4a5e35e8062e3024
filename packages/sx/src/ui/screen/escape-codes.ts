/**
 * The few sequences that this program sends to a terminal. Source: ECMA-48; xterm control sequences; the kitty keyboard
 * protocol; the synchronized output proposal (mode 2026); read 2026-11-20.
 */

export const HIDE_CURSOR = "\u001b[?25l";
export const SHOW_CURSOR = "\u001b[?25h";
export const ERASE_TO_LINE_END = "\u001b[K";
export const ERASE_BELOW = "\u001b[J";
/** The visible rows only, and the cursor to the first of them. */
export const CLEAR_SCREEN = "\u001b[H\u001b[2J";
export const NEW_ROW = "\r\n";

/** Between these a terminal that knows them shows nothing; others ignore them. */
export const BEGIN_UPDATE = "\u001b[?2026h";
export const END_UPDATE = "\u001b[?2026l";

/** Pastes come in brackets; keys with modifiers come whole (kitty's form, else xterm's). */
export const EDITING_ON = "\u001b[?2004h\u001b[>1u\u001b[>4;1m";
export const EDITING_OFF = "\u001b[>4;0m\u001b[<u\u001b[?2004l";

/** Asks for the colour of the background; a terminal that knows the question answers through the keyboard. */
export const ASK_BACKGROUND = "\u001b]11;?\u001b\\";

/** Moves without scrolling; 0 is no move. */
export function up(rows: number): string {
  return rows > 0 ? `\u001b[${rows}A` : "";
}

export function down(rows: number): string {
  return rows > 0 ? `\u001b[${rows}B` : "";
}

/** Columns count from 0. */
export function toColumn(column: number): string {
  return column === 0 ? "\r" : `\u001b[${column + 1}G`;
}

/** Empty rows before the cursor's; as many go off the bottom of the screen. */
export function insertRows(count: number): string {
  return `\u001b[${count}L`;
}
