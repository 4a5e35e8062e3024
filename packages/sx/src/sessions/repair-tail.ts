import { appendFile, type FileHandle } from "node:fs/promises";
import { parseLine } from "./entry.js";

const LF = 0x0a;
const STEP_BYTES = 64 * 1024;

/**
 * Makes a session file, open for reading and appending, end with a whole line, so that nothing is ever written onto half a one. Bytes of a last line that
 * was cut (a kill, a power cut, a full disk) go to `tornPath`; a last entry that lacks only its LF gets it.
 * @returns how many bytes were set aside
 * @throws the error of the file system; the file is then as it was
 */
export async function repairTail(file: FileHandle, tornPath: string): Promise<number> {
  const { size } = await file.stat();
  if (size === 0) return 0;
  const start = await lineStart(file, size);
  const tail = await readRange(file, start, size);
  const isOpen = tail.at(-1) !== LF;
  const text = tail.toString("utf8");
  if (parseLine(text).type !== "broken") {
    if (isOpen) await file.write(Buffer.from([LF]));
    return 0;
  }
  // An empty line is no loss, and no reason to look further.
  if (text.trim() === "" && !isOpen) return 0;
  await appendFile(tornPath, isOpen ? Buffer.concat([tail, Buffer.from([LF])]) : tail, { mode: 0o600 });
  await file.truncate(start);
  return tail.length;
}

/** Where the line begins that ends at `end`; its own LF, if it has one, does not count. */
async function lineStart(file: FileHandle, end: number): Promise<number> {
  for (let to = end - 1; to > 0;) {
    const from = Math.max(0, to - STEP_BYTES);
    const at = (await readRange(file, from, to)).lastIndexOf(LF);
    if (at !== -1) return from + at + 1;
    to = from;
  }
  return 0;
}

async function readRange(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.alloc(to - from);
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done, from + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}
