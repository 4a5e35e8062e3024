import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { Io } from "@scorpiox/sxutil";
import { findProgram } from "./find-program.js";

const GIT_MS = 10_000;

/** The folder of the repository that `path` is in, or `undefined`. */
export function repositoryOf(path: string): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (statSync(join(folder, ".git"), { throwIfNoEntry: false }) !== undefined) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/**
 * Whether git would leave the file out of a commit: it is ignored and not tracked. When git cannot be asked the answer
 * is no.
 */
export async function isIgnoredByGit(path: string, repository: string, io: Io): Promise<boolean> {
  return (await askGit(["check-ignore", "-q", "--", path], repository, io)) === 0;
}

/**
 * The exit code of a question to git; one that cannot be asked is -1. Nothing that the repository configures is run, and
 * no program inside of it is taken for git.
 * @throws the signal's reason
 */
export async function askGit(args: readonly string[], cwd: string, io: Io): Promise<number> {
  const git = findProgram("git", io.env["PATH"] ?? "");
  if (git === undefined) return -1;
  const argv = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", ...args];
  // Nothing of GIT_DIR and its like: it is about the repository around the file.
  const env = { PATH: io.env["PATH"] ?? "", HOME: io.home, GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0" };
  const options = { cwd, env, timeout: GIT_MS, signal: io.signal, maxBuffer: 1024 * 1024 };
  return await new Promise((resolve, reject) => {
    execFile(git, argv, options, (error) => {
      if (io.signal.aborted) reject(io.signal.reason as Error);
      else if (error === null) resolve(0);
      else resolve(typeof error.code === "number" ? error.code : -1);
    });
  });
}

/** Adds the file to the repository's `.gitignore`; every other character of that stays. @returns the line */
export async function ignoreInGit(path: string, repository: string, io: Io): Promise<string> {
  const name = relative(repository, path).split(sep).join("/");
  const line = `/${name.replaceAll(/[*?[\]\\!# ]/g, String.raw`\$&`)}`;
  const { appendLine } = await import("./append-line.js");
  await appendLine(join(repository, ".gitignore"), line, io);
  return line;
}
