/**
 * C0, DEL and C1 controls, the two Unicode line ends, the marks that reorder text on the screen, and all that takes up
 * no room there (zero-width and tag characters, fillers); but for the sixteen variation selectors that emoji end with.
 */
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028\u2029]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

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
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
}
