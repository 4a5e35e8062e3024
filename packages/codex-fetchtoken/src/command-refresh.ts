import { managedLoginPlace, refreshNow } from "@scorpiox/sxnet/credentials";
import { ExitCode, type Io } from "@scorpiox/sxutil";
import type { RefreshArgs } from "./args.js";
import { openSession } from "./session.js";
import { describeEnd } from "./time-words.js";

/**
 * Refreshes a login of this machine when it is time to, with `--force` in any case. Says what it did to a person at a
 * terminal and with `--verbose`; otherwise it is silent, for cron sends every word by mail.
 * @returns the exit code
 * @throws Failure for what the caller should print as one line; the signal's reason.
 */
export async function refreshCommand(args: RefreshArgs, io: Io, now: () => number): Promise<number> {
  const { options, say } = openSession(io, now);
  const place = args.account === undefined ? undefined : await managedLoginPlace(args.account, options);
  const login = await refreshNow(options, { force: args.force, signal: io.signal, place });
  for (const warning of login.warnings) say(warning);
  if (!args.verbose && io.stderr.isTTY !== true) return ExitCode.ok;
  const end = describeEnd(login.credential.expiresAtMs, now());
  const what = login.refreshed ? "has a new access token" : "needs no refresh yet (--force does it all the same)";
  say(`${login.place.name} ${what}, ${end}`);
  return ExitCode.ok;
}
