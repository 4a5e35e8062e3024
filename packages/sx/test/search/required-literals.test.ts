import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requiredLiterals } from "../../src/search/required-literals.js";

describe("requiredLiterals", () => {
  const rows: readonly [pattern: string, words: string[] | undefined][] = [
    ["hello", ["hello"]],
    ["foo|quux", ["foo", "quux"]],
    ["function\\s+load(Config|State)", ["function"]],
    ["(Config|State)x?", ["Config", "State"]],
    ["(foo)?barx", ["barx"]],
    ["(foo)+b", ["foo"]],
    ["ab+c", ["ab"]],
    ["ab*cd", ["cd"]],
    ["ab{0,3}cde", ["cde"]],
    ["ab{2}c", ["ab"]],
    ["a\\.b\\(c", ["a.b(c"]],
    ["[a-z]+_id", ["_id"]],
    ["\\w+\\bid", ["id"]],
    ["(?<name>foo)\\k<name>", ["foo"]],
    ["(?:foo)", ["foo"]],
    ["(?=foo)b", undefined],
    ["(?!foo)bar", ["bar"]],
    ["(?<!foo)bar", ["bar"]],
    ["foo|a", undefined],
    ["foo|", undefined],
    ["\\d+", undefined],
    ["grün", ["gr"]],
    ["\\u0041bc", ["bc"]],
    ["\\x41bc", ["bc"]],
    ["[)]abc[\\]x]de", ["abc"]],
    ["foo)", undefined],
    ["foo{", ["foo"]],
  ];
  it.each(rows)("%s", (pattern, words) => {
    expect(requiredLiterals(pattern)).toEqual(words);
  });

  it("never names a word that a match lacks", () => {
    const atom = fc.constantFrom("a", "b", "ab", "ba", "ab", "ba", ".", "\\w", "[ab]", "[^a]", "\\.", "\\b", "^", "$");
    const { pattern } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
      piece: fc.oneof(
        { depthSize: "small" },
        atom,
        tie("pattern").map((inner) => `(${inner})`),
        tie("pattern").map((inner) => `(?:${inner})`),
        tie("pattern").map((inner) => `(?!${inner})`),
        tie("pattern").map((inner) => `(?=${inner})`),
      ),
      pattern: fc
        .array(
          fc.tuple(tie("piece"), fc.constantFrom("", "", "", "", "", "", "?", "*", "+", "{2}", "{0,1}", "+?", "|")),
          {
            minLength: 1,
            maxLength: 4,
          },
        )
        .map((parts) => parts.flat().join("")),
    }));
    const line = fc.array(fc.constantFrom("ab", "ba", "a", "b", "."), { maxLength: 6 }).map((parts) => parts.join(""));
    let judged = 0;
    fc.assert(
      fc.property(pattern, fc.array(line, { minLength: 10, maxLength: 10 }), (pattern, lines) => {
        let expression: RegExp;
        try {
          expression = new RegExp(pattern);
        } catch {
          // Not every row of pieces is a pattern.
          return;
        }
        const words = requiredLiterals(pattern);
        if (words === undefined) return;
        for (const line of lines) {
          if (!expression.test(line)) continue;
          judged += 1;
          expect(
            words.some((word) => line.includes(word)),
            `${pattern} on ${line}: ${words.join()}`,
          ).toBe(true);
        }
      }),
      { numRuns: 5000 },
    );
    expect(judged).toBeGreaterThan(100);
  });

  it("has an end for patterns nested without end", () => {
    expect(requiredLiterals(`${"(".repeat(2000)}foo${")".repeat(2000)}`)).toBeUndefined();
  });
});
