import { ProviderError } from "./errors.js";
import { EventReader } from "./event-reader.js";
import type { Provider, Turn } from "./provider.js";
import { DEFAULT_RETRY, retryDelayMs, sleep } from "./retry.js";
import { runCalls } from "./run-calls.js";
import type { RunToolsOptions, StepSummary, ToolLoopEvent, ToolRun, ToolRunResult } from "./tool-loop.js";
import type { ChatRequest, Message, ToolResultBlock, ToolUseBlock, TurnResult, Usage, UserMessage } from "./types.js";

const NO_USAGE: Usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 };

/**
 * Streams an answer, runs its tool calls, sends their results, and again, until the model calls nothing more. Read-only
 * calls of one answer run side by side, others one after the other, in the model's order. Arguments that do not fit
 * the tool's schema go back to the model as an error. On abort every open call still gets a result, then the
 * signal's reason is thrown.
 */
export function runTools(provider: Provider, request: Omit<ChatRequest, "tools">, options: RunToolsOptions): ToolRun {
  const messages: Message[] = [...request.messages];
  const reader = new EventReader(loop(provider, request, options, messages));
  return {
    [Symbol.asyncIterator]: () => reader[Symbol.asyncIterator](),
    result: () => reader.result(),
    takeBatches: () => reader.takeBatches(),
    messages,
  } as ToolRun & { takeBatches(): AsyncGenerator<readonly ToolLoopEvent[], void, void> };
}

/** The events of a run in the batches in which they came; what a display reads, to draw once for a whole chunk. */
export function takeBatches<Event>(
  source: AsyncIterable<Event> & { takeBatches?(): AsyncGenerator<readonly Event[], void, void> },
): AsyncGenerator<readonly Event[], void, void> {
  return source.takeBatches?.() ?? single(source);
}

async function* single<Event>(source: AsyncIterable<Event>): AsyncGenerator<readonly Event[], void, void> {
  for await (const event of source) yield [event];
}

async function* loop(
  provider: Provider,
  request: Omit<ChatRequest, "tools">,
  options: RunToolsOptions,
  messages: Message[],
): AsyncGenerator<readonly ToolLoopEvent[], ToolRunResult, void> {
  const { signal } = options;
  let usage = NO_USAGE;
  let unusable = "";
  for (let step = 1; ; step += 1) {
    yield [{ type: "step_start", step }];
    const turn = yield* answer(provider, { ...request, messages: [...messages], tools: options.tools }, options);
    usage = addUsage(usage, turn.usage);
    messages.push(turn.message);
    const summary: StepSummary = { step, message: turn.message, stopReason: turn.stopReason, usage: turn.usage };
    yield [{ type: "step_end", ...summary }];
    const end = (ended: ToolRunResult["ended"], rest: Partial<ToolRunResult> = {}): ToolRunResult => ({
      ended,
      message: turn.message,
      stopReason: turn.stopReason,
      messages,
      steps: step,
      usage,
      pending: [],
      results: [],
      ...rest,
    });
    const calls = turn.message.content.filter((block) => block.type === "tool_use");
    if (calls.length === 0) {
      if (turn.stopReason !== "pause") return end("answered");
      if (step === options.maxSteps) return end("max_steps");
      continue;
    }
    const cap = step === options.maxSteps ? "max_steps" : options.stopAfter?.(summary) ? "stopped" : undefined;
    if (cap !== undefined) {
      messages.push(refuseAll(calls, "not run: the limit of this session was reached"));
      return end(cap);
    }
    const broken = calls.map((call) => call.rawInput ?? "").join("\n");
    if (calls.every((call) => call.inputError !== undefined) && broken === unusable) {
      messages.push(refuseAll(calls, "not run: the same unusable arguments came twice"));
      return end("stuck");
    }
    unusable = calls.every((call) => call.inputError !== undefined) ? broken : "";
    const settled = new Map<ToolUseBlock, ToolResultBlock>();
    try {
      yield* runCalls(calls, options, settled);
    } catch (error) {
      // The conversation stays sendable: what ran has its result, what did not says so.
      const content = calls.map((call) => settled.get(call) ?? errorResult(call, "not run: the turn was cancelled"));
      messages.push({ role: "user", content });
      throw error;
    }
    const results = calls.flatMap((call) => settled.get(call) ?? []);
    const pending = calls.filter((call) => !settled.has(call));
    if (pending.length > 0) return end("handed_back", { pending, results });
    messages.push({ role: "user", content: results });
    signal?.throwIfAborted();
  }
}

/** One answer, asked for again when it was cut after its start. */
async function* answer(
  provider: Provider,
  request: ChatRequest,
  { signal, maxDiscarded = 2 }: RunToolsOptions,
): AsyncGenerator<readonly ToolLoopEvent[], TurnResult, void> {
  for (let attempt = 1; ; attempt += 1) {
    const turn: Turn = provider.stream(request, { signal });
    try {
      yield* takeBatches(turn);
      return await turn.result();
    } catch (error) {
      // Without a partial answer the provider has done its own retries already.
      if (!ProviderError.is(error) || error.partial === undefined || attempt > maxDiscarded) throw error;
      const delayMs = retryDelayMs(error, attempt, DEFAULT_RETRY, Math.random);
      if (delayMs === undefined) throw error;
      const { code, message, partial } = error;
      yield [{ type: "answer_discarded", attempt, delayMs, error: { code, message }, partial }];
      await sleep(delayMs, signal);
    }
  }
}

function refuseAll(calls: readonly ToolUseBlock[], text: string): UserMessage {
  return { role: "user", content: calls.map((call) => errorResult(call, text)) };
}

function errorResult(call: ToolUseBlock, text: string): ToolResultBlock {
  return { type: "tool_result", toolUseId: call.id, content: [{ type: "text", text }], isError: true };
}

function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  };
}
