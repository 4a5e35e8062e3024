/** When an access token ends: `good until 2026-11-21T10:00:00Z (in 3 h 20 min)`. Times in UTC, in every locale. */
export function describeEnd(expiresAtMs: number | undefined, nowMs: number): string {
  if (expiresAtMs === undefined) return "which does not say when it ends";
  const when = `${new Date(expiresAtMs).toISOString().slice(0, 19)}Z`;
  const leftMs = expiresAtMs - nowMs;
  return leftMs > 0 ? `good until ${when} (in ${duration(leftMs)})` : `over since ${when} (${duration(-leftMs)} ago)`;
}

/** In the two largest units that matter. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [
    { count: Math.floor(seconds / 86_400), unit: "d" },
    { count: Math.floor(seconds / 3_600) % 24, unit: "h" },
    { count: Math.floor(seconds / 60) % 60, unit: "min" },
    { count: seconds % 60, unit: "s" },
  ];
  const first = parts.findIndex(({ count }) => count > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ count, unit }) => `${count} ${unit}`)
    .join(" ");
}

/** `4:05`: minutes and seconds, rounded up, for a clock that runs down. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
