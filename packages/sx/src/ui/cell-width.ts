/**
 * Characters that take two cells. Scripts and blocks in place of the whole East Asian Width table; where it is in doubt,
 * two, so that a line is cut too early rather than wrapped.
 * Source: Unicode Standard Annex #11, revision 43, read 2026-11-20.
 */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\p{Emoji_Presentation}\p{RI}\u3000-\u303e\u3190-\u31ff\u3200-\ua4cf\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;
const PLAIN = /^[\u0020-\u007e]*$/;

/** Width of a text in terminal cells; control characters count as none. */
export function cellWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let cells = 0;
  for (const { segment } of graphemes(text)) cells += widthOf(segment);
  return cells;
}

/** The text in at most `room` cells, cut between characters as a person sees them; `…` stands for what is missing. */
export function fitCells(text: string, room: number): string {
  // Nothing after this can be seen, and segmenting a megabyte would be.
  const near = text.length > room * 16 ? text.slice(0, room * 16).toWellFormed() : text;
  if (PLAIN.test(near)) return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
  let cells = 0;
  let end = 0;
  for (const { segment, index } of graphemes(near)) {
    cells += widthOf(segment);
    if (cells <= room - 1) end = index + segment.length;
    if (cells > room) return `${near.slice(0, end)}…`;
  }
  return near.length < text.length ? `${near.slice(0, end)}…` : near;
}

function widthOf(grapheme: string): number {
  if (NO_WIDTH.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

function graphemes(text: string): Iterable<Intl.SegmentData> {
  return new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text);
}
