import { lstat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { ExitCode, Failure } from "@scorpiox/sxutil";
import { displayPath } from "../files/workspace-path.js";
import { removeEmptyFolders, writeState } from "./apply-plan.js";
import { BlobStore } from "./blob-store.js";
import { type FileState, fileState, isSameState, NOTHING, readState } from "./file-state.js";
import { type FileChange, Journal, type JournalLine } from "./journal.js";
import { sweepUndoFolders } from "./undo-folder.js";
import {
  mergeChanges,
  type MergedChange,
  planFile,
  type PlannedFile,
  readHistory,
  type UndoHistory,
  type UndoTurn,
} from "./undo-plan.js";
import { type ListingLimits, WorkspaceWatch } from "./workspace-listing.js";

/** Copies of one session, in bytes; beyond it the oldest turns lose theirs. */
const MAX_STORE_BYTES = 200_000_000;
/** Files of one command that are told apart; more is a checkout, not an edit. */
const MAX_COMMAND_CHANGES = 2_000;

export interface UndoOptions {
  /** Absolute real path of the folder that sx works in. */
  readonly workspace: string;
  /** Tells the places that are never looked into; asked before each look. */
  readonly hidden?: (() => ((path: string) => boolean) | undefined) | undefined;
  /** Told once when changes cannot be kept. */
  readonly warn?: ((line: string) => void) | undefined;
  readonly maxBytes?: number;
  readonly listing?: Partial<ListingLimits>;
}

/** Where a turn stands: its session's undo folder, and the number of the last entry before its prompt. */
export interface TurnPlace {
  readonly folder: string;
  readonly n: number;
}

/** Which changes are meant. */
export type UndoRequest =
  | { readonly kind: "last" }
  /** Every turn that began at or after session entry `n`. */
  | { readonly kind: "since"; readonly n: number }
  | { readonly kind: "redo" };

/** What an undo would do, file by file. Nothing has happened yet. */
export interface UndoPlan {
  readonly turns: readonly number[];
  readonly redo?: number;
  /** In path order; files that are as they were already are not among them. */
  readonly files: readonly PlannedFile[];
  /** Why commands of these turns may have changed more than is known here. */
  readonly unseen: readonly string[];
}

/** A command that is being watched. */
export interface CommandWatch {
  /** Looks again. @returns how many files changed that cannot be brought back. Never rejects */
  finish(): Promise<number>;
}

/**
 * Keeps what the turns of one session did to files, and takes it back. Knows no git. One for each workspace; which session
 * it writes to comes with each turn. What cannot be kept never stops the work.
 */
export class UndoStore {
  readonly #options: UndoOptions;
  readonly #watch: WorkspaceWatch;
  #folder: string | undefined;
  #turn: number | undefined;
  #journal: Journal | undefined;
  #blobs: BlobStore | undefined;
  #lines: Promise<JournalLine[]> | undefined;
  #hasWarned = false;
  #hasSwept = false;

  constructor(options: UndoOptions) {
    this.#options = options;
    this.#watch = new WorkspaceWatch(options.listing);
  }

  /** From now on changes belong to this turn; `undefined`: none is kept. */
  beginTurn(place: TurnPlace | undefined): void {
    this.use(place?.folder);
    this.#turn = place?.n;
  }

  /** The undo folder of the session to look at; it may not exist yet. */
  use(folder: string | undefined): void {
    if (folder === this.#folder) return;
    // Its last line is written; closing only gives the descriptor back.
    void this.#journal?.close().catch(() => undefined);
    this.#folder = folder;
    this.#turn = undefined;
    this.#journal = folder === undefined ? undefined : new Journal(folder);
    this.#blobs = folder === undefined ? undefined : new BlobStore(join(folder, "blobs"));
    this.#lines = undefined;
  }

  async close(): Promise<void> {
    await this.#journal?.close();
    this.#journal = undefined;
    this.#folder = undefined;
    this.#turn = undefined;
  }

  /**
   * The folders of `path` that are not there yet, the outermost first; asked before a write makes them. Empty when nothing
   * is kept.
   */
  async missingFolders(path: string): Promise<readonly string[]> {
    return this.#turn === undefined ? [] : missingAbove(this.#options.workspace, path, existsOnDisk);
  }

  /** A file tool is about to write. Resolves when the content of before is safe, or when that was tried. */
  async recordWrite(change: {
    readonly path: string;
    readonly before: Buffer | undefined;
    readonly after: Buffer;
    readonly folders: readonly string[];
  }): Promise<void> {
    const { path, before, after, folders } = change;
    await this.#keeping(async (turn) => {
      const stats = before === undefined ? undefined : await lstat(path).catch(() => undefined);
      const mode = stats === undefined ? undefined : stats.mode & 0o777;
      if (before !== undefined) await this.#put(before);
      const was = before === undefined ? NOTHING : fileState(before, mode);
      const entry: FileChange = {
        path,
        before: was,
        after: fileState(after, mode),
        ...(folders.length === 0 ? {} : { folders }),
      };
      await this.#append({ type: "changes", turn, by: "tool", changes: [entry] });
    });
  }

  /** A command is about to run. `undefined` when nothing is kept. @throws the signal's reason */
  async watchCommand(signal: AbortSignal): Promise<CommandWatch | undefined> {
    const turn = this.#turn;
    if (turn === undefined) return undefined;
    const look = { workspace: this.#options.workspace, hidden: this.#options.hidden?.() };
    const before = await this.#watch.before({ ...look, signal });
    const folders = new Set([...before.files.keys()].map((path) => dirname(path)));
    return {
      finish: async () => {
        let lost = 0;
        await this.#keeping(async () => {
          // The second look happens also after an abort: the command has done what it did.
          const found = await this.#watch.changesSince(before, { ...look, signal: new AbortController().signal });
          const kept = found.changes.slice(0, MAX_COMMAND_CHANGES);
          const changes: FileChange[] = [];
          for (const { path, before: was, after, bytes } of kept) {
            if (bytes !== undefined) await this.#put(bytes);
            if (was.kind === "unknown") lost += 1;
            const made =
              was.kind === "none"
                ? await missingAbove(this.#options.workspace, path, async (folder) => hasFileBelow(folders, folder))
                : [];
            changes.push({ path, before: was, after, ...(made.length === 0 ? {} : { folders: made }) });
          }
          if (changes.length > 0) await this.#append({ type: "changes", turn, by: "command", changes });
          const more = found.changes.length - kept.length;
          if (more > 0) await this.#append({ type: "unseen", turn, why: `a command changed ${more} more files` });
          if (found.stopped !== undefined) {
            await this.#append({ type: "unseen", turn, why: `the look for changes ${found.stopped}` });
          }
          lost += more;
        });
        return lost;
      },
    };
  }

  /** What the turns of this session did, oldest first. */
  async turns(): Promise<readonly UndoTurn[]> {
    return (await this.#history()).turns;
  }

  /** What an undo would do now; `undefined` when there is nothing to take back. */
  async plan(request: UndoRequest): Promise<UndoPlan | undefined> {
    const { turns, redoable } = await this.#history();
    if (request.kind === "redo") {
      if (redoable === undefined) return undefined;
      const files = await this.#planFiles(mergeChanges(redoable.changes));
      return { turns: redoable.of, redo: redoable.id, files, unseen: [] };
    }
    const open = turns.filter(({ isUndone, changes, unseen }) => !isUndone && changes.size + unseen.length > 0);
    const chosen = request.kind === "last" ? open.slice(-1) : open.filter(({ turn }) => turn >= request.n);
    if (chosen.length === 0) return undefined;
    const files = await this.#planFiles(mergeChanges(chosen.flatMap(flatChanges)));
    return {
      turns: chosen.map(({ turn }) => turn),
      files,
      unseen: [...new Set(chosen.flatMap(({ unseen }) => unseen))],
    };
  }

  /**
   * Does it for the chosen files, all or none: a file that has changed since the plan was made, or cannot be written, and
   * everything is as it was. By default conflicts are left alone. @returns the files that were changed
   * @throws Failure `undo_changed` or `undo_failed`
   */
  async apply(
    plan: UndoPlan,
    choose: (file: PlannedFile) => boolean = ({ conflict }) => !conflict,
  ): Promise<readonly PlannedFile[]> {
    const { workspace } = this.#options;
    const chosen = plan.files.filter((file) => file.action !== "none" && choose(file));
    const contents = new Map<string, { readonly from?: Buffer; readonly to?: Buffer }>();
    for (const file of chosen) {
      const now = await readState(file.path);
      if (!isSameState(now.state, file.from)) {
        throw failed("undo_changed", `${displayPath(workspace, file.path)} has changed just now; nothing was undone`);
      }
      const to = file.to.kind === "file" ? await this.#blobs?.get(file.to.hash) : undefined;
      if (file.to.kind === "file" && to === undefined) {
        throw failed("undo_failed", `the copy of ${displayPath(workspace, file.path)} is damaged; nothing was undone`);
      }
      if (now.bytes !== undefined) await this.#put(now.bytes);
      contents.set(file.path, {
        ...(now.bytes === undefined ? {} : { from: now.bytes }),
        ...(to === undefined ? {} : { to }),
      });
    }
    const { nextId } = await this.#history();
    const changes = chosen.map(({ path, from, to, folders }): FileChange => {
      return { path, before: from, after: to, ...(folders.length === 0 ? {} : { folders }) };
    });
    const redo = plan.redo === undefined ? {} : { redo: plan.redo };
    await this.#append({ type: "undo", id: nextId, of: plan.turns, ...redo, changes });
    const done: PlannedFile[] = [];
    try {
      for (const file of chosen) {
        await writeState(workspace, file.path, file.to, contents.get(file.path)?.to);
        done.push(file);
      }
    } catch (error) {
      for (const file of done.toReversed()) {
        // What cannot be put back is in the journal still, and its copy is kept.
        await writeState(workspace, file.path, file.from, contents.get(file.path)?.from).catch(() => undefined);
      }
      await this.#append({ type: "void", id: nextId });
      const why = error instanceof Error ? error.message : String(error);
      throw failed("undo_failed", `nothing was undone: ${why}`, error);
    }
    await removeEmptyFolders(
      workspace,
      chosen.flatMap(({ folders }) => folders),
    );
    return chosen;
  }

  async #planFiles(changes: ReadonlyMap<string, MergedChange>): Promise<readonly PlannedFile[]> {
    const files: PlannedFile[] = [];
    for (const change of changes.values()) {
      const { state } = await readState(change.path);
      const planned = planFile(change, state, await this.#hasCopy(change.before));
      if (planned !== undefined) files.push(planned);
    }
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async #hasCopy(state: FileState): Promise<boolean> {
    return state.kind !== "file" || (await this.#blobs?.has(state.hash)) === true;
  }

  async #history(): Promise<UndoHistory> {
    return readHistory(await this.#read());
  }

  #read(): Promise<JournalLine[]> {
    this.#lines ??= (this.#journal?.read() ?? Promise.resolve([])).then((lines) => [...lines]);
    return this.#lines;
  }

  async #append(line: JournalLine): Promise<void> {
    const lines = await this.#read();
    await this.#journal?.append(line);
    lines.push(line);
  }

  /** Runs what keeps a change; a full disk is one warning, not the end of the work. */
  async #keeping(work: (turn: number) => Promise<void>): Promise<void> {
    const turn = this.#turn;
    if (turn === undefined || this.#folder === undefined) return;
    try {
      if (!this.#hasSwept) await sweepUndoFolders(this.#folder, Date.now());
      this.#hasSwept = true;
      await work(turn);
    } catch (error) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.warn?.(`changes of files are not being kept for undo: ${why}; the work goes on`);
    }
  }

  async #put(bytes: Buffer): Promise<void> {
    const blobs = this.#blobs;
    if (blobs === undefined) return;
    await blobs.put(bytes);
    const most = this.#options.maxBytes ?? MAX_STORE_BYTES;
    if ((await blobs.totalBytes()) <= most) return;
    // From the newest back: what still fits is kept, and half of the room is made free at once.
    const keep = new Set<string>();
    let total = 0;
    const newest = fileState(bytes, undefined);
    const states = (await this.#read())
      .flatMap((line) => ("changes" in line ? line.changes.flatMap(({ before, after }) => [before, after]) : []))
      .toReversed();
    for (const state of [newest, ...states]) {
      if (state.kind !== "file" || keep.has(state.hash)) continue;
      total += await blobs.sizeOf(state.hash);
      if (total > most / 2 && state !== newest) break;
      keep.add(state.hash);
    }
    await blobs.keepOnly(keep);
  }
}

