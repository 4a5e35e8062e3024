import { type FileHandle, open } from "node:fs/promises";
import { oneLine } from "@scorpiox/sxutil";
import { type Entry, type HeaderEntry, parseLine } from "./entry.js";
import { findSessions, type SessionPlace } from "./find-session.js";

const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 64 * 1024;
/** One large result may fill the first tail. */
const LONG_TAIL_BYTES = 1024 * 1024;
const MAX_PROMPT_CHARS = 120;

/** What a list tells of one session. */
export interface SessionSummary extends SessionPlace {
  readonly title: string;
  readonly cwd: string | undefined;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly createdAtMs: number | undefined;
  /** Messages of the conversation; `undefined` when the end of the file does not tell. */
  readonly messages: number | undefined;
  readonly parentId: string | undefined;
  /** The beginning of the last prompt, on one line, where the end of the file tells. */
  readonly lastPrompt: string | undefined;
}

/**
 * Tells of every session of a project (a real path), or of all, the last written first. Only the beginning and the end
 * of each file are read.
 */
export async function listSessions(folder: string, cwd: string | undefined): Promise<readonly SessionSummary[]> {
  const summaries: SessionSummary[] = [];
  for (const place of await findSessions(folder, cwd)) {
    const summary = await summarize(place);
    if (cwd === undefined || summary.cwd === undefined || summary.cwd === cwd) summaries.push(summary);
  }
  return summaries;
}

/** The header of a session file; `undefined` when its first line is none. */
export async function readHeader(path: string): Promise<HeaderEntry | undefined> {
  return withFile(path, headerOf);
}

async function summarize(place: SessionPlace): Promise<SessionSummary> {
  const read = await withFile(place.path, async (file) => {
    const header = await headerOf(file);
    let tail = await tailOf(file, place.bytes, TAIL_BYTES);
    if (!tail.some(({ kind }) => kind === "turn_end") && place.bytes > TAIL_BYTES) {
      tail = await tailOf(file, place.bytes, LONG_TAIL_BYTES);
    }
    return { header, tail };
  });
  const { header, tail = [] } = read ?? {};
  const at = tail.findLastIndex(({ kind }) => kind === "turn_end");
  const end = tail[at];
  const counted = end?.kind === "turn_end" ? end : undefined;
  const since = tail.slice(at + 1).filter(({ kind }) => kind === "user" || kind === "assistant").length;
  const isWhole = place.bytes <= LONG_TAIL_BYTES;
  const titled = tail.findLast((entry) => entry.kind === "note" && entry.title !== undefined);
  const { provider, model } = tail.findLast(namesModel) ?? header ?? {};
  return {
    ...place,
    title: (titled?.kind === "note" ? titled.title : counted?.title) ?? header?.title ?? "",
    cwd: header?.cwd,
    provider,
    model,
    createdAtMs: header?.timeMs,
    messages: counted === undefined && !isWhole ? undefined : (counted?.messages ?? 0) + since,
    parentId: header?.parent?.id,
    lastPrompt: lastPromptOf(tail),
  };
}

function lastPromptOf(tail: readonly Entry[]): string | undefined {
  const last = tail.findLast((entry) => entry.kind === "user");
  if (last?.kind !== "user") return undefined;
  const text = last.content.map((block) => (block.type === "text" ? block.text : "")).join(" ");
  return oneLine(text.trim(), MAX_PROMPT_CHARS);
}

type Naming = Extract<Entry, { kind: "turn_end" | "assistant" | "model" }>;

function namesModel(entry: Entry): entry is Naming {
  return entry.kind === "turn_end" || entry.kind === "assistant" || entry.kind === "model";
}

async function headerOf(file: FileHandle): Promise<(HeaderEntry & { readonly timeMs: number }) | undefined> {
  const text = await readText(file, 0, HEAD_BYTES);
  const parsed = parseLine(text.slice(0, text.includes("\n") ? text.indexOf("\n") : text.length));
  return parsed.type === "entry" && parsed.entry.kind === "header" ? parsed.entry : undefined;
}

/** The entries that stand whole in the last bytes. */
async function tailOf(file: FileHandle, size: number, bytes: number): Promise<readonly Entry[]> {
  const start = Math.max(0, size - bytes);
  const lines = (await readText(file, start, bytes)).split("\n");
  return lines.slice(start === 0 ? 0 : 1).flatMap((line) => {
    const parsed = line === "" ? undefined : parseLine(line);
    return parsed?.type === "entry" ? [parsed.entry] : [];
  });
}

async function readText(file: FileHandle, start: number, bytes: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, start);
  return buffer.toString("utf8", 0, bytesRead);
}

async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    return await work(file);
  } catch {
    // Deleted meanwhile, or not ours to read: a list tells what it can.
    return undefined;
  } finally {
    await file?.close();
  }
}
