import type { AssistantBlock, ToolResultBlock, ToolUseBlock, Usage, UserBlock } from "@scorpiox/sxnet";
import { Conversation, titleOf } from "./conversation.js";
import type { CallOutcome, Entry } from "./entry.js";

/** A call with what came of it; without a result it was interrupted. */
export interface CallView {
  readonly call: ToolUseBlock;
  readonly result: ToolResultBlock | undefined;
  readonly outcome: CallOutcome | undefined;
}

/** One part of a conversation as people read it. Times are Unix epoch. */
export type ViewItem =
  | { readonly type: "prompt"; readonly timeMs: number; readonly content: readonly UserBlock[] }
  | {
      readonly type: "answer";
      readonly timeMs: number;
      readonly model: string;
      readonly isPartial: boolean;
      /** True when it goes on from the answer just before it, after that one's calls. */
      readonly isContinued: boolean;
      readonly content: readonly (Exclude<AssistantBlock, ToolUseBlock> | CallView)[];
    }
  /** Something that happened to the session, in one line. */
  | { readonly type: "event"; readonly timeMs: number; readonly isFailure: boolean; readonly text: string };

/** A whole session for people: what was said and done, without what was taken back. */
export interface SessionView {
  readonly id: string;
  readonly title: string;
  readonly cwd: string | undefined;
  readonly createdAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  /** Each model once, in the order of its first answer. */
  readonly models: readonly string[];
  readonly usage: Usage;
  readonly costUsd: number | undefined;
  readonly parentId: string | undefined;
  readonly items: readonly ViewItem[];
}

const COMPACTED = "what is above was replaced by a summary for the model; it stays here";

/** Makes entries readable. */
export function buildView(id: string, entries: readonly Entry[]): SessionView {
  const conversation = new Conversation(entries);
  const { header, usage, costUsd, lastMs } = conversation;
  const items = itemsOf(conversation.shown());
  const models = items.flatMap((item) => (item.type === "answer" ? [item.model] : []));
  return {
    id,
    title: titleOf(conversation),
    cwd: header?.cwd,
    createdAtMs: header?.timeMs ?? entries[0]?.timeMs,
    endedAtMs: lastMs,
    models: [...new Set(models.length === 0 && header !== undefined ? [nameOf(header)] : models)],
    usage,
    costUsd,
    parentId: header?.parent?.id,
    items,
  };
}

function itemsOf(entries: readonly Entry[]): readonly ViewItem[] {
  const items: ViewItem[] = [];
  /** The calls of the last answer, which its results fill in. */
  let calls: { call: ToolUseBlock; result: ToolResultBlock | undefined; outcome: CallOutcome | undefined }[] = [];
  let isFirstMode = true;
  for (const entry of entries) {
    const { timeMs } = entry;
    switch (entry.kind) {
      case "user":
        items.push({ type: "prompt", timeMs, content: entry.content });
        calls = [];
        break;
      case "assistant": {
        calls = [];
        const content = entry.content.map((block) => {
          if (block.type !== "tool_use") return block;
          const view = { call: block, result: undefined, outcome: undefined };
          calls.push(view);
          return view;
        });
        const [model, last] = [nameOf(entry), items.at(-1)];
        const isContinued = last?.type === "answer" && last.model === model;
        items.push({ type: "answer", timeMs, model, isPartial: entry.partial === true, isContinued, content });
        break;
      }
      case "tool_result": {
        const view = calls[entry.call];
        if (view === undefined || view.result !== undefined) break;
        view.result = entry.result;
        view.outcome = entry.outcome;
        break;
      }
      case "mode":
        // What a session began with is no news.
        if (!isFirstMode) items.push({ type: "event", timeMs, isFailure: false, text: `approvals: ${entry.mode}` });
        isFirstMode = false;
        break;
      case "turn_end":
        if (entry.failure === undefined) break;
        items.push({ type: "event", timeMs, isFailure: entry.status === "error", text: entry.failure.message });
        break;
      case "model":
        items.push({ type: "event", timeMs, isFailure: false, text: `model: ${nameOf(entry)}` });
        break;
      case "compaction":
        items.push({ type: "event", timeMs, isFailure: false, text: COMPACTED });
        break;
      case "compaction_undo":
        items.push({ type: "event", timeMs, isFailure: false, text: "the summary was taken back" });
        break;
      case "note":
        if (entry.text !== undefined) items.push({ type: "event", timeMs, isFailure: false, text: entry.text });
        break;
      case "header":
      case "rewind":
      case "approval":
      case "mark":
      case "end":
        break;
    }
  }
  return items;
}

function nameOf({ provider, model }: { readonly provider: string; readonly model: string }): string {
  return `${provider} ${model}`;
}
