import { type ChildProcess, spawn } from "node:child_process";
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

/** A real process of the built command, in a process group of its own. */
export class CommandRun {
  readonly child: ChildProcess;
  readonly done: Promise<Ran>;

  constructor(sample: SampleHome, argv: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
    const child = spawn(process.execPath, [BIN, ...argv], {
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
): Promise<Ran> {
  return new CommandRun(sample, argv, env).done;
}
