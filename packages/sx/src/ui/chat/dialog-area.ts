import type { Key } from "../keys/key.js";
import type { Size } from "../screen/live-region.js";
import { ApprovalDialog } from "./approval-dialog.js";
import { AskDialog } from "./ask-dialog.js";
import { ConfirmDialog } from "./confirm-dialog.js";
import { countWords } from "./count-words.js";
import type { Dialog, DialogAnswer } from "./dialog.js";
import { KeyGuard } from "./key-guard.js";
import type { DialogRows, OpenDialog } from "./open-dialog.js";
import type { Paper } from "./part.js";
import { PickDialog } from "./pick-dialog.js";
import { oneRow, span } from "./rows.js";
import type { SafeText } from "./safe-text.js";

export interface DialogSurroundings {
  readonly safe: SafeText;
  readonly home: string;
  readonly nowMs: () => number;
}

/** Rows of the screen that are never the question's: the status row, an empty one, and one that stays free. */
const OTHER_ROWS = 3;
/** A question that leaves less than this of its list or its choices is moved up. */
const LIST_ROWS = 8;

/** An open question on the screen: what it is about stands above its choices, however long it is. */
export class DialogArea {
  readonly #dialog: OpenDialog;
  readonly #guard: KeyGuard;
  /** Rows of the subject that went into the terminal's history, where all of it can be read. */
  #printedRows: number | undefined;

  constructor(dialog: Dialog, surroundings: DialogSurroundings) {
    this.#dialog = openDialog(dialog, surroundings);
    this.#guard = new KeyGuard(surroundings.nowMs);
  }

  /** The whole subject, once, when it is too long to stand with its choices on the screen. */
  takeSubject(paper: Paper, size: Size): readonly string[] | undefined {
    if (this.#printedRows !== undefined) return undefined;
    const subject = this.#dialog.subject(paper);
    const controls = this.#dialog.controls(paper, LIST_ROWS).rows.length;
    if (subject.length + controls + OTHER_ROWS <= size.rows) return undefined;
    this.#printedRows = subject.length;
    return subject;
  }

  render(paper: Paper, size: Size): DialogRows {
    this.#guard.shown();
    const { columns, theme } = paper;
    const subject =
      this.#printedRows === undefined
        ? this.#dialog.subject(paper)
        : [oneRow([span(`? all of it is above, ${countWords(this.#printedRows, "row")}`, "warning")], columns, theme)];
    const { rows, cursor } = this.#dialog.controls(paper, Math.max(3, size.rows - OTHER_ROWS - subject.length));
    return {
      rows: [...subject, ...rows],
      cursor: cursor === undefined ? undefined : { ...cursor, row: cursor.row + subject.length },
    };
  }

  handle(key: Key): DialogAnswer | undefined {
    return this.#dialog.isGuarded && !this.#guard.accepts() ? undefined : this.#dialog.handle(key);
  }

  paste(text: string): void {
    if (!this.#dialog.isGuarded || this.#guard.accepts()) this.#dialog.paste(text);
  }

  /** Shows what is folded; it is printed again when it was before. */
  unfold(): void {
    if (this.#dialog.unfold()) this.#printedRows = undefined;
  }
}

function openDialog(dialog: Dialog, surroundings: DialogSurroundings): OpenDialog {
  switch (dialog.kind) {
    case "approval":
      return new ApprovalDialog(dialog, surroundings);
    case "pick":
      return new PickDialog(dialog, surroundings.safe);
    case "confirm":
      return new ConfirmDialog(dialog, surroundings.safe);
    case "ask":
      return new AskDialog(dialog, surroundings.safe);
  }
}
