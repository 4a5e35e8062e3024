import {
  type Approval,
  type AssistantMessage,
  type ChatRequest,
  type Message,
  type Provider,
  ProviderError,
  runTools,
  serviceNames,
  takeBatches,
  type ToolLoopEvent,
  type ToolRunResult,
  type ToolUseBlock,
  type Usage,
  type UserBlock,
} from "@scorpiox/sxnet";
import { ExitCode, UsageError } from "@scorpiox/sxutil";
import type { CompactionReport } from "./compaction/compact.js";
import type { Compactor, CompactorTarget } from "./compaction/compactor.js";
import { type Answerer, type PriceList, Spending } from "./cost.js";
import { describeFailure, type RunFailure } from "./failure.js";
import { jsonLine } from "./json-line.js";
import type { Denial } from "./permission.js";
import { Repetition } from "./repetition.js";
import type { SxTool } from "./tools/tool-context.js";
import type { UndoStore } from "./undo/undo-store.js";

export interface AgentOptions {
  readonly provider: Provider;
  /** Model, system prompt, effort, session id: what stays the same for every request. */
  readonly request: Omit<ChatRequest, "messages" | "tools">;
  readonly tools: readonly SxTool[];
  readonly approve: (call: ToolUseBlock, tool: SxTool) => Promise<Approval>;
  /** Answers per prompt. */
  readonly maxTurns?: number | undefined;
  readonly maxCostUsd?: number | undefined;
  readonly prices: PriceList;
  /** What the person says while a turn runs, asked before each further request. It must hand over each word once. */
  readonly takeInput?: (() => readonly UserBlock[]) | undefined;
  /** What the tools do to files is kept here, a turn at a time. */
  readonly undo?: UndoStore | undefined;
  /** Makes the conversation shorter before it is too long. Absent: it is never changed. */
  readonly compactor?: Compactor | undefined;
  /** A conversation to go on from; every call in it has its result. */
  readonly history?: readonly Message[] | undefined;
}

const REPEATING =
  "stopped: the model made the same call five times in a row with the same result; say what it should do instead";
const EMPTY = "the model answered with nothing; ask again, or choose another model";

/** How the work on one prompt ended. Always given, whatever happened. */
export interface TurnEnd {
  readonly status: "success" | "error" | "cancelled";
  /** Text of the last answer, as one line of JSON when it is bound to a schema; on failure what there is of it. */
  readonly text: string;
  /** The answer as a value, when it is bound to a schema. */
  readonly output?: unknown;
  readonly failure: RunFailure | undefined;
  readonly stopReason: string | undefined;
  readonly turns: number;
  readonly usage: Usage;
  /** `undefined` where no price is known. */
  readonly costUsd: number | undefined;
  /** Who gave the last answer; `undefined` when there was none. */
  readonly answeredBy: Answerer | undefined;
  readonly denials: readonly Denial[];
  /** What had arrived of an answer that broke off. */
  readonly partial: AssistantMessage | undefined;
  /** True when the service refused what was sent, and the conversation is back where it last accepted it. */
  readonly takenBack: boolean;
}

/** A conversation that got one of these would get it again for every further prompt. */
const REFUSALS: ReadonlySet<string> = new Set([
  "context_too_long",
  "request_too_large",
  "content_refused",
  "invalid_request",
]);

