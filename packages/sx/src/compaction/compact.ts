import {
  addUsage,
  type ChatRequest,
  type Message,
  NO_USAGE,
  type Provider,
  ProviderError,
  type Usage,
} from "@scorpiox/sxnet";
import { oneLine } from "@scorpiox/sxutil";
import { buildCompacted, chooseKept, type Kept } from "./choose-kept.js";
import { dropOutputs } from "./drop-outputs.js";
import { estimateAll } from "./estimate.js";
import { buildSummaryPrompt, renderRecord, splitRecord, SUMMARY_SYSTEM } from "./summary-prompt.js";
import { listTouchedFiles } from "./touched-files.js";

/** What stays word for word of the end of the conversation, as a part of the window. */
const RECENT_SHARE = 0.25;
/** What one request for a summary may hold, as a part of the window. */
const RECORD_SHARE = 0.5;
/** After it the conversation should take no more of the window. */
const TARGET_SHARE = 0.6;
/** Cautious: code has fewer characters a token than prose. */
const CHARS_PER_TOKEN = 3;
const MAX_SUMMARY_TOKENS = 8_000;
/** A text beyond it is no summary. */
const MAX_SUMMARY_CHARS = 40_000;
const MAX_PIECES = 12;
/** How often the pieces are halved when the service finds them too long still. */
const MAX_HALVINGS = 3;

export type CompactionReason = "asked" | "nearly_full" | "refused";

export interface CompactionOptions {
  readonly provider: Provider;
  /** The model of the conversation. */
  readonly model: string;
  /** Whole window of the model, in tokens. */
  readonly window: number;
  readonly reason: CompactionReason;
  /** Texts that stay word for word: pinned notes, the list of tasks. */
  readonly pinned: readonly string[];
  /** What matters, in the person's words. */
  readonly focus?: string | undefined;
  /** What a conversation takes, in tokens. */
  readonly measure: (messages: readonly Message[]) => number;
  readonly signal: AbortSignal;
}

/** What a compaction did, in numbers for people. */
export interface CompactionReport {
  readonly reason: CompactionReason;
  /** `summary`: one request; `pieces`: several; `outputs_dropped`: no summary, only outputs of tools were left out. */
  readonly method: "summary" | "pieces" | "outputs_dropped";
  readonly messagesBefore: number;
  readonly messagesAfter: number;
  /** Estimated where the service has not counted. */
  readonly tokensBefore: number;
  readonly tokensAfter: number;
  /** Messages that the summary stands for. */
  readonly summarised: number;
  /** Outputs of tools that were left out. */
  readonly droppedOutputs: number;
  /** What the requests for it cost. */
  readonly usage: Usage;
  /** Why there is no summary. */
  readonly problem?: string;
}

export interface Compaction {
  readonly messages: readonly Message[];
  readonly report: CompactionReport;
}

/**
 * A shorter conversation that says the same: what the person said stays word for word, the end stays as it is, the rest
 * becomes a summary by the same model. Without a summary, outputs of tools are left out instead. `undefined` when
 * nothing can become shorter. @throws the signal's reason
 */
