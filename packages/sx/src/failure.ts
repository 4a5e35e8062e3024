import { ProviderError, type ProviderErrorCode } from "@scorpiox/sxnet";
import { ExitCode, Failure, oneLine, SignalReceived, signalExitCode } from "@scorpiox/sxutil";
import { durationWords } from "./duration-words.js";

/** The exit code of each provider error. */
const EXIT_CODES: Readonly<Record<ProviderErrorCode, number>> = {
  auth_missing: ExitCode.loginNeeded,
  auth_rejected: ExitCode.loginNeeded,
  forbidden: ExitCode.failure,
  usage_limit: ExitCode.limited,
  quota_exhausted: ExitCode.limited,
  rate_limited: ExitCode.limited,
  model_unavailable: ExitCode.badInput,
  context_too_long: ExitCode.failure,
  request_too_large: ExitCode.failure,
  content_refused: ExitCode.failure,
  invalid_request: ExitCode.failure,
  configuration: ExitCode.configuration,
  protocol: ExitCode.failure,
  overloaded: ExitCode.failure,
  server_error: ExitCode.failure,
  network: ExitCode.network,
  timeout: ExitCode.network,
  stream_incomplete: ExitCode.network,
  schema_mismatch: ExitCode.failure,
};

/** Why a run ended before its answer, as every output shows it. */
export interface RunFailure {
  /** Stable, snake_case. */
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
  readonly retryAfterS?: number;
  /** True for a signal or a time limit: nobody failed, somebody stopped it. */
  readonly cancelled?: boolean;
}

/** `--timeout` was reached. */
export class TimeoutReached extends Failure {
  constructor(seconds: number) {
    super("timeout", ExitCode.timeout, `stopped after ${seconds} s: --timeout was reached`);
  }
}

/** The person pressed Ctrl+C or Esc. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor() {
    super("interrupted");
  }
}

/**
 * Any error, as code, line and exit code. `nowMs` turns the moment a limit opens again into a wait. The message is one
 * line of bounded length without control characters, whatever was quoted in it.
 */
export function describeFailure(error: unknown, nowMs: number): RunFailure {
  const failure = classify(error, nowMs);
  return { ...failure, message: oneLine(failure.message) };
}

function classify(error: unknown, nowMs: number): RunFailure {
  if (error instanceof SignalReceived) {
    return { code: "cancelled", message: error.message, exitCode: signalExitCode(error.signal), cancelled: true };
  }
  if (error instanceof TimeoutReached) {
    return { code: error.code, message: error.message, exitCode: error.exitCode, cancelled: true };
  }
  if (error instanceof Interrupted) {
    return { code: "cancelled", message: error.message, exitCode: signalExitCode("SIGINT"), cancelled: true };
  }
  if (error instanceof Failure) return { code: error.code, message: error.message, exitCode: error.exitCode };
  if (ProviderError.is(error)) {
    const waitMs = error.resetsAtMs === undefined ? error.retryAfterMs : Math.max(0, error.resetsAtMs - nowMs);
    const wait = waitMs === undefined ? {} : { retryAfterS: Math.ceil(waitMs / 1000) };
    const advice =
      waitMs === undefined ? adviceFor(error) : `; open again in ${durationWords(Math.ceil(waitMs / 1000))}`;
    return { code: error.code, message: error.message + advice, exitCode: EXIT_CODES[error.code], ...wait };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "unexpected", message, exitCode: ExitCode.failure };
}

/** What this program offers somebody who has no credential yet; a named provider says by itself what it lacks. */
function adviceFor(error: ProviderError): string {
  if (error.code !== "auth_missing" || error.key !== undefined) return "";
  return "; set one up with scorpiox-config, log in with scorpiox-codex-fetchtoken login or claude, set an API key, or look around with sx demo";
}
