import { FileFailure } from "../files/file-failure.js";

/**
 * Glob patterns matched without regular expressions: patterns come from the model and from a repository's ignore
 * files, and a handful of stars is enough to keep a backtracking engine busy for hours. Here a segment costs at most
 * its length times the pattern's.
 */

/** Answers whether a name (one part of a path) fits. */
export type NameMatcher = (name: string) => boolean;
/** Answers whether a path fits; parts are separated by `/`, without one at the start. */
export type PathMatcher = (path: string) => boolean;

const MAX_PATTERN = 4096;
/** Most alternatives that the braces of one pattern may make. */
const MAX_ALTERNATIVES = 256;

type Part = string | { readonly kind: "any" } | { readonly kind: "star" } | CharacterClass;
interface CharacterClass {
  readonly kind: "class";
  readonly negated: boolean;
  readonly ranges: readonly (readonly [from: string, to: string])[];
}

/**
 * A pattern of the model: `*`, `?`, `[a-z]`, `{a,b}`, `**` for any number of folders. One without `/` is matched
 * against the last name of a path, wherever it lies. A leading `!` turns the answer round.
 * @throws FileFailure `bad_pattern`.
 */
export function compileGlob(pattern: string): PathMatcher {
  if (pattern.length > MAX_PATTERN) throw new FileFailure("bad_pattern", `the glob is longer than ${MAX_PATTERN}`);
  if (pattern.startsWith("!")) {
    const matches = compileGlob(pattern.slice(1));
    return (path) => !matches(path);
  }
  const plain = pattern.replace(/^(\.\/+)+/, "");
  if (plain === "") throw new FileFailure("bad_pattern", "the glob is empty");
  const matchers = expandBraces(plain).map((one) => {
    if (one.includes("/")) return compilePath(one);
    const matches = compileName(one);
    return (path: string) => matches(path.slice(path.lastIndexOf("/") + 1));
  });
  const [only] = matchers;
  return matchers.length === 1 && only !== undefined ? only : (path) => matchers.some((matches) => matches(path));
}

/** A pattern with `/`, without braces; `**` at the end stands for at least one name. */
export function compilePath(pattern: string): PathMatcher {
  const segments = pattern
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => (segment === "**" ? undefined : compileName(segment)));
  // `a/**` is what lies in `a`, not `a` itself.
  if (segments.length > 0 && segments.at(-1) === undefined) segments.push(() => true);
  return (path) => {
    const names = path.split("/");
    return matchRun(names.length, segments.length, {
      isStar: (at) => segments[at] === undefined,
      matches: (at, name) => segments[at]?.(names[name] ?? "") ?? false,
    });
  };
}

/** A pattern for one name, without `/` and braces. */
export function compileName(pattern: string): NameMatcher {
  const parts = parseName(pattern);
  if (parts.every((part) => typeof part === "string")) {
    const literal = parts.join("");
    return (name) => name === literal;
  }
  const [first, ...rest] = parts;
  if (typeof first === "object" && first.kind === "star" && rest.every((part) => typeof part === "string")) {
    const ending = rest.join("");
    return (name) => name.endsWith(ending);
  }
  return (name) => {
    const characters = Array.from(name);
    return matchRun(characters.length, parts.length, {
      isStar: (at) => isStar(parts[at]),
      matches: (at, index) => matchesPart(parts[at], characters[index] ?? ""),
    });
  };
}

/** The alternatives that the braces of a pattern stand for; itself when it has none. */
export function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const open = [pattern];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const brace = firstBrace(next);
    if (brace === undefined) done.push(next);
    else for (const choice of brace.choices) open.push(brace.before + choice + brace.after);
    if (done.length + open.length > MAX_ALTERNATIVES) {
      throw new FileFailure("bad_pattern", `the braces of the glob make more than ${MAX_ALTERNATIVES} alternatives`);
    }
  }
  return done;
}

/**
 * Whether a run of `length` items fits a run of `size` pattern parts, of which some are stars for any number of items.
 * After a mismatch only the last star may take one more: that is enough, and keeps the work at length times size.
 */
function matchRun(
  length: number,
  size: number,
  parts: { isStar(at: number): boolean; matches(at: number, item: number): boolean },
): boolean {
  let item = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (item < length) {
    if (at < size && parts.isStar(at)) {
      star = at;
      at += 1;
      resume = item;
    } else if (at < size && parts.matches(at, item)) {
      at += 1;
      item += 1;
    } else if (star !== -1) {
      at = star + 1;
      resume += 1;
      item = resume;
    } else return false;
  }
  while (at < size && parts.isStar(at)) at += 1;
  return at === size;
}

function parseName(pattern: string): Part[] {
  const parts: Part[] = [];
  const characters = Array.from(pattern);
  let at = 0;
  while (at < characters.length) {
    const character = characters[at] ?? "";
    if (character === "*") {
      if (!isStar(parts.at(-1))) parts.push({ kind: "star" });
      at += 1;
    } else if (character === "?") {
      parts.push({ kind: "any" });
      at += 1;
    } else if (character === "\\" && at + 1 < characters.length) {
      parts.push(characters[at + 1] ?? "");
      at += 2;
    } else {
      const found = character === "[" ? parseClass(characters, at) : undefined;
      parts.push(found?.part ?? character);
      at = found?.end ?? at + 1;
    }
  }
  return parts;
}

/** `[abc]`, `[a-z]`, `[!a]`, `[^a]`; a `]` right at the start is a member. Without an end it is a plain `[`. */
function parseClass(characters: readonly string[], start: number): { part: CharacterClass; end: number } | undefined {
  const negated = characters[start + 1] === "!" || characters[start + 1] === "^";
  const first = start + (negated ? 2 : 1);
  const ranges: [string, string][] = [];
  let at = first;
  while (at < characters.length) {
    let character = characters[at] ?? "";
    if (character === "]" && at > first) return { part: { kind: "class", negated, ranges }, end: at + 1 };
    if (character === "\\" && at + 1 < characters.length) {
      at += 1;
      character = characters[at] ?? "";
    }
    const last = characters[at + 2];
    if (characters[at + 1] === "-" && last !== undefined && last !== "]") {
      ranges.push([character, last]);
      at += 3;
    } else {
      ranges.push([character, character]);
      at += 1;
    }
  }
  return undefined;
}

function matchesPart(part: Part | undefined, character: string): boolean {
  if (part === undefined) return false;
  if (typeof part === "string") return part === character;
  if (part.kind !== "class") return part.kind === "any";
  return part.ranges.some(([from, to]) => character >= from && character <= to) !== part.negated;
}

function isStar(part: Part | undefined): boolean {
  return typeof part === "object" && part.kind === "star";
}

/** The first `{...}` with a comma at its own level, cut into its choices. */
function firstBrace(pattern: string): { before: string; choices: string[]; after: string } | undefined {
  for (let start = pattern.indexOf("{"); start !== -1; start = pattern.indexOf("{", start + 1)) {
    if (pattern[start - 1] === "\\") continue;
    const choices: string[] = [];
    let depth = 0;
    let from = start + 1;
    for (let at = start; at < pattern.length; at += 1) {
      const character = pattern[at];
      if (character === "\\") at += 1;
      else if (character === "{") depth += 1;
      else if (character === "," && depth === 1) {
        choices.push(pattern.slice(from, at));
        from = at + 1;
      } else if (character === "}") {
        depth -= 1;
        if (depth > 0) continue;
        if (choices.length === 0) break;
        choices.push(pattern.slice(from, at));
        return { before: pattern.slice(0, start), choices, after: pattern.slice(at + 1) };
      }
    }
  }
  return undefined;
}
