import type { LimitWindow, Limits } from "@scorpiox/sxnet";
import { countWords } from "./count-words.js";

/** From here on a limit is worth a warning. */
const WARN_PERCENT = 80;
const MINUTES_A_DAY = 24 * 60;

/** The window that will stop the work first: the fullest one. */
export function bindingWindow(limits: Limits | undefined): LimitWindow | undefined {
  return limits?.windows.reduce<LimitWindow | undefined>(
    (fullest, window) => (fullest === undefined || window.usedPercent > fullest.usedPercent ? window : fullest),
    undefined,
  );
}

/** `5 h`, `7 d`: how long a window is, else what the service calls it. */
export function windowName({ name, windowMinutes }: LimitWindow): string {
  if (windowMinutes === undefined) return name;
  if (windowMinutes >= MINUTES_A_DAY) return `${Math.round(windowMinutes / MINUTES_A_DAY)} d`;
  return windowMinutes >= 60 ? `${Math.round(windowMinutes / 60)} h` : `${windowMinutes} min`;
}

/** Says once of each window, until it opens again, that it is nearly full. */
export class LimitWarnings {
  readonly #told = new Set<string>();

  /** @param nowEpochMs to say how long it takes; resets are told in this time. */
  warn(limits: Limits, nowEpochMs: number | undefined): readonly string[] {
    return limits.windows.flatMap((window) => {
      const { name, usedPercent, resetsAtMs } = window;
      // The moment of a reset moves by seconds between two answers.
      const key = `${name} ${resetsAtMs === undefined ? "" : Math.round(resetsAtMs / 3_600_000)}`;
      if (usedPercent < WARN_PERCENT || this.#told.has(key)) return [];
      this.#told.add(key);
      const opens = resetsAtMs === undefined || nowEpochMs === undefined ? "" : `; ${opensIn(resetsAtMs - nowEpochMs)}`;
      return [`${Math.floor(usedPercent)} % of the ${windowName(window)} limit is used${opens}`];
    });
  }
}

function opensIn(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  if (minutes < 120) return `it opens again in ${countWords(minutes, "minute")}`;
  const hours = Math.round(minutes / 60);
  return hours < 48
    ? `it opens again in ${countWords(hours, "hour")}`
    : `it opens again in ${countWords(Math.round(hours / 24), "day")}`;
}
