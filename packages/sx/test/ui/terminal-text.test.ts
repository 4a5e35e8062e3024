import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText, TerminalText } from "../../src/ui/terminal-text.js";

test.each([
  ["plain text", "héllo 世界 👩‍👩‍👧\n\tx", "héllo 世界 👩‍👩‍👧\n\tx"],
  ["colours", "\u001b[31mred\u001b[0m", "red"],
  ["cursor moves and clears", "a\u001b[2J\u001b[H\u001b[10;1Hb", "ab"],
  ["clipboard, ended by BEL", "a\u001b]52;c;ZXZpbA==\u0007b", "ab"],
  ["title, ended by ST", "a\u001b]0;title\u001b\\b", "ab"],
  ["hyperlink", "\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\", "text"],
  ["DCS, APC, PM, SOS", "a\u001bPq\u001b\\\u001b_x\u001b\\\u001b^y\u001b\\\u001bXz\u001b\\b", "ab"],
  ["C1 forms", "a\u009b31mb\u009d0;t\u009cc", "abc"],
  ["device status request", "a\u001b[6nb", "ab"],
  ["character set selection", "a\u001b(0b", "ab"],
  ["bell, backspace, delete, NUL", "a\u0007\u0008\u007f\u0000b", "ab"],
  ["carriage returns", "one\r\ntwo\rthree", "one\ntwo\nthree"],
  ["direction overrides and marks", "a\u202eb\u2066c\u200fd\u061ce", "abcde"],
  ["what hides text", "a\u{e0041}\u200bb\u2060\ufeffc\u00add\u{e0101}e\u180ef", "abcdef"],
  ["marks and fillers that are drawn as nothing", "a\u034fb\u3164c\u180bd\u17b4e\uffa0f", "abcdef"],
  ["joiners that scripts and emoji need", "می\u200cخواهم ❤\ufe0f\u200d🔥", "می\u200cخواهم ❤\ufe0f\u200d🔥"],
  ["line separators", "a\u2028b\u2029c", "a b c"],
  ["half a character", "a\udc00b\ud800c", "a\ufffdb\ufffdc"],
  ["a sequence that never ends", "a\u001b]52;c;", "a"],
])("%s", (_name, foreign, shown) => {
  expect(cleanText(foreign)).toBe(shown);
});

test("cut anywhere, the result is the same and holds no control", () => {
  const pieces = fc.array(
    fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(
        "\u001b",
        "[",
        "]",
        "31m",
        "\u0007",
        "\u009b",
        "\u009c",
        "\\",
        "\r",
        "\n",
        "P",
        "\u{e0041}",
        "\u202e",
      ),
    ),
  );
  fc.assert(
    fc.property(pieces, fc.integer({ min: 0, max: 100 }), (parts, at) => {
      const text = parts.join("");
      const stream = new TerminalText();
      const shown = stream.clean(text.slice(0, at)) + stream.clean(text.slice(at));
      expect(shown).toBe(cleanText(text));
      expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]|[\u{e0000}-\u{e007f}]/u);
    }),
  );
});

test.each([
  { name: "an OSC that is never closed", text: "a\u001b]0;title\nb", shown: "a\nb" },
  { name: "a DCS that is never closed", text: "a\u001bPdata\r\nb", shown: "a\nb" },
  { name: "a CSI that is never closed", text: "a\u001b[12\nb", shown: "a\nb" },
  { name: "half an ending", text: "a\u001b]0;t\u001b\nb", shown: "a\nb" },
])("$name ends with its line", ({ text, shown }) => {
  expect(cleanText(text)).toBe(shown);
});
