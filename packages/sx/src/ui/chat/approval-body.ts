import type { ToolUseBlock } from "@scorpiox/sxnet";
import type { SxTool } from "../../tools/tool-context.js";
import { visibleText } from "../visible-text.js";
import { createDiffBudget, type DiffBudget, type DiffLine, linesOfChange } from "./diff-lines.js";

/** What would happen if somebody agreed. All text is visible: nothing in it can hide, and nothing of it is cut. */
export interface ApprovalBody {
  /** Stands beside the tool: the file, or nothing. */
  readonly about: string;
  readonly parts: readonly BodyPart[];
}

export type BodyPart =
  | { readonly type: "text"; readonly lines: readonly string[] }
  /** What else the call says, a line each. They look different: a line of a command must not pass for one. */
  | { readonly type: "facts"; readonly lines: readonly string[] }
  | { readonly type: "change"; readonly lines: readonly DiffLine[] };

/** Foreign text in one line, all of it visible. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll("\n", "\\u{a}");
}

/** @param redact hides secrets; made visible is what is left. */
export function describeApproval(
  call: ToolUseBlock,
  tool: SxTool,
  redact: (text: string) => string,
  nowMs: () => number,
): ApprovalBody {
  const visible = (text: string): string =>
    visibleText(redact(text)).replaceAll(/ +$/gm, (run) => "␠".repeat(run.length));
  const { command, workdir, path, content, edits, ...others } = call.input;
  const rest = named(others, redact);
  if (typeof command === "string") {
    const lines = visible(command.replace(/\n+$/, "")).split("\n");
    const place = typeof workdir === "string" ? named({ workdir }, redact) : [];
    return { about: "", parts: [...textParts(lines), ...factParts([...place, ...rest])] };
  }
  if (typeof path === "string" && (typeof content === "string" || Array.isArray(edits))) {
    const budget = createDiffBudget(nowMs);
    const editList = Array.isArray(edits) ? (edits as readonly unknown[]) : [];
    const changes: readonly BodyPart[] =
      typeof content === "string"
        ? [{ type: "change", lines: linesOfChange("", visible(content), budget) }, ...factParts(endNote(content))]
        : editList.flatMap((edit, index) => [
            ...(editList.length > 1 ? factParts([`edit ${index + 1} of ${editList.length}`]) : []),
            ...editParts(edit, visible, redact, budget),
          ]);
    return { about: visibleLine(redact(path)), parts: [...changes, ...factParts(rest)] };
  }
  let about = "";
  try {
    about = visibleLine(redact(tool.summary(call.input)));
  } catch {
    // The whole input stands below.
  }
  return { about, parts: textParts(visible(JSON.stringify(call.input, undefined, 2)).split("\n")) };
}

function endNote(content: string): readonly string[] {
  return content === "" ? ["(an empty file)"] : content.endsWith("\n") ? [] : ["(the last line has no line end)"];
}

function editParts(
  edit: unknown,
  visible: (text: string) => string,
  redact: (text: string) => string,
  budget: DiffBudget,
): readonly BodyPart[] {
  const { old_string: before, new_string: after, ...others } = Object(edit) as Record<string, unknown>;
  if (typeof before !== "string" || typeof after !== "string") return textParts([visible(JSON.stringify(edit))]);
  return [
    { type: "change", lines: linesOfChange(visible(before), visible(after), budget) },
    ...factParts(named(others, redact)),
  ];
}

function named(values: Readonly<Record<string, unknown>>, redact: (text: string) => string): readonly string[] {
  return Object.entries(values).map(([name, value]) =>
    visibleLine(redact(`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)),
  );
}

function factParts(lines: readonly string[]): readonly BodyPart[] {
  return lines.length === 0 ? [] : [{ type: "facts", lines }];
}

function textParts(lines: readonly string[]): readonly BodyPart[] {
  return lines.length === 0 ? [] : [{ type: "text", lines }];
}
