import { ProviderError } from "./errors.js";
import { EventReader, takeBatches } from "./event-reader.js";
import type { Provider, Turn } from "./provider.js";
import { DEFAULT_RETRY, retryDelayMs, sleep } from "./retry.js";
import { runCalls } from "./run-calls.js";
import type {
  ReviseContext,
  RunToolsOptions,
  StepSummary,
  ToolLoopEvent,
  ToolRun,
  ToolRunResult,
} from "./tool-loop.js";
import type {
  AssistantMessage,
  ChatRequest,
  Message,
  ToolResultBlock,
  ToolUseBlock,
  TurnResult,
  Usage,
  UserMessage,
} from "./types.js";
import { addUsage, NO_USAGE } from "./usage.js";

/** Answers without a call that may follow each other because the service wants to go on; more is a service in a loop. */
const MAX_PAUSES = 16;

/**
 * Streams an answer, runs its tool calls, sends their results, and again, until the model calls nothing more. Read-only
 * calls of one answer run side by side, others one after the other, in the model's order. Arguments that do not fit
 * the tool's schema go back to the model as an error. On abort every open call still gets a result, then the
 * signal's reason is thrown. A forced `toolChoice` holds until the model has called something, a `responseSchema` for
 * the answer that calls nothing.
 */
export function runTools(provider: Provider, request: Omit<ChatRequest, "tools">, options: RunToolsOptions): ToolRun {
  const messages: Message[] = [...request.messages];
  return Object.assign(new EventReader(loop(provider, request, options, messages)), { messages });
}

async function* loop(
  provider: Provider,
  request: Omit<ChatRequest, "tools">,
  options: RunToolsOptions,
  messages: Message[],
): AsyncGenerator<readonly ToolLoopEvent[], ToolRunResult, void> {
  let usage = NO_USAGE;
  let unusable: string | undefined;
  let pauses = 0;
  let hasCalled = false;
  for (let step = 1; ; step += 1) {
    yield* revise(options, messages, { messages, step });
    yield [{ type: "step_start", step }];
    const free: ChatRequest = { ...request, messages, tools: options.tools };
    const asked = hasCalled ? unforced(free) : free;
    const { turn, discardedUsage } = yield* answerOrRevise(provider, asked, options, messages, step);
    usage = addUsage(usage, addUsage(discardedUsage, turn.usage));
    messages.push(turn.message);
    const calls = turn.message.content.filter((block) => block.type === "tool_use");
    const settled = new Map<ToolUseBlock, ToolResultBlock>();
    /** What the calls without a result are told; `undefined` once they are the caller's. */
    let rest: string | undefined = "not run: the turn was cancelled";
    const end = (ended: ToolRunResult["ended"], pending: readonly ToolUseBlock[] = []): ToolRunResult => ({
      ended,
      message: turn.message,
      stopReason: turn.stopReason,
      messages,
      steps: step,
      usage,
      ...(turn.explanation === undefined ? {} : { explanation: turn.explanation }),
      ...("output" in turn ? { output: turn.output } : {}),
      pending,
      results: pending.length === 0 ? [] : calls.flatMap((call) => settled.get(call) ?? []),
    });
    try {
      const summary: StepSummary = { step, message: turn.message, stopReason: turn.stopReason, usage: turn.usage };
      yield [{ type: "step_end", ...summary }];
      const isLast = step >= (options.maxSteps ?? Number.POSITIVE_INFINITY);
      if (calls.length === 0) {
        if (turn.stopReason !== "pause") return end("answered");
        if (isLast) return end("max_steps");
        pauses += 1;
        if (pauses === MAX_PAUSES) return end("stuck");
        continue;
      }
      if (isLast || options.stopAfter?.(summary)) {
        rest = "not run: the limit of this session was reached";
        return end(isLast ? "max_steps" : "stopped");
      }
      const broken = unusableCalls(calls);
      if (broken !== undefined && broken === unusable) {
        rest = "not run: the same unusable arguments came twice";
        return end("stuck");
      }
      unusable = broken;
      pauses = 0;
      hasCalled = true;
      yield* runCalls(calls, options, settled);
      const pending = calls.filter((call) => !settled.has(call));
      if (pending.length > 0) {
        rest = undefined;
        return end("handed_back", pending);
      }
    } finally {
      // However this ends, also with an abort or a reader who left: the conversation stays one that can be sent.
      if (calls.length > 0 && rest !== undefined) messages.push(resultsOf(calls, settled, rest));
    }
    const said = options.takeInput?.() ?? [];
    if (said.length > 0) {
      messages.push({ role: "user", content: said });
      yield [{ type: "user_input", content: said }];
    }
  }
}

