import { lstat, readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { ToolOutput } from "@scorpiox/sxnet";
import { nearestNames } from "@scorpiox/sxutil";
import { fileAccess } from "./file-access.js";
import type { FileTarget } from "./file-target.js";
import { FileFailure } from "./file-failure.js";
import { describeBinary } from "./file-kind.js";
import type { FileLedger } from "./file-ledger.js";
import { isImage } from "./image-file.js";
import { formatBytes, readRegularFile } from "./regular-file.js";
import {
  cutText,
  decodeText,
  type DecodedText,
  describeFormat,
  MAX_TEXT_BYTES,
  SNIFF_BYTES,
  splitLines,
  wellFormed,
} from "./text-file.js";
import type { ToolContext } from "../tools/tool-context.js";
import { plainName } from "./workspace-path.js";

export interface ReadQuestion {
  readonly path: string;
  /** First line, from 1. */
  readonly offset?: number;
  /** Most lines. */
  readonly limit?: number;
}

const DEFAULT_LINES = 2000;
/** Most of one answer, in bytes of UTF-8. */
const MAX_ANSWER_BYTES = 100_000;
/** Most of one line, in UTF-16 units. */
const MAX_LINE = 2000;
/** Names of a folder that are compared with one that does not exist. */
const MAX_NAMES = 5000;

/**
 * The lines of a text file, numbered, and the ledger's note that the model knows the file.
 * @throws FileFailure, with what to do instead, for everything that is no text file.
 */
export async function readForModel(
  context: ToolContext,
  ledger: FileLedger,
  question: ReadQuestion,
): Promise<ToolOutput> {
  const access = fileAccess(context);
  const target = await access.forReading(question.path);
  await refuseUnreadable(target);
  const judge = access.judge(target);
  const { bytes } = readText(target, judge);
  const decoded = decodeText(bytes);
  if (decoded === undefined) throw binaryFailure(target, bytes);
  const answer = numberLines(decoded, target, question);
  ledger.record(target, bytes);
  return answer;
}

/** What a folder, a missing name or a special file is answered with, before anything is opened. */
async function refuseUnreadable(target: FileTarget): Promise<void> {
  const stats = await lstat(target.real).catch(() => undefined);
  if (stats === undefined) throw await missingFailure(target);
  if (stats.isDirectory()) {
    throw new FileFailure("not_a_file", `${target.shown} is a folder; use glob to list its files`);
  }
}

/** Too large to be read whole: its kind is still worth telling. */
function readText(target: FileTarget, judge: ReturnType<ReturnType<typeof fileAccess>["judge"]>): { bytes: Buffer } {
  try {
    return readRegularFile(target.real, target.shown, { maxBytes: MAX_TEXT_BYTES, judge });
  } catch (error) {
    if (!(error instanceof FileFailure) || error.code !== "too_large") throw error;
    throw new FileFailure("too_large", `${error.message}; use grep, or bash with head, tail or sed -n`, {
      cause: error,
    });
  }
}

async function missingFailure(target: FileTarget): Promise<FileFailure> {
  const folder = dirname(target.real);
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return new FileFailure("not_found", `${target.shown} does not exist, nor does its folder`);
  const near = nearestNames(basename(target.real), names.slice(0, MAX_NAMES), 3).map(plainName);
  const hint = near.length === 0 ? "use glob to find it" : `near names in its folder: ${near.join(", ")}`;
  return new FileFailure("not_found", `${target.shown} does not exist; ${hint}`);
}

function binaryFailure(target: FileTarget, bytes: Buffer): FileFailure {
  const head = bytes.subarray(0, SNIFF_BYTES);
  const what = `${target.shown} is not text: ${describeBinary(head)}, ${formatBytes(bytes.length)}`;
  return new FileFailure("binary", isImage(head) ? `${what}; use view_image to see it` : what);
}

function numberLines(decoded: DecodedText, target: FileTarget, question: ReadQuestion): ToolOutput {
  const lines = splitLines(decoded.text);
  const format = describeFormat(decoded.format);
  const notes = format === "" ? [] : [format];
  if (lines.length === 0)
    return { content: [{ type: "text", text: `[${[`${target.shown} is empty`, ...notes].join("; ")}]` }] };

  const first = question.offset ?? 1;
  if (first > lines.length) {
    const count = lines.length === 1 ? "1 line" : `${lines.length} lines`;
    throw new FileFailure("bad_offset", `offset ${first} is past the end: ${target.shown} has ${count}`);
  }
  const shown: string[] = [];
  const most = question.limit ?? DEFAULT_LINES;
  let bytes = 0;
  let next = first;
  for (; next <= lines.length && shown.length < most; next += 1) {
    const line = `${next}\t${shorten(lines[next - 1] ?? "")}`;
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > MAX_ANSWER_BYTES && shown.length > 0) break;
    shown.push(line);
  }
  const truncated = next <= lines.length;
  if (truncated) notes.push(`lines ${first} to ${next - 1} of ${lines.length}; go on with offset ${next}`);
  if (notes.length > 0) shown.push(`[${notes.join("; ")}]`);
  return { content: [{ type: "text", text: shown.join("\n") }], truncated };
}

function shorten(line: string): string {
  if (line.length <= MAX_LINE) return wellFormed(line);
  return `${wellFormed(cutText(line, MAX_LINE))}… [line cut, it has ${line.length} characters]`;
}
