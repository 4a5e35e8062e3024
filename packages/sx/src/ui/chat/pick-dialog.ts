import { cellWidth, fitCells } from "../cell-width.js";
import { type Key, keyId } from "../keys/key.js";
import { countWords } from "./count-words.js";
import type { Dialog, DialogAnswer } from "./dialog.js";
import type { DialogRows, OpenDialog } from "./open-dialog.js";
import type { Paper } from "./part.js";
import { oneRow, span, wrapText } from "./rows.js";
import { type PickRow, searchRows } from "./pick-search.js";
import type { SafeText } from "./safe-text.js";
import { TextField } from "./text-field.js";

const MAX_LIST_ROWS = 12;
const MAX_LABEL_CELLS = 48;
const MIN_DETAIL_CELLS = 8;

/** A list to choose from; typing searches it. */
export class PickDialog implements OpenDialog {
  /** The person asked for it: nothing typed is meant for something else. */
  readonly isGuarded = false;
  readonly #title: string;
  readonly #current: string | undefined;
  readonly #all: readonly PickRow[];
  readonly #field = new TextField();
  #found: readonly PickRow[];
  #selected: number;
  #pageRows = MAX_LIST_ROWS;

  constructor({ title, choices, current }: Extract<Dialog, { kind: "pick" }>, safe: SafeText) {
    this.#title = safe.line(title);
    this.#current = current;
    this.#all = choices.map(({ value, label, detail }) => ({
      value,
      label: safe.line(label ?? value),
      detail: safe.line(detail ?? ""),
    }));
    this.#found = this.#all;
    this.#selected = Math.max(
      0,
      this.#all.findIndex(({ value }) => value === current),
    );
  }

  subject({ columns, theme }: Paper): readonly string[] {
    return wrapText(this.#title, ["heading"], { columns, theme });
  }

  controls(paper: Paper, maxRows: number): DialogRows {
    const { columns, theme } = paper;
    const lead = columns < 30 ? "" : "search: ";
    const { text, column } = this.#field.view(columns - lead.length);
    // The cursor's row is the last one: so a change of width breaks nothing.
    const rows = [...this.#listRows(paper, Math.max(1, maxRows - 2)), this.#countRow(paper)];
    return {
      rows: [...rows, oneRow([span(lead, "dim"), span(text)], columns, theme)],
      cursor: { row: rows.length, column: lead.length + column },
    };
  }

  handle(key: Key): DialogAnswer | undefined {
    switch (keyId(key)) {
      case "escape":
      case "ctrl+c":
        return { kind: "pick", value: undefined };
      case "enter": {
        const row = this.#found[this.#selected];
        return row === undefined ? undefined : { kind: "pick", value: row.value };
      }
      case "up":
      case "ctrl+p":
        this.#move(-1, true);
        return undefined;
      case "down":
      case "ctrl+n":
      case "tab":
        this.#move(1, true);
        return undefined;
      case "pageup":
        this.#move(-this.#pageRows, false);
        return undefined;
      case "pagedown":
        this.#move(this.#pageRows, false);
        return undefined;
      default:
        if (this.#field.handle(key)) this.#search();
        return undefined;
    }
  }

  paste(text: string): void {
    this.#field.insert(text);
    this.#search();
  }

  unfold(): boolean {
    return false;
  }

  #search(): void {
    this.#found = searchRows(this.#all, this.#field.text);
    this.#selected = 0;
  }

  #move(by: number, isRound: boolean): void {
    const count = this.#found.length;
    if (count === 0) return;
    const to = this.#selected + by;
    this.#selected = isRound ? (to + count) % count : Math.max(0, Math.min(count - 1, to));
  }

  #listRows({ columns, theme }: Paper, maxRows: number): readonly string[] {
    if (this.#found.length === 0) return [oneRow([span("  nothing fits", "dim")], columns, theme)];
    const height = Math.min(MAX_LIST_ROWS, maxRows);
    this.#pageRows = Math.max(1, height - 1);
    const from = Math.max(0, Math.min(this.#selected - (height >> 1), this.#found.length - height));
    const shown = this.#found.slice(from, from + height);
    const most = Math.max(4, Math.min(MAX_LABEL_CELLS, columns - 5));
    const widest = Math.min(most, Math.max(...shown.map(({ label }) => cellWidth(label))));
    return shown.map(({ value, label, detail }, index) => {
      const isSelected = from + index === this.#selected;
      const name = fitCells(label, detail === "" ? Math.max(4, columns - 5) : most);
      const gap = " ".repeat(Math.max(0, widest - cellWidth(name)) + 2);
      const room = columns - 4 - cellWidth(name) - gap.length;
      const about = detail === "" || room < MIN_DETAIL_CELLS ? "" : gap + fitCells(detail, room);
      const sign = value === this.#current ? "• " : "  ";
      return oneRow(
        [
          span(isSelected ? "› " : "  ", "accent"),
          span(sign, "success"),
          isSelected ? span(name, "accent", "strong") : span(name),
          span(about, "dim"),
        ],
        columns,
        theme,
      );
    });
  }

  #countRow({ columns, theme }: Paper): string {
    const all = countWords(this.#all.length, "choice");
    const count = this.#found.length === this.#all.length ? all : `${this.#found.length} of ${all}`;
    return oneRow([span(`${count} · Enter chooses, Esc cancels`, "dim")], columns, theme);
  }
}
