import { describe, expect, it } from "vitest";
import { colorDecision } from "../src/color.js";

describe("colorDecision", () => {
  const rows: readonly [
    name: string,
    flag: boolean | undefined,
    env: Record<string, string>,
    isTTY: boolean | undefined,
    expected: boolean,
  ][] = [
    ["a terminal", undefined, {}, true, true],
    ["no terminal", undefined, {}, undefined, false],
    ["--color beats NO_COLOR", true, { NO_COLOR: "1" }, undefined, true],
    ["--no-color beats FORCE_COLOR", false, { FORCE_COLOR: "1" }, true, false],
    ["NO_COLOR", undefined, { NO_COLOR: "1" }, true, false],
    ["NO_COLOR beats FORCE_COLOR", undefined, { NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    ["an empty NO_COLOR says nothing", undefined, { NO_COLOR: "" }, true, true],
    ["FORCE_COLOR without a terminal", undefined, { FORCE_COLOR: "1" }, false, true],
    ["FORCE_COLOR=0 says nothing", undefined, { FORCE_COLOR: "0" }, true, true],
    ["an empty FORCE_COLOR says nothing", undefined, { FORCE_COLOR: "" }, false, false],
    ["CLICOLOR_FORCE without a terminal", undefined, { CLICOLOR_FORCE: "1" }, false, true],
    ["FORCE_COLOR beats TERM=dumb", undefined, { FORCE_COLOR: "1", TERM: "dumb" }, true, true],
    ["TERM=dumb beats the terminal", undefined, { TERM: "dumb" }, true, false],
  ];
  it.each(rows)("%s", (_name, flag, env, isTTY, expected) => {
    expect(colorDecision({ flag, env, isTTY })).toBe(expected);
  });
});
