import type { Tool, ToolOutput } from "./tool.js";
import type { RunToolsOptions, ToolLoopEvent } from "./tool-loop.js";
import type { ToolResultBlock, ToolUseBlock } from "./types.js";

/** How many read-only calls run side by side. */
const MAX_PARALLEL = 8;
/** A tool that ignores its signal is left behind after this; its result says so. */
const CANCEL_GRACE_MS = 10_000;

interface ReadyCall {
  readonly call: ToolUseBlock;
  readonly tool: Tool;
}

const NEVER = new AbortController().signal;

/**
 * Runs the calls of one answer and notes the result of each in `settled`, by the call itself: some services use one id
 * twice. Calls whose tool has no `run` get none. Throws the signal's reason after an abort; what ended before it, and
 * what was cancelled by it, is in `settled`.
 */
export async function* runCalls(
  calls: readonly ToolUseBlock[],
  options: RunToolsOptions,
  settled: Map<ToolUseBlock, ToolResultBlock>,
): AsyncGenerator<readonly ToolLoopEvent[], void, void> {
  const { tools, signal } = options;
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  for (let next = 0; next < calls.length; ) {
    const group = groupFrom(calls, next, byName);
    next += group.length;
    const ready: ReadyCall[] = [];
    for (const call of group) {
      const tool = byName.get(call.name);
      if (tool !== undefined && tool.run === undefined) continue;
      const refusal = await whyNot(call, tool, tools, options);
      if (refusal === undefined && tool !== undefined) ready.push({ call, tool });
      else if (refusal !== undefined) {
        settled.set(call, resultOf(call, refusal));
        yield [
          { type: "tool_start", call },
          { type: "tool_end", call, output: refusal, durationMs: 0 },
        ];
      }
    }
    yield* runGroup(ready, signal ?? NEVER, settled);
    signal?.throwIfAborted();
  }
}

/** The read-only calls that stand together, or one call of another kind. */
function groupFrom(calls: readonly ToolUseBlock[], from: number, tools: ReadonlyMap<string, Tool>): readonly ToolUseBlock[] {
  let to = from;
  while (to < calls.length && to - from < MAX_PARALLEL && tools.get(calls[to]?.name ?? "")?.readOnly === true) to += 1;
  return calls.slice(from, Math.max(to, from + 1));
}

/** Why a call does not run, as the result that the model gets; `undefined` when it may. */
async function whyNot(
  call: ToolUseBlock,
  tool: Tool | undefined,
  tools: readonly Tool[],
  { approve, signal }: RunToolsOptions,
): Promise<ToolOutput | undefined> {
  if (signal?.aborted) return textOutput("cancelled", "not run: the turn was cancelled");
  if (tool === undefined) {
    const names = tools.map(({ name }) => name).join(", ");
    return textOutput("error", `there is no tool "${call.name}"; the tools are: ${names}`);
  }
  if (call.inputError !== undefined) return textOutput("error", `nothing was run: ${call.inputError}; send the whole call again`);
  const { findProblem } = await import("./tool-input.js");
  const problem = findProblem(tool, call.input);
  if (problem !== undefined) return textOutput("error", `nothing was run: ${problem}`);
  const approval = (await approve?.(call, { signal: signal ?? NEVER })) ?? { allowed: true };
  return approval.allowed ? undefined : textOutput("denied", approval.reason);
}

/** Starts all, reports each as it ends. */
async function* runGroup(
  group: readonly ReadyCall[],
  signal: AbortSignal,
  settled: Map<ToolUseBlock, ToolResultBlock>,
): AsyncGenerator<readonly ToolLoopEvent[], void, void> {
  if (group.length === 0) return;
  yield group.map(({ call }) => ({ type: "tool_start", call }));
  const running = new Map(
    group.map(({ call, tool }) => {
      const startedMs = performance.now();
      const done = runOne(call, tool, signal).then((output) => ({
        call,
        output,
        durationMs: performance.now() - startedMs,
      }));
      return [call, done] as const;
    }),
  );
  while (running.size > 0) {
    const { call, output, durationMs } = await Promise.race(running.values());
    running.delete(call);
    settled.set(call, resultOf(call, output));
    yield [{ type: "tool_end", call, output, durationMs }];
  }
}

async function runOne(call: ToolUseBlock, tool: Tool, signal: AbortSignal): Promise<ToolOutput> {
  let leave: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const abandoned = new Promise<ToolOutput>((resolve) => {
    leave = () => {
      timer = setTimeout(
        () => resolve(textOutput("cancelled", "cancelled; the tool did not stop in time")),
        CANCEL_GRACE_MS,
      );
    };
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    const output = await Promise.race([tool.run?.(call.input, { signal, toolUseId: call.id }), abandoned]);
    return typeof output === "string" ? textOutput("ok", output) : (output ?? textOutput("ok", ""));
  } catch (error) {
    if (signal.aborted) return textOutput("cancelled", "cancelled before it ended");
    return textOutput("error", error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
    if (leave !== undefined) signal.removeEventListener("abort", leave);
  }
}

function resultOf(call: ToolUseBlock, output: ToolOutput): ToolResultBlock {
  const failed = output.status !== undefined && output.status !== "ok";
  return { type: "tool_result", toolUseId: call.id, content: output.content, ...(failed ? { isError: true } : {}) };
}

function textOutput(status: NonNullable<ToolOutput["status"]>, text: string): ToolOutput {
  return { status, content: [{ type: "text", text }] };
}
