import { expect, it } from "vitest";
import { readEffort, readModelEffort } from "../src/effort.js";
import type { Settings } from "../src/types.js";

const OPTIONS = { provider: "p", keys: ["OWN_EFFORT", "REASONING_EFFORT"] } as const;
const REQUEST = { model: "m", messages: [] } as const;

it.each<[name: string, settings: Settings, effort: string | undefined]>([
  ["nothing", {}, undefined],
  ["the own key first", { OWN_EFFORT: "high", REASONING_EFFORT: "low" }, "high"],
  ["an empty key is unset", { OWN_EFFORT: "", REASONING_EFFORT: "low" }, "low"],
  ["none is off", { OWN_EFFORT: "none" }, "off"],
  ["thinking off", { THINKING: "0" }, "off"],
  ["a level beats thinking off", { THINKING: "0", REASONING_EFFORT: "max" }, "max"],
  ["thinking on says nothing about how hard", { THINKING: "1" }, undefined],
])("%s", (_name, settings, effort) => {
  expect(readEffort(REQUEST, settings, OPTIONS)).toBe(effort);
});

it("the request beats the settings, and the model takes its nearest level", () => {
  const request = { ...REQUEST, thinking: { effort: "max" } } as const;
  expect(readEffort(request, { OWN_EFFORT: "low" }, OPTIONS)).toBe("max");
  expect(readModelEffort(request, {}, { ...OPTIONS, taken: ["low", "high"] })).toBe("high");
  expect(readModelEffort(REQUEST, {}, { ...OPTIONS, taken: ["low", "high"] })).toBeUndefined();
});
