import { limitWindow } from "./limit-window.js";
import type { Limits, LimitWindow, StreamEvent } from "./types.js";

/**
 * Rate limits in answer headers: windows of a plan (`unified`), and requests and tokens a minute of an API key.
 * Source: Messages API reference, "Rate limits"; recorded headers; unified headers as reported by users of plans, read
 * 2026-11-20.
 */

type Headers = Readonly<Record<string, string>>;

const UNIFIED = "anthropic-ratelimit-unified";
const PLAN_WINDOW = /^anthropic-ratelimit-unified-([\w-]+)-utilization$/;
const KEY_WINDOW = /^anthropic-ratelimit-((?:input-|output-)?tokens|requests)-limit$/;

/** How the service names the window that decides, and how that window's headers are named. */
const CLAIMS: Readonly<Record<string, string>> = {
  five_hour: "5h",
  seven_day: "7d",
  seven_day_sonnet: "7d_sonnet",
  seven_day_opus: "7d_opus",
};

export function readAnthropicLimits(headers: Headers): readonly StreamEvent[] {
  const windows = [...planWindows(headers), ...keyWindows(headers)];
  if (windows.length === 0) return [];
  const limits: Limits = { windows };
  return [{ type: "limits", limits }];
}

/** Whether the answer says anything about the windows of a plan. */
export function hasPlanLimits(headers: Headers): boolean {
  return Object.keys(headers).some((name) => name.startsWith(UNIFIED));
}

/**
 * When the plan opens again, in Unix milliseconds: as the service says outright, else of the window that decides, else
 * of the last used-up one.
 */
export function readPlanReset(headers: Headers): number | undefined {
  const claim = headers[`${UNIFIED}-representative-claim`] ?? "";
  const deciding = Object.hasOwn(CLAIMS, claim) ? CLAIMS[claim] : claim;
  const used = Object.keys(headers)
    .flatMap((name) => new RegExp(`^${UNIFIED}-(.+)-status$`).exec(name)?.[1] ?? [])
    .filter((name) => headers[`${UNIFIED}-${name}-status`] === "rejected")
    .flatMap((name) => seconds(headers[`${UNIFIED}-${name}-reset`]) ?? []);
  return (
    seconds(headers[`${UNIFIED}-reset`]) ??
    seconds(headers[`${UNIFIED}-${deciding}-reset`]) ??
    (used.length === 0 ? undefined : Math.max(...used))
  );
}

function planWindows(headers: Headers): readonly LimitWindow[] {
  return Object.keys(headers).flatMap((header): readonly LimitWindow[] => {
    const name = PLAN_WINDOW.exec(header)?.[1];
    const share = decimal(headers[header]);
    if (name === undefined || share === undefined) return [];
    return [
      limitWindow(name, hundredths(share * 100), windowMinutes(name), seconds(headers[`${UNIFIED}-${name}-reset`])),
    ];
  });
}

/** The limits are told for one minute; `reset` says when all of it is free again. */
function keyWindows(headers: Headers): readonly LimitWindow[] {
  return Object.keys(headers).flatMap((header): readonly LimitWindow[] => {
    const name = KEY_WINDOW.exec(header)?.[1];
    const limit = decimal(headers[header]);
    if (name === undefined || limit === undefined || limit <= 0) return [];
    const remaining = decimal(headers[`anthropic-ratelimit-${name}-remaining`]);
    if (remaining === undefined) return [];
    const resetsAtMs = Date.parse(headers[`anthropic-ratelimit-${name}-reset`] ?? "");
    const used = ((limit - remaining) / limit) * 100;
    return [limitWindow(name, hundredths(used), 1, Number.isNaN(resetsAtMs) ? undefined : resetsAtMs)];
  });
}

function hundredths(percent: number): number {
  return Math.round(percent * 100) / 100;
}

/** `5h`, `7d`, and `7d_sonnet`: a window of one model. */
function windowMinutes(name: string): number | undefined {
  const [, count, unit] = /^(\d{1,3})([hd])(?:_|$)/.exec(name) ?? [];
  return count === undefined ? undefined : Number(count) * (unit === "h" ? 60 : 24 * 60);
}

function seconds(value: string | undefined): number | undefined {
  const number = decimal(value);
  return number === undefined ? undefined : number * 1000;
}

function decimal(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*\d{1,15}(\.\d{1,15})?\s*$/.test(value) ? Number(value) : undefined;
}
