import fastStringWidth from "fast-string-width";

const PLAIN = /^[\u0020-\u007e]*$/;
/**
 * Characters that take no cell, and that fast-string-width counts as one: format characters (the zero-width joiner and
 * tags are its own affair, as parts of an emoji) and the vowels and finals of a Hangul syllable in parts.
 */
const NO_WIDTH = /(?![\u200d\u{e0020}-\u{e007f}])[\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]+/gu;
/** A joiner that joins no emoji is not drawn. */
const LONE_JOINER =
  /(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d|\u200d(?!\p{Extended_Pictographic})/gu;

/** Width of a text in terminal cells; control characters count as none. */
export function cellWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return fastStringWidth(text.replace(NO_WIDTH, "").replace(LONE_JOINER, ""), { tabWidth: 0 });
}

/** The text in at most `room` cells, cut between characters as a person sees them; `…` stands for what is missing. */
export function fitCells(text: string, room: number): string {
  // Nothing after this can be seen, and segmenting a megabyte would be.
  const near = text.length > room * 16 ? text.slice(0, room * 16).toWellFormed() : text;
  if (PLAIN.test(near)) return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
  let cells = 0;
  let end = 0;
  for (const { segment, index } of graphemes(near)) {
    cells += cellWidth(segment);
    if (cells <= room - 1) end = index + segment.length;
    if (cells > room) return `${near.slice(0, end)}…`;
  }
  return near.length < text.length ? `${near.slice(0, end)}…` : near;
}

function graphemes(text: string): Iterable<Intl.SegmentData> {
  return new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text);
}
