import type { AssistantBlock, ToolOutput, ToolUseBlock, UserBlock } from "@scorpiox/sxnet";
import type { Entry } from "../../sessions/entry.js";
import { buildView, type CallView, type ViewItem } from "../../sessions/session-view.js";
import type { SxTool } from "../../tools/tool-context.js";
import { AnswerPart } from "./answer-part.js";
import { CallPart, type CallOptions } from "./call-part.js";
import { countWords } from "./count-words.js";
import { notePart } from "./note-part.js";
import { FinishedPart, type Part } from "./part.js";
import { promptPart } from "./prompt-part.js";
import { oneRow, span, wrapText } from "./rows.js";
import type { SafeText } from "./safe-text.js";

export interface ReplayOptions extends Omit<CallOptions, "tool"> {
  readonly tools: readonly SxTool[];
  readonly showThinking: boolean;
}

/** Turns that are shown as they were; before them so many as a line each; of the rest, how many there are. */
const FULL_TURNS = 3;
const LINE_TURNS = 40;
/** Rows in full at most: one turn may have a thousand calls. */
const MAX_FULL_ITEMS = 200;

interface ReplayTurn {
  readonly items: readonly ViewItem[];
}

/** A session as it was, for somebody who comes back to it. */
export function replayParts(entries: readonly Entry[], options: ReplayOptions): readonly Part[] {
  const turns = turnsOf(buildView("", entries).items);
  const full = turns.slice(-FULL_TURNS);
  const lines = turns.slice(-FULL_TURNS - LINE_TURNS, -FULL_TURNS);
  const hidden = turns.length - full.length - lines.length;
  const { safe } = options;
  return [
    ...(hidden > 0 ? [notePart(`${countWords(hidden, "earlier turn")}, not shown`, "info", safe)] : []),
    ...lines.map((turn) => linePart(turn, safe)),
    ...full.flatMap((turn) => fullParts(turn, options)),
  ];
}

/** From one prompt to the next. What stands before the first prompt is a turn of its own. */
function turnsOf(items: readonly ViewItem[]): readonly ReplayTurn[] {
  const turns: { items: ViewItem[] }[] = [];
  for (const item of items) {
    const turn = turns.at(-1);
    if (item.type === "prompt" || turn === undefined) turns.push({ items: [item] });
    else turn.items.push(item);
  }
  return turns;
}

/** `> what was asked · 4 calls · what was answered`. */
function linePart({ items }: ReplayTurn, safe: SafeText): Part {
  let asked = "";
  let answered = "";
  let calls = 0;
  for (const item of items) {
    if (item.type === "prompt") asked = firstLine(textOf(item.content));
    else if (item.type === "answer") {
      calls += item.content.filter((part) => "call" in part).length;
      answered = firstLine(textOf(item.content)) || answered;
    }
  }
  const facts = [calls === 0 ? "" : countWords(calls, "call"), answered].filter((fact) => fact !== "");
  const shown = safe.line(asked);
  const rest = facts.map((fact) => ` · ${safe.line(fact)}`).join("");
  return new FinishedPart("note", ({ columns, theme }) => [
    oneRow([span("> ", "accent"), span(shown), span(rest, "dim")], columns, theme),
  ]);
}

function fullParts({ items }: ReplayTurn, options: ReplayOptions): readonly Part[] {
  const hidden = items.length - MAX_FULL_ITEMS;
  const [first, ...others] = items;
  if (hidden <= 0 || first === undefined) return items.flatMap((item) => itemParts(item, options));
  return [
    ...itemParts(first, options),
    notePart(`${countWords(hidden, "answer")} of this turn, not shown`, "info", options.safe),
    ...others.slice(hidden).flatMap((item) => itemParts(item, options)),
  ];
}

function itemParts(item: ViewItem, options: ReplayOptions): readonly Part[] {
  const { safe } = options;
  switch (item.type) {
    case "prompt": {
      const images = item.content.filter(({ type }) => type === "image").length;
      return [promptPart(textOf(item.content), { images }, safe)];
    }
    case "event":
      return [notePart(item.text, item.isFailure ? "error" : "info", safe)];
    case "answer":
      return [
        ...item.content.flatMap((part) => ("call" in part ? [callPart(part, options)] : blockParts(part, options))),
        ...(item.isPartial ? [notePart("this answer was cut off", "warning", safe)] : []),
      ];
  }
}

function blockParts(
  block: Exclude<AssistantBlock, ToolUseBlock>,
  { safe, showThinking }: ReplayOptions,
): readonly Part[] {
  if (block.text.trim() === "") return [];
  if (block.type === "text") {
    const part = new AnswerPart(safe);
    part.push(block.text);
    part.end();
    return [part];
  }
  const text = safe.block(block.text).trim();
  return showThinking ? [new FinishedPart("thinking", (paper) => wrapText(text, ["dim"], paper))] : [];
}

function callPart({ call, result, outcome }: CallView, options: ReplayOptions): CallPart {
  const part = new CallPart(call, { ...options, tool: options.tools.find(({ name }) => name === call.name) });
  const status = outcome?.status ?? (result === undefined ? "cancelled" : result.isError === true ? "error" : "ok");
  const output: ToolOutput = {
    content: result?.content ?? [],
    status,
    truncated: outcome?.truncated === true,
    ...(outcome?.exitCode === undefined ? {} : { exitCode: outcome.exitCode }),
    ...(outcome?.diff === undefined ? {} : { details: { diff: outcome.diff } }),
  };
  part.end({ output, durationMs: outcome?.durationMs });
  return part;
}

function textOf(content: readonly (UserBlock | AssistantBlock | CallView)[]): string {
  return content.flatMap((part) => ("type" in part && part.type === "text" ? [part.text] : [])).join("\n\n");
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