/** All calls of an answer as one word when none of them has arguments that can be used. */
function unusableCalls(calls: readonly ToolUseBlock[]): string | undefined {
  if (calls.some((call) => call.inputError === undefined)) return undefined;
  return JSON.stringify(calls.map(({ name, rawInput, inputError }) => [name, rawInput ?? inputError]));
}

/** A forced call that stayed forced would never let the model answer. */
function unforced({ toolChoice, ...request }: ChatRequest): ChatRequest {
  return toolChoice === undefined || toolChoice === "auto" || toolChoice === "none"
    ? { ...request, ...(toolChoice === undefined ? {} : { toolChoice }) }
    : request;
}

/** Puts another conversation in the place of this one when somebody has one. @returns whether that was so */
async function* revise(
  options: RunToolsOptions,
  messages: Message[],
  context: ReviseContext,
): AsyncGenerator<readonly ToolLoopEvent[], boolean, void> {
  const revision = await options.revise?.({ ...context, messages: [...messages] });
  if (revision === undefined) return false;
  const before = messages.length;
  messages.splice(0, before, ...revision.messages);
  yield [{ type: "messages_revised", before, revision }];
  return true;
}

/** One answer. A request that the service refuses as too long is revised, once. */
async function* answerOrRevise(
  provider: Provider,
  request: ChatRequest,
  options: RunToolsOptions,
  messages: Message[],
  step: number,
): AsyncGenerator<readonly ToolLoopEvent[], { turn: TurnResult; discardedUsage: Usage }, void> {
  const ask = () => answer(provider, { ...request, messages: [...messages] }, options);
  try {
    return yield* ask();
  } catch (error) {
    if (!ProviderError.is(error) || !isTooLong(error)) throw error;
    if (!(yield* revise(options, messages, { messages, step, refused: error }))) throw error;
    return yield* ask();
  }
}

function isTooLong({ code, partial }: ProviderError): boolean {
  return (code === "context_too_long" || code === "request_too_large") && (partial?.content.length ?? 0) === 0;
}

/** One answer, asked for again when it was cut after its start, or does not fit the schema that it is bound to. */
async function* answer(
  provider: Provider,
  request: ChatRequest,
  { signal, maxDiscarded = 2, maxCorrected = 1, retry, random = Math.random }: RunToolsOptions,
): AsyncGenerator<readonly ToolLoopEvent[], { turn: TurnResult; discardedUsage: Usage }, void> {
  let asked = request;
  let discardedUsage = NO_USAGE;
  let corrected = 0;
  for (let attempt = 1; ; attempt += 1) {
    const turn: Turn = provider.stream(asked, { signal });
    try {
      yield* takeBatches(turn);
      return { turn: await turn.result(), discardedUsage };
    } catch (error) {
      // Without a partial answer the provider has done its own retries already.
      if (!ProviderError.is(error) || error.partial === undefined) throw error;
      if (error.code === "schema_mismatch") {
        corrected += 1;
        if (corrected > maxCorrected) throw error;
        asked = { ...request, messages: [...request.messages, ...correction(error, error.partial)] };
        const lost = error.usage ?? NO_USAGE;
        discardedUsage = addUsage(discardedUsage, lost);
        const { code, message, partial } = error;
        yield [{ type: "answer_discarded", attempt, delayMs: 0, error: { code, message }, partial, usage: lost }];
        continue;
      }
      if (attempt - corrected > maxDiscarded) throw error;
      const delayMs = retryDelayMs(error, attempt - corrected, { ...DEFAULT_RETRY, ...retry }, random);
      if (delayMs === undefined) throw error;
      const { code, message, partial } = error;
      yield [{ type: "answer_discarded", attempt, delayMs, error: { code, message }, partial }];
      await sleep(delayMs, signal);
    }
  }
}

/** What the next request has and the conversation never gets: the answer that does not fit, and why. */
function correction({ problem }: ProviderError, partial: AssistantMessage): readonly Message[] {
  // Services refuse an empty answer; then the same is asked again.
  if (!partial.content.some((block) => block.type === "text" && block.text.trim() !== "")) return [];
  const text = `This answer does not fit the JSON Schema that it is bound to: ${problem ?? "it is not one JSON value"}. Answer again with the whole JSON value, corrected, and nothing else.`;
  return [partial, { role: "user", content: [{ type: "text", text }] }];
}

function resultsOf(
  calls: readonly ToolUseBlock[],
  settled: ReadonlyMap<ToolUseBlock, ToolResultBlock>,
  rest: string,
): UserMessage {
  const content = calls.map(
    (call): ToolResultBlock =>
      settled.get(call) ?? {
        type: "tool_result",
        toolUseId: call.id,
        content: [{ type: "text", text: rest }],
        isError: true,
      },
  );
  return { role: "user", content };
}
