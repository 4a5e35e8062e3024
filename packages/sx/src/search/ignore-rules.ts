import { compileName, compilePath, type PathMatcher } from "./glob-pattern.js";

/** The rules of one folder: what its ignore files say about paths below it. */
export interface IgnoreRules {
  /**
   * Whether `path`, relative to the folder of the rules and with `/`, is ignored, taken back (`false`), or not
   * mentioned. Only the path itself is judged: whoever walks leaves out what lies below an ignored folder.
   */
  decide(path: string, isFolder: boolean): boolean | undefined;
}

interface Rule {
  readonly ignores: boolean;
  readonly foldersOnly: boolean;
  readonly matches: PathMatcher;
}

/** Rules beyond this, and longer ones, are not read: they would make every file of a walk slow. */
const MAX_RULES = 2000;
const MAX_RULE_LENGTH = 512;
/** The same for all rules of a folder together, in characters; what git's own users write has a tenth of it. */
const MAX_RULES_LENGTH = 50_000;

/**
 * Rules in the grammar of `.gitignore`; of those that match, the last one decides.
 * Source: git documentation, "gitignore", PATTERN FORMAT, read 2026-11-20.
 */
export function parseIgnoreRules(text: string): IgnoreRules {
  const rules: Rule[] = [];
  let length = 0;
  for (const line of text.replace(/^\ufeff/, "").split(/\r?\n/)) {
    const rule = parseRule(line);
    if (rule === undefined) continue;
    rules.push(rule);
    length += line.length;
    if (rules.length === MAX_RULES || length > MAX_RULES_LENGTH) break;
  }
  rules.reverse();
  return {
    decide: (path, isFolder) => rules.find((rule) => (isFolder || !rule.foldersOnly) && rule.matches(path))?.ignores,
  };
}

function parseRule(line: string): Rule | undefined {
  if (line.startsWith("#") || line.length > MAX_RULE_LENGTH || line.includes("\0")) return undefined;
  let pattern = dropTrailingSpaces(line);
  const ignores = !pattern.startsWith("!");
  if (!ignores) pattern = pattern.slice(1);
  const foldersOnly = pattern.endsWith("/");
  if (foldersOnly) pattern = pattern.slice(0, -1);
  // A lone backslash at the end quotes nothing; git says that such a pattern never matches.
  if (pattern === "" || pattern === "/" || /(^|[^\\])(\\\\)*\\$/.test(pattern)) return undefined;
  if (pattern.includes("/")) return { ignores, foldersOnly, matches: compilePath(pattern) };
  const matches = compileName(pattern);
  return { ignores, foldersOnly, matches: (path) => matches(path.slice(path.lastIndexOf("/") + 1)) };
}

/** Spaces at the end do not count unless a backslash stands before them. */
function dropTrailingSpaces(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === " " && line[end - 2] !== "\\") end -= 1;
  return line.slice(0, end);
}
