import type { ImageBlock, TextBlock, ToolDefinition, ToolUseBlock } from "./types.js";

export type ToolStatus = "ok" | "error" | "denied" | "timeout" | "cancelled";

/** What a tool hands back: `content` goes to the model, the rest to whoever runs the loop. */
export interface ToolOutput {
  readonly content: readonly (TextBlock | ImageBlock)[];
  /** Default `ok`. Everything else reaches the model as an error. */
  readonly status?: ToolStatus;
  /** True when the model sees only a part of the output. */
  readonly truncated?: boolean;
  /** Exit code of the program that ran, if one did and ended by itself. */
  readonly exitCode?: number;
  /** For the host's display only, for example a diff; never sent. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface ToolRunContext {
  /** Aborts when the turn is cancelled; the tool then stops what it started and returns or throws. */
  readonly signal: AbortSignal;
  readonly toolUseId: string;
}

/** A tool definition that can also run. Without `run` the call is handed back to the caller of the loop. */
export interface Tool extends ToolDefinition {
  /** Changes nothing, so it may run beside other calls of the same kind. */
  readonly readOnly?: boolean;
  /**
   * `input` has passed `inputSchema`. A string is short for one text block. A throw becomes an error result whose text
   * is the error's message.
   */
  run?(input: Readonly<Record<string, unknown>>, context: ToolRunContext): Promise<ToolOutput | string>;
}

/** The answer to "may this call run?"; the reason of a refusal is told to the model. */
export type Approval = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

export type Approve = (call: ToolUseBlock, context: { readonly signal: AbortSignal }) => Approval | Promise<Approval>;
