import { type Key, keyId } from "../keys/key.js";
import type { Paper } from "./part.js";
import { hanging, span, wrapText } from "./rows.js";

export interface MenuOption<Value> {
  readonly value: Value;
  /** Clean text; it is wrapped, never cut. */
  readonly label: string;
  /** Names of keys that choose it at once. */
  readonly keys: readonly string[];
  /** The keys for people. */
  readonly hint?: string;
}

/** A few numbered choices: arrows and Enter, or a key of their own. */
export class ChoiceMenu<Value> {
  readonly #options: readonly MenuOption<Value>[];
  #selected: number;

  constructor(options: readonly MenuOption<Value>[], selected = 0) {
    this.#options = options;
    this.#selected = selected;
  }

  /** The chosen value; `undefined` while none is chosen. */
  handle(key: Key): { readonly value: Value } | undefined {
    const id = keyId(key);
    const count = this.#options.length;
    if (id === "up" || id === "ctrl+p" || id === "shift+tab") this.#selected = (this.#selected + count - 1) % count;
    else if (id === "down" || id === "ctrl+n" || id === "tab") this.#selected = (this.#selected + 1) % count;
    const chosen = id === "enter" ? this.#options[this.#selected] : this.#options.find(({ keys }) => keys.includes(id));
    return chosen === undefined ? undefined : { value: chosen.value };
  }

  rows({ columns, theme }: Paper): readonly string[] {
    return this.#options.flatMap(({ label, keys, hint }, index) => {
      const isSelected = index === this.#selected;
      const lead = hanging(span(isSelected ? "› " : "  ", "accent"), span(`${keys[0] ?? " "} `, "dim"));
      const said = hint === undefined ? label : `${label} (${hint})`;
      return wrapText(said, isSelected ? ["accent", "strong"] : [], { columns, theme, lead });
    });
  }
}
