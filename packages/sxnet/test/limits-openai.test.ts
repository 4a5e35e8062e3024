import { expect, it } from "vitest";
import { readOpenAiHeaderLimits } from "../src/limits-openai.js";

it.each<[name: string, headers: Readonly<Record<string, string>>, windows: readonly unknown[]]>([
  [
    "both windows",
    {
      "x-ratelimit-limit-requests": "5000",
      "x-ratelimit-remaining-requests": "4000",
      "x-ratelimit-reset-requests": "12ms",
      "x-ratelimit-limit-tokens": "1000",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "6m0s",
    },
    [
      { name: "requests", usedPercent: 20, resetsAtMs: 1012 },
      { name: "tokens", usedPercent: 100, resetsAtMs: 361_000 },
    ],
  ],
  [
    "a time that no date can hold",
    {
      "x-ratelimit-limit-tokens": "10",
      "x-ratelimit-remaining-tokens": "5",
      "x-ratelimit-reset-tokens": "999999999999d",
    },
    [{ name: "tokens", usedPercent: 50 }],
  ],
  [
    "no time",
    { "x-ratelimit-limit-tokens": "10", "x-ratelimit-remaining-tokens": "5" },
    [{ name: "tokens", usedPercent: 50 }],
  ],
])("reads %s", (_name, headers, windows) => {
  const [event] = readOpenAiHeaderLimits(headers, 1000);
  expect(event?.type === "limits" && event.limits.windows).toEqual(
    windows.map((window) => ({
      ...(window as object),
      usedPercent: expect.closeTo((window as { usedPercent: number }).usedPercent) as number,
    })),
  );
});

it.each([
  [{}],
  [{ "x-ratelimit-remaining-tokens": "5" }],
  [{ "x-ratelimit-limit-tokens": "0", "x-ratelimit-remaining-tokens": "0" }],
  [{ "x-ratelimit-limit-tokens": "many", "x-ratelimit-remaining-tokens": "5" }],
])("says nothing of %j", (headers) => {
  expect(readOpenAiHeaderLimits(headers, 0)).toEqual([]);
});
