import type { ToolOutput } from "@scorpiox/sxnet";
import { fileAccess } from "./file-access.js";
import { FileFailure } from "./file-failure.js";
import type { FileLedger } from "./file-ledger.js";
import { lineEndingStyle } from "./line-endings.js";
import { buildHunks } from "./line-hunks.js";
import { wholeChange } from "./text-change.js";
import {
  decodeText,
  type DecodedText,
  describeFormat,
  encodeText,
  NEW_FILE_FORMAT,
  splitLines,
  type TextFormat,
} from "./text-file.js";
import type { ToolContext } from "../tools/tool-context.js";
import { readKnown, writeKnown } from "./write-target.js";

const NOTHING: DecodedText = { text: "", format: NEW_FILE_FORMAT };

/**
 * Writes a whole file. A file that is replaced keeps its mode and what the model cannot see: byte-order mark, UTF-16,
 * CRLF when all its lines end so. A file that was not UTF-8 becomes UTF-8 when the new content needs it. The last line
 * ends as given.
 * @throws FileFailure; nothing is changed then.
 */
export async function writeForModel(
  context: ToolContext,
  ledger: FileLedger,
  question: { readonly path: string; readonly content: string },
): Promise<ToolOutput> {
  const access = fileAccess(context);
  const target = await access.forWriting(question.path);
  const before = await readKnown(access, ledger, target);
  const old = before === undefined ? undefined : (decodeText(before) ?? NOTHING);
  const notes: string[] = [];
  const text = keepLineEndings(question.content, old?.text ?? "", notes);
  const after = encodeLike(text, old?.format ?? NEW_FILE_FORMAT, notes);
  if (before?.equals(after) === true) return say(`${target.shown} already has this content; nothing was written`);

  const remark = await writeKnown(access, ledger, target, { before, after });
  if (remark !== undefined) notes.push(remark);
  const count = countLines(text);
  const done =
    old === undefined
      ? `created ${target.shown} (${count})`
      : `updated ${target.shown} (${count}, was ${countLines(old.text)})`;
  const diff = buildHunks(old?.text ?? "", text, wholeChange(old?.text ?? "", text));
  return { ...say([done, ...notes].join("; ")), details: { diff } };
}

/** The model sees LF everywhere, so where a file has CRLF throughout, that is what it means. */
function keepLineEndings(content: string, old: string, notes: string[]): string {
  if (lineEndingStyle(old) !== "crlf" || content.includes("\r\n") || !content.includes("\n")) return content;
  notes.push("kept CRLF line endings");
  return content.replaceAll("\n", "\r\n");
}

function encodeLike(text: string, format: TextFormat, notes: string[]): Buffer {
  try {
    const bytes = encodeText(text, format);
    const kept = describeFormat(format);
    if (kept !== "" && format.encoding !== "latin1") notes.push(`kept ${kept}`);
    return bytes;
  } catch (error) {
    if (!(error instanceof FileFailure) || error.code !== "unencodable") throw error;
    notes.push("was not UTF-8, is UTF-8 now");
    return encodeText(text, NEW_FILE_FORMAT);
  }
}

function countLines(text: string): string {
  const count = splitLines(text).length;
  return count === 1 ? "1 line" : `${count} lines`;
}

function say(text: string): ToolOutput {
  return { content: [{ type: "text", text }] };
}
