import type { Message, UserBlock } from "@scorpiox/sxnet";
import { estimateTokens } from "./estimate.js";

/**
 * Said in the person's place where the conversation goes on in the middle of a turn, so that roles take turns. A further
 * compaction drops exactly this text.
 */
export const GO_ON =
  "[sx] Older parts of this conversation were replaced by the summary above. Go on with the work from where it stands.";

/** What a compaction does with each message. */
export interface Kept {
  /** What the person said before the cut, word for word, in order. */
  readonly said: readonly Message[];
  /** Everything before the cut: this is summarised. */
  readonly old: readonly Message[];
  /** Everything from the cut on: it stays as it is, the same objects. */
  readonly recent: readonly Message[];
}

/**
 * Where to cut: as far back as `recentTokens` (estimated) reach, never between a call and its result, and always before
 * the last answer. `undefined` when there is nothing before the cut that could become shorter.
 */
export function chooseKept(messages: readonly Message[], recentTokens: number): Kept | undefined {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  if (last <= 0) return undefined;
  let cut = last;
  let tokens = 0;
  for (const message of messages.slice(last)) tokens += estimateTokens(message);
  for (let at = last - 1; at >= 0; at -= 1) {
    const message = messages[at];
    if (message === undefined) break;
    tokens += estimateTokens(message);
    if (tokens > recentTokens) break;
    if (mayBegin(message)) cut = at;
  }
  const old = messages.slice(0, cut);
  // Words of the person alone stay as they are: there is nothing to gain.
  if (!old.some(({ role }) => role === "assistant")) return undefined;
  return { said: old.flatMap(saidIn), old, recent: messages.slice(cut) };
}

/** Whether a conversation may begin with it: results belong behind their calls. */
function mayBegin(message: Message): boolean {
  return message.role === "assistant" || message.content.every(({ type }) => type !== "tool_result");
}

/** What a person said in a message; of images only that there were some. */
function saidIn(message: Message): readonly Message[] {
  if (message.role === "assistant") return [];
  const [first] = message.content;
  if (message.content.length === 1 && first?.type === "text" && first.text === GO_ON) return [];
  const said = message.content.filter((block) => block.type !== "tool_result");
  if (said.length === 0) return [];
  const isSame = said.length === message.content.length && said.every(({ type }) => type === "text");
  return [isSame ? message : { role: "user", content: said.map(withoutImage) }];
}

function withoutImage(block: UserBlock): UserBlock {
  return block.type === "image" ? { type: "text", text: `[an image (${block.mediaType}) was here]` } : block;
}

/** The conversation after a compaction; `summary` is the text that stands for what was left out. */
export function buildCompacted({ said, recent }: Kept, summary: string): readonly Message[] {
  const goOn: Message = { role: "user", content: [{ type: "text", text: GO_ON }] };
  return [
    ...(said.length === 0 ? [goOn] : said),
    { role: "assistant", content: [{ type: "text", text: summary }] },
    ...(recent[0]?.role === "assistant" ? [goOn] : []),
    ...recent,
  ];
}
