import { FileFailure } from "../files/file-failure.js";
import { requiredLiterals } from "./required-literals.js";

/** What a search looks for, in one line at a time. */
export interface SearchPattern {
  readonly expression: RegExp;
  /** One of these stands in every matching line; see `requiredLiterals`. */
  readonly literals: readonly string[] | undefined;
  readonly ignoreCase: boolean;
  /** True when the pattern names a line feed, which no line holds. */
  readonly namesLineFeed: boolean;
}

const MAX_PATTERN = 4096;

/** Character classes of other dialects, as the inside of a class here. */
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alpha: "a-zA-Z",
  digit: "0-9",
  alnum: "a-zA-Z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  blank: " \\t",
  xdigit: "0-9a-fA-F",
  word: "\\w",
  punct: "!-\\/:-@\\[-`{-~",
};

/**
 * A regular expression as models write them: JavaScript's, with what is common elsewhere and means nothing else here
 * (`(?i)` at the start, `(?P<name>`, `[[:alpha:]]`, `\<` and `\>`, `\A` and `\z`).
 * @throws FileFailure `bad_pattern`.
 */
export function compilePattern(pattern: string, ignoreCase: boolean): SearchPattern {
  if (pattern === "") throw new FileFailure("bad_pattern", "the pattern is empty");
  if (pattern.length > MAX_PATTERN) throw new FileFailure("bad_pattern", `the pattern is longer than ${MAX_PATTERN}`);
  const flags = /^\(\?([imsux]+)\)/.exec(pattern);
  if (flags?.[1]?.includes("x") === true) throw new FileFailure("bad_pattern", "the flag x is not supported");
  const folded = ignoreCase || flags?.[1]?.includes("i") === true;
  const source = translate(pattern.slice(flags?.[0].length ?? 0));
  return {
    expression: compile(source, folded ? "i" : ""),
    literals: requiredLiterals(source),
    ignoreCase: folded,
    namesLineFeed: /(^|[^\\])(\\\\)*\\n/.test(source.replaceAll(/\[[^\]]*\]/g, "")) || source.includes("\n"),
  };
}

function translate(pattern: string): string {
  return pattern
    .replaceAll("(?P<", "(?<")
    .replaceAll(/\[:(\w+):\]/g, (whole, name: string) =>
      Object.hasOwn(POSIX_CLASSES, name) ? (POSIX_CLASSES[name] ?? whole) : whole,
    )
    .replaceAll(/\\[^]/g, (escape) => {
      if (escape === "\\<" || escape === "\\>") return "\\b";
      if (escape === "\\A") return "^";
      return escape === "\\z" || escape === "\\Z" ? "$" : escape;
    });
}

/** With whole characters (`u`) if it can be, else in the lenient grammar, which allows `\-` and a lone `{`. */
function compile(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `u${flags}`);
  } catch (error) {
    // In the lenient grammar these would silently be letters.
    const dialect = /\\[^\WbBcdDfknrsStuvwWx0-9_]/.test(source) || source.includes("\\u{");
    const lenient = dialect ? undefined : compileLenient(source, flags);
    if (lenient !== undefined) return lenient;
    const reason = error instanceof Error ? error.message.replace(/^.*: /s, "") : "";
    throw new FileFailure(
      "bad_pattern",
      `the pattern is not a valid regular expression (${reason}); put \\ before each of ( ) [ ] { } . * + ? ^ $ | that is meant as itself`,
    );
  }
}

function compileLenient(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    // The first error says it better.
    return undefined;
  }
}
