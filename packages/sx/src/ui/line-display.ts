import { describeCompaction, isCompactionReport } from "../compaction/describe-compaction.js";
import type { ToolLoopEvent, ToolOutput, ToolUseBlock } from "@scorpiox/sxnet";
import pc from "picocolors";
import type { LineHunk } from "../files/line-hunks.js";
import type { KnownSecrets, SecretStream } from "../known-secrets.js";
import type { SxTool } from "../tools/tool-context.js";
import { cellWidth, fitCells } from "./cell-width.js";
import { cleanText, TerminalText } from "./terminal-text.js";

type Colors = ReturnType<typeof pc.createColors>;

export interface LineDisplayOptions {
  readonly write: (text: string) => void;
  /** Hidden in everything that is shown. */
  readonly secrets: KnownSecrets;
  readonly color: boolean;
  /** Width in cells, read for each line: the window may change. */
  readonly columns: () => number;
  readonly tools: readonly SxTool[];
  /** Whether the model's text is shown here, or only what it does. */
  readonly showText: boolean;
}

const MAX_OUTPUT_LINES = 6;
const MAX_DIFF_LINES = 40;
const MAX_NAME_CELLS = 40;

/**
 * Shows a turn line by line: the answer as it is written, each tool call with its outcome. It only ever appends, so it
 * works on every terminal, in a log and through a pipe.
 */
export class LineDisplay {
  readonly #options: LineDisplayOptions;
  readonly #colors: Colors;
  readonly #secrets: SecretStream;
  #text = new TerminalText();
  #atLineStart = true;
  #mode: "text" | "thinking" | undefined;
  /** Who answers, as it was said last. */
  #routed: string | undefined;
  /** Calls that run side by side: each is shown when it ends, so that its outcome stands under it. */
  #held = new Set<ToolUseBlock>();
  /** Calls that a question has shown already. */
  readonly #asked = new WeakSet<ToolUseBlock>();

  constructor(options: LineDisplayOptions) {
    this.#options = options;
    this.#colors = pc.createColors(options.color);
    this.#secrets = options.secrets.stream();
  }

  /** A question shows this call now: it needs no line of its own when it starts. Ends an open line. */
  asked(call: ToolUseBlock): void {
    this.#asked.add(call);
    this.finish();
  }

  /** Shows what one chunk brought, with one write. */
  show(events: readonly ToolLoopEvent[]): void {
    const starts = events.filter((event) => event.type === "tool_start");
    if (starts.length > 1) this.#held = new Set(starts.map(({ call }) => call));
    let out = "";
    for (const event of events) out += this.#render(event);
    if (out !== "") this.#options.write(out);
  }

  /** Ends an open line; call it when a turn is over. */
  finish(): void {
    const end = this.#breakLine();
    if (end !== "") this.#options.write(end);
  }

  /** A line of our own, for example a warning. Foreign parts of it are made safe here. */
  note(text: string, kind: "plain" | "warning" | "error" = "plain"): void {
    const { dim, yellow, red } = this.#colors;
    const paint = { plain: dim, warning: yellow, error: red }[kind];
    this.#options.write(`${this.#breakLine()}${paint(this.#safe(text).replaceAll("\n", " "))}\n`);
  }

