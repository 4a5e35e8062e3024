/** `1 line`, `3 lines`. */
export function countWords(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : thing.endsWith("match") ? "es" : "s"}`;
}

/** A count of tokens in a few cells: `950`, `1.2k`, `34k`, `1.3M`. */
export function shortCount(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 9_950) return `${(count / 1_000).toFixed(1)}k`;
  if (count < 999_500) return `${Math.round(count / 1_000)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}
