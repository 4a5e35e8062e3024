import { cellWidth } from "../cell-width.js";
import { ERASE_TO_LINE_END, toColumn } from "./escape-codes.js";

/**
 * Characters of whose width all terminals are of one mind, and that join with nothing: about others, a terminal may put
 * what follows into another column.
 */
const CERTAIN =
  /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u024f\u0391-\u03a1\u03a3-\u03c9\u0400-\u0481\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u257f\u2800-\u28ff\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*$/;

/** One character, or a stretch with its style: nothing is open before or after it. */
interface Atom {
  readonly bytes: string;
  readonly text: string;
}

/**
 * What turns a row that stands there into another one, from any column of it. What both begin with, and what both end
 * with in the same columns, is not written again.
 */
export function changeRow(old: string, row: string): string {
  const whole = `\r${ERASE_TO_LINE_END}${row}`;
  if (old === "") return `\r${row}`;
  const [before, after] = [atomsOf(old), atomsOf(row)];
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start]?.bytes === after[start]?.bytes) start += 1;
  let end = 0;
  while (end < most - start && before.at(-1 - end)?.bytes === after.at(-1 - end)?.bytes) end += 1;
  const [gone, come] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const head = textOf(before.slice(0, start));
  if (![head, textOf(gone), textOf(come)].every((text) => CERTAIN.test(text))) return whole;
  const [goneCells, comeCells] = [cellWidth(textOf(gone)), cellWidth(textOf(come))];
  const isSameWidth = goneCells === comeCells;
  const written = bytesOf(isSameWidth ? come : after.slice(start));
  const erase = comeCells >= goneCells ? "" : ERASE_TO_LINE_END;
  const change = toColumn(cellWidth(head)) + written + erase;
  return change.length < whole.length ? change : whole;
}

function textOf(atoms: readonly Atom[]): string {
  return atoms.map(({ text }) => text).join("");
}

function bytesOf(atoms: readonly Atom[]): string {
  return atoms.map(({ bytes }) => bytes).join("");
}

/** What ends each style that picocolors begins. */
function closerOf(code: number): number {
  if (code === 1 || code === 2) return 22;
  if (code >= 3 && code <= 9) return code + 20;
  return code >= 40 && code <= 47 ? 49 : 39;
}

function isCloser(code: number): boolean {
  return (code >= 22 && code <= 29) || code === 39 || code === 49;
}

function atomsOf(row: string): readonly Atom[] {
  const atoms: Atom[] = [];
  const open = new Set<number>();
  let isLink = false;
  let [bytes, text] = ["", ""];
  for (const [token] of row.matchAll(/\u001b\[[\d;]*m|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[^]/gu)) {
    bytes += token;
    if (token.startsWith("\u001b]")) isLink = !/^\u001b\]8;;(?:\u0007|\u001b\\)$/.test(token);
    else if (token.startsWith("\u001b[")) {
      for (const part of token.slice(2, -1).split(";")) {
        const code = Number(part);
        if (code === 0) open.clear();
        else if (isCloser(code)) open.delete(code);
        else open.add(closerOf(code));
      }
    } else text += token;
    if (open.size > 0 || isLink) continue;
    atoms.push({ bytes, text });
    [bytes, text] = ["", ""];
  }
  if (bytes !== "") atoms.push({ bytes, text });
  return atoms;
}
