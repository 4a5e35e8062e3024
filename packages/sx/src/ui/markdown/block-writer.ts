import { splitCells } from "./block-lines.js";
import type { BlockKind, BlockState, Leaf, Siblings } from "./block-state.js";
import { colorLine } from "./code-colors.js";
import { completeTail } from "./complete-tail.js";
import { inlineLines } from "./inline-lines.js";
import type { Piece } from "./pieces.js";
import { type Line, PLAIN, type Style } from "./spans.js";
import type { Cell, TablePart } from "./table-rows.js";

/** A block whose lines are shown as they are. */
export type RawLeaf = Extract<Leaf, { kind: "fence" | "indented" | "html" }>;

export interface WriterOptions {
  /** See `InlineOptions`. */
  readonly keepsMarks: boolean;
  /** The text may go on: markup that is still open is shown closed. */
  readonly isTrial: boolean;
}

/** Makes pieces of what the parser finds, each with the leads of its containers, and empty rows between blocks. */
export class BlockWriter {
  readonly #state: BlockState;
  readonly #options: WriterOptions;
  #pieces: Piece[] = [];

  constructor(state: BlockState, options: WriterOptions) {
    this.#state = state;
    this.#options = options;
  }

  take(): readonly Piece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  paragraph(lines: readonly string[], continues: boolean): void {
    this.#emit("paragraph", { kind: "text", lines: this.#inline(lines.join("\n")) }, continues);
  }

  heading(level: number, text: string): void {
    const style: Style = { paints: level === 1 ? ["heading", "underline"] : level === 2 ? ["heading"] : ["strong"] };
    const [first = [], ...more] = this.#inline(text, style);
    // Without colours only its marks tell a heading from other lines.
    const marks: Line = this.#options.keepsMarks ? [{ text: `${"#".repeat(level)} `, style }] : [];
    this.#emit("heading", { kind: "text", lines: [[...marks, ...first], ...more] });
  }

  rule(): void {
    this.#emit("rule", { kind: "rule" });
  }

  /** One more line of a block that is shown line by line. */
  raw(leaf: RawLeaf, text: string): void {
    const continues = leaf.isShown;
    leaf.isShown = true;
    switch (leaf.kind) {
      case "fence": {
        const { line, next } = colorLine(leaf.code, text);
        leaf.code = next;
        this.#emit("code", { kind: "code", line }, continues);
        return;
      }
      case "indented":
        for (; leaf.blankLines > 0; leaf.blankLines -= 1) this.#emit("code", { kind: "code", line: [] }, true);
        this.#emit("code", { kind: "code", line: [{ text, style: PLAIN }] }, continues);
        return;
      case "html":
        this.#emit("html", { kind: "raw", line: [{ text, style: PLAIN }] }, continues);
    }
  }

  table(part: TablePart): void {
    this.#emit("table", { kind: "table", part }, !part.isStart);
  }

  /** Bullets without anything behind them are shown too. */
  emptyItem(): void {
    this.#emit("paragraph", { kind: "text", lines: [] });
  }

  headCells(line: string): readonly Cell[] {
    return splitCells(line).map((text) => this.#inline(text, { paints: ["strong"] }));
  }

  /** As many cells as the table has columns; what is too much goes to the last. */
  rowCells(line: string, columns: number): readonly Cell[] {
    const texts = splitCells(line);
    const last = texts.slice(columns - 1).join(" | ");
    return Array.from({ length: columns }, (_, index) =>
      this.#inline(index === columns - 1 ? last : (texts[index] ?? "")),
    );
  }

  #inline(text: string, style?: Style): readonly Line[] {
    const { keepsMarks, isTrial } = this.#options;
    return inlineLines(
      isTrial ? completeTail(text) : text,
      style === undefined ? { keepsMarks } : { keepsMarks, style },
    );
  }

  /** @param continues it belongs to what was shown last. */
  #emit(kind: BlockKind, body: Piece["body"], continues = false): void {
    const { containers, outside } = this.#state;
    const hidden = containers.findIndex(({ isShown }) => !isShown);
    const level = hidden === -1 ? containers.length : hidden;
    const shown = containers.slice(0, level);
    const siblings = shown.at(-1)?.inside ?? outside;
    if (
      !continues &&
      this.#needsGap(
        siblings,
        containers[level]?.kind ?? kind,
        shown.some((one) => one.kind === "item"),
      )
    ) {
      this.#pieces.push({
        leads: shown.map(({ lead: { rest, cells } }) => ({ first: rest, rest, cells })),
        body: { kind: "blank" },
      });
    }
    this.#pieces.push({
      leads: containers.map(({ lead, isShown }) => (isShown ? { ...lead, first: lead.rest } : lead)),
      body,
    });
    let around = outside;
    for (const container of containers) {
      around.last = container.kind;
      container.isShown = true;
      around = container.inside;
    }
    around.last = kind;
    this.#state.isAfterBlank = false;
  }

  /** Whether an empty row stands before a block. In lists, and before them, the text decides. */
  #needsGap({ last }: Siblings, kind: BlockKind, isInItem: boolean): boolean {
    if (last === undefined) return false;
    if (isInItem || (kind === "item" && (last === "item" || last === "paragraph"))) return this.#state.isAfterBlank;
    return true;
  }
}
