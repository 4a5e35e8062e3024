/** Characters of a path that need no quotes: all letters and digits, and signs that end no word. */
const SAFE = /^[\p{L}\p{M}\p{N}_./+~#%=@^-]+$/u;
/** What nobody sees, or takes for something else: spelled out by its number. */
const UNSEEN =
  /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}|[\u115f\u1160\u2800\u3164\uffa0]|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu;
const MENTION = /(^|[\s([{<,;:])@(?:"((?:[^"\\\n]|\\.)*)"|([\p{L}\p{M}\p{N}_./+~#%=@^-]+))/gu;

/** A file that a prompt names. */
export interface FileMention {
  readonly path: string;
  /** Where the mention stands, from its `@`, in code units. */
  readonly from: number;
  readonly to: number;
}

/**
 * A file's name as it stands in a prompt: `@src/a.ts`, or `@"my notes.md"` with quotes, backslashes and unseen characters
 * spelled out. `findMentions` reads it back.
 */
export function formatMention(path: string): string {
  // Some of the unseen ones count as letters or marks.
  if (SAFE.test(path) && !path.endsWith(".") && path.search(UNSEEN) === -1) return `@${path}`;
  const escaped = path
    .replace(/["\\]/g, (character) => `\\${character}`)
    .replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return `@"${escaped}"`;
}

/** The files that a text names, in its order. Whether they exist is not asked; a full stop at the end is not theirs. */
export function findMentions(text: string): readonly FileMention[] {
  return [...text.matchAll(MENTION)].flatMap((match) => {
    const from = match.index + (match[1]?.length ?? 0);
    const to = match.index + match[0].length;
    const [, , quotedPath, barePath] = match;
    if (quotedPath !== undefined) return quotedPath === "" ? [] : [{ path: unescape(quotedPath), from, to }];
    const path = (barePath ?? "").replace(/\.+$/, "");
    return path === "" ? [] : [{ path, from, to: from + 1 + path.length }];
  });
}

function unescape(text: string): string {
  return text.replace(/\\(?:u\{([\da-f]{1,6})\}|(.))/giu, (_whole, code: string | undefined, other: string) => {
    if (code === undefined) return other;
    const point = Number.parseInt(code, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd";
  });
}
