import type { Approval, ToolUseBlock } from "@scorpiox/sxnet";
import type pc from "picocolors";
import type { SxTool } from "../tools/tool-context.js";
import { visibleText } from "./visible-text.js";

/** Lines of a change that are shown unasked; commands are always shown whole. */
const MAX_CHANGE_LINES = 40;

export interface QuestionOptions {
  readonly write: (text: string) => void;
  /** One line of answer; `undefined` is silence, which means no. */
  readonly read: (mark: string) => Promise<string | undefined>;
  readonly colors: ReturnType<typeof pc.createColors>;
}

/** Shows exactly what would run or change and waits for one word. No answer is a no. */
export async function askApproval(
  call: ToolUseBlock,
  tool: SxTool,
  { write, read, colors }: QuestionOptions,
): Promise<Approval> {
  const { yellow, bold } = colors;
  const lead = `${yellow("?")} ${bold(tool.name)} wants to ${tool.access === "write" ? "change" : "run"}:`;
  const { about, details } = describeCall(call, tool);
  const hidden = tool.access === "write" ? Math.max(0, details.length - MAX_CHANGE_LINES) : 0;
  write(`${lead}${about === "" ? "" : ` ${about}`}\n${framed(details.slice(0, details.length - hidden))}`);
  if (hidden > 0) write(`  │ … ${hidden} more lines\n`);
  for (;;) {
    const more = hidden > 0 ? ` · ${bold("a")} show all` : "";
    const answer = await read(`  ${bold("y")} yes · ${bold("n")} no, or say why${more}: `);
    const word = answer?.trim() ?? "";
    if (hidden > 0 && /^a(ll)?$/i.test(word)) {
      write(framed(details));
      continue;
    }
    if (/^(y|yes)$/i.test(word)) return { allowed: true };
    const why = word === "" || /^(n|no)$/i.test(word) ? "" : `: ${word}`;
    return { allowed: false, reason: `the user said no${why}. Do not try other ways around this` };
  }
}

/** Each line behind a bar: nothing of a call can pass for a line of ours. */
function framed(lines: readonly string[]): string {
  return lines.map((line) => `  │ ${line}\n`).join("");
}

function describeCall(call: ToolUseBlock, tool: SxTool): { about: string; details: readonly string[] } {
  const { command, workdir, path, content, edits, ...others } = call.input;
  const rest = Object.entries(others).map(([name, value]) => visibleText(`${name}: ${JSON.stringify(value)}`));
  if (typeof command === "string") {
    const lines = visibleText(command.trim()).split("\n");
    const place = typeof workdir === "string" ? [visibleText(`in: ${workdir}`)] : [];
    return lines.length === 1
      ? { about: lines[0] ?? "", details: [...place, ...rest] }
      : { about: "", details: [...lines, ...place, ...rest] };
  }
  if (typeof path === "string" && (typeof content === "string" || Array.isArray(edits))) {
    const change = typeof content === "string" ? marked("+", content) : (edits as unknown[]).flatMap(editLines);
    return { about: visibleText(path), details: [...change, ...rest] };
  }
  return { about: visibleText(tool.summary(call.input)), details: visibleText(JSON.stringify(call.input)).split("\n") };
}

function editLines(edit: unknown): readonly string[] {
  const { old_string: before, new_string: after, ...others } = Object(edit) as Record<string, unknown>;
  if (typeof before !== "string" || typeof after !== "string") return [visibleText(JSON.stringify(edit))];
  const rest = Object.entries(others).map(([name, value]) => visibleText(`${name}: ${JSON.stringify(value)}`));
  return [...marked("-", before), ...marked("+", after), ...rest];
}

function marked(mark: string, text: string): readonly string[] {
  if (text === "") return [];
  return visibleText(text.replace(/\n$/, ""))
    .split("\n")
    .map((line) => `${mark} ${line}`);
}
