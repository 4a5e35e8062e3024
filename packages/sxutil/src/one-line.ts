// C0, DEL and C1 controls, the two Unicode line ends, and the marks that reorder text on the screen.
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text from anywhere as one harmless line: white space runs become a space, other control characters `\u001b`. */
export function oneLine(text: string, maxChars = 2000): string {
  const line = text.trim().replaceAll(/[\t\r\n\v\f\u2028\u2029]+/g, " ");
  return cut(line, maxChars).replaceAll(UNPRINTABLE, escaped);
}

/** Text from anywhere in double quotes, on one line, with every control character spelled out. */
export function quoted(text: string, maxChars = 60): string {
  return JSON.stringify(cut(text, maxChars)).replaceAll(UNPRINTABLE, escaped);
}

function cut(text: string, maxChars: number): string {
  return text.length > maxChars ? `${text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, "")}…` : text;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
