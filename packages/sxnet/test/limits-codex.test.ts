import { describe, expect, it } from "vitest";
import { readCodexHeaderLimits, readCodexLimitsEvent, readCodexUsage } from "../src/limits-codex.js";
import type { Limits } from "../src/types.js";

const NOW_MS = 1_000_000;

describe("readCodexHeaderLimits", () => {
  it.each<[name: string, headers: Readonly<Record<string, string>>, limits: Limits | undefined]>([
    ["no headers", {}, undefined],
    ["other headers", { "x-codex-plan-type": "plus", "x-codex-primary-window-minutes": "300" }, undefined],
    [
      "both windows, with plan and credits",
      {
        "x-codex-primary-used-percent": "12.5",
        "x-codex-primary-window-minutes": "300",
        "x-codex-primary-reset-at": "1795176000",
        "x-codex-secondary-used-percent": "80",
        "x-codex-secondary-window-minutes": "10080",
        "x-codex-secondary-reset-after-seconds": "90",
        "x-codex-primary-over-secondary-limit-percent": "3",
        "x-codex-plan-type": "pro",
        "x-codex-credits-has-credits": "True",
        "x-codex-credits-unlimited": "0",
        "x-codex-credits-balance": "7.25",
      },
      {
        windows: [
          { name: "primary", usedPercent: 12.5, windowMinutes: 300, resetsAtMs: 1_795_176_000_000 },
          { name: "secondary", usedPercent: 80, windowMinutes: 10_080, resetsAtMs: NOW_MS + 90_000 },
        ],
        plan: "pro",
        credits: { unlimited: false, balance: "7.25" },
      },
    ],
    [
      "another metered limit, by its name where it has one",
      {
        "x-codex-bengal-primary-used-percent": "1",
        "x-codex-two-secondary-used-percent": "2",
        "x-codex-two-limit-name": "Two",
      },
      {
        windows: [
          { name: "bengal primary", usedPercent: 1 },
          { name: "Two secondary", usedPercent: 2 },
        ],
      },
    ],
    ["no number", { "x-codex-primary-used-percent": "much", "x-codex-secondary-used-percent": "" }, undefined],
  ])("%s", (_name, headers, limits) => {
    expect(readCodexHeaderLimits(headers, NOW_MS)).toEqual(limits === undefined ? [] : [{ type: "limits", limits }]);
  });
});

describe("readCodexLimitsEvent", () => {
  it.each<[name: string, event: Readonly<Record<string, unknown>>, limits: Limits | undefined]>([
    ["nothing", {}, undefined],
    ["null", { rate_limits: null }, undefined],
    ["no window", { rate_limits: { primary: null, secondary: [] } }, undefined],
    [
      "one window",
      { rate_limits: { secondary: { used_percent: 5, reset_at: 10 } } },
      { windows: [{ name: "secondary", usedPercent: 5, resetsAtMs: 10_000 }] },
    ],
    [
      "numbers only where numbers are due",
      { rate_limits: { primary: { used_percent: 5, reset_at: true, window_minutes: [3] } }, plan_type: 5 },
      { windows: [{ name: "primary", usedPercent: 5 }] },
    ],
    [
      "credits without an end",
      { rate_limits: { primary: { used_percent: 5 } }, credits: { unlimited: true } },
      { windows: [{ name: "primary", usedPercent: 5 }], credits: { unlimited: true } },
    ],
  ])("%s", (_name, event, limits) => {
    expect(readCodexLimitsEvent(event)).toEqual(limits === undefined ? [] : [{ type: "limits", limits }]);
  });
});

describe("readCodexUsage", () => {
  const window = { used_percent: 40, limit_window_seconds: 18_000, reset_at: 1_795_176_000 };

  it.each<[name: string, body: unknown, limits: Limits]>([
    [
      "windows, a metered limit, plan and credits",
      {
        plan_type: "pro",
        rate_limit: { primary_window: window, secondary_window: { used_percent: 7.5, reset_after_seconds: 60 } },
        additional_rate_limits: [{ limit_name: "spark", rate_limit: { primary_window: window } }, null],
        credits: { has_credits: true, unlimited: false, balance: "3.50" },
      },
      {
        windows: [
          { name: "primary", usedPercent: 40, windowMinutes: 300, resetsAtMs: 1_795_176_000_000 },
          { name: "secondary", usedPercent: 7.5, resetsAtMs: NOW_MS + 60_000 },
          { name: "spark primary", usedPercent: 40, windowMinutes: 300, resetsAtMs: 1_795_176_000_000 },
        ],
        plan: "pro",
        credits: { unlimited: false, balance: "3.50" },
      },
    ],
    ["a plan without limits", { plan_type: "free", rate_limit: null }, { windows: [], plan: "free" }],
  ])("%s", (_name, body, limits) => {
    expect(readCodexUsage(body, NOW_MS)).toEqual(limits);
  });

  it.each([{}, [], null, "x", { rate_limit: { primary_window: {} } }])("%j tells nothing: an error", (body) => {
    expect(() => readCodexUsage(body, NOW_MS)).toThrow(expect.objectContaining({ code: "protocol" }));
  });
});

describe("what cannot be shown or kept", () => {
  const at = (value: string, share = "5") => ({
    "x-codex-primary-used-percent": share,
    "x-codex-primary-reset-at": value,
    "x-codex-primary-window-minutes": "-300",
  });

  it.each(["1e300", "8640000000001", "-1", "-1e300"])("is no moment: %s", (value) => {
    const [event] = readCodexHeaderLimits(at(value), NOW_MS);
    expect(event).toMatchObject({ limits: { windows: [{ name: "primary", usedPercent: 5 }] } });
    expect(event?.type === "limits" && Object.keys(event.limits.windows[0] ?? {})).toEqual(["name", "usedPercent"]);
  });

  it.each([
    ["-7", 0],
    ["1e300", 100],
  ])("is no share: %s", (share, shown) => {
    expect(readCodexHeaderLimits(at("1", share), NOW_MS)).toMatchObject([
      { limits: { windows: [{ usedPercent: shown }] } },
    ]);
  });

  it("is no name: what would move a terminal's cursor", () => {
    const limit = { primary_window: { used_percent: 1 } };
    const name = "\u001b]0;x\u0007\u009b2J";
    const { windows, plan, credits } = readCodexUsage(
      {
        plan_type: name,
        additional_rate_limits: [{ limit_name: name.repeat(99), rate_limit: limit }],
        credits: { has_credits: true, balance: name },
      },
      NOW_MS,
    );
    expect(`${windows[0]?.name}${plan}${credits?.balance}`).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(windows[0]?.name.length).toBeLessThanOrEqual(80);
  });
});
