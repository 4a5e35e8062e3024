const WORD = /[\p{L}\p{N}_]/u;
/** Nobody writes emphasis deeper than this. */
const MAX_OPEN = 6;

/**
 * A text that is still being written, as it may be shown meanwhile: markup that is open at its end is closed, markup of
 * which only the first characters are there is left out. Linear in the length.
 */
export function completeTail(text: string): string {
  const open: string[] = [];
  let out = "";
  /** Where the label of a link that may still come begins in `out`. */
  let label = -1;
  for (let at = 0; at < text.length;) {
    const character = text.charAt(at);
    if (character === "\\") {
      // A lone backslash at the end says nothing yet.
      if (at + 1 < text.length) out += text.slice(at, at + 2);
      at += 2;
    } else if (character === "`") {
      const run = runAt(text, at);
      const end = closingRun(text, at + run.length, run.length);
      if (end === -1) return out + openCode(text.slice(at + run.length), run) + closers(open);
      out += text.slice(at, end);
      at = end;
    } else if (character === "*" || character === "_" || character === "~") {
      const run = runAt(text, at);
      out += emphasis(run, out, text.charAt(at + run.length), open);
      at += run.length;
    } else if (character === "[") {
      if (!WORD.test(text.charAt(at - 1))) label = out.length;
      out += character;
      at += 1;
    } else if (character === "]" && label >= 0) {
      const after = text.charAt(at + 1);
      const end = after === "(" ? text.indexOf(")", at + 2) : -1;
      // Half a link: its text alone.
      if (after === "" || (after === "(" && end === -1)) return withoutLabelMark(out, label) + closers(open);
      const stop = end === -1 ? at + 1 : end + 1;
      out += text.slice(at, stop);
      at = stop;
      label = -1;
    } else {
      out += character;
      at += 1;
    }
  }
  return (label >= 0 ? withoutLabelMark(out, label) : out).trimEnd() + closers(open);
}

function runAt(text: string, at: number): string {
  let end = at;
  while (text.charAt(end) === text.charAt(at)) end += 1;
  return text.slice(at, end);
}

/** Where the code span ends that a run of `length` backticks began; -1 when it is open. */
function closingRun(text: string, from: number, length: number): number {
  for (let at = text.indexOf("`", from); at !== -1;) {
    const run = runAt(text, at);
    if (run.length === length) return at + length;
    at = text.indexOf("`", at + run.length);
  }
  return -1;
}

function openCode(rest: string, mark: string): string {
  const code = rest.replace(/`+$/, "").trimEnd();
  return code.trim() === "" ? "" : mark + code + mark;
}

/** What a run of marks adds to the text; keeps `open` true. The rules of flanking, without their rare cases. */
function emphasis(run: string, before: string, next: string, open: string[]): string {
  const mark = run.charAt(0);
  const previous = before.at(-1) ?? "";
  const isAfterText = previous !== "" && !/\s/.test(previous);
  // At the end nobody knows yet what it will be; what is open is closed anyway.
  if (next === "") return "";
  if (mark === "~" && run.length !== 2) return run;
  let rest = run.length;
  if (isAfterText && !(mark === "_" && WORD.test(next))) {
    for (let top = open.at(-1); top !== undefined && top.charAt(0) === mark && top.length <= rest; top = open.at(-1)) {
      open.pop();
      rest -= top.length;
    }
  }
  const isInWord = WORD.test(previous) && (mark === "_" || run.length === 1);
  if (rest > 0 && rest <= 3 && open.length < MAX_OPEN && !/\s/.test(next) && !isInWord) open.push(mark.repeat(rest));
  return run;
}

function closers(open: readonly string[]): string {
  return open.toReversed().join("");
}

function withoutLabelMark(out: string, label: number): string {
  const before = out.slice(0, label);
  return (before.endsWith("!") ? before.slice(0, -1) : before) + out.slice(label + 1);
}
