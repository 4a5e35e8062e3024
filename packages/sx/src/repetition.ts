import { createHash } from "node:crypto";
import type { ToolOutput, ToolUseBlock } from "@scorpiox/sxnet";

/** So often may the same calls bring the same results before it is a loop. */
const MAX_TIMES = 5;
/** A call that takes longer than this waits for something, and may do so again. */
const QUICK_MS = 2_000;

/** Notices a model that makes the same calls over and over and learns nothing from them. */
export class Repetition {
  #calls = "";
  #results: string[] = [];
  #previous = "";
  #times = 0;

  /** How a call of the current step ended. */
  ended(call: ToolUseBlock, output: ToolOutput, durationMs: number): void {
    const hash = createHash("sha256").update(JSON.stringify([call.name, call.input, output.status, output.content]));
    // A slow call never equals another.
    this.#results.push(durationMs < QUICK_MS ? hash.digest("base64") : `${this.#times} ${performance.now()}`);
  }

  /** A new step begins with these calls. True when they were made, with the same results, five times in a row. */
  begins(calls: readonly ToolUseBlock[]): boolean {
    // Calls of one answer end in any order.
    const done = [this.#calls, ...this.#results.toSorted()].join("\n");
    this.#times = done === this.#previous ? this.#times + 1 : 1;
    this.#previous = done;
    const next = JSON.stringify(calls.map(({ name, input }) => [name, input]));
    const isStuck = this.#times >= MAX_TIMES && next === this.#calls;
    this.#calls = next;
    this.#results = [];
    return isStuck;
  }
}
