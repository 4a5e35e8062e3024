import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { ExitCode, Failure, signalExitCode } from "@scorpiox/sxutil";
import { type CapturedOutput, OutputCapture } from "./output-capture.js";
import { closeQuietly, type OutputPipe, type PipeSupply } from "./output-pipe.js";
import { endTree, findMembers, groupExists, type ProcessTree, type TreeEnd, type TreeMember } from "./process-tree.js";
import type { ShellJob, ShellJobs } from "./shell-jobs.js";
import { type Stop, waitForStop, within } from "./shell-stop.js";
import type { ToolLimits } from "../tools/tool-context.js";
import { errorCode } from "../files/workspace-path.js";

/** The one way in which a command ended. */
export type ShellOutcome =
  | { readonly kind: "ended"; readonly exitCode: number }
  | { readonly kind: "signalled"; readonly signal: NodeJS.Signals }
  /** The shell has ended, these live on; an empty list means that somebody unknown still holds the output open. */
  | { readonly kind: "background"; readonly exitCode: number; readonly processes: readonly TreeMember[] }
  | ({ readonly kind: "timed_out" } & TreeEnd)
  | ({ readonly kind: "cancelled" } & TreeEnd);

export interface ShellResult {
  readonly outcome: ShellOutcome;
  readonly output: CapturedOutput | undefined;
}

export interface ShellRequest {
  /** Absolute path of a shell that knows `-c`. */
  readonly shell: string;
  readonly command: string;
  /** Absolute; must exist. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly limits: ToolLimits;
  readonly scratch: () => Promise<string>;
  readonly pipes: PipeSupply;
  /** Takes over what outlives the shell. */
  readonly jobs: ShellJobs;
  readonly signal: AbortSignal;
  /** Sees every chunk of output, as it comes. */
  readonly onChunk?: ((chunk: Uint8Array) => void) | undefined;
}

/** Carries the mark of a command into everything that it starts. */
const MARKER = "SX_JOB";
/** After the last process is gone, for what still lies in the pipe. */
const LAST_BYTES_MS = 500;
/** A process that has closed its output may need a moment to end. */
const LINGER_MS = 60;
/** When it is looked whether a job has gone with its output: a process that ends closes that first. */
const DEPARTURE_WAITS_MS = [0, LINGER_MS, 500, 2_000, 8_000];

type ShellEnd = { readonly code: number | null; readonly signal: NodeJS.Signals | null } | { readonly error: unknown };

/**
 * Runs a command in a shell of its own session, without input and without a terminal. Resolves in one of the ways of
 * `ShellOutcome`: `drainMs` after the shell's end at the latest, whoever holds its output; after a time-out or an abort
 * when everything that it started has been ended, or was tried to. Leaves no listener, timer or child behind but for
 * the job that it hands to `jobs`.
 * @throws Failure `shell_unusable` when the shell cannot be started.
 */
