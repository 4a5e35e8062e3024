import { addUsage, type Message, NO_USAGE, type ToolResultBlock, type Usage } from "@scorpiox/sxnet";
import type { Entry, HeaderEntry } from "./entry.js";

/** What a service is told of a call whose result was never written. */
const INTERRUPTED = "interrupted: sx was ended before this call was; it may have taken effect";

type EntryOf<Kind extends Entry["kind"]> = Extract<Entry, { kind: Kind }>;

/** An entry that is part of what is sent, or the messages of a compaction, each in a list that grows at its end. */
interface Link {
  readonly before: Link | undefined;
  readonly n: number;
  readonly part: EntryOf<"user" | "assistant" | "tool_result"> | Message;
}

/** What of a session can be seen: every entry that was not taken back, oldest first. */
interface Shown {
  readonly before: Shown | undefined;
  readonly entry: Entry;
}

interface State {
  readonly n: number;
  readonly sent: Link | undefined;
  readonly shown: Shown | undefined;
}

/**
 * Entries in, conversation out. The lists share their beginnings, so that the state after every entry can be kept, and
 * going back to one costs nothing.
 */
export class Conversation {
  header: EntryOf<"header"> | undefined;
  title: string | undefined;
  usage: Usage = NO_USAGE;
  /** USD; `undefined` while no price is known. */
  costUsd: number | undefined;
  /** Provider and model that answered last, else those of the header. */
  model: Pick<HeaderEntry, "provider" | "model"> | undefined;
  lastMs: number | undefined;
  readonly #states: State[] = [];
  #sent: Link | undefined;
  #shown: Shown | undefined;

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) {
      this.#add(entry);
      this.#states.push({ n: entry.n, sent: this.#sent, shown: this.#shown });
      this.lastMs = entry.timeMs;
    }
  }

  /** What is sent to a service: every call has its result, and no message is empty. */
  messages(): readonly Message[] {
    const messages: Message[] = [];
    const links = listOf(this.#sent);
    for (let at = 0; at < links.length; at += 1) {
      const part = links[at]?.part;
      if (part === undefined) break;
      if (!("kind" in part)) messages.push(part);
      else if (part.kind === "user") messages.push({ role: "user", content: part.content });
      else if (part.kind === "assistant") {
        if (part.content.length === 0) continue;
        messages.push({ role: "assistant", content: part.content });
        const results: (ToolResultBlock | undefined)[] = [];
        for (let next = links[at + 1]?.part; next !== undefined && "kind" in next && next.kind === "tool_result";) {
          results[next.call] ??= next.result;
          at += 1;
          next = links[at + 1]?.part;
        }
        const calls = part.content.filter((block) => block.type === "tool_use");
        const content = calls.map((call, index) => resultFor(call.id, results[index]));
        if (content.length > 0) messages.push({ role: "user", content });
      }
      // A result whose answer was lost with a damaged line belongs to nothing.
    }
    return messages.filter(({ content }) => content.length > 0);
  }

  /** Number of the compaction whose messages the conversation begins with, which alone can be undone. */
  get compactedBy(): number | undefined {
    let first = this.#sent;
    while (first?.before !== undefined) first = first.before;
    return first === undefined || "kind" in first.part ? undefined : first.n;
  }

  /** Everything that happened and was not taken back; what a compaction replaced is part of it. */
  shown(): readonly Entry[] {
    return listOf(this.#shown).map(({ entry }) => entry);
  }

  #add(entry: Entry): void {
    switch (entry.kind) {
      case "header":
        this.header ??= entry;
        this.model ??= entry;
        return;
      case "user":
      case "assistant":
      case "tool_result":
        if (entry.kind === "assistant") this.model = entry;
        this.#sent = { before: this.#sent, n: entry.n, part: entry };
        break;
      case "turn_end":
        this.usage = addUsage(this.usage, entry.usage);
        if (entry.costUsd !== undefined) this.costUsd = (this.costUsd ?? 0) + entry.costUsd;
        break;
      case "rewind": {
        const state = this.#stateAfter(entry.to);
        this.#sent = state?.sent;
        this.#shown = state?.shown;
        return;
      }
      case "compaction": {
        const later = listOf(this.#sent).filter(({ n }) => n > entry.upTo);
        this.#sent = linked([...entry.messages.map((part) => ({ n: entry.n, part })), ...later]);
        break;
      }
      case "compaction_undo": {
        const now = listOf(this.#sent);
        // Only the compaction that stands at the beginning can be undone; one before it is part of what that replaced.
        if (now[0]?.n !== entry.of) break;
        const before = this.#stateAfter(entry.of - 1)?.sent;
        this.#sent = linked([...listOf(before), ...now.filter(({ n }) => n > entry.of)]);
        break;
      }
      case "model":
        this.model = entry;
        break;
      case "note":
        this.title = entry.title ?? this.title;
        break;
      case "mode":
      case "approval":
      case "mark":
      case "end":
        break;
    }
    this.#shown = { before: this.#shown, entry };
  }

  /** The last state at or before entry `n`: the entry itself may have been on a damaged line. */
  #stateAfter(n: number): State | undefined {
    return this.#states.findLast((state) => state.n <= n);
  }
}

/** A title from the first prompt when nobody gave another. */
export function titleOf(conversation: Conversation): string {
  return conversation.title ?? conversation.header?.title ?? "";
}

function resultFor(toolUseId: string, result: ToolResultBlock | undefined): ToolResultBlock {
  if (result !== undefined) return { ...result, toolUseId };
  return { type: "tool_result", toolUseId, content: [{ type: "text", text: INTERRUPTED }], isError: true };
}

function linked(links: readonly Omit<Link, "before">[]): Link | undefined {
  let last: Link | undefined;
  for (const { n, part } of links) last = { before: last, n, part };
  return last;
}

function listOf<Node extends { readonly before: Node | undefined }>(last: Node | undefined): readonly Node[] {
  const nodes: Node[] = [];
  for (let node = last; node !== undefined; node = node.before) nodes.push(node);
  return nodes.toReversed();
}
