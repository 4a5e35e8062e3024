import { limitWindow } from "./limit-window.js";
import { parseReset } from "./retry.js";
import type { LimitWindow, StreamEvent } from "./types.js";

/**
 * Rate limits that come with every answer: requests and tokens of a window of about a minute, or of a day.
 * Source: OpenAI guide "Rate limits", recorded headers of OpenAI and Groq, read 2026-11-20.
 */
export function readOpenAiHeaderLimits(
  headers: Readonly<Record<string, string>>,
  nowMs: number,
): readonly StreamEvent[] {
  const windows = ["requests", "tokens"].flatMap((name): readonly LimitWindow[] => {
    const limit = count(headers[`x-ratelimit-limit-${name}`]);
    const left = count(headers[`x-ratelimit-remaining-${name}`]);
    if (limit === undefined || left === undefined || limit === 0) return [];
    const reset = headers[`x-ratelimit-reset-${name}`];
    const waitMs = reset === undefined ? undefined : parseReset(reset, nowMs);
    return [limitWindow(name, (1 - left / limit) * 100, undefined, waitMs === undefined ? undefined : nowMs + waitMs)];
  });
  return windows.length === 0 ? [] : [{ type: "limits", limits: { windows } }];
}

function count(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
