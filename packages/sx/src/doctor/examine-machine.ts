import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { dirname } from "node:path";
import { displayPath, scorpioxHome } from "@scorpiox/sxutil";
import { findProgram } from "../shell/program-path.js";
import type { ExamineOptions } from "./examine.js";
import type { Finding } from "./finding.js";

/** Programs that make the work better, and what is lacking without them. */
const PROGRAMS = [
  { name: "git", without: "the model sees no history and no branch" },
  { name: "rg", without: "searching is slower" },
] as const;

/** The folder that everything is kept in, and programs beside us. */
export async function examineMachine({ io, cwd }: ExamineOptions): Promise<readonly Finding[]> {
  const home = scorpioxHome(io.env, io.home);
  const shown = displayPath(home, io.home);
  const programs = await Promise.all(
    PROGRAMS.map(async ({ name, without }): Promise<Finding> => {
      const path = await findProgram(name, io.env["PATH"] ?? "", cwd);
      return path === undefined
        ? { area: name, level: "warning", text: `not found on PATH: ${without}`, advice: `install ${name}` }
        : { area: name, level: "ok", text: path };
    }),
  );
  const isWritable = await mayWrite(home);
  const folder: Finding = isWritable
    ? { area: "sessions", level: "ok", text: `kept in ${shown}` }
    : {
        area: "sessions",
        level: "error",
        text: `${shown} cannot be written: nothing is kept`,
        advice: "make it yours, or name another place with SCORPIOX_HOME",
      };
  return [folder, ...programs];
}

/** The folder, or the nearest one above that is there, in which it would be made. */
async function mayWrite(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isMissing && dirname(folder) !== folder && mayWrite(dirname(folder));
  }
}
