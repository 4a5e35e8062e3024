import { displayPath, scorpioxHome } from "@scorpiox/sxutil";
import { findProgram } from "../shell/program-path.js";
import type { ExamineOptions } from "./examine-options.js";
import type { Finding } from "./finding.js";
import { mayWrite } from "./folder-access.js";

/** Programs that make the work better, and what is lacking without them. */
const PROGRAMS = [
  { name: "git", without: "the model sees no history and no branch" },
  { name: "rg", without: "searching is slower" },
  { name: "bash", without: "the model cannot run commands" },
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
  const path = await findProgram("bwrap", io.env["PATH"] ?? "", cwd);
  // Nothing uses it yet, so nothing is wrong without it.
  const sandbox: Finding = {
    area: "sandbox",
    level: "skipped",
    text: `commands run without one; ${path === undefined ? "there is no bubblewrap here" : `bubblewrap is ${path}`}`,
  };
  const shell = io.env["SHELL"] ?? "";
  return [
    folder,
    ...programs,
    sandbox,
    { area: "shell", level: "ok", text: shell === "" ? "SHELL is not set" : shell },
  ];
}
