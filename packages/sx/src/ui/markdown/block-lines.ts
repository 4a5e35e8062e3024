/**
 * What one line begins or is, without its containers. Tabs are blanks already.
 * Source: CommonMark 0.31.2, sections 4 and 5; GitHub Flavored Markdown 0.29, tables; read 2026-11-20.
 */

export interface FenceLine {
  readonly mark: string;
  /** Blanks before it: as many are taken from the lines of its code. */
  readonly indent: number;
  /** The first word of what stands behind it. */
  readonly language: string;
}

export interface ItemLine {
  /** A bullet, or a number and what follows it. */
  readonly marker: string;
  readonly number?: number;
  /** Blanks that a line needs to belong to the item. */
  readonly width: number;
  readonly rest: string;
}

export interface HeadingLine {
  readonly level: number;
  readonly text: string;
}

export type Align = "left" | "right" | "center";

export function indentOf(line: string): number {
  let indent = 0;
  while (line.charAt(indent) === " ") indent += 1;
  return indent;
}

export function parseHeading(line: string): HeadingLine | undefined {
  const [, marks, text] = /^ {0,3}(#{1,6})(?: (.*))?$/.exec(line) ?? [];
  if (marks === undefined) return undefined;
  const plain = (text ?? "").trim();
  return { level: marks.length, text: /^#+$/.test(plain) ? "" : plain.replace(/ +#+$/, "") };
}

export function parseFence(line: string): FenceLine | undefined {
  const [, indent, mark, info] = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})(.*)$/.exec(line) ?? [];
  if (indent === undefined || mark === undefined || info === undefined) return undefined;
  return { mark, indent: indent.length, language: /[^\s,{}]+/.exec(info)?.[0] ?? "" };
}

export function closesFence(line: string, mark: string): boolean {
  const text = line.trim();
  return text.length >= mark.length && text === mark.charAt(0).repeat(text.length);
}

export function isRule(line: string): boolean {
  return /^ {0,3}(?:(?:- *){3,}|(?:_ *){3,}|(?:\* *){3,})$/.test(line);
}

/** The level of the heading that this line makes of the paragraph above it. */
export function underlineLevel(line: string): number | undefined {
  if (/^ {0,3}=+ *$/.test(line)) return 1;
  return /^ {0,3}-+ *$/.test(line) ? 2 : undefined;
}

/** The line inside its quote. */
export function insideQuote(line: string): string | undefined {
  const [, rest] = /^ {0,3}> ?(.*)$/.exec(line) ?? [];
  return rest;
}

export function parseItem(line: string): ItemLine | undefined {
  const [all, indent, marker, blanks] = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)/.exec(line) ?? [];
  if (all === undefined || indent === undefined || marker === undefined || blanks === undefined) return undefined;
  const rest = line.slice(all.length);
  // Five blanks are one, and code that is indented by four.
  const isCode = blanks.length > 4 && rest !== "";
  const inner = rest === "" || isCode ? 1 : blanks.length;
  return {
    marker,
    ...(marker.length > 1 ? { number: Number.parseInt(marker, 10) } : {}),
    width: indent.length + marker.length + inner,
    rest: isCode ? " ".repeat(blanks.length - 1) + rest : rest,
  };
}

const BLOCK_TAG =
  /^<\/?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?:[ >]|\/>|$)/i;
const WHOLE_TAG = /^<\/?[a-z][\w-]*(?: [^<>]*)?\/?> *$/i;

/**
 * How an HTML block ends that this line begins: with the line that has it, or with an empty line.
 * @param mayInterrupt whether the line ends a paragraph.
 */
export function parseHtml(line: string, mayInterrupt: boolean): { readonly end: RegExp | undefined } | undefined {
  const text = line.trimStart();
  if (!text.startsWith("<") || indentOf(line) > 3) return undefined;
  if (/^<(?:script|pre|style|textarea)(?:[ >]|$)/i.test(text)) return { end: /<\/(?:script|pre|style|textarea)>/i };
  if (text.startsWith("<!--")) return { end: /-->/ };
  if (text.startsWith("<?")) return { end: /\?>/ };
  if (/^<![A-Z]/i.test(text)) return { end: />/ };
  return BLOCK_TAG.test(text) || (!mayInterrupt && WHOLE_TAG.test(text)) ? { end: undefined } : undefined;
}

/** The alignments that this line gives the columns of a table; `undefined` when it is no such line. */
export function parseDelimiters(line: string): readonly Align[] | undefined {
  if (!line.includes("|") && !line.includes(":")) return undefined;
  const cells = splitCells(line);
  if (!cells.every((cell) => /^:?-+:?$/.test(cell))) return undefined;
  return cells.map((cell) => {
    if (!cell.endsWith(":")) return "left";
    return cell.startsWith(":") ? "center" : "right";
  });
}

/** The cells of a table's row. A bar in a cell is written with a backslash. */
export function splitCells(line: string): readonly string[] {
  const text = line.trim().replace(/^\|/, "");
  const cells: string[] = [];
  let cell = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\\" && at + 1 < text.length) {
      at += 1;
      cell += text.charAt(at) === "|" ? "|" : character + text.charAt(at);
    } else if (character === "|") {
      cells.push(cell.trim());
      cell = "";
    } else cell += character;
  }
  if (cell.trim() !== "" || cells.length === 0) cells.push(cell.trim());
  return cells;
}
