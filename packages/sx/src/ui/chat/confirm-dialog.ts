import type { Key } from "../keys/key.js";
import { ChoiceMenu } from "./choice-menu.js";
import type { Dialog, DialogAnswer } from "./dialog.js";
import type { DialogRows, OpenDialog } from "./open-dialog.js";
import type { Paper } from "./part.js";
import { hanging, span, wrapText } from "./rows.js";
import type { SafeText } from "./safe-text.js";

/** Yes or no. Enter alone is no: who agrees does so with a word. */
export class ConfirmDialog implements OpenDialog {
  readonly isGuarded = true;
  readonly #question: string;
  readonly #menu = new ChoiceMenu<boolean>(
    [
      { value: true, label: "yes", keys: ["1", "y"], hint: "y" },
      { value: false, label: "no", keys: ["2", "n", "escape", "ctrl+c"], hint: "n, Esc" },
    ],
    1,
  );

  constructor({ question }: Extract<Dialog, { kind: "confirm" }>, safe: SafeText) {
    this.#question = safe.block(question).trim();
  }

  subject({ columns, theme }: Paper): readonly string[] {
    return wrapText(this.#question, [], { columns, theme, lead: hanging(span("? ", "warning")) });
  }

  controls(paper: Paper): DialogRows {
    return { rows: this.#menu.rows(paper) };
  }

  handle(key: Key): DialogAnswer | undefined {
    const chosen = this.#menu.handle(key);
    return chosen === undefined ? undefined : { kind: "confirm", yes: chosen.value };
  }

  paste(): void {
    // Text is no answer to this.
  }

  unfold(): boolean {
    return false;
  }
}