export async function runShell(request: ShellRequest): Promise<ShellResult> {
  const { limits } = request;
  const id = randomBytes(8).toString("hex");
  const pipe = await request.pipes.take();
  if (request.signal.aborted) {
    closePipe(pipe);
    return { outcome: { kind: "cancelled", survivors: [], verified: true }, output: undefined };
  }
  const child = startShell(request, id, pipe);
  const ended = new Promise<ShellEnd>((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const capture = new OutputCapture(pipe, child, limits, request.scratch, `output-${id}.txt`, request.onChunk);
  const stop = waitForStop(request.signal, request.timeoutMs);
  let kept = false;
  try {
    const { pid } = child;
    if (pid === undefined) {
      // There is an error to come and nothing to end; 0 in the place of a number would mean our own group.
      const end = await ended;
      throw startFailure(request, "error" in end ? end.error : undefined);
    }
    const tree: ProcessTree = { leaderPid: pid, marker: id, pipePath: pipe?.path };
    const outcome = await follow(tree, ended, capture, stop, request);
    kept = outcome.kind === "background";
    if (kept) await capture.moveToFile();
    else await capture.close();
    if (outcome.kind === "background") keepJob(request, tree, outcome.processes, capture);
    return { outcome, output: capture.snapshot() };
  } finally {
    stop.dispose();
    if (!kept) await capture.close();
  }
}

async function follow(
  tree: ProcessTree,
  ended: Promise<ShellEnd>,
  capture: OutputCapture,
  stop: Stop,
  request: ShellRequest,
): Promise<ShellOutcome> {
  const { killGraceMs } = request.limits;
  const first = await Promise.race([ended, stop.stopped]);
  if (typeof first === "string") {
    const end = await endTree(tree, killGraceMs, capture.closed);
    await within(LAST_BYTES_MS, Promise.all([ended, capture.closed]));
    return { kind: first, ...end };
  }
  if ("error" in first) throw startFailure(request, first.error);
  // The time limit was the shell's; what may follow has limits of its own.
  stop.clearTimer();
  const left = await settle(tree, capture, stop, request.limits);
  if (stop.reason !== undefined) {
    return { kind: "cancelled", ...(await endTree({ ...tree, leaderGone: true }, killGraceMs, capture.closed)) };
  }
  const exitCode = first.signal === null ? (first.code ?? 0) : signalExitCode(first.signal);
  if (left !== undefined) return { kind: "background", exitCode, processes: left };
  return first.signal === null ? { kind: "ended", exitCode } : { kind: "signalled", signal: first.signal };
}

/**
 * After the shell's end: reads on until the output closes, or falls silent, or the limit is reached. Answers who is
 * left; undefined when the output is whole and nobody is.
 */
async function settle(
  tree: ProcessTree,
  capture: OutputCapture,
  stop: Stop,
  limits: ToolLimits,
): Promise<readonly TreeMember[] | undefined> {
  const endedAtMs = performance.now();
  while (!capture.isClosed && stop.reason === undefined) {
    const silentAtMs = Math.max(endedAtMs, capture.lastByteAtMs) + limits.quietMs;
    const waitMs = Math.min(endedAtMs + limits.drainMs, silentAtMs) - performance.now();
    if (waitMs <= 0) break;
    await within(waitMs, Promise.race([capture.closed, stop.stopped]));
  }
  if (capture.isClosed && !groupExists(tree)) return undefined;
  let members = await findMembers({ ...tree, leaderGone: true });
  if (capture.isClosed && members !== undefined && members.length > 0) {
    await within(LINGER_MS, stop.stopped);
    members = await findMembers({ ...tree, leaderGone: true });
  }
  if (capture.isClosed && (members === undefined || members.length === 0)) return undefined;
  return members ?? [];
}

function keepJob(
  request: ShellRequest,
  tree: ProcessTree,
  processes: readonly TreeMember[],
  capture: OutputCapture,
): void {
  const gone = { ...tree, leaderGone: true };
  const job: ShellJob = {
    command: request.command,
    processes,
    end: async () => {
      const { survivors } = await endTree(gone, request.limits.killGraceMs, capture.closed);
      await capture.close();
      return survivors;
    },
  };
  request.jobs.add(job);
  void capture.closed.then(async () => {
    // The last writer has gone: the file is complete.
    await capture.close();
    for (const waitMs of DEPARTURE_WAITS_MS) {
      await setTimeout(waitMs, undefined, { ref: false });
      if ((await findMembers(gone))?.length === 0) return request.jobs.delete(job);
    }
    // Whoever closed its output and lives on is still a job.
  });
}

function startShell(request: ShellRequest, id: string, pipe: OutputPipe | undefined): ChildProcess {
  const outer = request.env[MARKER];
  const output = pipe?.writeFd ?? "pipe";
  try {
    // A command that begins with a dash would be read as an option; a space before it changes nothing else.
    const command = /^[-+]/.test(request.command) ? ` ${request.command}` : request.command;
    return spawn(request.shell, ["-c", command], {
      cwd: request.cwd,
      // An sx inside an sx adds its mark, so that the outer one still finds everything.
      env: { ...request.env, [MARKER]: outer === undefined ? id : `${outer}:${id}` },
      detached: true,
      stdio: ["ignore", output, output],
    });
  } catch (error) {
    if (pipe !== undefined) closeQuietly(pipe.readFd);
    throw startFailure(request, error);
  } finally {
    if (pipe !== undefined) closeQuietly(pipe.writeFd);
  }
}

function closePipe(pipe: OutputPipe | undefined): void {
  if (pipe === undefined) return;
  closeQuietly(pipe.readFd);
  closeQuietly(pipe.writeFd);
}

function startFailure(request: ShellRequest, cause: unknown): Failure {
  const code = errorCode(cause);
  const size = Buffer.byteLength(request.command);
  const message =
    code === "E2BIG"
      ? `the command has ${size} bytes, more than this system takes; write it to a file and run that`
      : code === "EAGAIN" || code === "ENOMEM"
        ? `there is no room for another process (${code}); end some and try again`
        : code === "EMFILE" || code === "ENFILE"
          ? `too many files are open to start a command (${code}); try again or raise the limit (ulimit -n)`
          : `${request.shell} cannot be started in ${request.cwd} (${code})`;
  return new Failure("shell_unusable", ExitCode.toolFailure, message, { cause });
}
