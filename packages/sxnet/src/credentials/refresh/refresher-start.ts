import { ExitCode, Failure } from "@scorpiox/sxutil";
import { parseOutcome, type RefreshJob, type RefreshOutcome } from "./refresh-job.js";
import type { Refresher } from "../source.js";

/** An outcome is one line. */
const MAX_OUTCOME_BYTES = 1024 * 1024;

/** What the refresher may know of our environment: how to trust servers. Everything else may hold secrets. */
const PASSED_ON = [
  "NODE_EXTRA_CA_CERTS",
  "NODE_USE_SYSTEM_CA",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "OPENSSL_CONF",
] as const;

/**
 * Starts a refresher in a session of its own and waits for its answer; undefined when it died without one. It holds no
 * stream of ours but the pipe for its answer, so nobody who reads our output waits for it. Our own end, in any way,
 * and an abort end only the waiting.
 *
 * @throws Failure `refresh_failed` when it cannot be started; the signal's reason.
 */
export async function startRefresher(
  refresher: Refresher,
  job: RefreshJob,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<RefreshOutcome | undefined> {
  signal?.throwIfAborted();
  const { spawn } = await import("node:child_process");
  const child = spawn(refresher.command, refresher.args, {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
    // Not ours: it would keep a folder in use that somebody wants to unmount.
    cwd: "/",
    env: Object.fromEntries(PASSED_ON.map((name) => [name, env[name]] as const).filter(([, value]) => value)),
  });
  child.unref();
  const { stdin, stdout } = child;
  // It may die before it has read: its missing answer tells.
  stdin.on("error", () => undefined);
  let text = "";
  let stop: () => void = () => undefined;
  try {
    return await new Promise<RefreshOutcome | undefined>((resolve, reject) => {
      stop = (): void => reject(signal?.reason as Error);
      signal?.addEventListener("abort", stop, { once: true });
      child.once("error", (error: NodeJS.ErrnoException) => {
        const message = `cannot start the program that refreshes a login: ${error.code ?? error.message}`;
        reject(new Failure("refresh_failed", ExitCode.failure, message, { cause: error }));
      });
      stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_OUTCOME_BYTES) stdout.destroy();
      });
      stdout.once("error", () => resolve(undefined));
      stdout.once("close", () => resolve(parseOutcome(text)));
      stdin.end(JSON.stringify(job));
    });
  } finally {
    signal?.removeEventListener("abort", stop);
    stdout.destroy();
  }
}
