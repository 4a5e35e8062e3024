import type { ToolUseBlock } from "@scorpiox/sxnet";
import { expect, test } from "vitest";
import { Repetition } from "../src/repetition.js";

const call = (n: number): ToolUseBlock => ({
  type: "tool_use",
  id: `c${n}`,
  name: "bash",
  input: { command: `echo ${n}` },
});

/** How many steps ran before it was noticed, at most 50. */
function stepsUntilStuck(callOf: (step: number) => number, outputOf: (step: number) => string, durationMs = 5): number {
  const repetition = new Repetition();
  for (let step = 0; step < 50; step += 1) {
    const made = call(callOf(step));
    if (repetition.begins([made])) return step;
    repetition.ended(made, { content: [{ type: "text", text: outputOf(step) }] }, durationMs);
  }
  return 50;
}

test.each([
  { name: "the same call and result", calls: () => 1, outputs: () => "x", durationMs: 5, steps: 5 },
  { name: "another result", calls: () => 1, outputs: (step: number) => `${step}`, durationMs: 5, steps: 50 },
  { name: "another call", calls: (step: number) => step, outputs: () => "x", durationMs: 5, steps: 50 },
  { name: "two calls in turn", calls: (step: number) => step % 2, outputs: () => "x", durationMs: 5, steps: 50 },
  { name: "waiting", calls: () => 1, outputs: () => "pending", durationMs: 30_000, steps: 50 },
])("$name: $steps", ({ calls, outputs, durationMs, steps }) => {
  expect(stepsUntilStuck(calls, outputs, durationMs)).toBe(steps);
});
