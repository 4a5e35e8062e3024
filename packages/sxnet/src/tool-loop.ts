import type { ProviderError } from "./errors.js";
import type { RetryPolicy } from "./retry.js";
import type { Approve, Tool, ToolOutput } from "./tool.js";
import type {
  AssistantMessage,
  Message,
  ProviderFailure,
  StopReason,
  StreamEvent,
  ToolResultBlock,
  ToolUseBlock,
  Usage,
  UserBlock,
} from "./types.js";

/** What a tool loop tells while it runs: every event of every answer, and what happens between the answers. */
export type ToolLoopEvent =
  | StreamEvent
  /** A request is about to be sent; `step` counts from 1. */
  | { readonly type: "step_start"; readonly step: number }
  /** The answer is complete, its calls have not run yet. */
  | ({ readonly type: "step_end" } & StepSummary)
  | { readonly type: "tool_start"; readonly call: ToolUseBlock }
  | {
      readonly type: "tool_end";
      readonly call: ToolUseBlock;
      readonly output: ToolOutput;
      /** Monotonic time of the run in milliseconds, without the wait for approval. */
      readonly durationMs: number;
    }
  /** What `takeInput` brought stands in the conversation, behind the results of the calls before it. */
  | { readonly type: "user_input"; readonly content: readonly UserBlock[] }
  /** What `revise` made of the conversation stands in its place from now on; it had `before` messages. */
  | { readonly type: "messages_revised"; readonly before: number; readonly revision: Revision }
  /**
   * An answer that was cut, or does not fit the `responseSchema`, is thrown away and asked for again; nothing of it was
   * run, and it is not in the conversation.
   */
  | {
      readonly type: "answer_discarded";
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: ProviderFailure;
      readonly partial: AssistantMessage | undefined;
      /** What it cost, where that is known: of an answer that was whole. */
      readonly usage?: Usage;
    };

export interface StepSummary {
  readonly step: number;
  readonly message: AssistantMessage;
  readonly stopReason: StopReason;
  readonly usage: Usage;
}

/** A conversation in the place of another, for example a shorter one that says the same. */
export interface Revision {
  /** Every call in it has its result, and it ends with what the next request is to answer. */
  readonly messages: readonly Message[];
  /** For whoever shows it; the loop does not look at it. */
  readonly note?: unknown;
}

export interface ReviseContext {
  /** Everything that is about to be sent; `step` is the number of the request, from 1. */
  readonly messages: readonly Message[];
  readonly step: number;
  /** The service's refusal of this very request, as too long; absent before a request. */
  readonly refused?: ProviderError;
}

export interface RunToolsOptions {
  readonly tools: readonly Tool[];
  /** Asked before each call, in order. Absent: every call may run. */
  readonly approve?: Approve | undefined;
  /** How many answers at most. Default: no limit. */
  readonly maxSteps?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How often an answer that was cut after its start is asked for again. Default 2. */
  readonly maxDiscarded?: number | undefined;
  /** How often an answer that does not fit the `responseSchema` is asked for again, with the problem told. Default 1. */
  readonly maxCorrected?: number | undefined;
  /** The waits before cut ones; times in milliseconds. Default: as between failed requests. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** 0 up to 1, for jitter. */
  readonly random?: (() => number) | undefined;
  /** How long after an abort a tool may take to stop before it is left behind, in milliseconds. Default 10,000. */
  readonly cancelGraceMs?: number | undefined;
  /** Asked after each answer that has calls, before they run: true ends the loop there. */
  readonly stopAfter?: ((step: StepSummary) => boolean) | undefined;
  /**
   * What the user says while the loop runs: asked after the calls of each answer, before the next request, and sent
   * with it as a message of its own. Empty: nothing was said. What it hands over is in the conversation from then on.
   */
  readonly takeInput?: (() => readonly UserBlock[]) | undefined;
  /**
   * Asked before each request, and once more when the service refuses one as too long: a revision is sent in its place.
   * `undefined`: all stays as it is, and a refusal is thrown. What it throws ends the loop.
   */
  readonly revise?: ((context: ReviseContext) => Promise<Revision | undefined>) | undefined;
}

export interface ToolRunResult {
  /**
   * `answered`: the model called nothing more. `max_steps`, `stopped`: a cap was reached, the last calls did not run.
   * `stuck`: the same unusable call came twice, or the service paused again and again. `handed_back`: `pending` calls have no `run` and are the caller's.
   */
  readonly ended: "answered" | "max_steps" | "stopped" | "stuck" | "handed_back";
  /** The last answer. */
  readonly message: AssistantMessage;
  readonly stopReason: StopReason;
  /** What the service says about a refusal. */
  readonly explanation?: string;
  /** The parsed answer, when the request had a `responseSchema` and the last answer ended by itself. */
  readonly output?: unknown;
  /** The whole conversation; every call in it has its result, except those of the last answer when `handed_back`. */
  readonly messages: readonly Message[];
  readonly steps: number;
  /** Summed over all answers, those included that were whole and thrown away. */
  readonly usage: Usage;
  /** Only for `handed_back`: the calls left, and the results of the others, to be answered in one user message. */
  readonly pending: readonly ToolUseBlock[];
  readonly results: readonly ToolResultBlock[];
}

/**
 * A tool loop under way. Once it has ended, also with an error, an abort or a reader who left, `messages` can be sent
 * again: every call in it has its result.
 */
export interface ToolRun extends AsyncIterable<ToolLoopEvent> {
  result(): Promise<ToolRunResult>;
  readonly messages: readonly Message[];
}
