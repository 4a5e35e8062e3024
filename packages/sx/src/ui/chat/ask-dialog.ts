import { type Key, keyId } from "../keys/key.js";
import { ChoiceMenu } from "./choice-menu.js";
import type { Dialog, DialogAnswer } from "./dialog.js";
import type { DialogRows, OpenDialog } from "./open-dialog.js";
import type { Paper } from "./part.js";
import { hanging, oneRow, span, wrapText } from "./rows.js";
import type { SafeText } from "./safe-text.js";
import { TextField } from "./text-field.js";

/** Further choices are reached with the arrows. */
const MAX_NUMBERED = 8;

/** A question of the model: one of its options, or a text of the person's own. */
export class AskDialog implements OpenDialog {
  readonly isGuarded = true;
  readonly #question: string;
  /** Absent where nothing but a text can be said. */
  readonly #menu: ChoiceMenu<string | undefined> | undefined;
  #field: TextField | undefined;

  constructor({ question, choices }: Extract<Dialog, { kind: "ask" }>, safe: SafeText) {
    this.#question = safe.block(question).trim();
    if (choices.length === 0) {
      this.#field = new TextField();
      return;
    }
    const options = choices.map(({ value, label, detail }, index) => ({
      value,
      label: safe.line(label ?? value) + (detail === undefined ? "" : ` – ${safe.line(detail)}`),
      keys: index < MAX_NUMBERED ? [String(index + 1)] : [],
    }));
    const ownKey = String(Math.min(options.length, MAX_NUMBERED) + 1);
    const own = { value: undefined, label: "something else", keys: [ownKey, "r"], hint: "r" };
    this.#menu = new ChoiceMenu<string | undefined>([...options, own]);
  }

  subject({ columns, theme }: Paper): readonly string[] {
    return wrapText(this.#question, ["strong"], { columns, theme, lead: hanging(span("? ", "warning")) });
  }

  controls(paper: Paper): DialogRows {
    const { columns, theme } = paper;
    if (this.#field === undefined) {
      const hint = oneRow([span("Esc: no answer", "dim")], columns, theme);
      return { rows: [...(this.#menu?.rows(paper) ?? []), hint] };
    }
    const { text, column } = this.#field.view(columns - 2);
    const back = this.#menu === undefined ? "Esc: no answer" : "Esc goes back";
    return {
      rows: [
        oneRow([span(`Enter answers, ${back}`, "dim")], columns, theme),
        oneRow([span("> ", "accent"), span(text)], columns, theme),
      ],
      cursor: { row: 1, column: 2 + column },
    };
  }

  handle(key: Key): DialogAnswer | undefined {
    const id = keyId(key);
    if (this.#field !== undefined) return this.#handleText(this.#field, key, id);
    if (id === "escape" || id === "ctrl+c") return { kind: "ask", value: undefined };
    const chosen = this.#menu?.handle(key);
    if (chosen === undefined) return undefined;
    if (chosen.value !== undefined) return { kind: "ask", value: chosen.value };
    this.#field = new TextField();
    return undefined;
  }

  paste(text: string): void {
    this.#field?.insert(text);
  }

  unfold(): boolean {
    return false;
  }

  #handleText(field: TextField, key: Key, id: string): DialogAnswer | undefined {
    if (id === "escape" || id === "ctrl+c") {
      if (this.#menu === undefined) return { kind: "ask", value: undefined };
      this.#field = undefined;
      return undefined;
    }
    if (id !== "enter") field.handle(key);
    const text = field.text.trim();
    return id === "enter" && text !== "" ? { kind: "ask", value: text } : undefined;
  }
}
