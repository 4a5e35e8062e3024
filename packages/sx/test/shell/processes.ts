import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
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

/** Linux: everything that needs `setsid` or a look into /proc is tested there only. */
export const onLinux = existsSync("/proc/self/stat");

/** Whether a process with this number lives; a zombie does not. */
export async function isAlive(pid: number | undefined): Promise<boolean> {
  const state = await new Promise<string>((resolve) => {
    execFile("ps", ["-o", "stat=", "-p", String(pid)], (_error, stdout) => resolve(stdout.trim()));
  });
  return state !== "" && !/^[ZX]/.test(state);
}
