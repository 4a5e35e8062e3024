/** What is being completed: which list, what was written of it, and how much of the line that replaces. */
export type CompletionTrigger =
  | { readonly kind: "command"; readonly query: string; readonly length: number }
  | { readonly kind: "argument"; readonly command: string; readonly query: string; readonly length: number }
  | { readonly kind: "file"; readonly query: string; readonly length: number };

/** Nothing longer is completed, and no more of a line is looked at. */
const MAX_CHARS = 300;
const FILE = /(?:^|[\s([{<,;:])@(?:"([^"\n]*)|([^\s"@]*))$/u;

/**
 * What stands before the cursor on its line, when it is something to complete: `/na` at the very start of the text, the
 * argument behind a command's name, `@pa` or `@"pa` at the start of a word.
 */
export function findTrigger(before: string, isFirstLine: boolean): CompletionTrigger | undefined {
  if (isFirstLine && before.startsWith("/") && before.length <= MAX_CHARS) {
    const [, name = "", rest] = /^\/(\S*)(?:\s+(.*))?$/s.exec(before) ?? [];
    if (rest === undefined && !/\s$/.test(before)) {
      // `/usr/lib` is a path.
      return name.includes("/") ? undefined : { kind: "command", query: name, length: before.length };
    }
    const file = findFile(before);
    return file ?? { kind: "argument", command: name, query: rest ?? "", length: (rest ?? "").length };
  }
  return findFile(before);
}

function findFile(before: string): CompletionTrigger | undefined {
  const match = FILE.exec(before.slice(-MAX_CHARS));
  if (match === null) return undefined;
  const [, quoted, bare] = match;
  const query = quoted ?? bare ?? "";
  return { kind: "file", query, length: query.length + (quoted === undefined ? 1 : 2) };
}
