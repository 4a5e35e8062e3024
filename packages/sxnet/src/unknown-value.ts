/** Reading values that come from a server: nothing about their shape is taken for granted. */

export type Fields = Readonly<Record<string, unknown>>;

/** The object, or one without fields. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A moment in Unix milliseconds that a `Date` can hold: `toISOString` throws for any other number. */
export function momentOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value <= 8.64e15 ? value : undefined;
}

/** A count of tokens: whole and not negative; anything else is 0. */
export function countOf(value: unknown): number {
  return typeof value === "number" && value > 0 ? Math.floor(Math.min(value, Number.MAX_SAFE_INTEGER)) : 0;
}
