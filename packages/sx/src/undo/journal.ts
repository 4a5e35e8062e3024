import type { FileHandle } from "node:fs/promises";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isCount, isFields } from "../sessions/entry-check.js";
import type { FileState } from "./file-state.js";
import { makeFolder } from "./undo-folder.js";

/** One file that somebody made something else of. */
export interface FileChange {
  /** Absolute, every link of its folders followed. */
  readonly path: string;
  readonly before: FileState;
  readonly after: FileState;
  /** Absolute folders that were made for it, the outermost first. */
  readonly folders?: readonly string[];
}

/** One line of the journal. Lines are written before what they tell is done, so that a kill leaves no gap. */
export type JournalLine =
  /** What a turn did. `turn` is the number of the last session entry before its prompt; `by` says who. */
  | {
      readonly type: "changes";
      readonly turn: number;
      readonly by: "tool" | "command";
      readonly changes: readonly FileChange[];
    }
  /** A command of a turn may have changed more than was seen. */
  | { readonly type: "unseen"; readonly turn: number; readonly why: string }
  /** The changes of the turns `of` were taken back, or with `redo` those of the undo `redo` were. */
  | {
      readonly type: "undo";
      readonly id: number;
      readonly of: readonly number[];
      readonly redo?: number;
      readonly changes: readonly FileChange[];
    }
  /** The undo `id` could not be done: all is as it was before it. */
  | { readonly type: "void"; readonly id: number };

/** The lines of one session's undo folder, appended one write at a time. */
export class Journal {
  readonly #folder: string;
  #file: FileHandle | undefined;
  #needsBreak = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Everything that can be read; lines that were cut or make no sense are left out. */
  async read(): Promise<readonly JournalLine[]> {
    // No file: nothing has happened yet.
    const text = await readFile(this.#path, "utf8").catch(() => "");
    this.#needsBreak = text !== "" && !text.endsWith("\n");
    return text.split("\n").flatMap((line) => parse(line) ?? []);
  }

  /** @throws the error of the file system */
  async append(line: JournalLine): Promise<void> {
    if (this.#file === undefined) {
      await makeFolder(this.#folder);
      this.#file = await open(this.#path, "a", 0o600);
    }
    const start = this.#needsBreak ? "\n" : "";
    this.#needsBreak = true;
    await this.#file.appendFile(`${start}${JSON.stringify({ v: 1, ...line })}\n`);
    this.#needsBreak = false;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  get #path(): string {
    return join(this.#folder, "journal.jsonl");
  }
}

function parse(text: string): JournalLine | undefined {
  if (text === "") return undefined;
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    // Cut off when it was written: what it announced was not done.
    return undefined;
  }
  if (!isFields(line) || line["v"] !== 1) return undefined;
  switch (line["type"]) {
    case "changes":
      if (!isCountFrom(-1, line["turn"]) || !isChanges(line["changes"])) return undefined;
      break;
    case "unseen":
      if (!isCountFrom(-1, line["turn"]) || typeof line["why"] !== "string") return undefined;
      break;
    case "undo":
      if (!isCount(line["id"]) || !Array.isArray(line["of"]) || !isChanges(line["changes"])) return undefined;
      break;
    case "void":
      if (!isCount(line["id"])) return undefined;
      break;
    default:
      return undefined;
  }
  return line as unknown as JournalLine;
}

function isCountFrom(least: number, value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least;
}

function isChanges(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (change: unknown) =>
        isFields(change) &&
        typeof change["path"] === "string" &&
        change["path"].startsWith("/") &&
        isState(change["before"]) &&
        isState(change["after"]) &&
        (change["folders"] === undefined || Array.isArray(change["folders"])),
    )
  );
}

function isState(value: unknown): boolean {
  if (!isFields(value)) return false;
  switch (value["kind"]) {
    case "none":
    case "unknown":
      return true;
    case "link":
      return typeof value["target"] === "string";
    case "file":
      return typeof value["hash"] === "string" && /^[0-9a-f]{64}$/.test(value["hash"]);
    default:
      return false;
  }
}
