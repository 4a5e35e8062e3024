import { join } from "node:path";
import { ExitCode, Failure } from "@scorpiox/sxutil";
import { BlobStore } from "../undo/blob-store.js";
import { undoFolderOf } from "../undo/undo-folder.js";
import { mergeChanges, type PlannedFile } from "../undo/undo-plan.js";
import type { UndoPlan, UndoRequest, UndoStore } from "../undo/undo-store.js";
import type { ChangedFile, UndoStep } from "./slash-command.js";

/** What undoing stands on, as of now. */
export interface UndoSource {
  readonly store: UndoStore | undefined;
  /** The session's file; `undefined` when nothing is kept. */
  readonly sessionFile: string | undefined;
}

/** Undo as slash commands see it. Plans are looked at by a person before they are done, so the last one is kept. */
export class ChatUndo {
  readonly #source: () => UndoSource;
  readonly #warn: (line: string) => void;
  #plan: UndoPlan | undefined;
  #steps = new Map<UndoStep, PlannedFile>();

  constructor(source: () => UndoSource, warn: (line: string) => void) {
    this.#source = source;
    this.#warn = warn;
  }

  /** Empty when there is nothing to take back. @throws Failure where nothing is kept */
  async plan(request: UndoRequest): Promise<readonly UndoStep[]> {
    const { store } = this.#open();
    this.#plan = await store.plan(request);
    this.#steps = new Map(this.#plan?.files.map((file) => [stepOf(file), file]));
    for (const why of this.#plan?.unseen ?? []) this.#warn(`more may have changed than is known: ${why}`);
    return [...this.#steps.keys()];
  }

  /** @throws Failure `undo_changed` or `undo_failed`: all is then as it was */
  async apply(steps: readonly UndoStep[]): Promise<void> {
    const { store } = this.#open();
    const chosen = new Set(steps.map((step) => this.#steps.get(step)));
    if (this.#plan === undefined || chosen.has(undefined)) {
      throw new Failure("undo_changed", ExitCode.failure, "that plan is an old one; look at a new one");
    }
    await store.apply(this.#plan, (file) => chosen.has(file));
    this.#plan = undefined;
  }

  /** With the first state of each file, in the order of their first changes. */
  async changedFiles(): Promise<readonly ChangedFile[]> {
    const { store, folder } = this.#open();
    const turns = await store.turns();
    const merged = mergeChanges(turns.flatMap(({ changes }) => [...changes.values()]));
    const blobs = new BlobStore(join(folder, "blobs"));
    return Promise.all(
      [...merged.values()].map(async ({ path, before }): Promise<ChangedFile> => {
        if (before.kind === "none") return { file: path, before: undefined, hasCopy: true };
        const content = before.kind === "file" ? await blobs.get(before.hash) : undefined;
        return { file: path, before: content, hasCopy: content !== undefined };
      }),
    );
  }

  #open(): { readonly store: UndoStore; readonly folder: string } {
    const { store, sessionFile } = this.#source();
    if (store === undefined || sessionFile === undefined) {
      throw new Failure("nothing_kept", ExitCode.badInput, "this session keeps nothing, so nothing can be taken back");
    }
    const folder = undoFolderOf(sessionFile);
    // A session that has just been resumed has had no turn yet.
    store.use(folder);
    return { store, folder };
  }
}

function stepOf({ path, action, conflict, reason }: PlannedFile): UndoStep {
  return { file: path, action, ...(conflict || action === "none" ? { conflict: reason ?? "changed since" } : {}) };
}
