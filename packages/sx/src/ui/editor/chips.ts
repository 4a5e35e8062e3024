import { fitCells } from "../cell-width.js";
import { visibleText } from "../visible-text.js";

/** Text or an image that stands in the editor as one character, shown as a label. */
export type Chip =
  | { readonly kind: "paste"; readonly number: number; readonly text: string }
  | { readonly kind: "image"; readonly number: number; readonly path: string };

export interface Labelled {
  readonly chip: Chip;
  /** `[pasted 120 lines #1]`, `[image name.png #2]`: one harmless line. */
  readonly label: string;
}

type NewChip = { readonly kind: "paste"; readonly text: string } | { readonly kind: "image"; readonly path: string };

/**
 * The characters that stand for chips: unpaired low surrogates, because no text can hold them. What goes into the editor
 * is made well-formed first, so that nothing in it can pass for a chip.
 */
const FIRST = 0xdc00;
const MOST = 1024;
/** Characters of all pastes together, also of those that only an undo would bring back. */
const MAX_CHARS = 32_000_000;
const MAX_NAME_CELLS = 40;

/** What the chips of one editor stand for. */
export class Chips {
  readonly #chips = new Map<string, Labelled>();
  #chars = 0;
  #numbers = 0;

  /** The character for a new chip; `undefined` when there are too many already. */
  add(chip: NewChip): string | undefined {
    const size = chip.kind === "paste" ? chip.text.length : 0;
    if (this.#chips.size >= MOST || this.#chars + size > MAX_CHARS) return undefined;
    let code = FIRST + (this.#numbers % MOST);
    while (this.#chips.has(String.fromCharCode(code))) code = FIRST + ((code + 1 - FIRST) % MOST);
    this.#numbers += 1;
    this.#chars += size;
    const character = String.fromCharCode(code);
    const numbered = { ...chip, number: this.#numbers };
    this.#chips.set(character, { chip: numbered, label: labelOf(numbered) });
    return character;
  }

  get(character: string): Labelled | undefined {
    return this.#chips.get(character);
  }

  /** The text with every paste in its place; images stay labels. */
  expand(text: string): string {
    return this.#replace(text, ({ chip, label }) => (chip.kind === "paste" ? chip.text : label));
  }

  /** The text with every chip as its label. */
  shown(text: string): string {
    return this.#replace(text, ({ label }) => label);
  }

  /** The text with the first label of each known image turned back into its chip. */
  relink(text: string): string {
    let result = text;
    for (const [character, { chip, label }] of this.#chips) {
      if (chip.kind === "image") result = result.replace(label, () => character);
    }
    return result;
  }

  /** The chips of a text, in its order. */
  list(text: string): readonly Labelled[] {
    if (this.#chips.size === 0) return [];
    return [...find(text)].flatMap(({ character }) => this.#chips.get(character) ?? []);
  }

  /** Forgets every chip that is in none of these texts. */
  keepOnly(texts: Iterable<string>): void {
    if (this.#chips.size === 0) return;
    const kept = new Set<string>();
    for (const text of texts) for (const { character } of find(text)) kept.add(character);
    for (const [character, { chip }] of this.#chips) {
      if (kept.has(character)) continue;
      this.#chips.delete(character);
      if (chip.kind === "paste") this.#chars -= chip.text.length;
    }
  }

  #replace(text: string, by: (labelled: Labelled) => string): string {
    if (this.#chips.size === 0) return text;
    let result = "";
    let copied = 0;
    for (const { character, at } of find(text)) {
      const labelled = this.#chips.get(character);
      result += text.slice(copied, at) + (labelled === undefined ? "" : by(labelled));
      copied = at + 1;
    }
    return result + text.slice(copied);
  }
}

/** With the `u` flag only what is not half of a pair matches. */
function* find(text: string): Generator<{ character: string; at: number }> {
  for (const match of text.matchAll(/[\udc00-\udfff]/gu)) yield { character: match[0], at: match.index };
}

function labelOf(chip: Chip): string {
  if (chip.kind === "image") return `[image ${shownName(chip.path)} #${chip.number}]`;
  const lines = chip.text.replace(/\n$/, "").split("\n").length;
  return `[pasted ${lines === 1 ? `${chip.text.length} characters` : `${lines} lines`} #${chip.number}]`;
}

function shownName(path: string): string {
  const name = path.split(/[\\/]/).at(-1) ?? path;
  return fitCells(visibleText(name).replaceAll("\n", "⏎"), MAX_NAME_CELLS);
}
