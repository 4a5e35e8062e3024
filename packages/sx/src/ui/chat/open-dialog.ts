import type { Key } from "../keys/key.js";
import type { CursorCell } from "../screen/live-region.js";
import type { DialogAnswer } from "./dialog.js";
import type { Paper } from "./part.js";

/** Rows that belong below the status row, and the cursor among them. */
export interface DialogRows {
  readonly rows: readonly string[];
  readonly cursor?: CursorCell | undefined;
}

/** A question while it is open. */
export interface OpenDialog {
  /** What it is about, all of it; the part that must not be out of sight. */
  subject(paper: Paper): readonly string[];
  /** What the person can do. @param maxRows for lists. */
  controls(paper: Paper, maxRows: number): DialogRows;
  handle(key: Key): DialogAnswer | undefined;
  paste(text: string): void;
  /** Shows what is folded in the subject; false when nothing is. */
  unfold(): boolean;
  /** Whether keys that were meant for something else must be kept from it. */
  readonly isGuarded: boolean;
}
