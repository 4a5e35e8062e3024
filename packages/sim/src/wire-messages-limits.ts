import type { ScriptWindow, Turn } from "./script.js";
import type { RenderContext } from "./wire.js";
import { timeOf } from "./wire-messages-failures.js";

const UNIFIED = "anthropic-ratelimit-unified";
/** What an API key may use in a minute, by the name of the window, where nothing but a percentage is known. */
const KEY_LIMITS: Readonly<Record<string, number>> = {
  requests: 1000,
  tokens: 1_000_000,
  "input-tokens": 800_000,
  "output-tokens": 200_000,
};
/** How other services call their windows, and what stands in that place here. */
const FOREIGN: Readonly<Record<string, string>> = { primary: "5h", secondary: "7d" };
/** From here on the service warns. Nothing says where it really begins. */
const WARNING_PERCENT = 80;

/**
 * Windows of a plan with the share that is used (1 is all of it) and the reset in Unix seconds; what a key may use in a
 * minute as counts, with the reset as a time.
 * Source: our notes, sections 2 and 3, recorded headers, reports of `5h-utilization: 1.04`, read 2026-11-21.
 */
export function limitHeaders(turn: Turn, context: RenderContext): Readonly<Record<string, string>> {
  const windows = (turn.limits?.windows ?? []).map((window) => ({
    ...window,
    name: FOREIGN[window.name] ?? window.name,
  }));
  const ofKey = windows.filter(({ name }) => Object.hasOwn(KEY_LIMITS, name));
  const ofPlan = windows.filter(({ name }) => !Object.hasOwn(KEY_LIMITS, name) && /^[\w-]+$/.test(name));
  return Object.fromEntries([
    ...ofKey.flatMap((window) => keyHeaders(window, context.nowMs)),
    ...(ofPlan.length === 0 ? [] : planHeaders(ofPlan, context.nowMs)),
  ]);
}

type Header = readonly [name: string, value: string];

function keyHeaders(window: ScriptWindow, nowMs: number): readonly Header[] {
  const limit = KEY_LIMITS[window.name] ?? 0;
  const prefix = `anthropic-ratelimit-${window.name}`;
  const left = Math.max(0, Math.round(limit * (1 - window.usedPercent / 100)));
  return [
    [`${prefix}-limit`, String(limit)],
    [`${prefix}-remaining`, String(left)],
    [`${prefix}-reset`, timeOf(resetOf(window, nowMs) ?? nowMs)],
  ];
}

function planHeaders(windows: readonly ScriptWindow[], nowMs: number): readonly Header[] {
  const fullest = windows.reduce((most, window) => (window.usedPercent > most.usedPercent ? window : most));
  return [
    [`${UNIFIED}-status`, statusOf(fullest)],
    ...resetHeader(UNIFIED, fullest, nowMs),
    [`${UNIFIED}-representative-claim`, claimOf(fullest.name)],
    [`${UNIFIED}-fallback-percentage`, "0.5"],
    ...windows.flatMap((window): readonly Header[] => {
      const prefix = `${UNIFIED}-${window.name}`;
      return [
        [`${prefix}-status`, statusOf(window)],
        [`${prefix}-utilization`, String(Math.round(window.usedPercent * 100) / 10_000)],
        ...resetHeader(prefix, window, nowMs),
      ];
    }),
  ];
}

function resetHeader(prefix: string, window: ScriptWindow, nowMs: number): readonly Header[] {
  const resetsAtMs = resetOf(window, nowMs);
  return resetsAtMs === undefined ? [] : [[`${prefix}-reset`, String(Math.ceil(resetsAtMs / 1000))]];
}

function resetOf(window: ScriptWindow, nowMs: number): number | undefined {
  return window.resetsInSeconds === undefined ? window.resetsAtMs : nowMs + window.resetsInSeconds * 1000;
}

function statusOf({ usedPercent }: ScriptWindow): string {
  if (usedPercent >= 100) return "rejected";
  return usedPercent >= WARNING_PERCENT ? "allowed_warning" : "allowed";
}

/** `five_hour` for `5h`, `seven_day_sonnet` for `7d_sonnet`. */
function claimOf(name: string): string {
  return name.replace(/^5h/, "five_hour").replace(/^7d/, "seven_day");
}