  #render(event: ToolLoopEvent): string {
    switch (event.type) {
      case "text_delta":
        return this.#options.showText ? this.#stream("text", event.text) : "";
      case "thinking_delta":
        return this.#options.showText ? this.#stream("thinking", event.text) : "";
      case "block_end": {
        const end = this.#options.showText && event.block.type !== "tool_use" ? this.#breakLine() : "";
        this.#mode = undefined;
        return end;
      }
      case "tool_start":
        return this.#held.has(event.call) || this.#asked.has(event.call)
          ? ""
          : this.#breakLine() + this.#callLine(event.call);
      case "tool_end": {
        const call = this.#held.delete(event.call) ? this.#callLine(event.call) : "";
        return this.#breakLine() + call + this.#outcome(event.call.name, event.output, event.durationMs);
      }
      case "retry":
        return this.#breakLine() + this.#warn(`${event.error.message}; trying again in ${seconds(event.delayMs)}`);
      case "answer_discarded":
        return (
          this.#breakLine() +
          this.#warn(`the answer broke off (${event.error.message}); asking again in ${seconds(event.delayMs)}`)
        );
      case "route":
        return this.#route(event);
      case "messages_revised": {
        const { note } = event.revision;
        return isCompactionReport(note) ? this.#breakLine() + this.#warn(describeCompaction(note)) : "";
      }
      case "block_start":
      case "tool_input_delta":
      case "limits":
      case "done":
      case "step_start":
      case "step_end":
      case "user_input":
        return "";
    }
  }

  /** Said once, and again when somebody else answers. */
  #route({ provider, model, reason }: Extract<ToolLoopEvent, { type: "route" }>): string {
    const route = `${provider} ${model}`;
    if (route === this.#routed) return "";
    this.#routed = route;
    return this.#breakLine() + this.#warn(`${route}: ${reason}`);
  }

  #stream(mode: "text" | "thinking", piece: string): string {
    const change = this.#mode === mode || this.#mode === undefined ? "" : this.#breakLine();
    this.#mode = mode;
    return change + this.#paint(this.#secrets.push(piece));
  }

  #paint(text: string): string {
    const clean = this.#text.clean(text);
    if (clean === "") return "";
    this.#atLineStart = clean.endsWith("\n");
    return this.#mode === "thinking" ? this.#colors.dim(clean) : clean;
  }

  /** Shows what was held back of a text, and ends its line. An escape sequence that was left open ends with it. */
  #breakLine(): string {
    const rest = this.#paint(this.#secrets.flush());
    this.#text = new TerminalText();
    if (this.#atLineStart) return rest;
    this.#atLineStart = true;
    return `${rest}\n`;
  }

  #callLine(call: { readonly name: string; readonly input: Readonly<Record<string, unknown>> }): string {
    const tool = this.#options.tools.find(({ name }) => name === call.name);
    const about = this.#safe(tool === undefined ? "" : summaryOf(tool, call.input)).replaceAll("\n", " ⏎ ");
    const name = fitCells(this.#safe(call.name).replaceAll("\n", " "), MAX_NAME_CELLS);
    const { cyan, bold } = this.#colors;
    return `${cyan("●")} ${bold(name)} ${this.#fit(about, cellWidth(name) + 3)}`.trimEnd() + "\n";
  }

  #outcome(name: string, output: ToolOutput, durationMs: number): string {
    const { dim, red, green } = this.#colors;
    const status = output.status ?? "ok";
    const ended = output.exitCode !== undefined && output.exitCode !== 0;
    const exit = ended ? `exit ${output.exitCode}, ` : "";
    const word = status === "ok" || (status === "error" && ended) ? "" : `${status}, `;
    const text = output.content.map((part) => (part.type === "text" ? part.text : "[image]")).join("\n");
    const lines = this.#safe(text).split("\n");
    const good = status === "ok" && exit === "";
    const head = `  ${good ? green("✓") : red("✗")} ${dim(`${word}${exit}${seconds(durationMs)}`)}`;
    const diff = output.details?.["diff"];
    if (good && Array.isArray(diff)) return `${head}\n${this.#diff(diff as readonly LineHunk[])}`;
    if (good && name !== "bash") return `${head} ${dim(`${lines.length} ${lines.length === 1 ? "line" : "lines"}`)}\n`;
    // The end of a failing program's output says most.
    const said = ended ? `[exit code ${output.exitCode}]` : undefined;
    const shown = lines.filter((line) => line.trim() !== "" && line !== said).slice(-MAX_OUTPUT_LINES);
    return `${head}\n${shown.map((line) => `    ${dim(this.#fit(line, 4))}\n`).join("")}`;
  }

  /** Changed lines with their numbers, as `-` and `+` lines with a little around them. */
  #diff(hunks: readonly LineHunk[]): string {
    const { green, red, dim } = this.#colors;
    const lines = hunks.flatMap((hunk) => numbered(hunk));
    const shown = lines.slice(0, MAX_DIFF_LINES).map((line) => {
      const paint = line.mark === "+" ? green : line.mark === "-" ? red : dim;
      return `    ${paint(this.#fit(this.#safe(line.text).replaceAll("\n", ""), 4))}\n`;
    });
    const more = lines.length - shown.length;
    return shown.join("") + (more > 0 ? `    ${dim(`… ${more} more lines`)}\n` : "");
  }

  #warn(text: string): string {
    return `${this.#colors.yellow(this.#safe(text).replaceAll("\n", " "))}\n`;
  }

  /** Foreign text without secrets and without anything that steers a terminal; before it is cut. */
  #safe(text: string): string {
    return cleanText(this.#options.secrets.redact(text));
  }

  /** One line of the window's width. Never used for what somebody is asked to agree to. */
  #fit(text: string, indent: number): string {
    return fitCells(text.replaceAll("\t", "  "), Math.max(12, this.#options.columns() - indent - 1));
  }
}

/** The input may not have passed its check: a summary that cannot be made is none. */
function summaryOf(tool: SxTool, input: Readonly<Record<string, unknown>>): string {
  try {
    return tool.summary(input);
  } catch {
    // Wrong types in a call of the model; the call's own outcome says so.
    return "";
  }
}

/** The lines of a hunk, each with the number it has after the change, removed ones with the one they had. */
function numbered(hunk: LineHunk): readonly { readonly mark: string; readonly text: string }[] {
  let oldLine = hunk.oldStart;
  let newLine = hunk.newStart;
  return hunk.lines.map((line) => {
    const mark = line.slice(0, 1);
    const number = mark === "\\" ? "" : String(mark === "-" ? oldLine : newLine);
    if (mark === " " || mark === "-") oldLine += 1;
    if (mark === " " || mark === "+") newLine += 1;
    return { mark, text: `${mark} ${number.padStart(4)} ${line.slice(1)}` };
  });
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
