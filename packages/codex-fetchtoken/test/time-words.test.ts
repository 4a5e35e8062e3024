import { expect, it } from "vitest";
import { clock, describeEnd, duration } from "../src/time-words.js";

const NOW_MS = Date.parse("2026-11-21T10:00:00Z");

it.each([
  [undefined, "which does not say when it ends"],
  [NOW_MS + 5_400_000, "good until 2026-11-21T11:30:00Z (in 1 h 30 min)"],
  [NOW_MS, "over since 2026-11-21T10:00:00Z (0 s ago)"],
  [NOW_MS - 90_000, "over since 2026-11-21T09:58:30Z (1 min 30 s ago)"],
])("says when %s is", (expiresAtMs, words) => {
  expect(describeEnd(expiresAtMs, NOW_MS)).toBe(words);
});

it.each([
  [0, "0 s"],
  [999, "0 s"],
  [59_000, "59 s"],
  [3_600_000, "1 h"],
  [3_605_000, "1 h"],
  [864_000_000, "10 d"],
  [90_061_000, "1 d 1 h"],
])("says %i ms in words", (ms, words) => {
  expect(duration(ms)).toBe(words);
});

it.each([
  [900_000, "15:00"],
  [899_001, "15:00"],
  [1, "0:01"],
  [-5, "0:00"],
])("shows %i ms as a clock", (ms, shown) => {
  expect(clock(ms)).toBe(shown);
});
