/** What no one sees, or what steers a terminal: escaped it is the same JSON. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\u{e0100}-\u{e01ef}]/gu;

/** A value of JSON as one line that means exactly the same to a program and is harmless to a terminal. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
