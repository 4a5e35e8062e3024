import type { Io } from "@scorpiox/sxutil";
import type { Entry } from "../sessions/entry.js";
import { findSessions } from "../sessions/find-session.js";
import { load } from "../sessions/open-session.js";
import type { Session } from "../sessions/session.js";
import { sessionsFolder } from "../sessions/session-folder.js";

/**
 * Everything that is in the file of a session that is open here; nothing before its first entry.
 * @throws Failure `session_unreadable`
 */
export async function readOwnEntries(
  session: Session,
  { env, home }: Pick<Io, "env" | "home">,
): Promise<readonly Entry[]> {
  const folder = sessionsFolder(env, home);
  const place = (await findSessions(folder, undefined)).find(({ id }) => id === session.id);
  return place === undefined ? [] : (await load(place)).entries;
}
