import type { Readable, Writable } from "node:stream";

/** A readable that may be a terminal. */
export type InputStream = Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };

/** A writable that may be a terminal; `columns` and `rows` are its size in cells, and it emits `resize`. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** What only the process can do for a program that draws on a terminal. */
export interface TerminalHost {
  /**
   * What to write to stdout should the process end before the program has put the terminal right itself; `undefined`
   * when it has. Holds for every end but SIGKILL.
   */
  restoreWith(bytes: string | undefined): void;
  /** Stops the process as Ctrl+Z does, together with what it was started with; settles when it goes on. */
  suspend(): Promise<void>;
}

/**
 * All that a command may know of the process around it. `bin.ts` makes the real one; tests make their own. Nothing
 * else in a command touches `process`.
 */
export interface Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /**
   * Writes a short text to stdout before it returns. A command that prints one line and ends saves the streams of node,
   * a tenth of its time. `stdout` does as well where it is absent.
   */
  readonly writeOut?: (text: string) => void;
  /** The environment as it was at start; never written to. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the working directory at start. */
  readonly cwd: string;
  /** Absolute path of the user's home folder. */
  readonly home: string;
  /** Absolute path of the node that runs this; for a command that starts a program of its own. */
  readonly execPath?: string;
  /** Absent where there is no process behind this. */
  readonly terminal?: TerminalHost;
  /** Aborts once when the process is asked to end; `reason` is a `SignalReceived`. */
  readonly signal: AbortSignal;
}

const BRAND = Symbol.for("@scorpiox/sxutil/SignalReceived");

/**
 * Why `Io.signal` was aborted. `instanceof` holds across copies of this class: the process is watched by one bundle
 * and the command runs in another. Besides the signals that were sent, `SIGPIPE` tells that the output has no reader
 * left or cannot be written, and `SIGABRT` that a part of the command crashed.
 */
export class SignalReceived extends Error {
  override readonly name = "SignalReceived";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.signal = signal;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): value is SignalReceived {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}
