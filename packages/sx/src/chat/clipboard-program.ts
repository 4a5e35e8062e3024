import { spawn } from "node:child_process";
import { findProgram } from "../shell/program-path.js";

type Env = Readonly<Record<string, string | undefined>>;

interface Row {
  readonly name: string;
  readonly args: readonly string[];
  /** Whether it has a clipboard to reach from here. */
  readonly serves: (env: Env) => boolean;
}

const TIMEOUT_MS = 3_000;

/** Over SSH the machine's own clipboard is nobody's; a forwarded display is the person's. */
const isHere = (env: Env): boolean => !env["SSH_CONNECTION"] && !env["SSH_TTY"];

const PROGRAMS: readonly Row[] = [
  { name: "wl-copy", args: [], serves: (env) => !!env["WAYLAND_DISPLAY"] },
  { name: "xclip", args: ["-selection", "clipboard"], serves: (env) => !!env["DISPLAY"] },
  { name: "pbcopy", args: [], serves: isHere },
  { name: "clip.exe", args: [], serves: isHere },
];

/**
 * Puts a text on the clipboard through the first program that can. Programs inside `workspace` are never run.
 * @returns the program's name; `undefined` when none is there or it failed
 */
export async function copyByProgram(text: string, env: Env, workspace: string): Promise<string | undefined> {
  for (const { name, args, serves } of PROGRAMS) {
    if (!serves(env)) continue;
    const path = await findProgram(name, env["PATH"] ?? "", workspace);
    if (path !== undefined && (await feed(path, args, text, env))) return name;
  }
  return undefined;
}

/** Some of them stay to serve the clipboard: their first process is what ends. */
function feed(path: string, args: readonly string[], text: string, env: Env): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(path, args, { cwd: "/", env: { ...env }, stdio: ["pipe", "ignore", "ignore"], shell: false });
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    const done = (isGood: boolean): void => {
      clearTimeout(timer);
      resolve(isGood);
    };
    child.on("error", () => done(false));
    child.on("exit", (code) => done(code === 0));
    // It may have ended before it has read everything; its exit code tells.
    child.stdin.on("error", () => undefined);
    child.stdin.end(text);
  });
}
