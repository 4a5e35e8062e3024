/**
 * A text in pieces of `size` characters. A character outside the basic plane is not cut in two: JSON would carry it as
 * two broken halves.
 */
export function* splitText(text: string, size: number): Generator<string> {
  for (let start = 0; start < text.length;) {
    let end = start + size;
    if (isHighSurrogate(text.charCodeAt(end - 1))) end += 1;
    yield text.slice(start, end);
    start = end;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** Templates may stand in any text of a call's input. */
export function fillDeep(value: unknown, fill: (text: string) => string): unknown {
  if (typeof value === "string") return fill(value);
  if (Array.isArray(value)) return value.map((entry) => fillDeep(entry, fill));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, fillDeep(entry, fill)]));
}
