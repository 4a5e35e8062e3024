import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SampleHome } from "./sample-home.js";

export const BIN = fileURLToPath(new URL("../dist/bin.cjs", import.meta.url));

export function checkBuilt(): void {
  if (existsSync(BIN)) return;
  throw new Error(
    "packages/codex-fetchtoken/dist/bin.cjs is missing; build first: pnpm --filter @scorpiox/codex-fetchtoken build",
  );
}

export interface Ran {
  /** -1 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the rest of its arguments where there is no `flock(1)`. */
const HIDE_FLOCK = ["unshare", "--mount", "sh", "-c", 'mount --bind /dev/null /usr/bin/flock && exec "$@"', "sh"];

/** Only root may, and only where it has not been taken away even from root. */
function canHideFlock(): boolean {
  const [program = "", ...words] = HIDE_FLOCK;
  return spawnSync(program, [...words, "sh", "-c", "! test -s /usr/bin/flock"]).status === 0;
}

/** A real process of the built command, in a process group of its own. */
export class CommandRun {
  readonly child: ChildProcess;
  readonly done: Promise<Ran>;

  /** @param wrapper a program and its arguments that run the command in their place */
  constructor(
    sample: SampleHome,
    argv: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
    wrapper: readonly string[] = [],
  ) {
    const [program = process.execPath, ...words] = [...wrapper, process.execPath, BIN, ...argv];
    const child = spawn(program, words, {
      cwd: sample.home,
      env: { ...sample.env, PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.child = child;
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    this.done = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: code ?? -1, ...output }));
    });
  }

  /** To the process and all its children that stayed in its group; harmless when they are gone. */
  kill(signal: NodeJS.Signals): void {
    try {
      process.kill(-(this.child.pid ?? 0), signal);
    } catch {
      // It has ended by itself.
    }
  }
}

export function run(
  sample: SampleHome,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  wrapper: readonly string[] = [],
): Promise<Ran> {
  return new CommandRun(sample, argv, env, wrapper).done;
}

/** The kinds of lock that a machine may have; without `flock(1)` there is the chain of files. */
export const LOCK_KINDS: readonly { readonly kind: string; readonly wrapper: readonly string[] }[] = [
  { kind: "the kernel's lock", wrapper: [] },
  ...(canHideFlock() ? [{ kind: "the chain of files", wrapper: HIDE_FLOCK }] : []),
];
