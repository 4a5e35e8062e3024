import { expect, test } from "vitest";
import { costOf, readPrice } from "../src/cost.js";

const usage = {
  inputTokens: 1_000_000,
  cacheReadTokens: 2_000_000,
  cacheWriteTokens: 500_000,
  outputTokens: 100_000,
  reasoningTokens: 50_000,
};

test.each([
  {
    name: "all prices",
    settings: { PRICE_INPUT: "2", PRICE_CACHED_INPUT: "0.5", PRICE_OUTPUT: "10" },
    want: 3 + 1 + 1,
  },
  {
    name: "no price for cached input: as plain input",
    settings: { PRICE_INPUT: "2", PRICE_OUTPUT: "10" },
    want: 3 + 4 + 1,
  },
  { name: "free", settings: { PRICE_INPUT: "0", PRICE_OUTPUT: "0" }, want: 0 },
])("$name", ({ settings, want }) => {
  const price = readPrice(settings);
  expect(price && costOf(usage, price)).toBeCloseTo(want, 10);
});

test.each([{}, { PRICE_INPUT: "2" }, { PRICE_INPUT: "", PRICE_OUTPUT: "" }])(
  "no price is not a price of zero: %j",
  (settings) => {
    expect(readPrice(settings)).toBeUndefined();
  },
);
