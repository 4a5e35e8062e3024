import { writeSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { type LoadedFile, loadThroughCache } from "./code-cache.js";
import { ExitCode, signalExitCode } from "./exit-code.js";
import { Failure } from "./failure.js";
import { type Io, SignalReceived } from "./io.js";
import { oneLine } from "./one-line.js";
import { cacheFolder } from "./paths.js";

/** A command as `main.cjs` exports it. The promise settles when all work is done: the process ends right after it. */
export type Main = (argv: readonly string[], io: Io) => Promise<number>;

/** The bundle beside `bin.cjs`, and the `require` that `bin.cjs` itself was given. */
export interface Program {
  /** Absolute path. */
  readonly path: string;
  readonly require: NodeJS.Require;
}

/** How long a command may take to wind up, in milliseconds. */
export interface WindUpLimits {
  /** After a signal. */
  readonly signalMs: number;
  /** After its reader has gone or it has crashed, when nothing that it still does is of use to anybody. */
  readonly brokenMs: number;
}

const DEFAULT_LIMITS: WindUpLimits = { signalMs: 10_000, brokenMs: 2000 };

/** npm passes on to its child the Ctrl-C that the terminal has sent there already: that is one, not two. */
const REPEAT_GRACE_MS = 300;

/**
 * The whole of a command's `bin.ts`: gives `main(argv, io)` of the CommonJS file `program` a process to live in,
 * and ends that process properly. `name` is what messages call the command.
 *
 * - The exit code is what `main` returns; a thrown `Failure` is printed in one line and has its own code.
 * - Output is written to its last byte before the end, however slowly it is read. Nothing else keeps the process.
 * - SIGINT, SIGTERM, SIGHUP abort `io.signal`; the code is then 128 + n. A second SIGINT, or the
 *   limit, ends the process at once.
 * - A reader that goes away (`| head`) ends it quietly with 0, after an abort; any other failure to write to stdout
 *   is said in one line and is exit code 1.
 * - Whatever else goes wrong is a bug: one line says so, `SX_DEBUG=1` adds the stack, and the code is 1.
 */
export function startCommand(
  process: NodeJS.Process,
  name: string,
  program: Program,
  limits: WindUpLimits = DEFAULT_LIMITS,
): void {
  void new CommandProcess(process, name, limits).run(program);
}

class CommandProcess {
  private readonly abort = new AbortController();
  /** Streams in use; the getters of `process` make them, which costs a millisecond or two each. */
  private readonly outputs = new Set<NodeJS.WriteStream>();
  /** Set once something other than `main` has decided how this ends. */
  private endCode: number | undefined;
  private interruptedAtMs = Number.NEGATIVE_INFINITY;
  /** The program and those of its parts that were used, by path. */
  private readonly loaded = new Map<string, LoadedFile>();
  private mainEnded = false;
  private restore: string | undefined;
  /** Lines that would be drawn over while the program draws at the terminal; they come when it is put right. */
  private held = "";
  private crashed = false;

  constructor(
    private readonly process: NodeJS.Process,
    private readonly name: string,
    private readonly limits: WindUpLimits,
  ) {}

  async run(program: Program): Promise<void> {
    const { process } = this;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => this.onSignal(signal));
    process.on("uncaughtException", (error) => this.onCrash(error));
    process.on("unhandledRejection", (reason) => this.onCrash(reason));
    process.on("beforeExit", () => this.onNothingLeft());

    let code: number;
    let startedMs = 0;
    try {
      const io = this.createIo();
      const { exports } = this.load(program, io);
      startedMs = this.nowMs();
      code = await (exports as { readonly main: Main }).main(process.argv.slice(2), io);
    } catch (error) {
      code = this.report(error);
    }
    this.mainEnded = true;
    const ranMs = this.nowMs() - startedMs;
    await this.flush();
    if (!this.crashed) for (const file of this.loaded.values()) file.save(ranMs);
    process.exit(this.endCode ?? code);
  }

  /** Monotonic. The first use of `performance` loads a dozen modules of node. */
  private nowMs(): number {
    const [seconds, nanoseconds] = this.process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  }

  private load({ path, require }: Program, io: Io): LoadedFile {
    const folder = io.env["SX_CODE_CACHE"] === "0" ? undefined : join(cacheFolder(io.env, io.home), "code");
    const load = (name: string, file: string): LoadedFile => {
      const known = this.loaded.get(file);
      if (known !== undefined) return known;
      const fresh = loadThroughCache({ name, path: file, require: requireParts, folder, runtime: this.process });
      this.loaded.set(file, fresh);
      return fresh;
    };
    // What few runs need is a part of its own beside the program, and has a cache of its own.
    const requireParts = Object.assign((id: string): unknown => {
      const part = /^\.\/([\w-]+)\.part\.cjs$/.exec(id)?.[1];
      return part === undefined ? require(id) : load(`${this.name}-${part}`, join(dirname(path), id)).exports;
    }, require);
    try {
      return load(this.name, path);
    } catch (error) {
      const message = `cannot load the program: ${describe(error)}; install it again`;
      throw new Failure("not_loaded", ExitCode.failure, message, { cause: error });
    }
  }

  /** Waits until everything written has left the process, or cannot any more. */
  private async flush(): Promise<void> {
    // The second round is for what a failure to write made us say.
    for (let round = 0; round < 2; round++) {
      await Promise.all([...this.outputs].map(flushStream));
      // A failed write to a file is told one turn of the event loop later.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private createIo(): Io {
    const { process } = this;
    const output = (stream: "stdout" | "stderr"): NodeJS.WriteStream => this.openOutput(stream);
    return {
      get stdin() {
        return process.stdin;
      },
      get stdout() {
        return output("stdout");
      },
      get stderr() {
        return output("stderr");
      },
      writeOut: (text) => this.writeOut(text),
      env: { ...process.env },
      cwd: currentFolder(process),
      home: homeFolder(process),
      execPath: process.execPath,
      terminal: { restoreWith: (bytes) => this.restoreWith(bytes), suspend: () => this.suspend() },
      signal: this.abort.signal,
    };
  }

  /** Past the stream while nobody has opened it; what a full pipe does not take at once goes through the stream. */
  private writeOut(text: string): void {
    let rest: Uint8Array = Buffer.from(text);
    try {
      while (this.outputs.size === 0 && rest.length > 0) rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EAGAIN") return this.onWriteError("stdout", error as NodeJS.ErrnoException);
    }
    if (rest.length > 0) this.openOutput("stdout").write(rest);
  }

  /** In the last moment of the process: a stream would be too late. */
  private restoreWith(bytes: string | undefined): void {
    if (this.restore === undefined && bytes !== undefined) this.process.on("exit", () => this.writeRestore());
    this.restore = bytes;
    if (bytes === undefined) this.say(this.takeHeld());
  }

  private takeHeld(): string {
    const { held } = this;
    this.held = "";
    return held;
  }

  private writeRestore(): void {
    if (this.restore === undefined) return;
    try {
      writeSync(1, this.restore);
      if (this.held !== "") writeSync(2, this.takeHeld());
    } catch {
      // The terminal has gone, and with it what there was to put right.
    }
  }

  private suspend(): Promise<void> {
    const { process } = this;
    return new Promise((resolve) => {
      // The wait for a signal alone does not keep a process: without a timer it would end as soon as it goes on.
      const hold = setInterval(() => undefined, 60_000);
      process.once("SIGCONT", () => {
        clearInterval(hold);
        resolve();
      });
      // The whole group, as the terminal itself would do: a shell waits for all of a job.
      process.kill(0, "SIGTSTP");
    });
  }

  private openOutput(which: "stdout" | "stderr"): NodeJS.WriteStream {
    const stream = this.process[which];
    if (!this.outputs.has(stream)) {
      this.outputs.add(stream);
      stream.on("error", (error: NodeJS.ErrnoException) => this.onWriteError(which, error));
    }
    return stream;
  }

  private onWriteError(which: "stdout" | "stderr", error: NodeJS.ErrnoException): void {
    if (this.endCode !== undefined) return;
    if (error.code === "EPIPE") {
      // Nobody reads any more, so the work has no use; had it all been done by now, its own result would stand.
      if (!this.mainEnded) this.end(ExitCode.ok, "SIGPIPE", this.limits.brokenMs);
      return;
    }
    // Progress that cannot be shown is no reason to lose the answer.
    if (which === "stderr") return;
    this.print(`cannot write to stdout: ${error.message}; the output is incomplete`);
    this.end(ExitCode.failure, "SIGPIPE", this.limits.brokenMs);
  }

  private onSignal(signal: NodeJS.Signals): void {
    const code = signalExitCode(signal);
    if (this.mainEnded) this.process.exit(this.endCode ?? code);
    const nowMs = this.nowMs();
    if (signal === "SIGINT") {
      const sinceMs = nowMs - this.interruptedAtMs;
      if (sinceMs < REPEAT_GRACE_MS) return;
      if (sinceMs < Number.POSITIVE_INFINITY) this.process.exit(code);
      this.interruptedAtMs = nowMs;
    }
    if (this.endCode === undefined) this.end(code, signal, this.limits.signalMs);
  }

  private onCrash(error: unknown): void {
    if (this.crashed || this.isAbort(error)) return;
    this.report(error);
    if (this.endCode !== undefined) return;
    this.crashed = true;
    if (this.mainEnded) this.process.exit(ExitCode.failure);
    this.end(ExitCode.failure, "SIGABRT", this.limits.brokenMs);
  }

  /** The event loop is empty. Without this a `main` that waits for nothing would end as if all had gone well. */
  private onNothingLeft(): void {
    if (this.mainEnded) return;
    if (this.endCode === undefined) this.report(new Error("the work stopped before its end"));
    this.process.exit(this.endCode ?? ExitCode.failure);
  }

  private end(code: number, signal: NodeJS.Signals, waitMs: number): void {
    this.endCode = code;
    setTimeout(() => this.process.exit(code), waitMs).unref();
    this.abort.abort(new SignalReceived(signal));
  }

  private isAbort(error: unknown): boolean {
    const { signal } = this.abort;
    return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"));
  }

  /** Says what was thrown, once, and returns the exit code for it. */
  private report(error: unknown): number {
    if (this.isAbort(error)) return ExitCode.failure;
    const failure = asFailure(error);
    const debug = isSet(this.process.env["SX_DEBUG"]);
    // What breaks while it ends has mostly broken for that reason, and nobody hears the rest when the reader has gone.
    const expected = this.endCode !== undefined && (failure === undefined || this.endCode === ExitCode.ok);
    if (expected && !debug) return ExitCode.failure;
    const text = failure?.message ?? `unexpected error: ${describe(error)}`;
    const advice = failure !== undefined || debug ? "" : `; this is a bug in ${this.name}, SX_DEBUG=1 shows where`;
    this.print(`${text}${advice}`);
    if (debug && error instanceof Error) this.print(stackOf(error));
    return failure?.exitCode ?? ExitCode.failure;
  }

  private print(text: string): void {
    const lines = text.split("\n").map((line) => `${this.name}: ${oneLine(line)}\n`);
    if (this.restore === undefined) this.say(lines.join(""));
    else this.held += lines.join("");
  }

  private say(text: string): void {
    if (text !== "") this.openOutput("stderr").write(text);
  }
}

function flushStream(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}

function currentFolder(process: NodeJS.Process): string {
  try {
    return process.cwd();
  } catch (error) {
    const message = "the current folder does not exist any more; change to one that does";
    throw new Failure("no_cwd", ExitCode.badInput, message, { cause: error });
  }
}

/** HOME, else what the user list says, else the root folder, where nothing can be kept but much still works. */
function homeFolder(process: NodeJS.Process): string {
  const home = process.env["HOME"];
  if (home !== undefined && isAbsolute(home)) return home;
  try {
    const listed = userInfo().homedir;
    if (isAbsolute(listed)) return listed;
  } catch {
    // A container may run under a number that no user list knows.
  }
  return "/";
}

/** By shape, not by class: `main.cjs` is a bundle of its own and brings its own copy of the class. */
function asFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !("exitCode" in error) || !("code" in error)) return undefined;
  return typeof error.exitCode === "number" && typeof error.code === "string" ? (error as Failure) : undefined;
}

function describe(error: unknown): string {
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  return typeof error === "string" ? error : `a thrown ${typeof error}`;
}

function stackOf(error: Error): string {
  const causes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && causes.length < 10; cause = cause.cause) {
    causes.push(cause.stack ?? describe(cause));
  }
  return causes.join("\ncaused by ");
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0";
}
