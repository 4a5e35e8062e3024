import type { LimitWindow } from "./types.js";
import { momentOf } from "./unknown-value.js";

const MAX_NAME_CHARS = 80;

/** A window as it may be shown and kept, whatever a service told: a share of 0 to 100, and a moment that is one. */
export function limitWindow(
  name: string,
  usedPercent: number,
  windowMinutes: number | undefined,
  resetsAtMs: number | undefined,
): LimitWindow {
  const at = momentOf(resetsAtMs);
  return {
    name: plainWords(name),
    usedPercent: Math.min(100, Math.max(0, usedPercent)),
    ...(windowMinutes === undefined || !(windowMinutes > 0) ? {} : { windowMinutes }),
    ...(at === undefined ? {} : { resetsAtMs: at }),
  };
}

/** One short line of what a service calls something: it goes to terminals. */
export function plainWords(words: string): string {
  return words
    .slice(0, MAX_NAME_CHARS)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
    .toWellFormed();
}
