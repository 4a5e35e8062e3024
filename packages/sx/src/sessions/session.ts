import type { Message, UserBlock } from "@scorpiox/sxnet";
import { oneLine, VERSION } from "@scorpiox/sxutil";
import { type Entry, type EntryBody, formatEntry, type HeaderEntry } from "./entry.js";
import type { LineWriter } from "./line-writer.js";
import { type Mask, maskEntry } from "./mask-entry.js";

const MAX_TITLE_CHARS = 120;

/** What a run is, as far as its session keeps it. */
export interface SessionRun {
  readonly provider: string;
  readonly model: string;
  readonly approvalMode: string;
  /** Hides secrets that are known by now; asked for every entry. */
  readonly mask: Mask;
}

export interface SessionOptions {
  readonly id: string;
  readonly cwd: string;
  readonly project: string;
  /** Unix epoch in milliseconds. */
  readonly now: () => number;
  readonly warn: (line: string) => void;
  /** `undefined`: nothing of this run is kept. The session owns it. */
  readonly writer: LineWriter | undefined;
  /** What the file holds already. */
  readonly past?: SessionPast;
}

/** A session that existed before this run. */
export interface SessionPast {
  readonly messages: readonly Message[];
  readonly shown: readonly Entry[];
  readonly title: string;
  readonly hasHeader: boolean;
  readonly nextN: number;
  readonly model: Pick<HeaderEntry, "provider" | "model"> | undefined;
  readonly mode: string | undefined;
  /** Of a fork: the entries that its file begins with, and where they are from. */
  readonly copied?: { readonly parentId: string; readonly entries: readonly Entry[] };
}

/** One conversation on disk, as the program that goes on with it sees it. Whoever opened it closes it. */
export class Session {
  readonly id: string;
  readonly cwd: string;
  /** The conversation so far, to go on from. */
  readonly messages: readonly Message[];
  /** What happened before this run and was not taken back, to be shown again; also the marks of others. */
  readonly shown: readonly Entry[];
  /** First line of the first prompt, or what somebody called it; empty for a new one. */
  readonly title: string;
  /** True when there was a conversation before this run. */
  readonly resumed: boolean;
  readonly #options: SessionOptions;
  #run: SessionRun | undefined;
  #nextN: number;
  #hasHeader: boolean;
  #model: Pick<HeaderEntry, "provider" | "model"> | undefined;
  #mode: string | undefined;
  #ownTitle: string | undefined;
  /** True once this run has added something. */
  #hasWritten = false;
  #isClosed = false;

  constructor(options: SessionOptions) {
    const { past } = options;
    this.#options = options;
    this.id = options.id;
    this.cwd = options.cwd;
    this.messages = past?.messages ?? [];
    this.shown = past?.shown ?? [];
    this.title = past?.title ?? "";
    this.resumed = past !== undefined;
    this.#nextN = past?.nextN ?? 0;
    this.#hasHeader = past?.hasHeader ?? false;
    this.#model = past?.model;
    this.#mode = past?.mode;
  }

  /** False when nothing of this run is kept: there is then no file. */
  get isKept(): boolean {
    return this.#options.writer !== undefined;
  }

  /** The session's file; `undefined` when nothing is kept. It exists from the first entry on. */
  get path(): string | undefined {
    return this.#options.writer?.path;
  }

  /** The number of the last entry: `rewind` to it later makes the conversation what it is now. -1 before the first. */
  get lastN(): number {
    return this.#nextN - 1;
  }

  /** Who answers in this run, and what must not be kept. Called before the first entry, and again when it changes. */
  begin(run: SessionRun): void {
    this.#run = run;
  }

  /**
   * Keeps one entry. Resolves when its line is written, or when that was tried: a full disk is a warning, and the line
   * comes with the next one. @returns the entry's number, which other entries may point at
   */
  async append(body: EntryBody): Promise<number> {
    const { writer } = this.#options;
    if (writer === undefined) return -1;
    const run = this.#run;
    if (run === undefined) throw new Error("a session has to begin before anything is appended");
    let lines = this.#preamble(body, run);
    if (body.kind === "note" && body.title !== undefined) this.#ownTitle = body.title;
    const entry = body.kind === "turn_end" && this.#ownTitle !== undefined ? { ...body, title: this.#ownTitle } : body;
    lines += this.#format(entry, run);
    const n = this.#nextN - 1;
    this.#hasWritten = true;
    if (lines !== "") await writer.append(lines);
    return n;
  }

  /** Brings what was kept to the disk itself. */
  async sync(): Promise<void> {
    await this.#options.writer?.sync();
  }

  /** Ends the run's part of the session, and lets others have the file. Later calls do nothing. */
  async close(): Promise<void> {
    const { writer, warn } = this.#options;
    if (writer === undefined || this.#isClosed) return;
    this.#isClosed = true;
    if (this.#hasWritten) await this.append({ kind: "end" });
    const missing = await writer.close();
    if (missing > 0) warn(`the end of session ${this.id} could not be saved: ${missing} entries are lost`);
  }

  /** What has to stand before an entry: the header of a new file, and what has changed since the last run. */
  #preamble(body: EntryBody, run: SessionRun): string {
    const { provider, model, approvalMode } = run;
    let lines = "";
    const isSame = this.#model?.provider === provider && this.#model.model === model;
    if (!this.#hasHeader) lines += this.#header(body, run);
    else if (body.kind === "user" && !isSame) lines += this.#format({ kind: "model", provider, model }, run);
    if (body.kind !== "user") return lines;
    if (this.#mode !== approvalMode) lines += this.#format({ kind: "mode", mode: approvalMode }, run);
    this.#model = { provider, model };
    this.#mode = approvalMode;
    return lines;
  }

  #header(body: EntryBody, run: SessionRun): string {
    const { id, cwd, project, past } = this.#options;
    const copied = past?.copied;
    this.#hasHeader = true;
    const header: HeaderEntry = {
      kind: "header",
      id,
      cwd,
      project,
      program: `sx ${VERSION}`,
      title: past === undefined && body.kind === "user" ? firstLine(body.content) : this.title,
      provider: run.provider,
      model: run.model,
      ...(copied === undefined ? {} : { parent: { id: copied.parentId, n: copied.entries.at(-1)?.n ?? 0 } }),
    };
    if (copied === undefined) return this.#format(header, run);
    // The copy keeps its numbers, which begin after a header's.
    const lines = copied.entries.map(({ n, timeMs, ...entry }) => formatEntry(n, timeMs, maskEntry(entry, run.mask)));
    return formatEntry(0, this.#options.now(), maskEntry(header, run.mask)) + lines.join("");
  }

  /** The line of the next entry; empty when the entry cannot be written at all, for example for its depth. */
  #format(body: EntryBody, { mask }: SessionRun): string {
    const n = this.#nextN;
    this.#nextN += 1;
    try {
      return formatEntry(n, this.#options.now(), maskEntry(body, mask));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.warn(`a part of this conversation could not be saved (${body.kind}): ${why}`);
      return "";
    }
  }
}

/** The first line that says something, as a title. */
function firstLine(content: readonly UserBlock[]): string {
  const text = content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const line = text.split("\n").find((candidate) => candidate.trim() !== "") ?? "";
  return oneLine(line, MAX_TITLE_CHARS);
}
