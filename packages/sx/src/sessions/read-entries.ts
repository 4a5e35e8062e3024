import { type FileHandle, open } from "node:fs/promises";
import { type Entry, parseLine } from "./entry.js";

const LF = 0x0a;
const CHUNK_BYTES = 1024 * 1024;

/** A longer line is no entry of ours, and would not fit a string either. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

/** All that a session file holds. */
export interface EntryList {
  readonly entries: readonly Entry[];
  /** Lines that are damaged; what they said is lost, the rest is not. */
  readonly brokenLines: number;
  /** The highest format version of lines that this program cannot read; `undefined` when it can read all. */
  readonly newerVersion: number | undefined;
  /** The number that the next entry gets. */
  readonly nextN: number;
}

/** Reads a whole session file, piece by piece. @throws the error of the file system */
export async function readEntries(path: string): Promise<EntryList> {
  const entries: Entry[] = [];
  let brokenLines = 0;
  let newerVersion: number | undefined;
  let nextN = 0;
  const file = await open(path, "r");
  try {
    for await (const line of linesOf(file)) {
      const parsed = line === undefined ? ({ type: "broken" } as const) : parseLine(line);
      if (parsed.type === "broken") brokenLines += 1;
      else if (parsed.type === "newer") newerVersion = Math.max(newerVersion ?? 0, parsed.version);
      else {
        const n = parsed.type === "entry" ? parsed.entry.n : parsed.n;
        // Numbers rise. One that does not is a line that was copied into the file.
        if (n < nextN) brokenLines += 1;
        else if (parsed.type === "entry") entries.push(parsed.entry);
        nextN = Math.max(nextN, n + 1);
      }
    }
  } finally {
    await file.close();
  }
  return { entries, brokenLines, newerVersion, nextN };
}

/** The lines with content, without their LF; `undefined` stands for one that is too long. The last may have no LF. */
async function* linesOf(file: FileHandle): AsyncGenerator<string | undefined, void, void> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (): string | undefined => {
    const line = bytes > MAX_LINE_BYTES ? undefined : Buffer.concat(parts).toString("utf8");
    parts = [];
    bytes = 0;
    return line;
  };
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    for (let from = 0; from < chunk.length;) {
      const end = chunk.indexOf(LF, from);
      const part = chunk.subarray(from, end === -1 ? chunk.length : end);
      bytes += part.length;
      if (bytes <= MAX_LINE_BYTES) parts.push(part);
      else parts = [];
      if (end === -1) break;
      from = end + 1;
      const line = take();
      if (line?.trim() !== "") yield line;
    }
  }
  const rest = take();
  if (rest?.trim() !== "") yield rest;
}
