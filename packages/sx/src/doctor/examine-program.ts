import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder, displayPath, VERSION } from "@scorpiox/sxutil";
import type { ExamineOptions } from "./examine-options.js";
import type { Finding } from "./finding.js";

/** As `engines` of package.json has it. */
const NODE_NEEDED = { major: 20, minor: 19 } as const;

const ANSWER_MS = 10_000;

/** What this program is, what runs it, and what makes it faster or lets it do more. */
export async function examineProgram({ io }: ExamineOptions): Promise<readonly Finding[]> {
  const { findImageLibrary, IMAGE_LIBRARY } = await import("../files/image-scale.js");
  const hasLibrary = findImageLibrary() !== undefined;
  return [
    { area: "sx", level: "ok", text: VERSION },
    await examineNode(io),
    await examineCodeCache(io.env, io.home),
    hasLibrary
      ? { area: "images", level: "ok", text: "large images are scaled down" }
      : {
          area: "images",
          level: "skipped",
          text: "large images are refused, since the library that scales them is not installed",
          advice: `npm install -g ${IMAGE_LIBRARY}`,
        },
  ];
}

/** Asked of the program itself: what runs in it here may not look at the process. */
async function examineNode({ execPath, signal }: ExamineOptions["io"]): Promise<Finding> {
  if (execPath === undefined) return { area: "node", level: "skipped", text: "which one runs this is not known" };
  const { execFile } = await import("node:child_process");
  try {
    const { stdout } = await promisify(execFile)(execPath, ["--version"], { env: {}, signal, timeout: ANSWER_MS });
    return describeNode(stdout.trim());
  } catch {
    // Its own start is what this program came by: it is there, and has been replaced or is very slow.
    signal.throwIfAborted();
    return { area: "node", level: "skipped", text: `${execPath} does not tell its version` };
  }
}

/** `running`: as `process.version` has it. */
export function describeNode(running: string): Finding {
  const [major = 0, minor = 0] = running.replace(/^v/, "").split(".").map(Number);
  const isEnough = major > NODE_NEEDED.major || (major === NODE_NEEDED.major && minor >= NODE_NEEDED.minor);
  if (isEnough) return { area: "node", level: "ok", text: running };
  return {
    area: "node",
    level: "error",
    text: `${running} is too old`,
    advice: `install Node.js ${NODE_NEEDED.major}.${NODE_NEEDED.minor} or later`,
  };
}

async function examineCodeCache(env: ExamineOptions["io"]["env"], home: string): Promise<Finding> {
  const area = "code cache";
  if (env["SX_CODE_CACHE"] === "0") {
    return { area, level: "skipped", text: "off: each start is slower (SX_CODE_CACHE=0, environment)" };
  }
  const folder = join(cacheFolder(env, home), "code");
  try {
    const { length } = await readdir(folder);
    return { area, level: "ok", text: `${length} ${length === 1 ? "file" : "files"} in ${displayPath(folder, home)}` };
  } catch {
    // It is made by the first run that takes some time; where that may not be written, another row says so.
    return { area, level: "skipped", text: `nothing in ${displayPath(folder, home)} yet: the next start is slower` };
  }
}
