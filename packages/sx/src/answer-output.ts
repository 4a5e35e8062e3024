import type { ToolLoopEvent, UserBlock } from "@scorpiox/sxnet";
import type { TurnEnd } from "./agent.js";
import type { OpenedAgent } from "./open-agent.js";

/** Where a single answer shows itself: as text, or as JSON. */
export interface AnswerOutput {
  begin(opened: OpenedAgent, content: readonly UserBlock[]): void;
  /** Something that is worth knowing and stops nothing. */
  warn(code: string, message: string): void;
  show(events: readonly ToolLoopEvent[]): void;
  /** Resolves when the reader has caught up, or the signal aborts. */
  settle(signal: AbortSignal): Promise<void>;
  /** Always called, once, also when nothing has begun. */
  end(end: TurnEnd): void;
}
