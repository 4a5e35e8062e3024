/**
 * A character as a person sees it may be many code units. ICU finds its ends, but asking costs time in proportion to the
 * text that is handed in, so only short stretches are. A chip (`chips.ts`) is one unpaired low surrogate and stands
 * alone.
 */
const CHIP = /[\udc00-\udfff]/;
/** Between two of these characters there is always an end. Source: UAX #29, GB999, with those of class Other or LV/LVT. */
const PLAIN_PAIR =
  /^[\u0020-\u007e\u00c0-\u024f\u0391-\u03a9\u03b1-\u03c9\u0400-\u0481\u048a-\u052f\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{2}$/;
/** Longer characters are cut: nobody can see what is stacked there. */
const MAX_UNITS = 1024;

let segmenter: Intl.Segmenter | undefined;

/** Whether the code unit at `at` is a chip. */
export function isChipAt(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (!(unit >= 0xdc00 && unit <= 0xdfff)) return false;
  const before = at === 0 ? 0 : text.charCodeAt(at - 1);
  return !(before >= 0xd800 && before <= 0xdbff);
}

/** Where the character that begins at `at` ends. @param at less than the length. */
export function graphemeEnd(text: string, at: number): number {
  if (isChipAt(text, at) || at + 1 >= text.length || PLAIN_PAIR.test(text.slice(at, at + 2))) return at + 1;
  for (let size = 32; ; size *= 4) {
    const stretch = chipFree(text.slice(at, at + Math.min(size, MAX_UNITS)));
    const first = segment(stretch).containing(0)?.segment.length ?? 1;
    const end = at + first;
    const isWhole = first < stretch.length || end >= text.length || isChipAt(text, end) || size >= MAX_UNITS;
    if (isWhole) return end;
  }
}

/** Where the character that ends at `at` begins. @param at more than 0. */
export function graphemeStart(text: string, at: number): number {
  return graphemeAround(text, at - 1);
}

/** The nearest end of a character at or after `at`. */
export function graphemeCeil(text: string, at: number): number {
  if (at <= 0 || at >= text.length) return Math.max(0, Math.min(at, text.length));
  const start = graphemeAround(text, at);
  return start === at ? at : graphemeEnd(text, start);
}

/** Where the character begins that the code unit at `at` belongs to. */
function graphemeAround(text: string, at: number): number {
  if (isChipAt(text, at)) return at;
  const anchor = findAnchor(text, at);
  if (anchor === at) return at;
  const stretch = text.slice(anchor, at + 64);
  const own = chipFree(stretch, at - anchor);
  return anchor + (segment(own).containing(at - anchor)?.index ?? at - anchor);
}

/** A place at or before `at` where a character is sure to begin. */
function findAnchor(text: string, at: number): number {
  for (let place = at; place > 0 && at - place < MAX_UNITS; place -= 1) {
    if (isChipAt(text, place - 1) || PLAIN_PAIR.test(text.slice(place - 1, place + 1))) return place;
  }
  const far = Math.max(0, at - MAX_UNITS);
  return isLow(text, far) && far > 0 ? far - 1 : far;
}

function isLow(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff && !isChipAt(text, at);
}

/** The text up to its first chip at or after `from`. Never ends in half a pair. */
function chipFree(text: string, from = 0): string {
  const whole = /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
  if (!CHIP.test(whole)) return whole;
  for (let at = from; at < whole.length; at += 1) if (isChipAt(whole, at)) return whole.slice(0, at);
  return whole;
}

function segment(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}
