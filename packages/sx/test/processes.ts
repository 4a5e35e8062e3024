import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";

/** Waits until every named file in `folder` holds a process number. */
export async function readPids(folder: string, files: readonly string[]): Promise<readonly number[]> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8").catch(() => "");
  return Promise.all(
    files.map(async (name) => {
      await expect.poll(() => read(name), { timeout: 30_000, interval: 10 }).toMatch(/^\d+\n$/);
      return Number(await read(name));
    }),
  );
}

/** Whether a process with this number lives; a zombie does not. */
export async function isAlive(pid: number | undefined): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return stat !== undefined && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}
