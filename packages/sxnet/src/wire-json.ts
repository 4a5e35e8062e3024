/** JSON text as services take it, and bodies of which a part is already text. */

/** JSON text in which a lone surrogate, which servers refuse, has become the replacement character. */
export function toWireJson(value: unknown): string {
  const json = JSON.stringify(value);
  // JSON.stringify escapes lone surrogates and no other ones; an escaped backslash is skipped as a pair.
  return json.includes("\\ud") ? json.replace(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, replaceSurrogate) : json;
}

function replaceSurrogate(escape: string): string {
  return escape.startsWith("\\ud") ? "\uFFFD" : escape;
}

/** JSON text that goes into a body as it is. */
export class WireJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A JSON object from its fields, without those that are `undefined`; the conversation inside is already serialised. */
export function joinBody(fields: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [`${JSON.stringify(name)}:${value instanceof WireJson ? value.text : toWireJson(value)}`];
  });
  return `{${parts.join(",")}}`;
}
