import { explainMissing, listLines } from "./edit-hints.js";
import { FileFailure } from "./file-failure.js";
import { fitLineEndings, foldLineEndings } from "./line-endings.js";
import { composeChanges, type Splice, type TextChange } from "./text-change.js";

/** Replace `oldString` by `newString`, exactly; line endings may be LF or CRLF on either side. */
export interface TextEdit {
  readonly oldString: string;
  readonly newString: string;
  /** Every occurrence instead of the only one. */
  readonly replaceAll: boolean;
}

/** Occurrences in one edit; beyond that a program serves better, and each of them takes memory. */
const MAX_HITS = 100_000;

export interface EditedText {
  readonly text: string;
  /** What differs between the text before and after all edits, ascending. */
  readonly changes: readonly TextChange[];
  /** Occurrences replaced, all edits together. */
  readonly replacements: number;
}

/**
 * Applies the edits in order, each to the result of the one before; all or none. Characters that an edit leaves as
 * they are, at the start and the end of its strings too, are not touched, so neither are their line endings.
 * @throws FileFailure `no_match`, `ambiguous_match` or `bad_edit`; the message says which edit and what is there.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): EditedText {
  let current = text;
  let changes: readonly TextChange[] = [];
  let replacements = 0;
  for (const [index, edit] of edits.entries()) {
    const label = edits.length === 1 ? "" : `edit ${index + 1} of ${edits.length}: `;
    const suffix = edits.length === 1 ? "" : "\nnone of the edits was made";
    const splices = findSplices(current, edit, label, suffix);
    replacements += splices.length;
    changes = composeChanges(changes, splices);
    current = applySplices(current, splices);
  }
  return { text: current, changes, replacements };
}

function findSplices(text: string, edit: TextEdit, label: string, suffix: string): Splice[] {
  const fail = (code: "no_match" | "ambiguous_match" | "bad_edit", message: string): FileFailure =>
    new FileFailure(code, `${label}${message}${suffix}`);
  const wanted = edit.oldString.replaceAll("\r\n", "\n");
  const fresh = edit.newString.replaceAll("\r\n", "\n");
  if (wanted === "")
    throw fail("bad_edit", "old_string is empty; give the text to replace, or use write for a new file");
  if (wanted === fresh) throw fail("bad_edit", "old_string and new_string are the same; nothing would change");

  const folded = foldLineEndings(text);
  const hits = findAll(folded.text, wanted, edit.replaceAll);
  if (hits.length === 0)
    throw fail("no_match", `old_string is not in the file\n${explainMissing(folded.text, wanted)}`);
  if (hits.length > MAX_HITS) {
    throw fail("bad_edit", `old_string occurs more than ${MAX_HITS} times; use bash with sed or a script for that`);
  }
  if (hits.length > 1 && !edit.replaceAll) {
    const where = listLines(folded.text, hits);
    throw fail(
      "ambiguous_match",
      `old_string occurs ${hits.length} times (${where}); add lines around it until it is unique, or set replace_all`,
    );
  }

  const head = commonStart(wanted, fresh);
  const tail = commonEnd(wanted, fresh, Math.min(wanted.length, fresh.length) - head);
  const inserted = fresh.slice(head, fresh.length - tail);
  return hits.map((hit) => {
    const start = folded.original(hit + head);
    const end = folded.original(hit + wanted.length - tail);
    return { start, end, text: fitLineEndings(inserted, text, start, end) };
  });
}

/** Start positions, one more than may be used at the most. Occurrences that overlap count as several, unless all of them are to be replaced. */
function findAll(text: string, wanted: string, apart: boolean): number[] {
  const hits: number[] = [];
  const step = apart ? wanted.length : 1;
  for (let at = text.indexOf(wanted); at !== -1 && hits.length <= MAX_HITS; at = text.indexOf(wanted, at + step)) {
    hits.push(at);
  }
  return hits;
}

function applySplices(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const splice of splices) {
    parts.push(text.slice(at, splice.start), splice.text);
    at = splice.end;
  }
  parts.push(text.slice(at));
  return parts.join("");
}

function commonStart(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let count = 0;
  while (count < most && a[count] === b[count]) count += 1;
  return count;
}

function commonEnd(a: string, b: string, most: number): number {
  let count = 0;
  while (count < most && a[a.length - 1 - count] === b[b.length - 1 - count]) count += 1;
  return count;
}
