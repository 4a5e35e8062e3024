import fc from "fast-check";
import picomatch from "picomatch";
import { describe, expect, it } from "vitest";
import { compileGlob, expandBraces } from "../../src/search/glob-pattern.js";

describe("compileGlob", () => {
  const rows: readonly [pattern: string, path: string, fits: boolean][] = [
    ["*.ts", "a.ts", true],
    ["*.ts", "deep/down/a.ts", true],
    ["*.ts", "a.tsx", false],
    ["./*.ts", "a.ts", true],
    ["/*.ts", "a.ts", true],
    ["/*.ts", "src/a.ts", false],
    ["src/*.ts", "src/a.ts", true],
    ["src/*.ts", "src/deep/a.ts", false],
    ["src/**/*.ts", "src/a.ts", true],
    ["src/**/*.ts", "src/deep/er/a.ts", true],
    ["src/**", "src/a", true],
    ["src/**", "src", false],
    ["**/test/**", "a/test/b/c", true],
    ["**/test/**", "test/c", true],
    ["**", "a/b", true],
    ["*.{ts,js}", "a.js", true],
    ["{src,test}/{a,b{1,2}}.ts", "test/b2.ts", true],
    ["{src,test}/{a,b{1,2}}.ts", "test/b3.ts", false],
    ["{a}", "{a}", true],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", false],
    ["[]]", "]", true],
    ["[x", "[x", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["?.md", "😀.md", true],
    ["!*.md", "a.md", false],
    ["!*.md", "a.ts", true],
    [".*", ".env", true],
    ["*", ".env", true],
  ];
  it.each(rows)("%s on %s: %s", (pattern, path, fits) => {
    expect(compileGlob(pattern)(path)).toBe(fits);
  });

  it("says the same as a well-known library on paths with folders", () => {
    const name = fc.stringMatching(/^[ab.]{1,4}$/).filter((text) => !/^\.+$/.test(text));
    const segment = fc.oneof(name, fc.constantFrom("*", "a*", "*b", "?", "[ab]*", "[^a]?", "*a*", "**"));
    const pattern = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `x/${parts.join("/")}/y`);
    const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => `x/${parts.join("/")}/y`);
    fc.assert(
      fc.property(pattern, path, (pattern, path) => {
        expect(compileGlob(pattern)(path)).toBe(picomatch.isMatch(path, pattern, { dot: true, noextglob: true }));
      }),
      { numRuns: 2000 },
    );
  });

  it("does not backtrack: a hundred stars against a name that nearly fits", () => {
    const many = "*a".repeat(100);
    expect(compileGlob(`${many}b`)("a".repeat(4000))).toBe(false);
    expect(compileGlob(`x/${"**/a/".repeat(60)}b`)(`x/${"a/".repeat(300)}c`)).toBe(false);
  });

  it("refuses braces that make too many alternatives, and patterns beyond reason", () => {
    expect(() => compileGlob("{a,b}".repeat(20))).toThrow(/more than 256 alternatives/);
    expect(() => compileGlob("a".repeat(5000))).toThrow(/longer than/);
    expect(() => compileGlob("./")).toThrow(/empty/);
  });
});

it("expandBraces leaves escaped and single braces alone", () => {
  expect(expandBraces("\\{a,b}")).toEqual(["\\{a,b}"]);
  expect(expandBraces("a{b}c")).toEqual(["a{b}c"]);
  expect(expandBraces("{b}{c,d}").toSorted()).toEqual(["{b}c", "{b}d"]);
});
