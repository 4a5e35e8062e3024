import type { PaintName, Theme } from "../theme.js";

/** How a stretch of text looks; what stands first is painted innermost. */
export interface Style {
  readonly paints: readonly PaintName[];
  /** Where the text leads; printable ASCII. */
  readonly href?: string;
}

/** Text of one look. It holds no control characters and no line ends. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** What stands between two line ends, before it is cut to rows. A row is a line that fits. */
export type Line = readonly Span[];

export const PLAIN: Style = { paints: [] };

/** A style as it is inside another one. */
export function within(outer: Style, ...paints: readonly PaintName[]): Style {
  const added = paints.filter((paint) => !outer.paints.includes(paint));
  return added.length === 0 ? outer : { ...outer, paints: [...outer.paints, ...added] };
}

/** The row as bytes for the terminal: no style or link is left open at its end, and blanks at the end are gone. */
export function paintRow(row: Line, theme: Theme): string {
  let bytes = "";
  let text = "";
  let style = PLAIN;
  for (const span of trimEnd(row)) {
    // A blank has no colour: words of one look with plain blanks between them are one stretch.
    if (span.style === style || isSame(span.style, style)) text += span.text;
    else {
      bytes += paint(text, style, theme);
      ({ text, style } = span);
    }
  }
  return bytes + paint(text, style, theme);
}

function paint(text: string, style: Style, theme: Theme): string {
  if (text === "" || (style.paints.length === 0 && style.href === undefined)) return text;
  let painted = text;
  for (const name of style.paints) painted = theme[name](painted);
  return style.href === undefined ? painted : theme.hyperlink(painted, style.href);
}

function isSame(one: Style, other: Style): boolean {
  return (
    one.href === other.href &&
    one.paints.length === other.paints.length &&
    one.paints.every((name, index) => name === other.paints[index])
  );
}

function trimEnd(row: Line): Line {
  const last = row.at(-1);
  if (last === undefined || (last.text !== "" && !last.text.endsWith(" "))) return row;
  const text = last.text.trimEnd();
  const before = row.slice(0, -1);
  return text === "" ? trimEnd(before) : [...before, { ...last, text }];
}
