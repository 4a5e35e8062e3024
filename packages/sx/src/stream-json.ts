import type { AssistantMessage, ToolLoopEvent, Usage, UserBlock } from "@scorpiox/sxnet";
import type { TurnEnd } from "./agent.js";
import type { CompactionReport } from "./compaction/compact.js";
import { isCompactionReport } from "./compaction/describe-compaction.js";
import type { KnownSecrets, SecretStream } from "./known-secrets.js";

/**
 * The events of `--output-format stream-json`, one object a line. Names and fields are API: `schema/stream-json.schema.json`
 * describes them, and a change of meaning raises `v`.
 */

export interface StreamHeader {
  readonly sessionId: string;
  readonly provider: string;
  readonly model: string;
  readonly cwd: string;
  readonly tools: readonly string[];
  readonly approvalMode: string;
  /** Whether the conversation began in an earlier run. */
  readonly resumed: boolean;
}

export interface StreamOptions {
  readonly includeDeltas: boolean;
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number;
  /** Takes one whole line with its LF. */
  readonly write: (line: string) => void;
  /** Hidden in every line, and across the pieces of a text. */
  readonly secrets: () => KnownSecrets;
}

/** Writes the lines of one run: `init` first, `result` always, last, once. */
export class StreamJsonWriter {
  readonly #options: StreamOptions;
  #sessionId: string;
  readonly #startedMs: number;
  /** The texts that come in pieces, by block. */
  readonly #pieces = new Map<number, SecretStream>();
  #seq = 0;

  constructor(sessionId: string, options: StreamOptions) {
    this.#options = options;
    this.#sessionId = sessionId;
    this.#startedMs = performance.now();
  }

