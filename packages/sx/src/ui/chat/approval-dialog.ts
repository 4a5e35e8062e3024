import { type Key, keyId } from "../keys/key.js";
import { type ApprovalBody, type BodyPart, describeApproval, visibleLine } from "./approval-body.js";
import { ChoiceMenu } from "./choice-menu.js";
import type { Dialog, DialogAnswer } from "./dialog.js";
import { createDiffBudget } from "./diff-lines.js";
import { diffRows } from "./diff-rows.js";
import type { DialogRows, OpenDialog } from "./open-dialog.js";
import type { Paper } from "./part.js";
import { hanging, oneRow, span, wrapLine } from "./rows.js";
import type { SafeText } from "./safe-text.js";
import { homePath } from "./short-path.js";
import { TextField } from "./text-field.js";

type Choice = "once" | "always" | "no" | "why";

/** Rows of a change that are shown unasked; what would run is always shown whole. */
const MAX_CHANGE_ROWS = 40;
/** A longer rule is told by its beginning. */
const MAX_RULE_CHARS = 160;
/** Before each row of the call, so that nothing of it can pass for a row of ours; then where a row goes on. */
const BAR = "  │ ";
const BAR_ON = "  ┆ ";
const FACT = "  · ";

/** May this call run? Shows exactly what would happen. */
export class ApprovalDialog implements OpenDialog {
  readonly isGuarded = true;
  readonly #dialog: Extract<Dialog, { kind: "approval" }>;
  readonly #safe: SafeText;
  readonly #home: string;
  readonly #nowMs: () => number;
  readonly #body: ApprovalBody;
  readonly #menu: ChoiceMenu<Choice>;
  #why: TextField | undefined;
  #isUnfolded = false;
  #isFolded = false;

  constructor(
    dialog: Extract<Dialog, { kind: "approval" }>,
    { safe, home, nowMs }: { readonly safe: SafeText; readonly home: string; readonly nowMs: () => number },
  ) {
    this.#dialog = dialog;
    this.#safe = safe;
    this.#home = home;
    this.#nowMs = nowMs;
    this.#body = describeApproval(dialog.call, dialog.tool, (text) => safe.redact(text), nowMs);
    const { rule } = dialog;
    this.#menu = new ChoiceMenu<Choice>([
      { value: "once", label: "yes, this once", keys: ["1", "y"], hint: "y" },
      ...(rule === undefined
        ? []
        : [
            {
              value: "always",
              label: `yes, always for ${shortRule(visibleLine(safe.redact(rule)))}`,
              keys: ["2", "a"],
              hint: "a",
            } as const,
          ]),
      { value: "no", label: "no", keys: ["3", "n", "escape", "ctrl+c"], hint: "n, Esc" },
      { value: "why", label: "no, and say why", keys: ["4", "r"], hint: "r" },
    ]);
  }

  subject(paper: Paper): readonly string[] {
    const { columns, theme } = paper;
    const { tool, cwd } = this.#dialog;
    const isChange = tool.access === "write";
    const place = isChange ? "" : `, in ${visibleLine(homePath(cwd, this.#home))}`;
    const about = this.#body.about === "" ? "" : ` ${this.#body.about}`;
    const head = [
      span("? ", "warning"),
      span(this.#safe.line(tool.name), "strong"),
      span(` wants to ${isChange ? "change" : "run"}${about}${place}`),
    ];
    this.#isFolded = false;
    return [
      ...wrapLine(head, { columns, theme, lead: hanging(span("")) }),
      ...this.#body.parts.flatMap((part) => this.#partRows(part, paper)),
    ];
  }

  controls(paper: Paper): DialogRows {
    if (this.#why === undefined) return { rows: this.#menu.rows(paper) };
    const { columns, theme } = paper;
    const label = columns < 30 ? "why? " : "why not? ";
    const { text, column } = this.#why.view(columns - label.length);
    const row = oneRow([span(label, "accent"), span(text)], columns, theme);
    const hint = oneRow([span("Enter says no with this reason, Esc goes back", "dim")], columns, theme);
    return { rows: [hint, row], cursor: { row: 1, column: label.length + column } };
  }

  handle(key: Key): DialogAnswer | undefined {
    if (this.#why !== undefined) return this.#handleWhy(this.#why, key);
    const chosen = this.#menu.handle(key);
    switch (chosen?.value) {
      case undefined:
        return undefined;
      case "why":
        this.#why = new TextField();
        return undefined;
      case "once":
      case "always":
      case "no":
        return { kind: "approval", choice: chosen.value };
    }
  }

  paste(text: string): void {
    this.#why?.insert(text);
  }

  unfold(): boolean {
    if (!this.#isFolded) return false;
    this.#isUnfolded = true;
    return true;
  }

  #handleWhy(field: TextField, key: Key): DialogAnswer | undefined {
    const id = keyId(key);
    if (id === "escape" || id === "ctrl+c") this.#why = undefined;
    else if (id === "enter") {
      const reason = field.text.trim();
      return { kind: "approval", choice: "no", ...(reason === "" ? {} : { reason }) };
    } else field.handle(key);
    return undefined;
  }

  #partRows(part: BodyPart, paper: Paper): readonly string[] {
    const { columns, theme } = paper;
    if (part.type !== "change") {
      const lead = { first: [span(part.type === "text" ? BAR : FACT, "warning")], rest: [span(BAR_ON, "warning")] };
      return part.lines.flatMap((line) => wrapLine([span(line)], { columns, theme, anywhere: true, lead }));
    }
    const options = {
      budget: createDiffBudget(this.#nowMs),
      indent: BAR,
      indentOn: BAR_ON,
      maxRowsOfLine: Number.POSITIVE_INFINITY,
    };
    const rows = diffRows(part.lines, paper, { ...options, maxRows: Number.POSITIVE_INFINITY });
    if (this.#isUnfolded || rows.length <= MAX_CHANGE_ROWS + 1) return rows;
    this.#isFolded = true;
    return diffRows(part.lines, paper, { ...options, maxRows: MAX_CHANGE_ROWS });
  }
}

/** What the rule quotes stands above in full: the choices must not be pushed off the screen by it. */
function shortRule(words: string): string {
  if (words.length <= MAX_RULE_CHARS) return words;
  return `${words.slice(0, MAX_RULE_CHARS - 20).toWellFormed()}… (all of it as above)`;
}
