import type { Align } from "./block-lines.js";
import type { CodeState } from "./code-colors.js";
import type { Lead } from "./leads.js";
import type { Cell, TableShape } from "./table-rows.js";

export type BlockKind = "paragraph" | "heading" | "rule" | "code" | "html" | "table" | "quote" | "item";

/** What stands side by side in the answer or in one container. */
export interface Siblings {
  /** The one that was shown last. */
  last?: BlockKind;
  /** Number and sign of the last item, when it had a number. */
  number?: number;
  sign?: string;
}

/** A quote or the item of a list that is open. */
export interface Container {
  readonly kind: "quote" | "item";
  /** Blanks that a line needs to be inside an item. */
  readonly width: number;
  readonly lead: Lead;
  /** Its first row is out. */
  isShown: boolean;
  readonly inside: Siblings;
}

/** The block that lines go to at present. */
export type Leaf =
  | {
      readonly kind: "paragraph";
      lines: string[];
      chars: number;
      /** The paragraph before was too long to be kept whole, and this goes on with it. */
      readonly continues: boolean;
    }
  | {
      readonly kind: "fence";
      readonly mark: string;
      readonly indent: number;
      code: CodeState | undefined;
      isShown: boolean;
    }
  | { readonly kind: "indented"; blankLines: number; isShown: boolean }
  | {
      readonly kind: "html";
      /** In the last line; without it an empty line ends the block. */
      readonly end: RegExp | undefined;
      isShown: boolean;
    }
  | {
      readonly kind: "table";
      readonly aligns: readonly Align[];
      readonly head: readonly Cell[];
      /** Rows that wait until the shape is known. */
      rows: (readonly Cell[])[];
      chars: number;
      /** Taken from the first rows; from then on rows are shown as they come. */
      shape: TableShape | undefined;
    };

/** All that the lines so far mean for those to come. */
export interface BlockState {
  readonly outside: Siblings;
  containers: Container[];
  leaf: Leaf | undefined;
  /** An empty line came after what was shown last. */
  isAfterBlank: boolean;
}

export function createState(): BlockState {
  return { outside: {}, containers: [], leaf: undefined, isAfterBlank: false };
}

/** A copy to try lines on. Its size is bounded, as what the state holds is. */
export function copyState({ outside, containers, leaf, isAfterBlank }: BlockState): BlockState {
  return {
    outside: { ...outside },
    containers: containers.map((container) => ({ ...container, inside: { ...container.inside } })),
    leaf: copyLeaf(leaf),
    isAfterBlank,
  };
}

function copyLeaf(leaf: Leaf | undefined): Leaf | undefined {
  if (leaf?.kind === "paragraph") return { ...leaf, lines: [...leaf.lines] };
  return leaf?.kind === "table" ? { ...leaf, rows: [...leaf.rows] } : leaf && { ...leaf };
}
