import fc from "fast-check";
import { expect, test } from "vitest";
import { findMentions, formatMention } from "../../../src/ui/editor/file-mention.js";

test.each([
  ["src/a.ts", "@src/a.ts"],
  ["größe/日本.md", "@größe/日本.md"],
  ["my notes.md", '@"my notes.md"'],
  ['a"b\\c', '@"a\\"b\\\\c"'],
  ["a\nb", '@"a\\u{a}b"'],
  ["a\u001b[31m", '@"a\\u{1b}[31m"'],
  ["a\u202etxt.exe", '@"a\\u{202e}txt.exe"'],
  ["a\u3164b", '@"a\\u{3164}b"'],
  ["v1.", '@"v1."'],
  ["(x).ts", '@"(x).ts"'],
])("%j is written %s", (path, mention) => {
  expect(formatMention(path)).toBe(mention);
});

test.each([
  ["look at @src/a.ts.", ["src/a.ts"]],
  ["@a and (@b), @c: @d", ["a", "b", "c", "d"]],
  ["mail me@example.org", []],
  ['@"my notes.md" @"" @', ["my notes.md"]],
  ['@"open', []],
  ["@...", []],
  ['@"\\u{110000}"', ["\ufffd"]],
])("%j names %j", (text, paths) => {
  expect(findMentions(text).map(({ path }) => path)).toEqual(paths);
});

test("every path is read back as it was, wherever it stands, and nothing of it is a control character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (path) => {
      const text = `see ${formatMention(path)} now`;
      const found = findMentions(text);
      expect(found.map((mention) => mention.path)).toEqual([path]);
      expect(text.slice(found[0]?.from, found[0]?.to)).toBe(formatMention(path));
      expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2028]/u);
    }),
    { numRuns: 1000 },
  );
});
