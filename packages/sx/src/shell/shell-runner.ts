import { realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { ToolOutput } from "@scorpiox/sxnet";
import { ExitCode, Failure } from "@scorpiox/sxutil";
import { PipeSupply } from "./output-pipe.js";
import { findProgram } from "./program-path.js";
import { describeShellResult } from "./shell-result.js";
import { runShell } from "./shell-run.js";
import type { ToolContext, ToolLimits } from "../tools/tool-context.js";
import { isInside, plainName } from "../files/workspace-path.js";

const KIB = 1 << 10;

/**
 * The bounds of a command. Both ends of an output go to the model and are paid for with every later request, so they
 * are small beside its context; the end is larger, because that is where a failure is told.
 */
const SHELL_LIMITS: ToolLimits = {
  headBytes: 10 * KIB,
  tailBytes: 20 * KIB,
  spillBytes: 100_000_000,
  timeoutMs: 120_000,
  maxTimeoutMs: 600_000,
  killGraceMs: 2_000,
  drainMs: 2_000,
  quietMs: 300,
};

/** More of one chunk is not shown while a command runs: it would be gone before anybody could read it. */
const MAX_SEEN_BYTES = 8 * KIB;

/** One call, its arguments checked by the schema. */
interface ShellCall {
  readonly command: string;
  readonly timeoutMs: number | undefined;
  /** Absolute, or relative to the workspace. */
  readonly workdir: string | undefined;
  /** Told what it prints, as it comes; of much only the ends. */
  readonly onText: ((text: string) => void) | undefined;
}

/**
 * Makes the function that runs commands for one run of sx; the shell is looked up once, pipes are shared. The function
 * throws a Failure with a line for the model: `shell_unusable`, `workdir_unusable` or `bad_command`.
 */
export function createShellRunner(context: ToolContext): (call: ShellCall, signal: AbortSignal) => Promise<ToolOutput> {
  const limits: ToolLimits = { ...SHELL_LIMITS, ...context.limits };
  const path = context.env["PATH"] ?? "";
  const pipes = new PipeSupply(context.scratch, path, context.workspace);
  let shell: Promise<string> | undefined;
  return async (call, signal) => {
    if (call.command.includes("\0")) {
      throw new Failure("bad_command", ExitCode.toolFailure, "the command contains a NUL character; leave it out");
    }
    shell ??= findShell(path, context.workspace);
    const timeoutMs = Math.min(call.timeoutMs ?? limits.timeoutMs, limits.maxTimeoutMs);
    const [program, cwd] = await Promise.all([shell, findFolder(context.workspace, call.workdir)]);
    const { command, onText } = call;
    const { env, scratch, jobs } = context;
    const result = await runShell({
      shell: program,
      command,
      cwd,
      env,
      timeoutMs,
      limits,
      scratch,
      pipes,
      jobs,
      signal,
      onChunk: onText === undefined ? undefined : textSink(onText),
    });
    return describeShellResult(result, timeoutMs);
  };
}

/** Chunks in, text out: whole characters, and of a large chunk only its end. */
function textSink(onText: (text: string) => void): (chunk: Uint8Array) => void {
  let decoder = new TextDecoder();
  return (chunk) => {
    const isLarge = chunk.length > MAX_SEEN_BYTES;
    if (isLarge) decoder = new TextDecoder();
    const text = decoder.decode(isLarge ? chunk.subarray(-MAX_SEEN_BYTES) : chunk, { stream: true });
    if (text !== "") onText(text);
  };
}

async function findShell(path: string, workspace: string): Promise<string> {
  const everywhere = `${path}:/bin:/usr/bin`;
  const shell = (await findProgram("bash", everywhere, workspace)) ?? (await findProgram("sh", everywhere, workspace));
  if (shell !== undefined) return shell;
  const message = `neither bash nor sh is on PATH (${plainName(path)}); install bash or correct PATH`;
  throw new Failure("shell_unusable", ExitCode.toolFailure, message);
}

/** `spawn` reports a missing folder as a missing program, so it is looked at first. */
async function findFolder(workspace: string, workdir: string | undefined): Promise<string> {
  const wanted = resolve(workspace, workdir ?? ".");
  const name = workdir === undefined ? "the workspace" : "workdir";
  const fail = (problem: string, cause?: unknown): Failure =>
    new Failure("workdir_unusable", ExitCode.toolFailure, `${name} ${plainName(wanted)} ${problem}`, { cause });
  let real: string;
  try {
    const [path, facts] = await Promise.all([realpath(wanted), stat(wanted)]);
    if (!facts.isDirectory()) throw fail("is not a folder; name a folder");
    real = path;
  } catch (error) {
    if (error instanceof Failure) throw error;
    const next = workdir === undefined ? "start sx again in a folder that exists" : "name a folder that exists";
    throw fail(`is not there; ${next}`, error);
  }
  if (!isInside(workspace, real)) throw fail(`is outside the workspace ${workspace}; use cd in the command`);
  return real;
}
