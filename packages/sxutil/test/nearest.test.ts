import { describe, expect, it } from "vitest";
import { joinChoices, nearestNames } from "../src/nearest.js";

const NAMES = ["model", "mode", "provider", "print", "json", "output-format", "CODEX_TOKEN_SOURCE"];

describe("nearestNames", () => {
  const rows: readonly [name: string, word: string, expected: readonly string[]][] = [
    ["a letter too few", "providr", ["provider"]],
    ["two letters swapped", "jsno", ["json"]],
    ["the best comes first", "modle", ["model", "mode"]],
    ["letter case does not count", "JSON", ["json"]],
    ["nor does - against _", "output_format", ["output-format"]],
    ["a long name may have three errors", "codex-tokn-sorce", ["CODEX_TOKEN_SOURCE"]],
    ["a beginning", "prov", ["provider"]],
    ["nothing near", "quantum", []],
    ["a short word is not everything", "x", []],
    ["nothing", "", []],
    ["very long words cost nothing", "x".repeat(1_000_000), []],
  ];
  it.each(rows)("%s", (_name, word, expected) => {
    expect(nearestNames(word, NAMES)).toEqual(expected);
  });

  it("gives no more than asked for", () => {
    expect(nearestNames("modle", NAMES, 1)).toEqual(["model"]);
  });
});

describe("joinChoices", () => {
  it.each([
    [[], ""],
    [["a"], "a"],
    [["a", "b"], "a or b"],
    [["a", "b", "c"], "a, b or c"],
  ])("%j", (words, expected) => {
    expect(joinChoices(words)).toBe(expected);
  });
});
