import type { AssistantBlock, AssistantMessage, StreamEvent, TurnResult } from "./types.js";

/** Follows the events of one answer: what is finished, what is open, and how it ended. */
export class PartialAnswer {
  readonly #open = new Map<number, { block: AssistantBlock; text: string }>();
  readonly #finished = new Map<number, AssistantBlock>();
  #end: Extract<StreamEvent, { type: "done" }> | undefined;

  /** True once a block has begun: from then on the request is not repeated. */
  get started(): boolean {
    return this.#open.size + this.#finished.size > 0;
  }

  /** True once `done` has come. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  add(event: StreamEvent): void {
    switch (event.type) {
      case "text_delta":
      case "thinking_delta": {
        const open = this.#open.get(event.index);
        if (open !== undefined) open.text += event.text;
        return;
      }
      case "block_start":
        this.#open.set(event.index, { block: event.block, text: "" });
        return;
      case "block_end":
        this.#open.delete(event.index);
        this.#finished.set(event.index, event.block);
        return;
      case "done":
        this.#end = event;
        return;
      case "tool_input_delta":
      case "retry":
      case "limits":
      case "route":
        return;
    }
  }

  /**
   * Finished blocks and the text of open ones, in their order; never a call that was not finished, and no opaque data
   * of reasoning whose consequence is missing: services refuse it.
   */
  message(): AssistantMessage {
    const indexes = [...new Set([...this.#finished.keys(), ...this.#open.keys()])].sort((a, b) => a - b);
    const whole = this.#end === undefined ? this.#lastWhole(indexes) : indexes.length;
    return { role: "assistant", content: indexes.flatMap((index, at) => this.#blockAt(index, at < whole)) };
  }

  /** The position of the last finished text or call; reasoning after it led to something that never came. */
  #lastWhole(indexes: readonly number[]): number {
    return indexes.findLastIndex((index) => (this.#finished.get(index)?.type ?? "thinking") !== "thinking");
  }

  /** The whole answer, once `done` has come. */
  result(): TurnResult | undefined {
    if (this.#end === undefined) return undefined;
    const { stopReason, rawStopReason, usage, rawUsage, explanation } = this.#end;
    return {
      message: this.message(),
      stopReason,
      rawStopReason,
      usage,
      rawUsage,
      ...(explanation === undefined ? {} : { explanation }),
      // `null` is an answer as well.
      ...("output" in this.#end ? { output: this.#end.output } : {}),
    };
  }

  #blockAt(index: number, followed: boolean): readonly AssistantBlock[] {
    const finished = this.#finished.get(index);
    if (finished?.type === "thinking" && !followed)
      return finished.text === "" ? [] : [{ type: "thinking", text: finished.text }];
    if (finished !== undefined) return [finished];
    const open = this.#open.get(index);
    if (open === undefined || open.text === "") return [];
    if (open.block.type === "text") return [{ type: "text", text: open.text }];
    return open.block.type === "thinking" ? [{ type: "thinking", text: open.text }] : [];
  }
}
