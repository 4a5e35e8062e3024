import { describe, expect, it } from "vitest";
import { compilePattern } from "../../src/search/search-pattern.js";

describe("compilePattern", () => {
  const rows: readonly [pattern: string, line: string, matches: boolean][] = [
    ["fo+", "xfooy", true],
    ["(?i)FOO", "foo", true],
    ["FOO", "foo", false],
    ["(?P<name>a)b", "ab", true],
    ["[[:digit:]]+x", "12x", true],
    ["[^[:space:]]", "  ", false],
    ["[[:constructor:]]", "r]", true],
    ["\\<id\\>", "an id here", true],
    ["\\<id\\>", "idea", false],
    ["\\Afoo\\z", "foo", true],
    ["\\-x\\_", "-x_", true],
    ["interface{", "interface{", true],
    ['say \\"hi\\"', 'say "hi"', true],
    ["^.$", "😀", true],
    ["\\p{L}+1", "é1", true],
    ["\\/\\/", "//", true],
  ];
  it.each(rows)("%s on %s: %s", (pattern, line, matches) => {
    expect(compilePattern(pattern, false).expression.test(line)).toBe(matches);
  });

  it.each(["(", "a**", "[z-a]", "", "(?x)a", "\\p{L", "x".repeat(5000), "\\p{Nope}"])("refuses %s", (pattern) => {
    expect(() => compilePattern(pattern, false)).toThrow(/pattern|flag/);
  });

  it("says how to write a literal", () => {
    expect(() => compilePattern("foo(", false)).toThrow(
      /not a valid regular expression \(.+\); put \\ before each of \(/,
    );
  });

  it("notices a line feed, which no line holds", () => {
    expect(compilePattern("a\\nb", false).namesLineFeed).toBe(true);
    expect(compilePattern("a[^\\n]b", false).namesLineFeed).toBe(false);
    expect(compilePattern("a\\\\nb", false).namesLineFeed).toBe(false);
  });
});
