import { createCredentialSource, type SourcedCredential } from "@scorpiox/sxnet/credentials";
import {
  type Configuration,
  displayPath,
  ExitCode,
  Failure,
  type Io,
  readConfiguration,
  refuseUntrusted,
} from "@scorpiox/sxutil";
import { FETCHTOKEN, type PrintArgs } from "./args.js";
import { formatCredential, formatGitCredential } from "./format.js";
import { refresherProgram } from "./refresher-program.js";
import { terminalQuestion } from "./terminal-question.js";

/**
 * Prints one access token in the format asked for, and everything else to stderr.
 * @returns the exit code
 * @throws Failure for what the caller should print as one line; the signal's reason when the process is asked to end.
 */
export async function printCredential(args: PrintArgs, io: Io, now: () => number): Promise<number> {
  // git also tells its helpers what to keep and what to forget; there is nothing to keep here.
  if (args.gitAction === "store" || args.gitAction === "erase") return ExitCode.ok;
  const configuration = readConfiguration(io);
  for (const warning of configuration.warnings) say(io, warning);
  const text = await withTimeout(io.signal, args.timeoutMs, (signal) =>
    fetchText(args, configuration, io, now, signal),
  );
  if (text !== "") print(`${text}\n`, io);
  return ExitCode.ok;
}

/** Without a look at `io.stdout` where it can be helped: that alone would open the stream. */
function print(text: string, io: Io): void {
  if (io.writeOut === undefined) io.stdout.write(text);
  else io.writeOut(text);
}

async function fetchText(
  args: PrintArgs,
  configuration: Configuration,
  io: Io,
  now: () => number,
  signal: AbortSignal,
): Promise<string> {
  const settings = configuration.settings();
  const git = args.gitAction === undefined ? undefined : await import("./git-request.js");
  const wish = await git?.readGitRequest(io.stdin, signal);
  if (wish !== undefined && git?.isForUs(wish, settings) !== true) {
    if (args.verbose) say(io, "git asks for another host than that of CODEX_BASE_URL; nothing is printed");
    return "";
  }
  const name = args.source ?? settings["CODEX_TOKEN_SOURCE"] ?? "local";
  refuseUntrusted(configuration, {
    provider: "codex",
    home: io.home,
    decided: args.source === undefined ? {} : { CODEX_TOKEN_SOURCE: args.source },
    // Where requests go is for whoever uses the token.
    unused: ["CODEX_BASE_URL"],
  });
  const source = await createCredentialSource(name, {
    settings,
    home: io.home,
    env: io.env,
    now,
    refresher: refresherProgram(io),
    // Looked at by the one source that asks: the first look at stdin loads a part of node that nothing else needs here.
    get ask() {
      return terminalQuestion(io);
    },
  });
  const credential = await source.get({ minTtlMs: args.minTtlMs, signal });
  for (const warning of credential.warnings) say(io, warning);
  if (args.verbose) describe(credential, args, configuration, io, now());
  return wish === undefined ? formatCredential(credential, args.format, now()) : formatGitCredential(credential, wish);
}

/** What `--verbose` adds; never a token. */
function describe(
  credential: SourcedCredential,
  args: PrintArgs,
  configuration: Configuration,
  io: Io,
  nowMs: number,
): void {
  const why = args.source === undefined ? configuration.describe("CODEX_TOKEN_SOURCE") : "(command line)";
  say(io, `source ${credential.source} ${why}, from ${displayPath(credential.path, io.home)}`);
  const { expiresAtMs } = credential;
  const end =
    expiresAtMs === undefined
      ? "the token does not say when it expires"
      : `the token expires at ${new Date(expiresAtMs).toISOString()}, in ${Math.floor((expiresAtMs - nowMs) / 1000)} s`;
  say(io, `${end}; account ${credential.accountId ?? "unknown"}, plan ${credential.plan ?? "unknown"}`);
}

function say(io: Io, line: string): void {
  io.stderr.write(`${FETCHTOKEN.name}: ${line}\n`);
}

/** Runs `work` with a signal that also aborts when the time is over; the timer and the listener do not outlive it. */
async function withTimeout<T>(outer: AbortSignal, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort(outer.reason);
  };
  // Longer than a timer can be is for ever.
  const timer = setTimeout(
    () => {
      const message = `no token within ${ms / 1000} s; try again, or give more time with --timeout`;
      controller.abort(new Failure("timeout", ExitCode.timeout, message));
    },
    Math.min(ms, 2 ** 31 - 1),
  );
  outer.addEventListener("abort", stop, { once: true });
  try {
    outer.throwIfAborted();
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", stop);
  }
}
