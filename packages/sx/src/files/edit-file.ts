import type { ToolOutput } from "@scorpiox/sxnet";
import { fileAccess } from "./file-access.js";
import { FileFailure } from "./file-failure.js";
import { describeBinary } from "./file-kind.js";
import type { FileLedger } from "./file-ledger.js";
import { buildHunks, type LineHunk } from "./line-hunks.js";
import { applyEdits, type TextEdit } from "./text-edit.js";
import { cutText, decodeText, encodeText, SNIFF_BYTES, wellFormed } from "./text-file.js";
import type { ToolContext } from "../tools/tool-context.js";
import { readKnown, writeKnown } from "./write-target.js";

const MAX_SHOWN_LINES = 60;
const MAX_LINE = 300;

/**
 * Makes exact replacements in a file that the model has read, all of them or none. Every byte outside the replaced text
 * stays, whatever the encoding and the line endings.
 * @throws FileFailure; nothing is changed then.
 */
export async function editForModel(
  context: ToolContext,
  ledger: FileLedger,
  question: { readonly path: string; readonly edits: readonly TextEdit[] },
): Promise<ToolOutput> {
  const access = fileAccess(context);
  const target = await access.forWriting(question.path);
  const before = await readKnown(access, ledger, target);
  if (before === undefined) {
    throw new FileFailure("not_found", `${target.shown} does not exist; use write to create it`);
  }
  const decoded = decodeText(before);
  if (decoded === undefined) {
    const kind = describeBinary(before.subarray(0, SNIFF_BYTES));
    throw new FileFailure("binary", `${target.shown} is not text (${kind}) and cannot be edited`);
  }
  const edited = applyEdits(decoded.text, question.edits);
  const after = encodeText(edited.text, decoded.format);
  if (after.equals(before)) throw new FileFailure("bad_edit", "the edits undo each other; nothing would change");
  const remark = await writeKnown(access, ledger, target, { before, after });

  const hunks = buildHunks(decoded.text, edited.text, edited.changes);
  const count = edited.replacements === 1 ? "1 replacement" : `${edited.replacements} replacements`;
  const head = [`edited ${target.shown} (${count})`, ...(remark === undefined ? [] : [remark])].join("; ");
  return { content: [{ type: "text", text: [head, ...showResult(hunks)].join("\n") }], details: { diff: hunks } };
}

/** The changed places as they are now, numbered as `read` does. */
function showResult(hunks: readonly LineHunk[]): string[] {
  const shown: string[] = [];
  for (const [index, hunk] of hunks.entries()) {
    if (shown.length >= MAX_SHOWN_LINES) {
      shown.push(`[${hunks.length - index} more places changed]`);
      break;
    }
    if (index > 0) shown.push("…");
    const now = hunk.lines.filter((line) => line.startsWith(" ") || line.startsWith("+"));
    const room = MAX_SHOWN_LINES - shown.length;
    for (const [offset, line] of now.slice(0, Math.max(room, 1)).entries()) {
      const text = cutText(line.slice(1), MAX_LINE);
      shown.push(`${hunk.newStart + offset}\t${wellFormed(text)}${text.length < line.length - 1 ? "…" : ""}`);
    }
    if (now.length > room) shown.push(`[${now.length - room} more lines]`);
  }
  return shown;
}
