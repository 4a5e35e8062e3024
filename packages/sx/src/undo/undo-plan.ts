import type { FileState } from "./file-state.js";
import { isSameState } from "./file-state.js";
import type { FileChange, JournalLine } from "./journal.js";

/** What the files of one turn went through. */
export interface UndoTurn {
  /** Number of the last session entry before the turn's prompt; turns of a session count up. */
  readonly turn: number;
  readonly changes: ReadonlyMap<string, MergedChange>;
  /** Why a command of it may have changed more than is known. */
  readonly unseen: readonly string[];
  readonly isUndone: boolean;
}

/** A path's first state and its last one over several changes. */
export interface MergedChange extends FileChange {
  /** Somebody else changed the file between two of the changes: undoing them would take that back, too. */
  readonly isMixed: boolean;
}

/** An undo that was done, and whether it was taken back since. */
interface UndoStep extends Extract<JournalLine, { type: "undo" }> {
  isRedone: boolean;
}

/** What the journal comes to. */
export interface UndoHistory {
  /** Oldest first. */
  readonly turns: readonly UndoTurn[];
  /** The undo that a redo would take back: the last one, while no turn has changed a file since. */
  readonly redoable: Extract<JournalLine, { type: "undo" }> | undefined;
  readonly nextId: number;
}

/** Reads the lines as one story. */
export function readHistory(lines: readonly JournalLine[]): UndoHistory {
  const voided = new Set(lines.flatMap((line) => (line.type === "void" ? [line.id] : [])));
  const turns = new Map<number, { lists: (readonly FileChange[])[]; unseen: string[]; isUndone: boolean }>();
  const turnOf = (turn: number) => {
    const known = turns.get(turn);
    if (known !== undefined) return known;
    const made = { lists: [], unseen: [], isUndone: false };
    turns.set(turn, made);
    return made;
  };
  const steps: UndoStep[] = [];
  let nextId = 0;
  for (const line of lines) {
    if (line.type === "changes") {
      const turn = turnOf(line.turn);
      turn.lists.push(line.changes);
      turn.isUndone = false;
      steps.length = 0;
    } else if (line.type === "unseen") turnOf(line.turn).unseen.push(line.why);
    else if (line.type === "undo") {
      nextId = Math.max(nextId, line.id + 1);
      if (voided.has(line.id)) continue;
      for (const of of line.of) turnOf(of).isUndone = line.redo === undefined;
      const redone = steps.find(({ id }) => id === line.redo);
      if (redone !== undefined) redone.isRedone = true;
      if (line.redo === undefined) steps.push({ ...line, isRedone: false });
    }
  }
  return {
    turns: [...turns]
      .sort(([a], [b]) => a - b)
      .map(([turn, { lists, unseen, isUndone }]) => ({ turn, changes: mergeChanges(lists.flat()), unseen, isUndone })),
    redoable: steps.findLast(({ isRedone }) => !isRedone),
    nextId,
  };
}

/** Each path with the state before the first change and after the last one. */
export function mergeChanges(changes: readonly FileChange[]): ReadonlyMap<string, MergedChange> {
  const merged = new Map<string, MergedChange>();
  for (const change of changes) {
    const earlier = merged.get(change.path);
    if (earlier === undefined) {
      merged.set(change.path, { ...change, isMixed: false });
      continue;
    }
    merged.set(change.path, {
      path: change.path,
      before: earlier.before,
      after: change.after,
      folders: [...new Set([...(earlier.folders ?? []), ...(change.folders ?? [])])],
      isMixed: earlier.isMixed || !isSameState(earlier.after, change.before),
    });
  }
  return merged;
}

export type UndoAction = "restore" | "create" | "delete" | "mode" | "link" | "none";

/** What would happen to one file. */
export interface PlannedFile {
  /** Absolute. */
  readonly path: string;
  readonly action: UndoAction;
  /** Somebody else has changed the file since, or in between: only with the person's consent. */
  readonly conflict: boolean;
  /** For `none` and for conflicts: why, in a few words. */
  readonly reason?: string;
  /** What it is now, and what it is to be. */
  readonly from: FileState;
  readonly to: FileState;
  /** Folders to remove behind it when they are empty, the outermost first. */
  readonly folders: readonly string[];
}

/**
 * What it takes to bring one file back; `undefined` when it is as it was already. `hasCopy` tells whether the content of
 * the state before is at hand.
 */
export function planFile(change: MergedChange, now: FileState, hasCopy: boolean): PlannedFile | undefined {
  const { path, before, after, folders = [], isMixed } = change;
  if (isSameState(before, now)) return undefined;
  const plan = { path, from: now, to: before, folders: before.kind === "none" ? folders : [] } as const;
  const isForeign = !isSameState(after, now);
  const none = (reason: string): PlannedFile => ({ ...plan, action: "none", conflict: isForeign, reason });
  if (before.kind === "unknown") return none("a command changed it, and there is no copy from before");
  if (now.kind === "unknown") return none("what is there now is not a file that can be compared");
  if (before.kind === "file" && !hasCopy) return none("its copy is no longer kept");
  const action = actionFor(before, now);
  if (isForeign) return { ...plan, action, conflict: true, reason: "it was changed since" };
  return isMixed
    ? { ...plan, action, conflict: true, reason: "somebody else changed it in between" }
    : { ...plan, action, conflict: false };
}

function actionFor(before: FileState, now: FileState): UndoAction {
  if (before.kind === "none") return "delete";
  if (before.kind === "link") return "link";
  if (now.kind === "none") return "create";
  return before.kind === "file" && now.kind === "file" && before.hash === now.hash ? "mode" : "restore";
}
