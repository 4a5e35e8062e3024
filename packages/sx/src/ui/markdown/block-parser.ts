import {
  closesFence,
  indentOf,
  insideQuote,
  isRule,
  type ItemLine,
  parseDelimiters,
  parseFence,
  parseHeading,
  parseHtml,
  parseItem,
  splitCells,
  underlineLevel,
} from "./block-lines.js";
import { type BlockState, type Container, copyState, createState, type Leaf, type Siblings } from "./block-state.js";
import { BlockWriter, type RawLeaf } from "./block-writer.js";
import { beginCode } from "./code-colors.js";
import { itemLead, quoteLead, taskLead } from "./leads.js";
import type { Piece } from "./pieces.js";
import { shapeOf } from "./table-rows.js";

type Paragraph = Extract<Leaf, { kind: "paragraph" }>;
type Table = Extract<Leaf, { kind: "table" }>;

/** Deeper containers are text: no answer means them. */
const MAX_DEPTH = 12;
/** A longer paragraph is shown in parts, between two of its lines. */
export const MAX_PARAGRAPH_CHARS = 2000;
/** So much of a table decides how wide its columns are. */
const MAX_SHAPING_ROWS = 40;
const MAX_SHAPING_CHARS = 6000;
/** Cells that columns get beyond that: what comes later may be longer. */
const SLACK_CELLS = 4;

/**
 * Lines in, finished pieces out: the block structure of CommonMark and of GitHub's tables and task lists, line by line
 * and without going back. What it keeps of the text is bounded. Where a list stands closer to a block than CommonMark
 * would show it, the empty lines of the text decide.
 */
export class BlockParser {
  readonly #state: BlockState;
  readonly #keepsMarks: boolean;
  readonly #writer: BlockWriter;
  readonly #isTrial: boolean;

  /** @param keepsMarks see `InlineOptions`. */
  constructor(keepsMarks: boolean, state: BlockState = createState(), isTrial = false) {
    this.#state = state;
    this.#keepsMarks = keepsMarks;
    this.#writer = new BlockWriter(state, { keepsMarks, isTrial });
    this.#isTrial = isTrial;
  }

  /** One to try on how lines would be shown; this one does not change. */
  trial(): BlockParser {
    return new BlockParser(this.#keepsMarks, copyState(this.#state), true);
  }

  /** The mark of the fence that lines go to, when they go to one. */
  get fence(): string | undefined {
    return this.#state.leaf?.kind === "fence" ? this.#state.leaf.mark : undefined;
  }

  /** What is finished since the last call. */
  take(): readonly Piece[] {
    return this.#writer.take();
  }

  /** The end of the text: everything is finished. */
  end(): void {
    const { leaf } = this.#state;
    // The line below it will tell whether this is a table; it nearly always is.
    if (this.#isTrial && leaf?.kind === "paragraph" && leaf.lines.at(-1)?.startsWith("|") === true) {
      this.#toTable(
        leaf,
        splitCells(leaf.lines.at(-1) ?? "").map(() => "left"),
      );
    }
    this.#closeTo(0);
    this.#closeLeaf();
  }

