import type { Approval, ToolUseBlock } from "@scorpiox/sxnet";
import type { ApprovalMode } from "./args.js";
import type { SxTool } from "./tools/tool-context.js";
import { isInside } from "./files/workspace-path.js";

/** A call that was not allowed, as the final result lists it. */
export interface Denial {
  readonly toolName: string;
  readonly toolId: string;
  readonly reason: string;
}

/** Puts a call to a person. Absent where nobody can be asked. */
export type Ask = (call: ToolUseBlock, tool: SxTool) => Promise<Approval>;

/**
 * What a mode says of one call. `ask` without anybody to ask is a refusal, never a wait.
 * - `plan`: only what reads
 * - `edits`: and what changes files inside the workspace
 * - `all`: everything
 */
export async function judge(
  mode: ApprovalMode,
  call: ToolUseBlock,
  tool: SxTool,
  workspace: string,
  ask: Ask | undefined,
): Promise<Approval> {
  if (tool.access === "read" || mode === "all") return { allowed: true };
  const edits = tool.access === "write" && (tool.writes?.(call.input) ?? []).every((path) => isInside(workspace, path));
  if (mode === "edits" && edits) return { allowed: true };
  if (ask !== undefined && mode !== "plan") return ask(call, tool);
  return { allowed: false, reason: refusal(mode, tool) };
}

function refusal(mode: ApprovalMode, tool: SxTool): string {
  const allowed = {
    plan: "only reading",
    edits: "only reading and changing files inside the working folder",
    ask: "only reading, as nobody can be asked",
    all: "everything",
  }[mode];
  const wider = tool.access === "write" ? "edits or all" : "all";
  return `denied: approval mode "${mode}" allows ${allowed}; the user can allow ${tool.name} with --approval-mode ${wider}. Do not try other ways around this; say what you would have done`;
}
