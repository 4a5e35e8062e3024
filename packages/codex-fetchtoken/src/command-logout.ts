import { dropLogin, managedLoginPlace, openLoginService, readStatus } from "@scorpiox/sxnet/credentials";
import { ExitCode, type Io } from "@scorpiox/sxutil";
import type { LogoutArgs } from "./args.js";
import { openSession } from "./session.js";

/**
 * Revokes a login, as far as that can be done in 10 s, and removes its file in any case. Says on stderr what happened.
 * @returns the exit code; also 0 when there was no login
 * @throws Failure for what the caller should print as one line; the signal's reason: the file is then still there.
 */
export async function logOut(args: LogoutArgs, io: Io, now: () => number): Promise<number> {
  const { options, say } = openSession(io, now);
  const { signal } = io;
  const place = await managedLoginPlace(args.account, options);
  const service = await openLoginService(options, signal);
  try {
    const revocation = await dropLogin(place, { ...service, settings: options.settings });
    switch (revocation?.kind) {
      case undefined:
        say(`there is no login in ${place.name}; nothing to do`);
        break;
      case "revoked":
        say(`logged out: the login is revoked, and ${place.name} is removed`);
        break;
      case "none":
        say(`${place.name} is removed; it held nothing that could be revoked`);
        break;
      case "failed":
        say(`${place.name} is removed, but the login is not revoked: ${revocation.why}; it stays good until it ends`);
        break;
    }
  } finally {
    service.http.close();
  }
  if (args.account === undefined) await nameTheOther();
  return ExitCode.ok;

  /** Another login may take the place of the one that is gone, which is not what one expects after a logout. */
  async function nameTheOther(): Promise<void> {
    const other = await readStatus(options, { signal }).catch(() => undefined);
    if (other !== undefined) say(`${other.place.name} is another login, which is used from now on`);
  }
}
