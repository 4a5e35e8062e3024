import type { Lead } from "./leads.js";
import { type Line, PLAIN, type Span, within } from "./spans.js";
import { type TablePart, tableRows } from "./table-rows.js";
import { wrapAnywhere, wrapWords } from "./wrap-cells.js";

/** A part of the answer that is finished, or would be if the answer ended here; its rows depend on the width only. */
export interface Piece {
  /** Of the containers around it, outermost first. */
  readonly leads: readonly Lead[];
  readonly body:
    | { readonly kind: "blank" }
    | { readonly kind: "text"; readonly lines: readonly Line[] }
    | { readonly kind: "code"; readonly line: Line }
    | { readonly kind: "raw"; readonly line: Line }
    | { readonly kind: "rule" }
    | { readonly kind: "table"; readonly part: TablePart };
}

const CODE_INDENT: Span = { text: "  ", style: PLAIN };
const MAX_RULE_CELLS = 60;
/** Where a row is narrower, code needs all of it. */
const MIN_INDENTED_CELLS = 20;

/** The rows of a piece, each at most `columns` wide. */
export function pieceRows({ leads, body }: Piece, columns: number): readonly Line[] {
  const fitting = fitLeads(leads, columns);
  const room = columns - fitting.reduce((sum, { cells }) => sum + cells, 0);
  return bodyRows(body, room).map((row, index) => [
    ...fitting.flatMap(({ first, rest }) => (index === 0 ? first : rest)),
    ...row,
  ]);
}

/** Leaves out the outermost ones where they would take more than half of a narrow row. */
function fitLeads(leads: readonly Lead[], columns: number): readonly Lead[] {
  let room = columns - Math.min(10, Math.ceil(columns / 2));
  const fitting: Lead[] = [];
  for (const lead of leads.toReversed()) {
    room -= lead.cells;
    if (room < 0) break;
    fitting.unshift(lead);
  }
  return fitting;
}

function bodyRows(body: Piece["body"], room: number): readonly Line[] {
  switch (body.kind) {
    case "blank":
      return [[]];
    case "text":
      return body.lines.length === 0 ? [[]] : body.lines.flatMap((line) => wrapWords(line, room));
    case "code": {
      const indent = room >= MIN_INDENTED_CELLS ? [CODE_INDENT] : [];
      return wrapAnywhere(body.line, room - 2 * indent.length).map((row) => [...indent, ...row]);
    }
    case "raw":
      return wrapAnywhere(body.line, room);
    case "rule":
      return [[{ text: "─".repeat(Math.min(room, MAX_RULE_CELLS)), style: within(PLAIN, "dim") }]];
    case "table":
      return tableRows(body.part, room);
  }
}
