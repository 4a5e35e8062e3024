import { type ChildProcess, spawn } from "node:child_process";
import { ExitCode, Failure, type Io, signalExitCode, SignalReceived } from "@scorpiox/sxutil";

/** How long the command may take to end after a signal was passed on to it, before it is killed. */
const KILL_AFTER_MS = 8000;

/**
 * Runs a command with this process's own terminal and streams. SIGINT, SIGTERM and SIGHUP are passed on.
 * @returns its exit code, 128 + n when signal n ended it
 * @throws Failure when it cannot be started
 */
export async function runChild(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: Pick<Io, "cwd" | "signal">,
): Promise<number> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { cwd: io.cwd, env, stdio: "inherit" });
  let killing: NodeJS.Timeout | undefined;
  const pass = (): void => {
    const { reason }: { reason: unknown } = io.signal;
    child.kill(reason instanceof SignalReceived ? reason.signal : "SIGTERM");
    killing = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
  };
  io.signal.addEventListener("abort", pass, { once: true });
  if (io.signal.aborted) pass();
  try {
    return await ended(child, program);
  } finally {
    clearTimeout(killing);
    io.signal.removeEventListener("abort", pass);
  }
}

async function ended(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "ENOENT" ? "no such program" : error.message;
      reject(new Failure("cannot_start", ExitCode.badInput, `cannot start ${program}: ${why}`, { cause: error }));
    });
    child.once("exit", (code, signal) =>
      resolve(signal === null ? (code ?? ExitCode.failure) : signalExitCode(signal)),
    );
  });
}
