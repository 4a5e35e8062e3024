import { orAbort } from "./or-abort.js";
import type { Tool, ToolOutput } from "./tool.js";
import type { RunToolsOptions, ToolLoopEvent } from "./tool-loop.js";
import type { ToolResultBlock, ToolUseBlock } from "./types.js";

/** How many read-only calls run side by side. */
const MAX_PARALLEL = 8;
const CANCEL_GRACE_MS = 10_000;

interface ReadyCall {
  readonly call: ToolUseBlock;
  readonly tool: Tool;
}

/**
 * Runs the calls of one answer and notes the result of each in `settled`, by the call itself: some services use one id
 * twice. Calls whose tool has no `run` get none. Throws the signal's reason after an abort; what ended before it, and
 * what was cancelled by it, is in `settled`. A reader who leaves cancels what runs and waits for it.
 */
export async function* runCalls(
  calls: readonly ToolUseBlock[],
  options: RunToolsOptions,
  settled: Map<ToolUseBlock, ToolResultBlock>,
): AsyncGenerator<readonly ToolLoopEvent[], void, void> {
  const { tools, signal } = options;
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  for (let next = 0; next < calls.length;) {
    const group = groupFrom(calls, next, byName);
    next += group.length;
    const ready: ReadyCall[] = [];
    for (const call of group) {
      const tool = byName.get(call.name);
      if (tool !== undefined && tool.run === undefined) continue;
      const refusal = await whyNot(call, tool, options);
      if (refusal === undefined && tool !== undefined) ready.push({ call, tool });
      else if (refusal !== undefined) {
        settled.set(call, resultOf(call, refusal));
        yield [
          { type: "tool_start", call },
          { type: "tool_end", call, output: refusal, durationMs: 0 },
        ];
      }
    }
    yield* runGroup(ready, options, settled);
    signal?.throwIfAborted();
  }
}

/** The read-only calls that stand together, or one call of another kind. */
function groupFrom(
  calls: readonly ToolUseBlock[],
  from: number,
  tools: ReadonlyMap<string, Tool>,
): readonly ToolUseBlock[] {
  let to = from;
  while (to < calls.length && to - from < MAX_PARALLEL && tools.get(calls[to]?.name ?? "")?.readOnly === true) to += 1;
  return calls.slice(from, Math.max(to, from + 1));
}

/** Why a call does not run, as the result that the model gets; `undefined` when it may. */
async function whyNot(
  call: ToolUseBlock,
  tool: Tool | undefined,
  { tools, approve, signal }: RunToolsOptions,
): Promise<ToolOutput | undefined> {
  signal?.throwIfAborted();
  if (tool === undefined) {
    const names = tools.map(({ name }) => name).join(", ");
    return textOutput("error", `there is no tool "${call.name}"; the tools are: ${names}`);
  }
  if (call.inputError !== undefined) {
    return textOutput("error", `nothing was run: ${call.inputError}; send the whole call again`);
  }
  const { findProblem } = await import("./tool-input.js");
  const problem = findProblem(tool, call.input);
  if (problem !== undefined) return textOutput("error", `nothing was run: ${problem}`);
  if (approve === undefined) return undefined;
  const answer = Promise.resolve(approve(call, { signal: signal ?? new AbortController().signal }));
  const approval = await orAbort(answer, signal);
  return approval.allowed ? undefined : textOutput("denied", approval.reason);
}

/** Starts all, reports each as it ends. */
async function* runGroup(
  group: readonly ReadyCall[],
  { signal, cancelGraceMs = CANCEL_GRACE_MS }: RunToolsOptions,
  settled: Map<ToolUseBlock, ToolResultBlock>,
): AsyncGenerator<readonly ToolLoopEvent[], void, void> {
  if (group.length === 0) return;
  yield group.map(({ call }) => ({ type: "tool_start", call }));
  // A signal for each call, so that many listeners of many tools do not meet on the caller's.
  const stops: AbortController[] = [];
  const stopAll = (reason: unknown): void => {
    for (const stop of stops) stop.abort(reason);
  };
  const forward = (): void => stopAll(signal?.reason);
  signal?.addEventListener("abort", forward, { once: true });
  const running = new Map(
    group.map(({ call, tool }) => {
      const stop = new AbortController();
      stops.push(stop);
      if (signal?.aborted) stop.abort(signal.reason);
      const startedMs = performance.now();
      const done = runOne(call, tool, stop.signal, cancelGraceMs).then((output) => {
        settled.set(call, resultOf(call, output));
        return { call, output, durationMs: performance.now() - startedMs };
      });
      return [call, done] as const;
    }),
  );
  try {
    while (running.size > 0) {
      const ended = await Promise.race(running.values());
      running.delete(ended.call);
      yield [{ type: "tool_end", ...ended }];
    }
  } finally {
    if (running.size > 0) {
      stopAll(new DOMException("the reader left before the end", "AbortError"));
      await Promise.all(running.values());
    }
    signal?.removeEventListener("abort", forward);
  }
}

/** Never rejects. A tool that ignores its signal is left behind after the grace. */
async function runOne(call: ToolUseBlock, tool: Tool, signal: AbortSignal, graceMs: number): Promise<ToolOutput> {
  if (signal.aborted) return textOutput("cancelled", "not run: the turn was cancelled");
  let timer: NodeJS.Timeout | undefined;
  let leave: () => void = () => undefined;
  const abandoned = new Promise<ToolOutput>((resolve) => {
    leave = () => {
      timer = setTimeout(() => resolve(textOutput("cancelled", "cancelled; the tool did not stop in time")), graceMs);
    };
  });
  signal.addEventListener("abort", leave, { once: true });
  try {
    const output = await Promise.race([tool.run?.(call.input, { signal, toolUseId: call.id }), abandoned]);
    return typeof output === "string" ? textOutput("ok", output) : (output ?? textOutput("ok", ""));
  } catch (error) {
    if (signal.aborted) return textOutput("cancelled", "cancelled before it ended");
    return textOutput("error", error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  }
}

function resultOf(call: ToolUseBlock, output: ToolOutput): ToolResultBlock {
  const failed = output.status !== undefined && output.status !== "ok";
  return { type: "tool_result", toolUseId: call.id, content: output.content, ...(failed ? { isError: true } : {}) };
}

function textOutput(status: NonNullable<ToolOutput["status"]>, text: string): ToolOutput {
  return { status, content: [{ type: "text", text }] };
}
