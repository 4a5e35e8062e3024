const FRAMES = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠇"];
const FRAME_MS = 250;

/** The sign before what goes on; it turns four times a second, or stands still. */
export function spinnerFrame(elapsedMs: number, animate: boolean): string {
  if (!animate) return "●";
  return FRAMES[Math.floor(Math.max(0, elapsedMs) / FRAME_MS) % FRAMES.length] ?? "●";
}

/** For a clock that counts: `12 s`, `2 min 5 s`, `1 h 3 min`. */
export function elapsedWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How long something took: `2.1 s`, then as `elapsedWords`. */
export function durationWords(ms: number): string {
  return ms < 10_000 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : elapsedWords(Math.round(ms / 1000) * 1000);
}

/** How long a wait is, in whole seconds. */
export function waitWords(ms: number): string {
  return elapsedWords(Math.ceil(ms / 1000) * 1000);
}