  /** A line without its end, and without tabs. */
  line(line: string): void {
    const state = this.#state;
    const { matched, rest } = this.#matchContainers(line);
    const isWhole = matched === state.containers.length;
    if (isWhole && this.#continueLeaf(rest)) return;
    const opened = this.#openBlocks(rest, matched);
    if (opened === undefined) return;
    const isBlank = opened.rest.trim() === "";
    if (!isWhole && !opened.isNew && !isBlank && state.leaf?.kind === "paragraph") {
      this.#addToParagraph(state.leaf, opened.rest);
      return;
    }
    if (!opened.isNew) this.#closeTo(matched);
    if (isBlank) {
      if (!opened.isNew) this.#closeLeaf();
      state.isAfterBlank ||= !opened.isNew;
    } else this.#addText(opened.rest);
  }

  /** The line was too long and goes on: what is there of a paragraph is shown, and not looked at again. */
  cutLine(): void {
    if (this.#state.leaf?.kind === "paragraph") this.#closeLeaf();
  }

  /** More of a line that was cut. */
  moreOfLine(text: string): void {
    const { leaf } = this.#state;
    if (leaf?.kind === "fence" || leaf?.kind === "indented" || leaf?.kind === "html") {
      this.#writer.raw(leaf, text);
    } else if (text.trim() !== "") {
      this.#closeLeaf();
      this.#beginParagraph(text.trim(), true);
    }
  }

  /** How far the open containers reach into the line, and what is left of it. */
  #matchContainers(line: string): { readonly matched: number; readonly rest: string } {
    const { containers, leaf } = this.#state;
    let rest = line;
    for (const [index, { kind, width }] of containers.entries()) {
      if (kind === "quote") {
        const inside = insideQuote(rest);
        if (inside === undefined) return { matched: index, rest };
        rest = inside;
        continue;
      }
      const indent = indentOf(rest);
      // Code in an item that is set in too little is code until its fence closes: it would be the only reading in which
      // that fence does not open another block.
      if (indent < width && rest.trim() !== "" && leaf?.kind !== "fence") return { matched: index, rest };
      rest = rest.slice(Math.min(indent, width));
    }
    return { matched: containers.length, rest };
  }

  /** Gives the line to a block whose lines are not looked into; false when the line is to be looked into. */
  #continueLeaf(rest: string): boolean {
    const { leaf } = this.#state;
    switch (leaf?.kind) {
      case "fence":
        if (closesFence(rest, leaf.mark)) this.#state.leaf = undefined;
        else this.#writer.raw(leaf, rest.slice(Math.min(indentOf(rest), leaf.indent)));
        return true;
      case "html":
        if (leaf.end === undefined && rest.trim() === "") return false;
        this.#writer.raw(leaf, rest);
        if (leaf.end?.test(rest) === true) this.#state.leaf = undefined;
        return true;
      case "indented":
        if (rest.trim() === "") leaf.blankLines += 1;
        else if (indentOf(rest) >= 4) this.#writer.raw(leaf, rest.slice(4));
        else return false;
        return true;
      case "paragraph":
      case "table":
      case undefined:
        return false;
    }
  }

  /**
   * Opens the blocks that the line begins, `matched` containers deep. What is left of the line is text; `undefined` when
   * nothing is.
   */
  #openBlocks(line: string, matched: number): { readonly rest: string; readonly isNew: boolean } | undefined {
    const state = this.#state;
    let rest = line;
    let isNew = false;
    const begin = (): void => {
      if (isNew) return;
      this.#closeTo(matched);
      this.#closeLeaf();
      isNew = true;
    };
    while (rest.trim() !== "") {
      const paragraph = !isNew && state.leaf?.kind === "paragraph" ? state.leaf : undefined;
      if (indentOf(rest) >= 4) {
        if (paragraph !== undefined) break;
        begin();
        const leaf: RawLeaf = { kind: "indented", blankLines: 0, isShown: false };
        state.leaf = leaf;
        this.#writer.raw(leaf, rest.slice(4));
        return undefined;
      }
      const isDeep = state.containers.length >= MAX_DEPTH;
      const quoted = isDeep ? undefined : insideQuote(rest);
      if (quoted !== undefined) {
        begin();
        this.#push({ kind: "quote", width: 0, lead: quoteLead() });
        rest = quoted;
        continue;
      }
      // Inside its own containers, a paragraph may become something else by the line that follows it.
      const own = matched === state.containers.length ? paragraph : undefined;
      if (own !== undefined && (this.#underline(own, rest) || this.#beginTable(own, rest))) return undefined;
      const item = isRule(rest) || isDeep ? undefined : parseItem(rest);
      if (item !== undefined && !(own !== undefined && (item.rest === "" || (item.number ?? 1) !== 1))) {
        begin();
        rest = this.#pushItem(item);
        continue;
      }
      if (this.#openLeaf(rest, paragraph !== undefined, begin)) return undefined;
      break;
    }
    return { rest, isNew };
  }

  /** Opens a block that has no blocks inside. */
  #openLeaf(rest: string, isInParagraph: boolean, begin: () => void): boolean {
    const state = this.#state;
    const heading = parseHeading(rest);
    if (heading !== undefined) {
      begin();
      this.#writer.heading(heading.level, heading.text);
      return true;
    }
    if (isRule(rest)) {
      begin();
      this.#writer.rule();
      return true;
    }
    const fence = parseFence(rest);
    if (fence !== undefined) {
      begin();
      const { mark, indent, language } = fence;
      state.leaf = { kind: "fence", mark, indent, code: beginCode(language), isShown: false };
      return true;
    }
    const html = parseHtml(rest, isInParagraph);
    if (html === undefined) return false;
    begin();
    const leaf: RawLeaf = { kind: "html", end: html.end, isShown: false };
    this.#writer.raw(leaf, rest);
    if (html.end?.test(rest) !== true) state.leaf = leaf;
    return true;
  }

  #push({ kind, width, lead }: Pick<Container, "kind" | "width" | "lead">): void {
    this.#state.containers.push({ kind, width, lead, isShown: false, inside: {} });
  }

