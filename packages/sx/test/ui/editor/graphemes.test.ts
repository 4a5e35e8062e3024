import fc from "fast-check";
import { expect, test } from "vitest";
import { graphemeCeil, graphemeEnd, graphemeStart } from "../../../src/ui/editor/graphemes.js";

const CHIP = "\udc05";
const unit = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("a", " ", "é", "世", "한", "👩", "\u200d", "\u0301", "\ufe0f", "🇩", "🇪", "क", "्"),
  },
  { weight: 1, arbitrary: fc.constant(CHIP) },
);
const texts = fc.array(unit, { maxLength: 80 }).map((parts) => parts.join(""));

/** The ends of characters as ICU finds them in the whole text; a chip is one by itself. */
function endsOf(text: string): readonly number[] {
  const ends = [0];
  let base = 0;
  for (const part of text.split(/([\udc00-\udfff])/u)) {
    if (part === CHIP) ends.push(base + 1);
    else for (const { segment, index } of new Intl.Segmenter().segment(part)) ends.push(base + index + segment.length);
    base += part.length;
  }
  return ends;
}

test("ends are found from any place, in both directions, as in the whole text", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const ends = endsOf(text);
      for (const [index, at] of ends.entries()) {
        if (at < text.length) expect(graphemeEnd(text, at)).toBe(ends[index + 1]);
        if (at > 0) expect(graphemeStart(text, at)).toBe(ends[index - 1]);
      }
      for (let at = 0; at <= text.length; at += 1) {
        expect(graphemeCeil(text, at)).toBe(ends.find((end) => end >= at));
      }
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["a character of many parts", "👩‍👩‍👧‍👦".repeat(20)],
  ["a long stack of marks", `e${"\u0301".repeat(200)}x`],
  ["flags", "🇩🇪".repeat(60)],
])("%s, far from any plain character", (_name, text) => {
  const ends = endsOf(text);
  const last = ends.at(-2) ?? 0;
  expect(graphemeStart(text, text.length)).toBe(last);
  expect(graphemeEnd(text, 0)).toBe(ends[1]);
});

test("what is longer than any character is cut, and one gets through it in both directions", () => {
  const text = `e${"\u0301".repeat(5000)}`;
  let steps = 0;
  for (let at = 0; at < text.length; at = graphemeEnd(text, at)) steps += 1;
  for (let at = text.length; at > 0; at = graphemeStart(text, at)) steps += 1;
  expect(steps).toBeLessThan(20);
});
