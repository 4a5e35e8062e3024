import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { cacheFolder, displayPath, scorpioxHome } from "@scorpiox/sxutil";
import type { ExamineOptions } from "./examine-options.js";
import { existingParent, mayWrite } from "./folder-access.js";
import type { Finding } from "./finding.js";

const MIB = 1024 * 1024;
const LITTLE_BYTES = 200 * MIB;
const TOO_LITTLE_BYTES = 10 * MIB;

/** Room for sessions, and folders that are made when they are needed. */
export async function examineStorage({ io }: ExamineOptions): Promise<readonly Finding[]> {
  const home = scorpioxHome(io.env, io.home);
  const others = [cacheFolder(io.env, io.home), tmpdir()];
  const closed: string[] = [];
  for (const folder of others) if (!(await mayWrite(folder))) closed.push(displayPath(folder, io.home));
  const folders: Finding =
    closed.length === 0
      ? { area: "folders", level: "ok", text: others.map((folder) => displayPath(folder, io.home)).join(", ") }
      : {
          area: "folders",
          level: "warning",
          text: `${closed.join(", ")} cannot be written`,
          advice: "make it yours, or name others with XDG_CACHE_HOME and TMPDIR",
        };
  return [await examineRoom(home, io.home), folders];
}

async function examineRoom(folder: string, home: string): Promise<Finding> {
  const area = "disk";
  try {
    const { bavail, bsize } = await statfs(await existingParent(folder));
    return describeRoom(bavail * bsize, displayPath(folder, home));
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    return { area, level: "skipped", text: `the free room for ${displayPath(folder, home)} is not known (${code})` };
  }
}

/** `shown`: the folder, for people. */
export function describeRoom(freeBytes: number, shown: string): Finding {
  const area = "disk";
  const gib = freeBytes / (1024 * MIB);
  const text = `${gib >= 1 ? `${gib.toFixed(1)} GiB` : `${Math.floor(freeBytes / MIB)} MiB`} free for ${shown}`;
  if (freeBytes >= LITTLE_BYTES) return { area, level: "ok", text };
  const level = freeBytes < TOO_LITTLE_BYTES ? "error" : "warning";
  return { area, level, text, advice: "make room: sessions and renewed logins could not be kept" };
}
