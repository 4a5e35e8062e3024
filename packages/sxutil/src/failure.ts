import { ExitCode } from "./exit-code.js";

/**
 * An expected failure of a command: one line for people, one stable code for programs, one exit code for shells.
 * The message says what failed, on what, and what to do next; `cause` carries the rest.
 */
export class Failure extends Error {
  override readonly name: string = "Failure";
  /** Stable, snake_case; what programs compare. */
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, exitCode: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** The command line is wrong: exit code 2. */
export class UsageError extends Failure {
  override readonly name = "UsageError";

  constructor(message: string) {
    super("usage", ExitCode.usage, message);
  }
}

/** A configuration file or value is wrong: exit code 52. `path` and `line` say where, when there is a place. */
export class ConfigurationError extends Failure {
  override readonly name = "ConfigurationError";
  readonly path: string | undefined;
  readonly line: number | undefined;

  constructor(message: string, place: { path?: string; line?: number; cause?: unknown } = {}) {
    super("configuration", ExitCode.configuration, message, { cause: place.cause });
    this.path = place.path;
    this.line = place.line;
  }
}