/** One conversation: a prompt in, events out, until the model is done. Knows no terminal and no provider by name. */
export class Agent {
  #options: AgentOptions;
  #messages: readonly Message[];
  /** Who answers behind a router, as it told last. */
  #route: Answerer | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#messages = options.history ?? [];
  }

  /** The conversation so far; every call in it has its result. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Takes the file changes of turns back. */
  get undo(): UndoStore | undefined {
    return this.#options.undo;
  }

  /** The one that answers. */
  get provider(): Provider {
    return this.#options.provider;
  }

  /** What holds from the next turn on. The provider of before is the caller's to close. */
  change(options: Partial<Pick<AgentOptions, "provider" | "request" | "tools" | "prices" | "compactor">>): void {
    this.#options = { ...this.#options, ...options };
    this.#route = undefined;
    this.#options.compactor?.replaced();
  }

  /** Tokens that the conversation takes, partly estimated; `undefined` without a compactor. */
  get contextTokens(): number | undefined {
    return this.#options.compactor?.tokens(this.#messages);
  }

  /** Tokens of the model's whole window; `undefined` where nobody knows. */
  async contextWindow(): Promise<number | undefined> {
    return this.#options.compactor?.window(this.#target());
  }

  /**
   * Makes the conversation shorter, between turns only; `focus` tells the model what matters. The caller keeps the new
   * messages. `undefined`: nothing can become shorter. @throws the signal's reason
   */
  async compact(focus: string | undefined, signal: AbortSignal): Promise<CompactionReport | undefined> {
    const made = await this.#options.compactor?.compact(this.#messages, this.#target(), focus, signal);
    if (made !== undefined) this.#messages = made.messages;
    return made?.report;
  }

  /** Another conversation in the place of this one, for example an earlier state of it; between turns only. */
  replaceMessages(messages: readonly Message[]): void {
    this.#messages = messages;
    this.#options.compactor?.replaced();
  }

  /** Works on one prompt. Never throws: how it ended is the generator's return value. */
  async *turn(
    content: readonly UserBlock[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly ToolLoopEvent[], TurnEnd, void> {
    const { provider, request, tools, approve, maxTurns, maxCostUsd, prices, takeInput } = this.#options;
    const tally = new Tally(prices, { provider: provider.name, model: request.model });
    const repetition = new Repetition();
    let isRepeating = false;
    const messages = [...this.#messages, { role: "user", content } as const];
    let accepted = this.#messages.length;
    let isRefused = false;
    const byName = new Map(tools.map((tool) => [tool.name, tool]));
    const run = runTools(
      provider,
      { ...request, messages },
      {
        tools,
        signal,
        maxSteps: maxTurns,
        takeInput,
        approve: async (call) => {
          const tool = byName.get(call.name);
          const approval: Approval = tool === undefined ? { allowed: true } : await approve(call, tool);
          if (!approval.allowed) tally.denials.push({ toolName: call.name, toolId: call.id, reason: approval.reason });
          return approval;
        },
        revise: async (context) => {
          const revision = await this.#options.compactor?.revise(context, this.#target(), signal);
          if (revision === undefined || revision.report.usage.outputTokens === 0) return revision;
          await prices.look(tally.who);
          tally.spend(revision.report.usage);
          return revision;
        },
        stopAfter: ({ message }) => {
          const calls = message.content.filter((block) => block.type === "tool_use");
          isRepeating = repetition.begins(calls);
          return isRepeating || (maxCostUsd !== undefined && (tally.costUsd ?? 0) >= maxCostUsd);
        },
      },
    );
    try {
      for (const batches = takeBatches(run); ;) {
        const step = await batches.next();
        if (step.done) break;
        for (const event of step.value) {
          if (event.type === "route" || event.type === "step_start") await this.#price(tally, event, maxCostUsd);
          tally.add(event);
          // The newest message is the answer to what was accepted.
          if (event.type === "step_end") {
            accepted = run.messages.length - 1;
            this.#options.compactor?.answered(event.usage, run.messages);
          }
          // What was not accepted yet is the end of the new conversation as it was that of the old one.
          if (event.type === "messages_revised") {
            accepted = Math.max(0, event.revision.messages.length - (event.before - accepted));
          }
          if (event.type === "tool_end") repetition.ended(event.call, event.output, event.durationMs);
        }
        yield step.value;
      }
      const result = await run.result();
      if (isRepeating) return tally.end(failed("stuck", REPEATING));
      if (result.ended === "answered" && tally.isEmpty) return tally.end(failed("empty_answer", EMPTY));
      const end = tally.end(failureOf(result, maxTurns, maxCostUsd));
      // One line of JSON is what every reader of the answer gets, however the model wrote it.
      return "output" in result ? { ...end, text: jsonLine(result.output), output: result.output } : end;
    } catch (error) {
      if (ProviderError.is(error) && error.usage !== undefined) tally.spend(error.usage);
      const failure = describeFailure(signal.aborted ? signal.reason : error, Date.now());
      isRefused = REFUSALS.has(failure.code);
      return { ...tally.end(failure), takenBack: isRefused };
    } finally {
      // What a person saw of a broken answer stays part of the conversation, so that "go on" has something to go on from.
      const { partial } = tally;
      if (isRefused) this.#messages = run.messages.slice(0, accepted);
      else this.#messages = partial === undefined ? [...run.messages] : [...run.messages, partial];
    }
  }

  /** Learns what the coming answer costs; without a price a limit in USD would be no limit. */
  async #price(tally: Tally, event: ToolLoopEvent, maxCostUsd: number | undefined): Promise<void> {
    if (event.type === "route") this.#route = tally.who = { provider: event.provider, model: event.model };
    const { who } = tally;
    const price = await this.#options.prices.look(who);
    // The router says who it takes before anything is sent.
    const isChosen = event.type === "route" || serviceNames().includes(who.provider);
    if (maxCostUsd === undefined || price !== undefined || !isChosen) return;
    throw new UsageError(
      `--max-cost needs prices, and ${who.provider} ${who.model} has none here (a plan has none per token); set PRICE_INPUT and PRICE_OUTPUT in USD per million tokens, or use --max-turns`,
    );
  }

  #target(): CompactorTarget {
    const { provider, request } = this.#options;
    return { provider, model: request.model, route: this.#route };
  }

  /** Ends idle connections. */
  close(): Promise<void> {
    return this.#options.provider.close();
  }
}

/** What is counted while a turn runs. */
class Tally {
  readonly denials: Denial[] = [];
  readonly #spending: Spending;
  /** Who answers, as far as it is known. */
  who: Answerer;
  #turns = 0;
  #text = "";
  /** Text of the answer that is being written. */
  #written = "";
  #stopReason: string | undefined;
  #called = false;

  constructor(prices: PriceList, who: Answerer) {
    this.#spending = new Spending(prices);
    this.who = who;
  }

  get costUsd(): number | undefined {
    return this.#spending.usd;
  }

  /** True when the model has neither said nor called anything. */
  get isEmpty(): boolean {
    return this.#text.trim() === "" && !this.#called && this.#stopReason === "end_turn";
  }

  /** The answer that never came to its end, as far as it was seen. */
  get partial(): AssistantMessage | undefined {
    return this.#written === "" ? undefined : { role: "assistant", content: [{ type: "text", text: this.#written }] };
  }

  add(event: ToolLoopEvent): void {
    if (event.type === "text_delta") this.#written += event.text;
    if (event.type === "step_start" || event.type === "answer_discarded") this.#written = "";
    if (event.type === "answer_discarded" && event.usage !== undefined) this.spend(event.usage);
    if (event.type !== "step_end") return;
    this.#written = "";
    this.#turns = event.step;
    this.#text = textOf(event.message);
    this.#stopReason = event.stopReason;
    this.#called ||= event.message.content.some((block) => block.type === "tool_use");
    this.spend(event.usage);
  }

  /** What an answer cost, whether it was of use or not. */
  spend(usage: Usage): void {
    this.#spending.add(usage, this.who);
  }

  end(failure: RunFailure | undefined): TurnEnd {
    const { partial } = this;
    return {
      status: failure === undefined ? "success" : failure.cancelled === true ? "cancelled" : "error",
      text: partial === undefined ? this.#text : textOf(partial),
      failure,
      stopReason: this.#stopReason,
      turns: this.#turns,
      usage: this.#spending.usage,
      costUsd: this.costUsd,
      answeredBy: this.#turns === 0 ? undefined : this.who,
      denials: this.denials,
      partial,
      takenBack: false,
    };
  }
}

function textOf(message: AssistantMessage): string {
  return message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n\n");
}

/** An end that is not an answer never looks like one. */
function failureOf(
  run: ToolRunResult,
  maxTurns: number | undefined,
  maxCostUsd: number | undefined,
): RunFailure | undefined {
  switch (run.ended) {
    case "max_steps":
      return capped("max_turns", `stopped after ${maxTurns} answers: --max-turns was reached`);
    case "stopped":
      return capped("max_cost", `stopped: --max-cost ${maxCostUsd} USD was reached`);
    case "stuck":
      return failed(
        "stuck",
        "stopped: the model went round in a circle, with the same unusable tool call or endless pauses",
      );
    case "handed_back":
      return failed("unexpected", "a tool without a way to run was called");
    case "answered":
      break;
  }
  switch (run.stopReason) {
    case "max_tokens":
      return failed("max_tokens", "the answer was cut off at the model's output limit");
    case "refusal":
      return failed(
        "refusal",
        run.explanation === undefined
          ? "the model declined to answer"
          : `the model declined to answer: ${run.explanation.replace(/[.\s]+$/, "")}`,
      );
    case "context_full":
      return failed("context_too_long", "the conversation no longer fits the model's context");
    case "end_turn":
    case "tool_use":
    case "stop_sequence":
    case "pause":
      return undefined;
  }
}

function capped(code: string, message: string): RunFailure {
  return { code, message, exitCode: ExitCode.capReached };
}

function failed(code: string, message: string): RunFailure {
  return { code, message, exitCode: ExitCode.failure };
}
