import { expect, it } from "vitest";
import { hasPlanLimits, readAnthropicLimits, readPlanReset } from "../src/limits-anthropic.js";

const RESET_MS = Date.parse("2026-11-21T12:00:00Z");

it("reads the windows of a plan", () => {
  const headers = {
    "anthropic-ratelimit-unified-status": "allowed_warning",
    "anthropic-ratelimit-unified-representative-claim": "five_hour",
    "anthropic-ratelimit-unified-fallback-percentage": "0.5",
    "anthropic-ratelimit-unified-5h-utilization": "0.8234",
    "anthropic-ratelimit-unified-5h-reset": `${RESET_MS / 1000}`,
    "anthropic-ratelimit-unified-7d-utilization": "0",
    "anthropic-ratelimit-unified-7d_sonnet-utilization": "1.04",
    "anthropic-ratelimit-unified-overage-utilization": "0.1",
  };
  expect(hasPlanLimits(headers)).toBe(true);
  expect(readAnthropicLimits(headers)).toEqual([
    {
      type: "limits",
      limits: {
        windows: [
          { name: "5h", usedPercent: 82.34, windowMinutes: 300, resetsAtMs: RESET_MS },
          { name: "7d", usedPercent: 0, windowMinutes: 10_080 },
          { name: "7d_sonnet", usedPercent: 100, windowMinutes: 10_080 },
          { name: "overage", usedPercent: 10 },
        ],
      },
    },
  ]);
  expect(readPlanReset(headers)).toBe(RESET_MS);
});

it("reads the windows of a key", () => {
  const of = (name: string, limit: string, remaining: string, reset = "2026-11-21T12:00:00Z") => ({
    [`anthropic-ratelimit-${name}-limit`]: limit,
    [`anthropic-ratelimit-${name}-remaining`]: remaining,
    [`anthropic-ratelimit-${name}-reset`]: reset,
  });
  const headers = {
    ...of("requests", "4000", "3999"),
    ...of("tokens", "1000", "250"),
    ...of("input-tokens", "1000", "1000", "soon"),
    ...of("output-tokens", "0", "0"),
    "anthropic-ratelimit-priority-limit": "5",
  };
  expect(hasPlanLimits(headers)).toBe(false);
  expect(readAnthropicLimits(headers)).toEqual([
    {
      type: "limits",
      limits: {
        windows: [
          { name: "requests", usedPercent: 0.03, windowMinutes: 1, resetsAtMs: RESET_MS },
          { name: "tokens", usedPercent: 75, windowMinutes: 1, resetsAtMs: RESET_MS },
          { name: "input-tokens", usedPercent: 0, windowMinutes: 1 },
        ],
      },
    },
  ]);
});

it.each([
  {},
  { "content-type": "text/event-stream" },
  { "anthropic-ratelimit-unified-5h-utilization": "much" },
  { "anthropic-ratelimit-tokens-limit": "-5", "anthropic-ratelimit-tokens-remaining": "1" },
  { "anthropic-ratelimit-tokens-limit": "5" },
])("says nothing about %j", (headers) => {
  expect(readAnthropicLimits(headers)).toEqual([]);
  expect(readPlanReset(headers)).toBeUndefined();
});

it("gives no moment that a date cannot hold", () => {
  const headers = {
    "anthropic-ratelimit-unified-5h-utilization": "0.5",
    "anthropic-ratelimit-unified-5h-reset": "999999999999999",
  };
  expect(readAnthropicLimits(headers)).toEqual([
    { type: "limits", limits: { windows: [{ name: "5h", usedPercent: 50, windowMinutes: 300 }] } },
  ]);
});
