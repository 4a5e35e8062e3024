import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { Failure } from "@scorpiox/sxutil";
import { onTestFinished } from "vitest";
import { main } from "../src/main.js";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** What is typed goes to `stdin`. */
  readonly terminal?: boolean;
}

/** A home and a project in it, in a temp folder, and the command run there inside this process. */
export class SampleCommand {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "sx-config-command-")));
  readonly home = join(this.root, "home");
  readonly cwd = join(this.home, "project");
  readonly env: Readonly<Record<string, string>> = { SCORPIOX_GLOBAL_DIR: join(this.root, "global") };

  constructor(files: Readonly<Record<string, string>> = {}) {
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
    mkdirSync(join(this.cwd, ".git"), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), text);
    }
  }

  /** `~/x` is in home, `./x` in the project. */
  path(name: string): string {
    return join(name.startsWith("~") ? this.home : this.cwd, name.slice(2));
  }

  text(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    stdin.end(options.stdin ?? "");
    if (options.terminal === true) for (const stream of [stdin, stdout, stderr]) Object.assign(stream, { isTTY: true });
    const signal = new AbortController().signal;
    let failure = "";
    const io = { stdin, stdout, stderr, env: { ...this.env, ...options.env }, cwd: this.cwd, home: this.home, signal };
    const code = await main(argv, io).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      failure = error.message;
      return error.exitCode;
    });
    return { code, stdout: drain(stdout), stderr: drain(stderr) + failure };
  }
}

function drain(stream: PassThrough): string {
  const bytes: unknown = stream.read();
  return Buffer.isBuffer(bytes) ? bytes.toString("utf8") : "";
}
