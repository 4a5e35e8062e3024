import { cellWidth } from "../cell-width.js";

/** One character as a person sees it. */
export interface Glyph {
  readonly text: string;
  readonly cells: number;
}

/** Longer glyphs are cut: what is stacked there would be drawn over the rows around it. */
const MAX_UNITS = 40;

let segmenter: Intl.Segmenter | undefined;

/** The glyphs of a text, in order. */
export function* glyphsOf(text: string): Generator<Glyph> {
  for (let at = 0; at < text.length;) {
    if (isSimpleAt(text, at)) {
      yield { text: text.charAt(at), cells: text.charCodeAt(at) < 0x2e80 ? 1 : 2 };
      at += 1;
      continue;
    }
    let end = at + 1;
    while (end < text.length && !isSimpleAt(text, end)) end += 1;
    segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
    for (const { segment } of segmenter.segment(text.slice(at, end))) {
      const shown = segment.length > MAX_UNITS ? segment.slice(0, MAX_UNITS).toWellFormed() : segment;
      yield { text: shown, cells: cellWidth(shown) };
    }
    at = end;
  }
}

/** Asking ICU costs a hundred times more than this, and most text needs no asking. */
function isSimpleAt(text: string, at: number): boolean {
  return isSimple(text.charCodeAt(at)) && (at + 1 === text.length || isSimple(text.charCodeAt(at + 1)));
}

/**
 * Characters between two of which there is always an end, none of which can be an emoji: Latin, Greek, Cyrillic,
 * punctuation, box drawing, Braille patterns; kana, ideographs, Hangul syllables and full-width forms, which take two cells.
 */
function isSimple(code: number): boolean {
  if (code < 0x250)
    return (code >= 0x20 && code <= 0x7e) || (code > 0xa0 && code !== 0xa9 && code !== 0xad && code !== 0xae);
  if (code < 0x2010)
    return (
      (code >= 0x391 && code <= 0x3c9 && code !== 0x3a2) ||
      (code >= 0x400 && code <= 0x481) ||
      (code >= 0x48a && code <= 0x52f)
    );
  if (code < 0x3001)
    return (
      code <= 0x2027 ||
      (code >= 0x2030 && code <= 0x203b) ||
      (code >= 0x2500 && code <= 0x259f) ||
      (code >= 0x2800 && code <= 0x28ff)
    );
  return (
    code <= 0x3029 ||
    (code >= 0x3041 && code <= 0x3096) ||
    (code >= 0x30a1 && code <= 0x30fa) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xff01 && code <= 0xff5e)
  );
}
