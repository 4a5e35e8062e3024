import type { ScriptWindow, Turn } from "./script.js";
import type { RenderContext } from "./wire.js";

/** What may be used, by the name of the window, where nothing but a percentage is known. */
const LIMITS: Readonly<Record<string, number>> = { requests: 5000, tokens: 800_000 };
/** How other services call their windows, and what stands in that place here. */
const FOREIGN: Readonly<Record<string, string>> = { primary: "requests", secondary: "tokens" };

/**
 * The service has two windows, with counts and a time that is left; others of the script are not told.
 * Source: recorded headers (`x-ratelimit-reset-requests: 12ms`), our notes, section 6, read 2026-11-20.
 */
export function limitHeaders(turn: Turn, context: RenderContext): Readonly<Record<string, string>> {
  const windows = (turn.limits?.windows ?? []).map((window) => ({
    ...window,
    name: FOREIGN[window.name] ?? window.name,
  }));
  return Object.fromEntries(
    windows.flatMap((window): readonly (readonly [string, string])[] => {
      const limit = Object.hasOwn(LIMITS, window.name) ? LIMITS[window.name] : undefined;
      if (limit === undefined) return [];
      const left = Math.max(0, Math.round(limit * (1 - window.usedPercent / 100)));
      return [
        [`x-ratelimit-limit-${window.name}`, String(limit)],
        [`x-ratelimit-remaining-${window.name}`, String(left)],
        [`x-ratelimit-reset-${window.name}`, duration(leftMs(window, context.nowMs))],
      ];
    }),
  );
}

function leftMs({ resetsInSeconds, resetsAtMs }: ScriptWindow, nowMs: number): number {
  return resetsInSeconds === undefined ? Math.max(0, (resetsAtMs ?? nowMs) - nowMs) : resetsInSeconds * 1000;
}

/** `12ms`, `1s`, `6m0s`, `1h0m0s`. */
function duration(ms: number): string {
  if (ms > 0 && ms < 1000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const long = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : "";
  return `${long}${seconds % 60}s`;
}
