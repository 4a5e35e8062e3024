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
  | { readonly type: "change"; readonly lines: readonly DiffLine[] };

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
  const rest = named(others, visible);
  if (typeof command === "string") {
    const lines = visible(command.replace(/\n+$/, "")).split("\n");
    const place = typeof workdir === "string" ? named({ workdir }, visible) : [];
    return { about: "", parts: textParts([...lines, ...place, ...rest]) };
  }
  if (typeof path === "string" && (typeof content === "string" || Array.isArray(edits))) {
    const budget = createDiffBudget(nowMs);
    const changes: readonly BodyPart[] =
      typeof content === "string"
        ? [{ type: "change", lines: linesOfChange("", visible(content), budget) }]
        : (edits as readonly unknown[]).flatMap((edit) => editParts(edit, visible, budget));
    return { about: visible(path), parts: [...changes, ...textParts(rest)] };
  }
  let about = "";
  try {
    about = visible(tool.summary(call.input));
  } catch {
    // The whole input stands below.
  }
  return { about, parts: textParts(visible(JSON.stringify(call.input, undefined, 2)).split("\n")) };
}

function editParts(edit: unknown, visible: (text: string) => string, budget: DiffBudget): readonly BodyPart[] {
  const { old_string: before, new_string: after, ...others } = Object(edit) as Record<string, unknown>;
  if (typeof before !== "string" || typeof after !== "string") return textParts([visible(JSON.stringify(edit))]);
  return [
    { type: "change", lines: linesOfChange(visible(before), visible(after), budget) },
    ...textParts(named(others, visible)),
  ];
}

function named(values: Readonly<Record<string, unknown>>, visible: (text: string) => string): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    visible(`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`).split("\n"),
  );
}

function textParts(lines: readonly string[]): readonly BodyPart[] {
  return lines.length === 0 ? [] : [{ type: "text", lines }];
}
