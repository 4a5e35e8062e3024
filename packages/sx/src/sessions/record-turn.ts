import type {
  AssistantMessage,
  Message,
  ToolLoopEvent,
  ToolResultBlock,
  ToolUseBlock,
  UserBlock,
} from "@scorpiox/sxnet";
import type { Agent, TurnEnd } from "../agent.js";
import type { LineHunk } from "../files/line-hunks.js";
import { recordCompaction } from "../compaction/session-compaction.js";
import { undoFolderOf } from "../undo/undo-folder.js";
import type { CallOutcome, EntryBody } from "./entry.js";
import type { Session, SessionRun } from "./session.js";

/** A request is out after that, unless its credential takes longer. */
const REQUEST_MS = 40;

/**
 * The same as `agent.turn`, with everything in the session before anybody sees it: what was shown is never lost. Without
 * a session, or with one that keeps nothing, it is `agent.turn` itself.
 */
export function recordTurn(
  agent: Agent,
  content: readonly UserBlock[],
  signal: AbortSignal,
  session: Session | undefined,
  run: Pick<SessionRun, "provider" | "model">,
): AsyncGenerator<readonly ToolLoopEvent[], TurnEnd, void> {
  const path = session?.path;
  agent.undo?.beginTurn(
    session === undefined || path === undefined ? undefined : { folder: undoFolderOf(path), n: session.lastN },
  );
  if (session?.isKept !== true) return agent.turn(content, signal);
  return record(agent, content, signal, new TurnRecord(session, run, agent.messages.length));
}

async function* record(
  agent: Agent,
  content: readonly UserBlock[],
  signal: AbortSignal,
  turn: TurnRecord,
): AsyncGenerator<readonly ToolLoopEvent[], TurnEnd, void> {
  const batches = agent.turn(content, signal);
  let next = batches.next();
  // The request goes out first: taking the lock of a new session starts a process, which takes as long as all of that.
  await settledWithin(next, REQUEST_MS);
  const begun = turn.begin(content);
  try {
    for (; ; next = batches.next()) {
      const step = await next;
      await begun;
      if (step.done) {
        await turn.end(step.value, agent.messages);
        return step.value;
      }
      for (const event of step.value) {
        const written = turn.add(event);
        // Of thousands of deltas none is written: waiting for each would cost more than reading it did.
        if (written !== undefined) await written;
      }
      yield step.value;
    }
  } finally {
    await begun;
    // A reader who left ends the turn; after its own end this does nothing.
    await batches.return(undefined as never);
  }
}

