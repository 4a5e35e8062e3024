import { constants } from "node:os";

/** Every exit code of every scorpiox command. Scripts depend on these numbers: they are never reused or moved. */
export const ExitCode = {
  /** The work is done. */
  ok: 0,
  /** The model failed, or something unexpected happened. */
  failure: 1,
  /** The command line is wrong. */
  usage: 2,
  /** No credential, or one that was refused: log in. */
  loginNeeded: 41,
  /** Input that cannot be used: an unreadable file, an empty prompt, an unknown model. */
  badInput: 42,
  /** A sandbox was demanded and cannot be had. */
  sandbox: 44,
  /** A configuration file or value is wrong. */
  configuration: 52,
  /** `--max-turns` or `--max-cost` was reached. */
  capReached: 53,
  /** A failing tool, where the caller made that fatal. */
  toolFailure: 54,
  /** A key that this folder may not set before it is trusted was required. */
  untrusted: 55,
  /** A tool call was denied, where the caller made that fatal. */
  denied: 56,
  /** A rate limit or a usage limit. */
  limited: 57,
  /** Network, proxy or TLS. */
  network: 58,
  /** The token would not live for `--min-ttl`. */
  ttl: 60,
  /** Another process held the lock for too long. */
  lockBusy: 61,
  /** An SSH host key is unknown or has changed. */
  hostKey: 62,
  /** `--timeout` was reached. */
  timeout: 124,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The shell's number for a process that a signal ended: 128 + n, so SIGHUP 129, SIGINT 130, SIGTERM 143. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0);
}
