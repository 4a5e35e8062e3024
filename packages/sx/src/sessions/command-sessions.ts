import { rm, unlink } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { ExitCode, Failure, type Io, oneLine, UsageError, writeFileAtomic } from "@scorpiox/sxutil";
import type { ExportFormat, SxArgs, SxOptions } from "../args.js";
import { openWorkspace } from "../open-agent.js";
import { cleanText } from "../ui/terminal-text.js";
import { undoFolderOf } from "../undo/undo-folder.js";
import { findSession, type SessionPlace, shortId } from "./find-session.js";
import { listSessions, type SessionSummary } from "./list-sessions.js";
import { load, tellDamage } from "./open-session.js";
import { sessionsFolder } from "./session-folder.js";
import { holdSession } from "./session-lock.js";
import { buildView } from "./session-view.js";
import { timeWords } from "./view-words.js";

/**
 * `sx sessions`: lists, shows, exports and deletes conversations.
 * @returns the exit code. @throws Failure for what the caller should print as one line
 */
export async function runSessions(args: Extract<SxArgs, { kind: "sessions" }>, io: Io): Promise<number> {
  const { action, ids, options } = args;
  const folder = sessionsFolder(io.env, io.home);
  const [id = ""] = ids;
  switch (action) {
    case "list":
      return list(folder, options, io);
    case "show":
      return show(await findSession(folder, id), options, io);
    case "export":
      return exportSession(await findSession(folder, id), options, io);
    case "delete":
      return deleteSessions(await Promise.all(ids.map((one) => findSession(folder, one))), options, io);
  }
}

async function list(folder: string, options: SxOptions, io: Io): Promise<number> {
  const cwd = options.all === true ? undefined : await openWorkspace(io.cwd, options.cwd);
  const sessions = await listSessions(folder, cwd);
  if (wantsJson(options)) {
    io.stdout.write(`${JSON.stringify({ sessions: sessions.map(summaryFields) })}\n`);
    return ExitCode.ok;
  }
  if (sessions.length === 0) {
    const where = cwd === undefined ? "" : " of this folder; --all shows those of others";
    io.stderr.write(`sx: there are no sessions${where}\n`);
  }
  const rows = sessions.map((session) => [
    shortId(session.id),
    timeWords(session.writtenAtMs).slice(0, 16),
    session.messages === undefined ? "?" : String(session.messages),
    sizeWords(session.bytes),
    session.model ?? "",
    ...(cwd === undefined ? [session.cwd ?? ""] : []),
    session.title || "(no title)",
  ]);
  if (rows.length > 0)
    rows.unshift(["ID", "LAST USED (UTC)", "MSGS", "SIZE", "MODEL", ...(cwd === undefined ? ["FOLDER"] : []), "TITLE"]);
  const shown = rows.map((row) => row.map((cell) => oneLine(cleanText(cell), 100)));
  const widths = shown[0]?.map((_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of shown) {
    io.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
  }
  return ExitCode.ok;
}

async function show(place: SessionPlace, options: SxOptions, io: Io): Promise<number> {
  const { entries, view } = await read(place, io);
  if (wantsJson(options)) {
    const { Conversation } = await import("./conversation.js");
    const messages = new Conversation(entries).messages();
    const { id, title, cwd, models, usage, costUsd = null } = view;
    const session = { id, title, cwd: cwd ?? null, models, usage, cost_usd: costUsd, path: place.path };
    io.stdout.write(`${JSON.stringify({ ...session, messages })}\n`);
    return ExitCode.ok;
  }
  const { exportMarkdown } = await import("./export-markdown.js");
  io.stdout.write(cleanText(exportMarkdown(view)));
  return ExitCode.ok;
}

async function exportSession(place: SessionPlace, options: SxOptions, io: Io): Promise<number> {
  const path = options["output-last-message"];
  const format = options.format ?? formatOf(path);
  const { view } = await read(place, io);
  const text =
    format === "html"
      ? await (await import("./export-html.js")).exportHtml(view)
      : (await import("./export-markdown.js")).exportMarkdown(view);
  if (path === undefined || path === "-") {
    io.stdout.write(text);
    return ExitCode.ok;
  }
  const { resolve } = await import("node:path");
  // A conversation may hold anything: it is for its owner, until that one gives it away.
  const { path: written } = await writeFileAtomic(resolve(io.cwd, path), text, { mode: 0o600, keepMode: true });
  if (options.quiet !== true) io.stderr.write(`sx: written to ${oneLine(written, 300)}\n`);
  return ExitCode.ok;
}

function formatOf(path: string | undefined): ExportFormat {
  return path !== undefined && /\.html?$/i.test(path) ? "html" : "markdown";
}

async function read(place: SessionPlace, io: Io) {
  const read = await load(place);
  tellDamage(place, read, (line) => void io.stderr.write(`sx: ${oneLine(line)}\n`));
  return { entries: read.entries, view: buildView(place.id, read.entries) };
}

async function deleteSessions(places: readonly SessionPlace[], options: SxOptions, io: Io): Promise<number> {
  if (options.yes !== true) {
    if (io.stdin.isTTY !== true) {
      throw new UsageError("sx sessions delete asks before it deletes, and nobody is there to answer: add --yes");
    }
    const known = await listSessions(sessionsFolder(io.env, io.home), undefined);
    for (const place of places) {
      const summary = known.find(({ id }) => id === place.id);
      io.stderr.write(`${shortId(place.id)}  ${oneLine(cleanText(summary?.title ?? ""), 100)}\n`);
    }
    const what = places.length === 1 ? "this session" : `these ${places.length} sessions`;
    if (!(await agrees(`delete ${what} for good? [y/N] `, io))) {
      io.stderr.write("sx: nothing was deleted\n");
      return ExitCode.ok;
    }
  }
  for (const place of places) {
    await deleteSession(place);
    if (options.quiet !== true) io.stderr.write(`sx: deleted ${shortId(place.id)}\n`);
  }
  return ExitCode.ok;
}

/** The file and what lies beside it. @throws Failure `session_busy` while a program is in the session */
async function deleteSession({ path, id }: SessionPlace): Promise<void> {
  const release = await holdSession(path, shortId(id));
  try {
    await unlink(path);
    await rm(path.replace(/\.jsonl$/, ".torn"), { force: true });
    await rm(undoFolderOf(path), { recursive: true, force: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("delete_failed", ExitCode.failure, `session ${shortId(id)} cannot be deleted: ${oneLine(why)}`, {
      cause,
    });
  } finally {
    await release();
  }
  await rm(`${path}.lock.d`, { recursive: true, force: true });
}

async function agrees(question: string, { stdin, stderr, signal }: Io): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    const left = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    return /^y(es)?$/i.test((await Promise.race([lines.question(question, { signal }), left])).trim());
  } finally {
    lines.close();
  }
}

function wantsJson(options: SxOptions): boolean {
  return options.json === true || (options["output-format"] ?? "text") !== "text";
}

function summaryFields(session: SessionSummary): Readonly<Record<string, unknown>> {
  const { id, title, cwd, provider, model, messages, bytes, parentId, path, createdAtMs, writtenAtMs } = session;
  return {
    id,
    title,
    cwd: cwd ?? null,
    provider: provider ?? null,
    model: model ?? null,
    messages: messages ?? null,
    bytes,
    created: createdAtMs === undefined ? null : new Date(createdAtMs).toISOString(),
    last_used: new Date(writtenAtMs).toISOString(),
    parent: parentId ?? null,
    path,
  };
}

function sizeWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
