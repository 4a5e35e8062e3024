import { type Io, UsageError } from "@scorpiox/sxutil";
import type { SxOptions } from "../args.js";
import { createSession, latestSession, openSession, resumeSession } from "./open-session.js";
import type { Session } from "./session.js";
import { sessionsFolder } from "./session-folder.js";

export interface RunSessionOptions {
  readonly options: SxOptions;
  readonly io: Io;
  /** Real path of the working folder. */
  readonly cwd: string;
  readonly warn: (line: string) => void;
}

/**
 * The session that the command line means: a new one, the last one, the one of an id, or a copy. `undefined` when
 * nothing is to be kept and there is nothing to go on from.
 * @throws Failure, for example `session_not_found` or `session_busy`; UsageError for options that do not go together
 */
export async function openRunSession({ options, io, cwd, warn }: RunSessionOptions): Promise<Session | undefined> {
  const isResuming = options.continue === true || options.resume !== undefined;
  checkOptions(options, isResuming);
  // --bare is for runs that depend on nothing and leave nothing behind.
  const keeps = options.session !== false && options.bare !== true;
  if (!keeps && !isResuming) return undefined;
  const folder = sessionsFolder(io.env, io.home);
  const store = { folder, cwd, now: Date.now, warn };
  if (!isResuming) return createSession(store);
  const resuming = { ...store, fork: options.fork === true, keeps };
  if (options.resume !== undefined) return openSession(options.resume, resuming);
  return resumeSession(await latestSession(store), resuming);
}

function checkOptions(options: SxOptions, isResuming: boolean): void {
  if (options.continue === true && options.resume !== undefined) {
    throw new UsageError(
      "--continue goes on with the last session and --resume with one by its id; give one of the two",
    );
  }
  if (options.fork !== true) return;
  if (!isResuming) throw new UsageError("--fork copies a session: say which one with --continue or --resume ID");
  if (options.session === false || options.bare === true) {
    throw new UsageError("--fork makes a new session, and --no-session and --bare keep none; give one of them");
  }
}
