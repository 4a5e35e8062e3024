import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExitCode, Failure, oneLine, scorpioxHome, withFileLock, writeAll, writeFileAtomic } from "@scorpiox/sxutil";
import type { KnownSecrets } from "../../known-secrets.js";

/** Beyond this size the file is written anew with its newer half. */
const MAX_BYTES = 2_000_000;
/** A longer prompt is not kept. */
const MAX_ENTRY_CHARS = 64_000;
const LOCK_WAIT_MS = 2000;

/** Where earlier prompts are: `history.jsonl` in the user's own folder. @throws ConfigurationError for a relative folder. */
export function historyPath(env: Readonly<Record<string, string | undefined>>, home: string): string {
  return join(scorpioxHome(env, home), "history.jsonl");
}

export interface AppendOptions {
  /** A prompt that holds one of these is not kept. */
  readonly secrets: KnownSecrets;
  /** When it was sent, Unix epoch. */
  readonly atMs: number;
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly maxBytes?: number;
}

/**
 * Whether a prompt may be written down: not when it begins with a space (the way to keep one out), holds a secret, or
 * is too long.
 */
export function mayKeep(text: string, secrets: KnownSecrets): boolean {
  return text.trim() !== "" && !text.startsWith(" ") && text.length <= MAX_ENTRY_CHARS && secrets.redact(text) === text;
}

/**
 * The prompts of the file, oldest first; none when there is no file. What is no entry (a torn end, foreign lines) is left
 * out. Reads the newer end of a file that is too large.
 * @throws Failure `history_failed` when there is a file that cannot be read.
 */
export async function readHistory(path: string, maxBytes = MAX_BYTES): Promise<readonly string[]> {
  try {
    return (await readLines(path, maxBytes)).flatMap((line) => parseEntry(line) ?? []);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw failed("read", path, error);
  }
}

/**
 * Adds one prompt, as one line in one write; false when it is not to be kept. A line that was torn by a crash stays a
 * line of its own. A file that has grown too large is replaced by its newer half.
 * @throws Failure `history_failed` when it cannot be written, `lock_busy` when others hold the file too long; the
 * signal's reason.
 */
export async function appendHistory(path: string, text: string, options: AppendOptions): Promise<boolean> {
  if (!mayKeep(text, options.secrets)) return false;
  const { maxBytes = MAX_BYTES, signal } = options;
  const line = entryLine(text, options.atMs);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const lock = { waitMs: LOCK_WAIT_MS, what: "the prompt history", ...(signal === undefined ? {} : { signal }) };
    await withFileLock(path, lock, async () => {
      const size = await appendLine(path, line);
      if (size > maxBytes) await shrink(path, maxBytes);
    });
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof Failure ? error : failed("write", path, error);
  }
}

/** @returns the size of the file after it, in bytes. */
async function appendLine(path: string, line: string): Promise<number> {
  const file = await openRegular(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND);
  try {
    const { size, mode } = await file.stat();
    if ((mode & 0o077) !== 0) await file.chmod(0o600);
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const bytes = Buffer.from(size > 0 && last[0] !== 0x0a ? `\n${line}` : line, "utf8");
    await writeAll(file, bytes, size);
    return size + bytes.length;
  } finally {
    await file.close();
  }
}

/** Keeps the newest entries that fill half of what is allowed, each once. */
async function shrink(path: string, maxBytes: number): Promise<void> {
  const lines: string[] = [];
  const texts = new Set<string>();
  let bytes = 0;
  for (const line of (await readLines(path, maxBytes)).toReversed()) {
    const text = parseEntry(line);
    if (text === undefined || texts.has(text)) continue;
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > maxBytes / 2) break;
    texts.add(text);
    lines.push(`${line}\n`);
  }
  await writeFileAtomic(path, lines.toReversed().join(""), { mode: 0o600 });
}

async function readLines(path: string, maxBytes: number): Promise<readonly string[]> {
  const file = await openRegular(path, constants.O_RDONLY);
  try {
    return (await readEnd(file, maxBytes)).split("\n");
  } finally {
    await file.close();
  }
}

function entryLine(text: string, atMs: number): string {
  return `${JSON.stringify({ ts: new Date(atMs).toISOString(), text: text.toWellFormed() })}\n`;
}

function parseEntry(line: string): string | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const { text } = JSON.parse(line) as { text?: unknown };
    return typeof text === "string" && text.trim() !== "" && text.length <= MAX_ENTRY_CHARS ? text : undefined;
  } catch {
    // Torn by a crash or a full disk: this one is lost, the others are not.
    return undefined;
  }
}

/** The last `maxBytes` of a file, from the start of a line. */
async function readEnd(file: FileHandle, maxBytes: number): Promise<string> {
  const { size } = await file.stat();
  const from = Math.max(0, size - maxBytes);
  const bytes = Buffer.alloc(size - from);
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, from + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  const text = bytes.subarray(0, done).toString("utf8");
  return from === 0 ? text : text.slice(text.indexOf("\n") + 1);
}

/** Opens without waiting for anybody at the other end of a pipe, and takes a regular file only. */
async function openRegular(path: string, flags: number): Promise<FileHandle> {
  const file = await open(path, flags | constants.O_NONBLOCK | constants.O_NOCTTY, 0o600);
  try {
    if ((await file.stat()).isFile()) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  throw new Error("it is not a regular file");
}

function failed(verb: "read" | "write", path: string, error: unknown): Failure {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === "EACCES" ? "permission denied; check who owns it" : (code ?? message);
  return new Failure("history_failed", ExitCode.failure, `cannot ${verb} ${oneLine(path)}: ${why}`, { cause: error });
}
