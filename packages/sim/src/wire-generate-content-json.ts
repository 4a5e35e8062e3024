/**
 * JSON as Google's servers write it: in a stream on one line, with a space after each colon and none after commas; as a
 * whole body over many lines; `<` and `>` escaped in both.
 * Source: recorded streams of the Gemini API, 2025 and 2026, read 2026-11-20.
 */

/** One line, for an event of a stream. */
export function lineJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((entry) => lineJson(entry)).join(",")}]`;
  if (typeof value !== "object" || value === null) return escaped(JSON.stringify(value) ?? "null");
  const fields = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return `{${fields.map(([name, entry]) => `${escaped(JSON.stringify(name))}: ${lineJson(entry)}`).join(",")}}`;
}

/** Many lines, for a whole body; without a line break at its end. */
export function bodyJson(value: unknown): string {
  return escaped(JSON.stringify(value, undefined, 2));
}

/** Outside of texts JSON has neither character, so this changes no meaning. */
function escaped(json: string): string {
  return json.replaceAll("<", String.raw`\u003c`).replaceAll(">", String.raw`\u003e`);
}