function flatChanges({ changes }: UndoTurn): readonly FileChange[] {
  // A conflict inside of a turn has to stay one in the sum: its two halves do not fit each other.
  return [...changes.values()].flatMap((change): readonly FileChange[] =>
    change.isMixed
      ? [
          { ...change, after: { kind: "unknown" } },
          { ...change, before: { kind: "unknown" } },
        ]
      : [change],
  );
}

/** The folders above `path`, inside the workspace, of which `exists` says no; the outermost first. */
async function missingAbove(
  workspace: string,
  path: string,
  exists: (folder: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const missing: string[] = [];
  const names = relative(workspace, dirname(path)).split(sep);
  let folder = workspace;
  for (const name of names) {
    if (name === "" || name === "..") break;
    folder = join(folder, name);
    if (missing.length > 0 || !(await exists(folder))) missing.push(folder);
  }
  return missing;
}

async function existsOnDisk(folder: string): Promise<boolean> {
  return (await lstat(folder).catch(() => undefined)) !== undefined;
}

/** A folder that held a file before, at any depth, was there before. */
function hasFileBelow(folders: ReadonlySet<string>, folder: string): boolean {
  if (folders.has(folder)) return true;
  return [...folders].some((known) => known.startsWith(folder + sep));
}

function failed(code: string, message: string, cause?: unknown): Failure {
  return new Failure(code, ExitCode.toolFailure, message, cause === undefined ? {} : { cause });
}
