import { readFile } from "node:fs/promises";
import { type Io, withFileLock, writeFileAtomic } from "@scorpiox/sxutil";

const WAIT_MS = 30_000;

/** Adds a line at the end of a text file, once; the file is made when it is absent. Bytes that are no text stay. */
export async function appendLine(path: string, line: string, io: Pick<Io, "signal">): Promise<void> {
  await withFileLock(path, { waitMs: WAIT_MS, signal: io.signal }, async () => {
    const before = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return Buffer.alloc(0);
      throw error;
    });
    const text = before.toString("latin1");
    if (text.split(/\r?\n/).includes(line)) return;
    const eol = text === "" || text.endsWith("\n") ? "" : "\n";
    await writeFileAtomic(path, Buffer.concat([before, Buffer.from(`${eol}${line}\n`, "utf8")]));
  });
}