export async function compact(
  messages: readonly Message[],
  options: CompactionOptions,
): Promise<Compaction | undefined> {
  const { window, reason, measure, pinned } = options;
  const tokensBefore = measure(messages);
  // Asked for in a short conversation, it keeps less: else there would be nothing to do.
  const room = Math.min(window, reason === "asked" ? tokensBefore : window) * RECENT_SHARE;
  const kept = chooseKept(messages, room);
  const summary = kept === undefined ? undefined : await summarise(kept, options);
  let made: readonly Message[] | undefined;
  if (kept !== undefined && summary?.text !== undefined) {
    made = buildCompacted(kept, [summary.text, ...pinned, listTouchedFiles(kept.old)].filter(Boolean).join("\n\n"));
    if (estimateAll(made) >= estimateAll(messages)) made = undefined;
  }
  const most = window * TARGET_SHARE;
  let dropped = 0;
  const tokensNow = measure(made ?? messages);
  if (made === undefined || tokensNow > most) {
    // Asked for by a person, everything old goes; else as much as has to.
    const shorter = dropOutputs(
      made ?? messages,
      made === undefined && reason !== "nearly_full" ? Number.POSITIVE_INFINITY : tokensNow - most,
    );
    dropped = shorter.dropped;
    if (dropped === 0 && made === undefined) return undefined;
    made = shorter.messages;
  }
  const hasSummary = made.length !== messages.length || dropped === 0;
  return {
    messages: made,
    report: {
      reason,
      method:
        !hasSummary || summary?.text === undefined ? "outputs_dropped" : summary.requests > 1 ? "pieces" : "summary",
      messagesBefore: messages.length,
      messagesAfter: made.length,
      tokensBefore,
      tokensAfter: Math.min(measure(made), tokensBefore),
      summarised: hasSummary && kept !== undefined ? kept.old.length - kept.said.length : 0,
      droppedOutputs: dropped,
      usage: summary?.usage ?? NO_USAGE,
      ...(summary?.problem === undefined ? {} : { problem: summary.problem }),
    },
  };
}

interface Summary {
  readonly text?: string;
  readonly requests: number;
  readonly usage: Usage;
  readonly problem?: string;
}

/** Never throws but for an abort: without a summary there is a problem. */
async function summarise({ old }: Kept, options: CompactionOptions): Promise<Summary> {
  const entries = renderRecord(old);
  let usage = NO_USAGE;
  let requests = 0;
  let maxChars = Math.max(4_000, Math.floor(options.window * RECORD_SHARE * CHARS_PER_TOKEN));
  for (let halving = 0; ; halving += 1) {
    const pieces = splitRecord(entries, maxChars);
    if (pieces.length > MAX_PIECES) return { requests, usage, problem: "the record is too long to be summarised" };
    try {
      let before: string | undefined;
      for (const [index, piece] of pieces.entries()) {
        requests += 1;
        const isLast = index === pieces.length - 1;
        const prompt = buildSummaryPrompt(piece, { before, focus: options.focus, isLast });
        const answer = await ask(prompt, options);
        usage = addUsage(usage, answer.usage);
        before = answer.text;
      }
      return before === undefined
        ? { requests, usage, problem: "there was nothing to summarise" }
        : { text: before, requests, usage };
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      const isTooLong = ProviderError.is(error) && error.code === "context_too_long";
      if (isTooLong && halving < MAX_HALVINGS) {
        maxChars = Math.ceil(Math.min(maxChars, Math.max(...pieces.map(({ length }) => length))) / 2);
        continue;
      }
      const why = error instanceof Error ? error.message : String(error);
      return { requests, usage, problem: `no summary: ${oneLine(why, 300)}` };
    }
  }
}

async function ask(
  prompt: string,
  { provider, model, signal }: CompactionOptions,
): Promise<{ readonly text: string; readonly usage: Usage }> {
  const request: ChatRequest = {
    model,
    system: SUMMARY_SYSTEM,
    messages: [{ role: "user", content: [{ type: "text", text: prompt }] }],
    maxOutputTokens: MAX_SUMMARY_TOKENS,
  };
  const { message, stopReason, usage } = await provider.stream(request, { signal }).result();
  const text = message.content
    .flatMap((block) => (block.type === "text" ? [block.text] : []))
    .join("\n")
    .trim();
  if (stopReason !== "end_turn" && stopReason !== "stop_sequence") {
    throw new Error(`the model did not finish it (${stopReason})`);
  }
  if (text === "") throw new Error("the model wrote nothing");
  if (text.length > MAX_SUMMARY_CHARS) throw new Error("the model wrote more than a summary");
  return { text: `Summary of the conversation up to here, written by the model:\n\n${text}`, usage };
}
