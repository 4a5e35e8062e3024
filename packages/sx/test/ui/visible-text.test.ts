import { expect, test } from "vitest";
import { visibleText } from "../../src/ui/visible-text.js";

test.each([
  { name: "plain text", text: "git commit -m 'two  spaces'\nnext", shown: "git commit -m 'two  spaces'\nnext" },
  { name: "direction", text: "a\u202eb\u2066c\u200fd\u061ce", shown: "a\\u{202e}b\\u{2066}c\\u{200f}d\\u{61c}e" },
  { name: "no width", text: "a\u200bb\u00adc\ufeffd\u2060e", shown: "a\\u{200b}b\\u{ad}c\\u{feff}d\\u{2060}e" },
  { name: "tags", text: "a\u{e0041}b", shown: "a\\u{e0041}b" },
  { name: "variation selectors", text: "a\ufe0fb\u{e0101}", shown: "a\\u{fe0f}b\\u{e0101}" },
  { name: "fillers and other spaces", text: "a\u3164b\u00a0c\u3000d", shown: "a\\u{3164}b\\u{a0}c\\u{3000}d" },
  {
    name: "marks that are drawn as nothing",
    text: "a\u034fb\u17b4c\u180bd\u180fe",
    shown: "a\\u{34f}b\\u{17b4}c\\u{180b}d\\u{180f}e",
  },
  {
    name: "parts of syllables by themselves",
    text: "a\u1161b\u11a8c\u1100\u1100",
    shown: "a\\u{1161}b\\u{11a8}c\\u{1100}\\u{1100}",
  },
  { name: "a syllable in its parts", text: "\u1112\u1161\u11ab\u1100\u1173", shown: "\u1112\u1161\u11ab\u1100\u1173" },
  { name: "controls", text: "a\u001b[2Kb\rc\u0000\u009bd", shown: "a\\u{1b}[2Kb\\u{d}c\\u{0}\\u{9b}d" },
  { name: "half a character", text: "a\ud800b", shown: "a\\u{d800}b" },
  { name: "tabs", text: "a\tb", shown: "a⇥ b" },
  { name: "foreign letters in a word", text: "\u0430pt p\u0430ypal", shown: "\\u{430}pt p\\u{430}ypal" },
  { name: "words of another script", text: "echo привет 日本語", shown: "echo привет 日本語" },
  { name: "stacked marks", text: `e${"\u0301".repeat(6)}x`, shown: `e${"\u0301".repeat(4)}\\u{301}\\u{301}x` },
  { name: "padding with spaces", text: `ls${" ".repeat(300)}; rm x`, shown: "ls⟨300 spaces⟩; rm x" },
  { name: "padding with lines", text: `ls${"\n".repeat(300)}rm x`, shown: "ls\n⟨299 empty lines⟩\nrm x" },
])("$name", ({ text, shown }) => {
  expect(visibleText(text)).toBe(shown);
});