  /** Opens an item, and returns the line inside it. */
  #pushItem({ marker, number, width, rest }: ItemLine): string {
    const { containers } = this.#state;
    const siblings = this.#siblings(containers.length);
    const sign = marker.slice(-1);
    let counted = number;
    if (number !== undefined && siblings.last === "item" && siblings.sign === sign && siblings.number !== undefined) {
      // Lists that say "1." for every item are counted; a writer who skips a number is believed.
      counted = Math.max(number, siblings.number + 1);
    }
    if (counted === undefined) delete siblings.number;
    else siblings.number = counted;
    siblings.sign = sign;
    const depth = containers.filter(({ kind }) => kind === "item").length;
    const name = counted === undefined ? undefined : `${counted}${sign}`;
    const [all, state] = /^ *\[([ xX])\] +(?=\S)/.exec(rest) ?? [];
    const lead = state === undefined ? itemLead(name, depth) : taskLead(name, state !== " ");
    this.#push({ kind: "item", width, lead });
    return all === undefined ? rest : rest.slice(all.length);
  }

  #siblings(level: number): Siblings {
    return this.#state.containers[level - 1]?.inside ?? this.#state.outside;
  }

  /** Text of a paragraph, or a row of a table. */
  #addText(rest: string): void {
    const { leaf } = this.#state;
    if (leaf?.kind === "table") this.#addRow(leaf, rest);
    else if (leaf?.kind === "paragraph") this.#addToParagraph(leaf, rest);
    else {
      this.#closeLeaf();
      this.#beginParagraph(rest.trim(), false);
    }
  }

  #beginParagraph(text: string, continues: boolean): void {
    this.#state.leaf = { kind: "paragraph", lines: [text], chars: text.length + 1, continues };
  }

  #addToParagraph(leaf: Paragraph, rest: string): void {
    const text = rest.trim();
    if (leaf.chars + text.length > MAX_PARAGRAPH_CHARS) {
      this.#closeLeaf();
      this.#beginParagraph(text, true);
      return;
    }
    leaf.lines.push(text);
    leaf.chars += text.length + 1;
  }

  /** Makes a heading of the paragraph when the line underlines it. */
  #underline(leaf: Paragraph, rest: string): boolean {
    const level = underlineLevel(rest);
    if (level === undefined) return false;
    this.#state.leaf = undefined;
    this.#writer.heading(level, leaf.lines.join("\n"));
    return true;
  }

  /** Makes a table of the paragraph's last line when this line stands below a table's head. */
  #beginTable(leaf: Paragraph, rest: string): boolean {
    const aligns = parseDelimiters(rest);
    const head = leaf.lines.at(-1) ?? "";
    if (aligns === undefined || splitCells(head).length !== aligns.length) return false;
    this.#toTable(leaf, aligns);
    return true;
  }

  #toTable(leaf: Paragraph, aligns: Table["aligns"]): void {
    const head = this.#writer.headCells(leaf.lines.pop() ?? "");
    if (leaf.lines.length > 0) this.#closeLeaf();
    this.#state.leaf = { kind: "table", aligns, head, rows: [], chars: 0, shape: undefined };
  }

  #addRow(leaf: Table, rest: string): void {
    leaf.rows.push(this.#writer.rowCells(rest, leaf.aligns.length));
    leaf.chars += rest.length;
    const isShaped = leaf.shape !== undefined;
    if (isShaped || leaf.rows.length >= MAX_SHAPING_ROWS || leaf.chars > MAX_SHAPING_CHARS) {
      this.#showRows(leaf, SLACK_CELLS);
    }
  }

  #showRows(leaf: Table, slack: number): void {
    const isStart = leaf.shape === undefined;
    leaf.shape ??= shapeOf(leaf, slack);
    if (isStart || leaf.rows.length > 0) this.#writer.table({ shape: leaf.shape, rows: leaf.rows, isStart });
    leaf.rows = [];
  }

  #closeLeaf(): void {
    const state = this.#state;
    const { leaf } = state;
    if (leaf?.kind === "paragraph") this.#writer.paragraph(leaf.lines, leaf.continues);
    else if (leaf?.kind === "table") this.#showRows(leaf, 0);
    else if (leaf?.kind === "indented") state.isAfterBlank ||= leaf.blankLines > 0;
    state.leaf = undefined;
  }

  /** Closes what is open inside of the first `depth` containers. */
  #closeTo(depth: number): void {
    const { containers } = this.#state;
    if (containers.length > depth) this.#closeLeaf();
    while (containers.length > depth) {
      const last = containers.at(-1);
      if (last?.kind === "item" && !last.isShown) this.#writer.emptyItem();
      containers.pop();
    }
  }
}
