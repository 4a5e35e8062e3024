import type { Message, UserBlock } from "@scorpiox/sxnet";
import { GO_ON } from "../compaction/choose-kept.js";
import type { Session } from "../sessions/session.js";

/** A prompt of the conversation, and what the session was just before it. */
interface PromptMark {
  /** Its index in the messages. */
  readonly index: number;
  /** The last entry before it. */
  readonly beforeN: number;
  /** What it says: a compaction keeps that, and moves it. */
  readonly text: string;
}

/** What stands for an image after a compaction. */
const IMAGE_WORDS = /^\[an image \([^)]*\) was here\]$/;

/** Where the prompts of a conversation are, in its messages and in its session. */
export class PromptMarks {
  #marks: readonly PromptMark[] = [];
  /** The entry of the last compaction; -1 when there was none. */
  #compactedN = -1;

  /** Begins with what a session holds. */
  enter(session: Session | undefined): void {
    this.#marks = session === undefined ? [] : marksOf(session);
    this.#compactedN = session?.shown.findLast(({ kind }) => kind === "compaction")?.n ?? -1;
  }

  /** A prompt is about to be added to the messages. */
  add(index: number, beforeN: number, content: readonly UserBlock[]): void {
    this.#marks = [...this.#marks, { index, beforeN, text: textOf(content) }];
  }

  at(index: number): Pick<PromptMark, "beforeN"> | undefined {
    return this.#marks.find((mark) => mark.index === index);
  }

  get last(): Pick<PromptMark, "index"> | undefined {
    return this.#marks.at(-1);
  }

  /** The conversation goes on from here; later prompts are gone. */
  cut(index: number): void {
    this.#marks = this.#marks.filter((mark) => mark.index < index);
  }

  /** Other messages hold the conversation now. @param n the entry that says so */
  compacted(messages: readonly Message[], n: number): void {
    this.#compactedN = n;
    let from = 0;
    const moved: PromptMark[] = [];
    for (const mark of this.#marks) {
      const index = messages.findIndex(
        ({ role, content }, at) => at >= from && role === "user" && textOf(content) === mark.text,
      );
      if (index === -1) continue;
      moved.push({ ...mark, index });
      from = index + 1;
    }
    this.#marks = moved;
  }

  /** Whether the session was compacted after this entry. */
  isBeforeCompaction(n: number): boolean {
    return n < this.#compactedN;
  }

  /** Every session entry of the prompt at this index, and all later ones, have at least this number. */
  entryOf(index: number): number {
    const before = this.#marks.findLast((mark) => mark.index < index);
    return before === undefined ? -1 : before.beforeN + 1;
  }
}

/** The prompts of a session that goes on, counted from its end: a fork or a damaged file may have lost the first ones. */
function marksOf(session: Session): PromptMark[] {
  const entries = session.shown.filter(({ kind }) => kind === "user");
  const prompts = session.messages.flatMap(({ role, content }, index) => {
    const isPrompt = role === "user" && content.every(({ type }) => type !== "tool_result");
    const text = textOf(content);
    return isPrompt && text !== GO_ON ? [{ index, text }] : [];
  });
  const count = Math.min(entries.length, prompts.length);
  const ns = entries.slice(entries.length - count).map(({ n }) => n - 1);
  return prompts.slice(prompts.length - count).map((prompt, at) => ({ ...prompt, beforeN: ns[at] ?? -1 }));
}

function textOf(content: Message["content"]): string {
  return content
    .flatMap((block) => (block.type === "text" && !IMAGE_WORDS.test(block.text) ? [block.text] : []))
    .join("\n\n");
}
