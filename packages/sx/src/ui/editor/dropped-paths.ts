/** Longer pastes, and more files at once, are text. */
const MAX_CHARS = 4096;
const MAX_PATHS = 10;
const IMAGE = /\.(png|jpe?g|gif|webp)$/i;

/**
 * The paths of image files that a terminal pastes when they are dropped on it, or that somebody copied: plain, in
 * quotes, with backslashes before what a shell would act on, or as `file://` addresses. `undefined` when the text is
 * anything else. Whether there are such files is not asked here.
 */
export function parseDroppedPaths(text: string): readonly string[] | undefined {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > MAX_CHARS || !/\.(png|jpe?g|gif|webp)['"]?$/i.test(trimmed)) return undefined;
  // A copied path may hold spaces and no quotes at all; such a one is always absolute or relative in the open.
  if (/^(\/|~\/|\.{1,2}\/|[a-z]:\\)[^\n'"\\]*$/i.test(trimmed) && !/\.(png|jpe?g|gif|webp)\s/i.test(trimmed)) {
    return [trimmed];
  }
  const isWindows = /^["']?[a-z]:\\/i.test(trimmed);
  const words = splitWords(trimmed, isWindows);
  if (words === undefined || words.length > MAX_PATHS) return undefined;
  const paths = words.map(fromAddress);
  return paths.every((path) => path !== undefined && IMAGE.test(path)) ? (paths as readonly string[]) : undefined;
}

/** Words as a shell splits them; `undefined` when a quote is left open. On Windows a backslash is a part of the path. */
function splitWords(text: string, isWindows: boolean): readonly string[] | undefined {
  const words: string[] = [];
  let word = "";
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== "") {
      if (character === quote) quote = "";
      else word += character;
    } else if (character === "'" || character === '"') quote = character;
    else if (character === "\\" && !isWindows) {
      at += 1;
      word += text.charAt(at);
    } else if (/\s/.test(character)) {
      if (word !== "") words.push(word);
      word = "";
    } else word += character;
  }
  if (word !== "") words.push(word);
  return quote === "" ? words : undefined;
}

function fromAddress(word: string): string | undefined {
  const address = /^file:\/\/(?:localhost)?(\/.*)$/i.exec(word);
  if (address === null) return word;
  try {
    return decodeURIComponent(address[1] ?? "");
  } catch {
    // Not an address after all: a stray percent sign.
    return undefined;
  }
}
