import { expect, test } from "vitest";
import { costOf, PriceList, readPrice, Spending } from "../src/cost.js";

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

const OPUS = { provider: "anthropic", model: "claude-opus-4-5" };
const PLAN = { provider: "codex", model: "gpt-5.5" };

test("the list price of the model that answers, unless the configuration names one; a plan has none", async () => {
  const prices = new PriceList({});
  expect(prices.priceOf(OPUS)).toBeUndefined();
  expect(await prices.look(OPUS)).toMatchObject({ asOf: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string });
  expect(prices.priceOf(OPUS)).toBeDefined();
  expect(await prices.look(PLAN)).toBeUndefined();
  expect(await prices.look({ ...OPUS, provider: "claude_code" })).toBeUndefined();
  const own = new PriceList({ PRICE_INPUT: "1", PRICE_OUTPUT: "2" });
  expect(await own.look(PLAN)).toMatchObject({ input: 1, output: 2 });
});

test.each([
  ["an unknown model", { provider: "anthropic", model: "nonsense" }],
  ["an unknown provider", { provider: "scorpiox", model: "sonnet" }],
])("%s has no price", async (_name, who) => {
  expect(await new PriceList({}).look(who)).toBeUndefined();
});

test("another server's model has no price, whatever it is called", async () => {
  const who = { provider: "openai", model: "gpt-5.5" };
  expect(await new PriceList({ OPENAI_BASE_URL: "http://127.0.0.1:8080" }).look(who)).toBeUndefined();
});

test("each answer at its own price, and no total with one that is not known", async () => {
  const prices = new PriceList({});
  const haiku = { provider: "anthropic", model: "claude-haiku-4-5" };
  for (const who of [OPUS, haiku, PLAN]) await prices.look(who);
  const spending = new Spending(prices);
  expect(spending.usd).toBeUndefined();
  const opus = prices.priceOf(OPUS);
  const small = prices.priceOf(haiku);
  if (opus === undefined || small === undefined) throw new Error("the table has lost its prices");
  spending.add(usage, OPUS);
  spending.add(usage, haiku);
  expect(spending.usd).toBeCloseTo(costOf(usage, opus) + costOf(usage, small), 10);
  spending.add(usage, PLAN);
  expect(spending.usd).toBeUndefined();
  expect(spending.usage.inputTokens).toBe(3_000_000);
});

test("storing in a cache has its own price where there is one", () => {
  const price = { input: 1, cachedInput: 0, output: 0, asOf: "" };
  const written = { ...usage, inputTokens: 0, cacheWriteTokens: 1_000_000 };
  expect(costOf(written, price)).toBe(1);
  expect(costOf(written, { ...price, cacheWrite: 1.25 })).toBe(1.25);
});
