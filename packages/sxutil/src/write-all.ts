import type { FileHandle } from "node:fs/promises";

/**
 * Writes every byte at `position` and the places after it. One `write` may take only a part and report no error (a
 * nearly full disk does that), so it is repeated until all is written or the real error shows itself. What was written
 * before an error stays: the caller cuts it off or drops the file.
 */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw Object.assign(new Error("no byte was written"), { code: "EIO" });
    done += bytesWritten;
  }
}