/** Waits for something that is awaited later anyway, but no longer than this. */
async function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([settled, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}

type AssistantEntry = Extract<EntryBody, { kind: "assistant" }>;

/** What of one message is in the file. */
interface Kept {
  /** The number of its last entry. */
  n: number;
  /** Of the results of an answer: its calls, and which of them have one. */
  readonly calls?: readonly ToolUseBlock[];
  readonly answered?: Set<number>;
}

class TurnRecord {
  readonly #session: Session;
  #run: Pick<SessionRun, "provider" | "model">;
  /** Messages of the conversation before the first of `#kept`. */
  #before: number;
  #kept: Kept[] = [];
  #isCompacted = false;

  constructor(session: Session, run: Pick<SessionRun, "provider" | "model">, before: number) {
    this.#session = session;
    this.#run = run;
    this.#before = before;
  }

  begin(content: readonly UserBlock[]): Promise<void> {
    return this.#input(content);
  }

  /** Undefined where there is nothing to keep. */
  add(event: ToolLoopEvent): Promise<void> | undefined {
    if (event.type === "route") this.#run = { provider: event.provider, model: event.model };
    if (event.type === "step_end") {
      const { message, stopReason, usage } = event;
      return this.#answer(message, { stopReason, usage });
    }
    if (event.type === "tool_end") return this.#toolEnd(event);
    if (event.type === "messages_revised") return this.#revised(event);
    return event.type === "user_input" ? this.#input(event.content) : undefined;
  }

  async #input(content: readonly UserBlock[]): Promise<void> {
    const kept: Kept = { n: -1 };
    this.#kept.push(kept);
    kept.n = await this.#session.append({ kind: "user", content });
  }

  /** What is kept stands for the end of the conversation also after a compaction. */
  async #revised({ revision }: Extract<ToolLoopEvent, { type: "messages_revised" }>): Promise<void> {
    const { messages } = revision;
    // From the last answer on the messages are those of before, one by one.
    const last = messages.findLastIndex(({ role }) => role === "assistant");
    const ours = Math.min(this.#kept.length, messages.length - Math.max(0, last));
    this.#kept = ours === 0 ? [] : this.#kept.slice(-ours);
    this.#before = messages.length - ours;
    this.#isCompacted = true;
    await recordCompaction(this.#session, messages);
  }

  async #toolEnd(event: Extract<ToolLoopEvent, { type: "tool_end" }>): Promise<void> {
    const group = this.#kept.at(-1);
    const call = group?.calls?.indexOf(event.call) ?? -1;
    if (group === undefined || call === -1) return;
    const { output, durationMs } = event;
    const isError = output.status !== undefined && output.status !== "ok";
    const result: ToolResultBlock = {
      type: "tool_result",
      toolUseId: event.call.id,
      content: output.content,
      ...(isError ? { isError } : {}),
    };
    const diff = output.details?.["diff"];
    await this.#result(group, call, result, {
      status: output.status ?? "ok",
      durationMs: Math.round(durationMs),
      ...(output.exitCode === undefined ? {} : { exitCode: output.exitCode }),
      ...(output.truncated === true ? { truncated: true } : {}),
      ...(Array.isArray(diff) ? { diff: diff as readonly LineHunk[] } : {}),
    });
  }

  /** Brings the file to what the conversation is after the turn, and says how that ended. */
  async end(end: TurnEnd, messages: readonly Message[]): Promise<void> {
    const made = messages.slice(this.#before);
    for (const [index, message] of made.entries()) {
      await this.#settle(this.#kept[index], message, end.partial !== undefined && index === made.length - 1);
    }
    if (made.length < this.#kept.length) {
      const last = this.#kept[made.length - 1];
      // Before the prompt itself there is whatever was there before.
      const to = last?.n ?? (this.#kept[0]?.n ?? 0) - 1;
      await this.#session.append({ kind: "rewind", to, reason: end.failure?.message ?? "taken back" });
      // That went behind a compaction of this turn.
      if (this.#isCompacted) await recordCompaction(this.#session, messages);
    }
    await this.#session.append({
      kind: "turn_end",
      status: end.status,
      ...(end.failure === undefined ? {} : { failure: { code: end.failure.code, message: end.failure.message } }),
      turns: end.turns,
      usage: end.usage,
      ...(end.costUsd === undefined ? {} : { costUsd: end.costUsd }),
      ...this.#run,
      messages: messages.length,
    });
    await this.#session.sync();
  }

  /** One message of the conversation as it is now, against what of it was kept. */
  async #settle(kept: Kept | undefined, message: Message, isPartial: boolean): Promise<void> {
    if (kept === undefined && message.role === "assistant") {
      await this.#answer(message, isPartial ? { partial: true } : {});
    } else if (kept?.calls !== undefined && message.role === "user") {
      for (const [call, block] of message.content.entries()) {
        if (block.type !== "tool_result" || kept.answered?.has(call) === true) continue;
        await this.#result(kept, call, block, { status: block.isError === true ? "cancelled" : "ok" });
      }
    }
  }

  async #answer(
    message: AssistantMessage,
    about: Pick<AssistantEntry, "stopReason" | "usage" | "partial">,
  ): Promise<void> {
    const n = await this.#session.append({ kind: "assistant", content: message.content, ...this.#run, ...about });
    this.#kept.push({ n });
    const calls = message.content.filter((block) => block.type === "tool_use");
    if (calls.length > 0) this.#kept.push({ n, calls, answered: new Set() });
  }

  async #result(group: Kept, call: number, result: ToolResultBlock, outcome: CallOutcome): Promise<void> {
    group.answered?.add(call);
    group.n = await this.#session.append({ kind: "tool_result", call, result, outcome });
  }
}