  init(header: StreamHeader): void {
    // Until here the run had no session yet; a run that goes on with one has that one's id.
    this.#sessionId = header.sessionId;
    this.#line("init", {
      provider: header.provider,
      model: header.model,
      cwd: header.cwd,
      tools: header.tools,
      approval_mode: header.approvalMode,
      resumed: header.resumed,
    });
  }

  user(content: readonly UserBlock[]): void {
    this.#line("message", { role: "user", content: content.map(plainBlock) });
  }

  event(event: ToolLoopEvent): void {
    switch (event.type) {
      case "text_delta":
      case "thinking_delta":
        if (this.#options.includeDeltas) this.#delta(event.type, this.#piecesOf(event.index).push(event.text));
        return;
      case "block_end": {
        const rest = this.#pieces.get(event.index)?.flush() ?? "";
        this.#pieces.delete(event.index);
        this.#delta(event.block.type === "thinking" ? "thinking_delta" : "text_delta", rest);
        return;
      }
      case "step_end":
        this.#answer(event.message);
        return;
      case "tool_end": {
        const { call, output, durationMs } = event;
        this.#line("tool_result", {
          tool_id: call.id,
          status: output.status ?? "ok",
          output: output.content
            .map((part) => (part.type === "text" ? part.text : `[image ${part.mediaType}]`))
            .join("\n"),
          truncated: output.truncated === true,
          exit_code: output.exitCode ?? null,
          duration_ms: Math.round(durationMs),
        });
        return;
      }
      case "retry":
        this.#line("retry", {
          attempt: event.attempt,
          delay_ms: Math.round(event.delayMs),
          discarded: false,
          error: event.error,
        });
        return;
      case "answer_discarded":
        this.#pieces.clear();
        this.#line("retry", {
          attempt: event.attempt,
          delay_ms: Math.round(event.delayMs),
          discarded: true,
          error: event.error,
        });
        return;
      case "limits":
        this.#line("limits", {
          windows: event.limits.windows.map((window) => ({
            name: window.name,
            used_percent: window.usedPercent,
            window_minutes: window.windowMinutes ?? null,
            resets_at: window.resetsAtMs === undefined ? null : new Date(window.resetsAtMs).toISOString(),
          })),
          plan: event.limits.plan ?? null,
        });
        return;
      case "route":
        this.#line("route", { provider: event.provider, model: event.model, reason: event.reason });
        return;
      case "block_start":
      case "tool_input_delta":
      case "done":
      case "step_start":
      case "tool_start":
        return;
      case "messages_revised":
        if (isCompactionReport(event.revision.note)) this.#compaction(event.revision.note);
        return;
      case "user_input":
        this.#line("message", { role: "user", content: event.content.map(plainBlock) });
        return;
    }
  }

  #compaction(report: CompactionReport): void {
    this.#line("compaction", {
      reason: report.reason,
      method: report.method,
      messages_before: report.messagesBefore,
      messages_after: report.messagesAfter,
      tokens_before: report.tokensBefore,
      tokens_after: report.tokensAfter,
      summarised_messages: report.summarised,
      dropped_outputs: report.droppedOutputs,
      problem: report.problem ?? null,
    });
  }

  #delta(type: "text_delta" | "thinking_delta", text: string): void {
    if (text === "") return;
    if (type === "thinking_delta") this.#line("thinking", { delta: true, text });
    else this.#line("message", { role: "assistant", delta: true, content: [{ type: "text", text }] });
  }

  #piecesOf(index: number): SecretStream {
    const known = this.#pieces.get(index);
    if (known !== undefined) return known;
    const pieces = this.#options.secrets().stream();
    this.#pieces.set(index, pieces);
    return pieces;
  }

  /** Something went wrong on the way; not the end by itself. */
  error(severity: "warning" | "error", code: string, message: string): void {
    this.#line("error", { severity, code, message });
  }

  /** The last line. `--output-format json` prints it alone. */
  result(end: TurnEnd): void {
    if (end.partial !== undefined) this.#answer(end.partial, true);
    this.#line("result", {
      status: end.status,
      result: end.text,
      // Absent where no answer was bound to a schema: `null` is an answer.
      ...("output" in end ? { output: end.output } : {}),
      error:
        end.failure === undefined
          ? null
          : { code: end.failure.code, message: end.failure.message, retry_after_s: end.failure.retryAfterS ?? null },
      stop_reason: end.stopReason ?? null,
      num_turns: end.turns,
      provider: end.answeredBy?.provider ?? null,
      model: end.answeredBy?.model ?? null,
      usage: usageFields(end.usage),
      ...(end.costUsd === undefined ? {} : { cost_usd: end.costUsd }),
      duration_ms: Math.round(performance.now() - this.#startedMs),
      denials: end.denials.map(({ toolName, toolId, reason }) => ({ tool_name: toolName, tool_id: toolId, reason })),
      exit_code: end.failure?.exitCode ?? 0,
    });
  }

  /** A whole answer, block by block in its order. */
  #answer(message: AssistantMessage, partial = false): void {
    for (const block of message.content) {
      if (block.type === "text" && block.text !== "") {
        this.#line("message", {
          role: "assistant",
          content: [{ type: "text", text: block.text }],
          ...(partial ? { partial } : {}),
        });
      } else if (block.type === "thinking" && block.text !== "") {
        this.#line("thinking", { text: block.text });
      } else if (block.type === "tool_use") {
        this.#line("tool_use", { tool_id: block.id, tool_name: block.name, parameters: block.input });
      }
    }
  }

  #line(type: string, fields: Readonly<Record<string, unknown>>): void {
    const ts = new Date(this.#options.now()).toISOString();
    const line = JSON.stringify({ type, v: 1, seq: this.#seq, ts, session_id: this.#sessionId, ...fields });
    this.#seq += 1;
    // Two separators that are legal in JSON end a line for some readers.
    const safe = line.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
    this.#options.write(`${this.#options.secrets().redact(safe)}\n`);
  }
}

function usageFields(usage: Usage): Readonly<Record<string, number>> {
  return {
    input_tokens: usage.inputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
  };
}

/** Images are named, not repeated: the reader has the file. */
function plainBlock(block: UserBlock): Readonly<Record<string, unknown>> {
  if (block.type === "text") return { type: "text", text: block.text };
  return block.type === "image" ? { type: "image", media_type: block.mediaType } : { type: block.type };
}
