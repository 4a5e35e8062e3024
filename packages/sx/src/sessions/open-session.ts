import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { ExitCode, Failure, oneLine } from "@scorpiox/sxutil";
import { Conversation, titleOf } from "./conversation.js";
import { findSession, findSessions, type SessionPlace, shortId } from "./find-session.js";
import { LineWriter } from "./line-writer.js";
import { type EntryList, readEntries } from "./read-entries.js";
import { Session } from "./session.js";
import { projectName } from "./session-folder.js";

export interface StoreOptions {
  /** Of all sessions. */
  readonly folder: string;
  /** Real path of the working folder. */
  readonly cwd: string;
  /** Unix epoch in milliseconds. */
  readonly now: () => number;
  /** Told, a line at a time, what was skipped and what cannot be saved. */
  readonly warn: (line: string) => void;
}

export interface ResumeOptions extends StoreOptions {
  /** Go on in a new file that begins with a copy; the old one is not touched. */
  readonly fork: boolean;
  /** False: nothing of this run is kept. */
  readonly keeps: boolean;
}

/** A new session. Its file comes into being with the first entry. */
export function createSession(options: StoreOptions): Session {
  const { folder, cwd, now, warn } = options;
  const id = randomUUID();
  const project = projectName(cwd);
  const path = join(folder, project, `${id}.jsonl`);
  return new Session({ id, cwd, project, now, warn, writer: new LineWriter({ path, shortId: shortId(id), warn }) });
}

/**
 * The session that was last written in this working folder.
 * @throws Failure `session_not_found`
 */
export async function latestSession(options: StoreOptions): Promise<SessionPlace> {
  const { readHeader } = await import("./list-sessions.js");
  for (const place of await findSessions(options.folder, options.cwd)) {
    // A folder name is a hash of the path, and a copied file has another path in it.
    const header = await readHeader(place.path);
    if (header?.cwd === options.cwd) return place;
  }
  const message = `there is no session of ${oneLine(options.cwd, 300)} yet; start one without --continue`;
  throw new Failure("session_not_found", ExitCode.badInput, message);
}

/**
 * The session of an id, or of the beginning of one, to go on with.
 * @throws Failure `session_not_found`, `session_ambiguous`, `session_newer`, `session_busy`, `session_unreadable`
 */
export async function openSession(id: string, options: ResumeOptions): Promise<Session> {
  return resumeSession(await findSession(options.folder, id), options);
}

/** The same for a session whose place is known. */
export async function resumeSession(place: SessionPlace, options: ResumeOptions): Promise<Session> {
  const { fork, keeps, warn } = options;
  if (!fork && keeps) return continueSession(place, options);
  const list = await load(place);
  tellDamage(place, list, warn);
  const conversation = new Conversation(list.entries);
  const past = pastOf(conversation, list);
  tellFolder(place, conversation, options);
  if (!fork) return new Session({ ...keptNowhere(place, options), past });
  const id = randomUUID();
  const project = projectName(options.cwd);
  const path = join(options.folder, project, `${id}.jsonl`);
  const entries = list.entries.filter(({ kind }) => kind !== "header" && kind !== "end");
  return new Session({
    ...keptNowhere(place, options),
    id,
    project,
    writer: new LineWriter({ path, shortId: shortId(id), warn }),
    past: { ...past, hasHeader: false, nextN: Math.max(1, past.nextN), copied: { parentId: place.id, entries } },
  });
}

async function continueSession(place: SessionPlace, options: ResumeOptions): Promise<Session> {
  const { warn } = options;
  const short = shortId(place.id);
  // Before the file is opened for writing: one of a newer format is not even mended.
  const before = await load(place);
  if (before.newerVersion !== undefined) {
    throw new Failure(
      "session_newer",
      ExitCode.badInput,
      `session ${short} was written by a newer sx (format ${before.newerVersion}) and is only read here: update sx, or go on in a copy of what this version understands with --fork`,
    );
  }
  const writer = new LineWriter({ path: place.path, shortId: short, warn });
  try {
    const tornBytes = await writer.open();
    if (tornBytes > 0) {
      warn(`the last entry of session ${short} was cut off when it was written; it is set aside (${tornBytes} bytes)`);
    }
    const list = await load(place);
    tellDamage(place, list, warn);
    const conversation = new Conversation(list.entries);
    tellFolder(place, conversation, options);
    const past = pastOf(conversation, list);
    return new Session({ ...keptNowhere(place, options), writer, past });
  } catch (error) {
    await writer.close();
    if (error instanceof Failure) throw error;
    throw unreadable(place, error);
  }
}

function keptNowhere({ id, project }: SessionPlace, { cwd, now, warn }: ResumeOptions) {
  return { id, cwd, project, now, warn, writer: undefined } as const;
}

/** All entries of a session. @throws Failure `session_unreadable` */
export async function load(place: SessionPlace): Promise<EntryList> {
  try {
    return await readEntries(place.path);
  } catch (error) {
    throw unreadable(place, error);
  }
}

/** One line about what could not be read, if anything. */
export function tellDamage(place: SessionPlace, list: EntryList, warn: (line: string) => void): void {
  const { brokenLines, newerVersion } = list;
  if (brokenLines > 0) {
    const lines = brokenLines === 1 ? "1 damaged line" : `${brokenLines} damaged lines`;
    warn(`${lines} of session ${shortId(place.id)} could not be read; the rest is there`);
  }
  if (newerVersion !== undefined) {
    warn(`parts of session ${shortId(place.id)} were written by a newer sx (format ${newerVersion}) and are left out`);
  }
}

/** What the model was told of another folder may not hold in this one. */
function tellFolder({ id }: SessionPlace, { header }: Conversation, { cwd, warn }: ResumeOptions): void {
  if (header === undefined || header.cwd === cwd) return;
  warn(`session ${shortId(id)} was made in ${oneLine(header.cwd, 300)} and goes on in ${oneLine(cwd, 300)}`);
}

function pastOf(conversation: Conversation, { nextN, entries }: EntryList) {
  const mode = entries.findLast((entry) => entry.kind === "mode");
  return {
    messages: conversation.messages(),
    shown: conversation.shown(),
    title: titleOf(conversation),
    hasHeader: conversation.header !== undefined,
    nextN,
    model: conversation.model,
    mode: mode?.kind === "mode" ? mode.mode : undefined,
  };
}

function unreadable(place: SessionPlace, cause: unknown): Failure {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `session ${shortId(place.id)} cannot be read: ${oneLine(why, 300)}; check its file ${oneLine(place.path, 300)}`;
  return new Failure("session_unreadable", ExitCode.badInput, message, { cause });
}
