import { cutText, wellFormed } from "./text-file.js";

/** Lines of a file that are compared with what was not found; more would take noticeable time. */
const MAX_COMPARED_LINES = 20_000;
/** More lines than this are not looked for with a changed reading. */
const MAX_WANTED_LINES = 500;
const MAX_SHOWN_LINES = 12;
const MAX_LINE_LENGTH = 200;
/** Similarity (0 to 1) below which a line is not worth showing. */
const NEAR = 0.5;

/** `line 3`, or `lines 3, 9, 20 and 4 more`: where the positions lie. */
export function listLines(text: string, positions: readonly number[]): string {
  const most = 10;
  const numbers: number[] = [];
  let line = 1;
  let at = 0;
  for (const position of positions.slice(0, most)) {
    for (let next = text.indexOf("\n", at); next !== -1 && next < position; next = text.indexOf("\n", at)) {
      line += 1;
      at = next + 1;
    }
    if (numbers.at(-1) !== line) numbers.push(line);
  }
  const more = positions.length > most ? ` and ${positions.length - most} more` : "";
  return `${numbers.length === 1 && more === "" ? "line" : "lines"} ${numbers.join(", ")}${more}`;
}

/**
 * Why `wanted` is not in `text` (both with LF only), as far as can be told, with the lines that were probably meant.
 * One to some lines for the model; never empty.
 */
export function explainMissing(text: string, wanted: string): string {
  const lines = text.split("\n");
  const unnumbered = wanted.replaceAll(/^ *\d+\t/gm, "");
  if (unnumbered !== wanted && unnumbered.trim() !== "" && text.includes(unnumbered)) {
    return "it holds the line numbers of read's output; leave out each number and the tab after it";
  }
  const unescaped = unescapeOnce(wanted);
  if (unescaped !== wanted && text.includes(unescaped)) {
    return "it is escaped once too often (a backslash before n, t or a quote); give the characters themselves";
  }
  const spaced = findLines(lines, wanted, (line) => line.replaceAll(/\s+/g, " ").trim());
  if (spaced !== undefined) return `only white space differs; the file has\n${show(lines, spaced.start, spaced.end)}`;
  const plain = findLines(lines, wanted, plainCharacters);
  if (plain !== undefined) {
    return `only quotes, dashes or invisible characters differ; the file has\n${show(lines, plain.start, plain.end)}`;
  }
  const near = nearestLines(lines, wanted);
  if (near.length > 0) return `the nearest lines are\n${near.map((line) => show(lines, line, line + 1)).join("\n")}`;
  return "no line is similar; read the file again, it may be another one than you think";
}

/** A run of lines as `read` shows it: number, tab, text. */
function show(lines: readonly string[], start: number, end: number): string {
  const shown = lines.slice(start, Math.min(end, start + MAX_SHOWN_LINES)).map((line, index) => {
    const text = cutText(line, MAX_LINE_LENGTH);
    return `${start + index + 1}\t${wellFormed(text)}${text.length < line.length ? "…" : ""}`;
  });
  if (end - start > MAX_SHOWN_LINES) shown.push(`… ${end - start - MAX_SHOWN_LINES} more lines`);
  return shown.join("\n");
}

/** The first run of lines that equals the wanted ones after `fold`; blank lines at the ends of `wanted` do not count. */
function findLines(
  lines: readonly string[],
  wanted: string,
  fold: (line: string) => string,
): { start: number; end: number } | undefined {
  const folded = wanted.trim().split("\n").map(fold);
  const [first] = folded;
  if (first === undefined || first === "" || folded.length > MAX_WANTED_LINES) return undefined;
  const file = lines.slice(0, MAX_COMPARED_LINES).map(fold);
  for (let start = 0; start + folded.length <= file.length; start += 1) {
    // A single line may be a part of the file's line; several must be whole lines.
    const here = file[start] ?? "";
    if (folded.length === 1 ? !here.includes(first) : here !== first) continue;
    if (folded.every((line, index) => index === 0 || file[start + index] === line)) {
      return { start, end: start + folded.length };
    }
  }
  return undefined;
}

function plainCharacters(line: string): string {
  return line
    .normalize("NFKC")
    .replaceAll(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replaceAll(/[\u201c-\u201f]/g, '"')
    .replaceAll(/[\u2010-\u2015\u2212]/g, "-")
    .replaceAll(/[\u00ad\ufeff]|\u200b|\u200c|\u200d|\u2060/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function unescapeOnce(text: string): string {
  const characters: Readonly<Record<string, string>> = { n: "\n", t: "\t", '"': '"', "'": "'", "\\": "\\" };
  return text.replaceAll(/\\([nt"'\\])/g, (whole, letter: string) => characters[letter] ?? whole);
}

/** Up to three lines that are most like the longest wanted line, in the order of the file. */
function nearestLines(lines: readonly string[], wanted: string): number[] {
  const target = wanted
    .split("\n")
    .map((line) => line.trim())
    .reduce((longest, line) => (line.length > longest.length ? line : longest), "");
  const pairs = pairsOf(target);
  if (pairs.size === 0) return [];
  const ranked: { line: number; score: number }[] = [];
  for (const [line, text] of lines.slice(0, MAX_COMPARED_LINES).entries()) {
    const score = similarity(pairs, pairsOf(text.trim()));
    if (score >= NEAR) ranked.push({ line, score });
  }
  ranked.sort((a, b) => b.score - a.score || a.line - b.line);
  return ranked
    .slice(0, 3)
    .map(({ line }) => line)
    .sort((a, b) => a - b);
}

/** The neighbouring pairs of characters of a line. */
function pairsOf(line: string): Set<string> {
  const pairs = new Set<string>();
  const length = Math.min(line.length, MAX_LINE_LENGTH);
  for (let at = 0; at + 1 < length; at += 1) pairs.add(line.slice(at, at + 2));
  return pairs;
}

/** The Dice coefficient of two sets: 1 for equal ones, 0 for disjoint ones. */
function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (b.size === 0 || a.size > 3 * b.size || b.size > 3 * a.size) return 0;
  let shared = 0;
  for (const pair of a) if (b.has(pair)) shared += 1;
  return (2 * shared) / (a.size + b.size);
}
