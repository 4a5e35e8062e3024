/**
 * Words of which at least one stands in every line that a regular expression matches, or `undefined` when none can be
 * named. Plain ASCII only, at least two characters each. They let a search pass over files without running the
 * expression, so too few words are a loss of time and a wrong word would be a lost match: what is not understood for
 * certain contributes nothing.
 */
export function requiredLiterals(pattern: string): readonly string[] | undefined {
  const reader = new Reader(pattern);
  const found = readAlternatives(reader, 0);
  if (found === undefined || !reader.done()) return undefined;
  const words = [...new Set(found)];
  return words.length <= MAX_WORDS && words.every((word) => word.length >= MIN_LENGTH) ? words : undefined;
}

const MIN_LENGTH = 2;
const MAX_WORDS = 32;
const MAX_DEPTH = 50;

class Reader {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  peek(): string {
    return this.#text[this.at] ?? "";
  }

  take(): string {
    return this.#text[this.at++] ?? "";
  }

  /** Passes over what the sticky expression matches here, and returns it. */
  skip(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.#text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  done(): boolean {
    return this.at >= this.#text.length;
  }
}

/** One of the words of each alternative; nothing when one alternative has none. */
function readAlternatives(reader: Reader, depth: number): string[] | undefined {
  const all: string[] = [];
  let complete = true;
  for (;;) {
    const words = readSequence(reader, depth);
    if (words === undefined) complete = false;
    else all.push(...words);
    if (reader.peek() !== "|") return complete ? all : undefined;
    reader.take();
  }
}

/** The best set of words of a sequence: the one whose shortest word is longest. */
function readSequence(reader: Reader, depth: number): string[] | undefined {
  let best: string[] | undefined;
  let run = "";
  const offer = (words: readonly string[] | undefined): void => {
    if (words !== undefined && shortest(words) > shortest(best ?? [""])) best = [...words];
  };
  const close = (): void => {
    offer(run === "" ? undefined : [run]);
    run = "";
  };
  while (!reader.done() && reader.peek() !== "|" && reader.peek() !== ")") {
    const item = readItem(reader, depth);
    const times = readQuantifier(reader);
    if (times === "optional") close();
    else if (typeof item === "string" && times === "once") run += item;
    else {
      // Repeated at least once: what follows is not next to the first of them.
      if (typeof item === "string") run += item;
      close();
      if (typeof item !== "string") offer(item);
    }
  }
  close();
  return best;
}

/** A literal character, the words of a group, or `undefined` for anything else. */
function readItem(reader: Reader, depth: number): string | string[] | undefined {
  const character = reader.take();
  switch (character) {
    case "(":
      return readGroup(reader, depth);
    case "[":
      reader.skip(/(?:\\[^]|[^\\\]])*\]?/y);
      return undefined;
    case "\\":
      return readEscape(reader);
    case ".":
    case "^":
    case "$":
    case "]":
    case "{":
    case "}":
      return undefined;
    default:
      return character >= " " && character <= "~" ? character : undefined;
  }
}

function readGroup(reader: Reader, depth: number): string[] | undefined {
  const opening = reader.skip(/\?(?::|=|!|<=|<!|<[^>]*>|[^:=!<]*:?)/y);
  const plain = opening === undefined || opening === "?:" || /^\?<[^=!]/.test(opening);
  // So deep that nobody wrote it by hand: give up on the whole, by never finding its end.
  if (depth >= MAX_DEPTH) return undefined;
  const words = readAlternatives(reader, depth + 1);
  reader.skip(/\)/y);
  return plain ? words : undefined;
}

/** An escaped punctuation mark is itself; of letters and digits none is, and those with a tail take it along. */
function readEscape(reader: Reader): string | undefined {
  const character = reader.take();
  if (/[!-/:-@[-`{-~ ]/.test(character)) return character;
  if (character === "u") reader.skip(/\{[^}]*\}|[0-9a-fA-F]{4}/y);
  else if (character === "x") reader.skip(/[0-9a-fA-F]{2}/y);
  else if (character === "c") reader.skip(/[a-zA-Z]/y);
  else if (character === "p" || character === "P") reader.skip(/\{[^}]*\}/y);
  else if (character === "k") reader.skip(/<[^>]*>/y);
  else if (/[0-9]/.test(character)) reader.skip(/[0-9]*/y);
  return undefined;
}

function readQuantifier(reader: Reader): "once" | "optional" | "repeated" {
  const found = reader.skip(/(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??/y);
  if (found === undefined) return "once";
  return /^[*?]|^\{0+[,}]/.test(found) ? "optional" : "repeated";
}

function shortest(words: readonly string[]): number {
  return Math.min(...words.map((word) => word.length));
}
