import { type Line, PLAIN, type Span, type Style } from "./spans.js";

/** What one container puts before the rows inside it. */
export interface Lead {
  /** Before the first row: the bullet of an item. */
  readonly first: Line;
  /** Before the others. */
  readonly rest: Line;
  /** The width of either. */
  readonly cells: number;
}

const DIM: Style = { paints: ["dim"] };
const ACCENT: Style = { paints: ["accent"] };
const BULLETS = ["•", "◦", "▪"];

export function quoteLead(): Lead {
  const bar: Line = [{ text: "│ ", style: DIM }];
  return { first: bar, rest: bar, cells: 2 };
}

/** @param number with its sign, as in `3.`; absent for a bullet. @param depth of items around this one. */
export function itemLead(number: string | undefined, depth: number): Lead {
  return leadOf([{ text: `${number ?? BULLETS[Math.min(depth, BULLETS.length - 1)] ?? ""} `, style: ACCENT }]);
}

/** The box of a task in place of a bullet. */
export function taskLead(number: string | undefined, isDone: boolean): Lead {
  const before: Line = number === undefined ? [] : [{ text: `${number} `, style: ACCENT }];
  const box: Span = isDone ? { text: "[x] ", style: { paints: ["success"] } } : { text: "[ ] ", style: PLAIN };
  return leadOf([...before, box]);
}

function leadOf(first: Line): Lead {
  const cells = first.reduce((sum, { text }) => sum + text.length, 0);
  return { first, rest: [{ text: " ".repeat(cells), style: PLAIN }], cells };
}
