import type { Message } from "@scorpiox/sxnet";
import { ExitCode, Failure } from "@scorpiox/sxutil";
import { Conversation } from "../sessions/conversation.js";
import { readEntries } from "../sessions/read-entries.js";
import type { Session } from "../sessions/session.js";

/** Keeps what stands in the place of the conversation so far; all of that has to be in the session already. */
export async function recordCompaction(session: Session, messages: readonly Message[]): Promise<void> {
  await session.append({ kind: "compaction", upTo: session.lastN, messages });
  await session.sync();
}

/**
 * Takes the last compaction of a session back. @returns the conversation as it is then: what was replaced, and all that came
 * after. @throws Failure `no_compaction`
 */
export async function undoCompaction(session: Session): Promise<readonly Message[]> {
  const { path } = session;
  const entries = path === undefined ? [] : (await readEntries(path)).entries;
  const of = new Conversation(entries).compactedBy;
  if (path === undefined || of === undefined) {
    throw new Failure("no_compaction", ExitCode.badInput, "this conversation has no compaction that could be undone");
  }
  await session.append({ kind: "compaction_undo", of });
  return new Conversation((await readEntries(path)).entries).messages();
}
