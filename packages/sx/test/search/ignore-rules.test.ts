import ignore from "ignore";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIgnoreRules } from "../../src/search/ignore-rules.js";

describe("parseIgnoreRules", () => {
  const rows: readonly [rules: string, path: string, isFolder: boolean, decided: boolean | undefined][] = [
    ["*.log", "a/b.log", false, true],
    ["*.log", "a/b.txt", false, undefined],
    ["*.log\n!keep.log", "keep.log", false, false],
    ["!keep.log\n*.log", "keep.log", false, true],
    ["build/", "build", true, true],
    ["build/", "build", false, undefined],
    ["/build", "a/build", true, undefined],
    ["/build", "build", true, true],
    ["doc/*.txt", "doc/a.txt", false, true],
    ["doc/*.txt", "x/doc/a.txt", false, undefined],
    ["abc/**", "abc", true, undefined],
    ["abc/**", "abc/d", false, true],
    ["a/**/b", "a/b", false, true],
    ["**/foo", "x/y/foo", false, true],
    ["# comment", "# comment", false, undefined],
    ["\\#x", "#x", false, true],
    ["\\!x", "!x", false, true],
    ["x   ", "x", false, true],
    ["x\\ ", "x ", false, true],
    ["x\\", "x\\", false, undefined],
    ["a.txt\r\nb.txt\r\n", "b.txt", false, true],
    ["\ufeffa.txt", "a.txt", false, true],
    ["{a,b}", "a", false, undefined],
    ["[ab].txt", "b.txt", false, true],
    ["", "x", false, undefined],
    ["/", "x", false, undefined],
  ];
  it.each(rows)("%j on %s (folder: %s): %s", (rules, path, isFolder, decided) => {
    expect(parseIgnoreRules(rules).decide(path, isFolder)).toBe(decided);
  });

  it("says the same as a well-known library on single names", () => {
    const rule = fc.stringMatching(/^!?\/?(a|b|\*|\?|\[ab\]|\.){1,4}\/?$/);
    const name = fc.stringMatching(/^[ab.]{1,4}$/).filter((text) => !/^\.+$/.test(text));
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), name, fc.boolean(), (rules, name, isFolder) => {
        const ours = parseIgnoreRules(rules.join("\n")).decide(name, isFolder) ?? false;
        expect(ours).toBe(
          ignore()
            .add(rules.join("\n"))
            .ignores(isFolder ? `${name}/` : name),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("is not slowed down by a rule that a hostile repository brings", () => {
    const rules = parseIgnoreRules(`${"*a".repeat(60)}b\n${"**/*a*/".repeat(20)}z`);
    expect(parseIgnoreRules("\\".repeat(1_000_000)).decide("a", false)).toBe(undefined);
    expect(rules.decide(`${"a".repeat(250)}/${"a".repeat(250)}`, false)).toBe(undefined);
    const many = `${`${"x".repeat(400)}\n`.repeat(200)}last`;
    expect(parseIgnoreRules(many).decide("last", false)).toBe(undefined);
    expect(parseIgnoreRules(`${"short-name\n".repeat(1500)}last`).decide("last", false)).toBe(true);
  });
});
