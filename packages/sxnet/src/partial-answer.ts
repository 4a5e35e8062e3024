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

  /** Finished blocks and the text of open ones, in their order; never a call that was not finished. */
  message(): AssistantMessage {
    const indexes = [...new Set([...this.#finished.keys(), ...this.#open.keys()])].sort((a, b) => a - b);
    return { role: "assistant", content: indexes.flatMap((index) => this.#blockAt(index)) };
  }

  /** The whole answer, once `done` has come. */
  result(): TurnResult | undefined {
    if (this.#end === undefined) return undefined;
    const { type: _type, ...end } = this.#end;
    return { message: this.message(), ...end };
  }

  #blockAt(index: number): readonly AssistantBlock[] {
    const finished = this.#finished.get(index);
    if (finished !== undefined) return [finished];
    const open = this.#open.get(index);
    if (open === undefined || open.text === "") return [];
    if (open.block.type === "text") return [{ type: "text", text: open.text }];
    return open.block.type === "thinking" ? [{ type: "thinking", text: open.text }] : [];
  }
}
