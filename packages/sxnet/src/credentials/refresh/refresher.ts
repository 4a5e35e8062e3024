import { writeSync } from "node:fs";
import { ExitCode, oneLine } from "@scorpiox/sxutil";
import { refreshFile } from "./refresh-file.js";
import { parseJob, type RefreshOutcome } from "./refresh-job.js";

/** What a refresher needs of the process that it is. */
export type RefresherProcess = Pick<NodeJS.Process, "on" | "exit" | "stdin">;

const MAX_JOB_BYTES = 4 * 1024 * 1024;

/** Who starts a refresher writes the job at once. */
const JOB_LIMIT_MS = 30_000;

/**
 * The whole life of a refresher: a process of its own session that reads one job from stdin, carries it out and writes
 * what came of it to stdout. From the moment it has the job nothing but SIGKILL and its own end stops it: it ignores
 * the signals of terminals and service managers, and nobody needs to be there to hear its answer.
 */
export async function runRefresher(process: RefresherProcess): Promise<void> {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGPIPE", "SIGUSR2"] as const) {
    process.on(signal, () => undefined);
  }
  // A stray error must not come between the exchange and the saving.
  process.on("uncaughtException", () => undefined);
  const job = parseJob(await readJob(process.stdin));
  if (job === undefined) {
    process.exit(ExitCode.usage);
    return;
  }
  let outcome: RefreshOutcome;
  try {
    outcome = await refreshFile(job, { now: Date.now, random: Math.random, network: job.network });
  } catch (error) {
    const message = `the refresh of ${job.name} failed: ${oneLine(describe(error), 200)}`;
    outcome = { kind: "failed", failure: { code: "refresh_failed", exitCode: ExitCode.failure, message } };
  }
  try {
    writeSync(1, `${JSON.stringify(outcome)}\n`);
  } catch {
    // Whoever wanted to know is gone; what matters is in the file.
  }
  process.exit(ExitCode.ok);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return "unexpected";
  return "code" in error ? String(error.code) : `${error.name}: ${error.message}`;
}

/** Up to the end of stdin; whatever is wrong with it, what comes back is then no job. */
async function readJob(stdin: NodeJS.ReadStream): Promise<string> {
  const timer = setTimeout(() => stdin.destroy(), JOB_LIMIT_MS);
  let text = "";
  try {
    stdin.setEncoding("utf8");
    for await (const chunk of stdin) {
      text += String(chunk);
      if (text.length > MAX_JOB_BYTES) return "";
    }
    return text;
  } catch {
    // Its writer was killed: half a job is none.
    return "";
  } finally {
    clearTimeout(timer);
  }
}
