import type { ToolOutput, ToolUseBlock } from "@scorpiox/sxnet";
import type { LineHunk } from "../../files/line-hunks.js";
import type { SxTool } from "../../tools/tool-context.js";
import { cellWidth, fitCells } from "../cell-width.js";
import type { Line } from "../markdown/spans.js";
import { aboutCall, resultOfCall, textOf } from "./call-words.js";
import { createDiffBudget, type DiffLine, linesOfHunks } from "./diff-lines.js";
import { countChanges, diffRows } from "./diff-rows.js";
import { allOutputRows, lastOutputRows, OUTPUT_INDENT } from "./output-rows.js";
import type { Paper, Part } from "./part.js";
import { oneRow, span, wrapLine } from "./rows.js";
import type { SafeStream, SafeText } from "./safe-text.js";
import type { Places } from "./short-path.js";
import { durationWords, elapsedWords, spinnerFrame } from "./spinner.js";
import { TextTail } from "./text-tail.js";

export interface CallOptions {
  readonly safe: SafeText;
  readonly tool: SxTool | undefined;
  readonly places: Places;
  readonly nowMs: () => number;
  readonly animate: boolean;
  /** Whether more of what it prints is shown while it runs. */
  readonly isOpen: () => boolean;
}

/** How a call ended; durations are absent where nobody knows them any more. */
export interface CallEnd {
  readonly output: ToolOutput;
  readonly durationMs?: number | undefined;
}

const MAX_NAME_CELLS = 40;
const MAX_DIFF_ROWS = 40;
const MAX_ROWS_OF_DIFF_LINE = 3;
/** Lines of output that stand under a call that went well, under one that did not, and under one that runs. */
const GOOD_LINES = 3;
const FAILED_LINES = 8;
const OPEN_LINES = 10;
/** Lines that Ctrl+O prints at most. */
const MAX_DETAIL_LINES = 2_000;
/** What took less is not worth a word. */
const SHORT_MS = 100;
const MAX_ABOUT_CELLS = 1_000;
const MIN_ABOUT_CELLS = 8;
const GOOD_ABOUT_CELLS = 24;

/** A tool call: one line that turns while it runs, then what came of it. */
export class CallPart implements Part {
  readonly kind = "call";
  readonly #call: ToolUseBlock;
  readonly #options: CallOptions;
  readonly #startedMs: number;
  readonly #progress: SafeStream;
  readonly #tail = new TextTail();
  #end: CallEnd | undefined;
  #diff: readonly DiffLine[] | undefined;
  #about: string | undefined;

  constructor(call: ToolUseBlock, options: CallOptions) {
    this.#call = call;
    this.#options = options;
    this.#startedMs = options.nowMs();
    this.#progress = options.safe.stream();
  }

  get isDone(): boolean {
    return this.#end !== undefined;
  }

  progress(text: string): void {
    this.#tail.push(this.#progress.push(text).replaceAll("\t", "    "));
  }

  end(end: CallEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const { safe, nowMs } = this.#options;
    const hunks = end.output.details?.["diff"];
    if (!Array.isArray(hunks) || !isGood(end.output)) return;
    const clean = (line: string): string => safe.block(line).replaceAll("\n", "␍");
    this.#diff = linesOfHunks(hunks as readonly LineHunk[], clean, createDiffBudget(nowMs));
  }

  take(paper: Paper): readonly string[] {
    return this.#end === undefined ? [] : this.#outcome(this.#end, paper);
  }

  live(paper: Paper): readonly string[] {
    if (this.#end !== undefined) return this.#outcome(this.#end, paper);
    const { nowMs, animate, isOpen } = this.#options;
    const elapsedMs = nowMs() - this.#startedMs;
    const head = this.#head(span(spinnerFrame(elapsedMs, animate), "accent"), [elapsedWords(elapsedMs)], paper);
    const count = isOpen() ? OPEN_LINES : 1;
    const rows = this.#tail
      .lines(count)
      .map((line) => oneRow([span(OUTPUT_INDENT), span(line, "dim")], paper.columns, paper.theme));
    return [head, ...rows];
  }

  /** All of it again: what was called, and everything that came of it. */
  details(paper: Paper): readonly string[] {
    const { safe } = this.#options;
    const { columns, theme } = paper;
    const { command } = this.#call.input;
    const head = this.#head(span("●", "accent"), [], paper);
    const asked =
      typeof command === "string"
        ? safe
            .block(command.trim())
            .split("\n")
            .flatMap((line, index) =>
              wrapLine([span(line)], {
                columns,
                theme,
                anywhere: true,
                lead: { first: [span(index === 0 ? "  $ " : OUTPUT_INDENT, "dim")], rest: [span(OUTPUT_INDENT)] },
              }),
            )
        : [];
    return [head, ...asked, ...this.#wholeOutcome(paper)];
  }

  #wholeOutcome(paper: Paper): readonly string[] {
    if (this.#diff !== undefined) {
      const budget = createDiffBudget(this.#options.nowMs);
      return diffRows(this.#diff, paper, {
        budget,
        indent: OUTPUT_INDENT,
        maxRows: MAX_DETAIL_LINES,
        maxRowsOfLine: Number.POSITIVE_INFINITY,
      });
    }
    return this.#end === undefined ? [] : allOutputRows(this.#lines(this.#end.output), MAX_DETAIL_LINES, paper);
  }

  /** One row: the sign, the tool, what about, then facts, which are never cut for what it is about. */
  #head(sign: Line[number], facts: readonly string[], { columns, theme }: Paper): string {
    const shownName = fitCells(
      this.#options.safe.line(this.#call.name),
      Math.min(MAX_NAME_CELLS, Math.max(4, columns - 3)),
    );
    this.#about ??= this.#describe();
    const about = this.#about;
    const tail = facts.filter((fact) => fact !== "").map((fact) => ` · ${fact}`);
    const room = (): number => columns - cellWidth(shownName) - 3 - cellWidth(tail.join(""));
    // The last facts are worth less than what it is about; the first one never is.
    while (tail.length > 1 && room() < Math.min(cellWidth(about), GOOD_ABOUT_CELLS)) tail.pop();
    const fitted = about === "" || room() < MIN_ABOUT_CELLS ? "" : ` ${fitCells(about, room())}`;
    return oneRow(
      [sign, span(" "), span(shownName, "strong"), span(fitted), span(tail.join(""), "dim")],
      columns,
      theme,
    );
  }

  /** Made once: an input may be large, and this is asked for in each frame. */
  #describe(): string {
    const { safe, tool, places } = this.#options;
    const { name, input, inputError } = this.#call;
    return inputError === undefined ? fitCells(safe.line(aboutCall(name, input, tool, places)), MAX_ABOUT_CELLS) : "";
  }

  #outcome({ output, durationMs }: CallEnd, paper: Paper): readonly string[] {
    const good = isGood(output);
    const sign = good ? span("✓", "success") : span("✗", "error");
    const duration = durationMs === undefined || durationMs < SHORT_MS ? "" : durationWords(durationMs);
    const facts = [this.#fact(output, good), output.truncated === true && good ? "shortened" : "", duration];
    return [this.#head(sign, facts, paper), ...this.#below(output, good, paper)];
  }

  #fact(output: ToolOutput, good: boolean): string {
    if (!good) return failureWord(output);
    if (this.#diff === undefined)
      return this.#options.safe.line(resultOfCall(this.#call.name, this.#call.input, output));
    const { added, removed } = countChanges(this.#diff);
    if (removed > 0) return added === 0 ? `−${removed}` : `+${added} −${removed}`;
    return textOf(output).startsWith("created ") ? `new, +${added}` : `+${added}`;
  }

  #below(output: ToolOutput, good: boolean, paper: Paper): readonly string[] {
    if (good && this.#diff !== undefined) {
      return diffRows(this.#diff, paper, {
        budget: createDiffBudget(this.#options.nowMs),
        indent: OUTPUT_INDENT,
        maxRows: MAX_DIFF_ROWS,
        maxRowsOfLine: MAX_ROWS_OF_DIFF_LINE,
      });
    }
    const lines = this.#lines(output);
    if (!good) return lastOutputRows(lines, FAILED_LINES, paper);
    // What the person answered is theirs to see again.
    if (this.#call.name === "ask_user") return lastOutputRows(lines, OPEN_LINES, paper);
    // What was read or found is for the model; a person asks for it.
    const isRead =
      this.#options.tool?.access === "read" || resultOfCall(this.#call.name, this.#call.input, output) !== "";
    return isRead ? [] : lastOutputRows(lines, GOOD_LINES, paper);
  }

  /** The lines of the output, without what the head says already. */
  #lines(output: ToolOutput): readonly string[] {
    const lines = this.#options.safe.block(textOf(output)).replace(/\n+$/, "").split("\n");
    const isSaid = (line: string): boolean => line === `[exit code ${output.exitCode}]` || line === "[no output]";
    const rest = lines.filter((line) => !isSaid(line));
    return rest.length === 1 && rest[0] === "" ? [] : rest;
  }
}

function isGood({ status = "ok", exitCode = 0 }: ToolOutput): boolean {
  return status === "ok" && exitCode === 0;
}

function failureWord({ status = "ok", exitCode }: ToolOutput): string {
  if (exitCode !== undefined && exitCode !== 0) return `exit ${exitCode}`;
  return status === "timeout" ? "timed out" : status === "error" || status === "ok" ? "failed" : status;
}

/** A call that the model is still writing: its arguments may take long. */
export class CallDraftPart implements Part {
  readonly kind = "call";
  readonly #name: string;
  readonly #options: CallOptions;
  readonly #startedMs: number;
  #chars = 0;
  isDone = false;

  constructor(name: string, options: CallOptions) {
    this.#name = name;
    this.#options = options;
    this.#startedMs = options.nowMs();
  }

  push(json: string): void {
    this.#chars += json.length;
  }

  end(): void {
    this.isDone = true;
  }

  take(): readonly string[] {
    return [];
  }

  live({ columns, theme }: Paper): readonly string[] {
    if (this.isDone) return [];
    const { safe, nowMs, animate } = this.#options;
    const sign = span(spinnerFrame(nowMs() - this.#startedMs, animate), "accent");
    const name = fitCells(safe.line(this.#name), MAX_NAME_CELLS);
    const size = this.#chars < 1_000 ? "" : ` ${(this.#chars / 1_000).toFixed(1)} KB`;
    return [oneRow([sign, span(" "), span(name, "strong"), span(` writing${size}…`, "dim")], columns, theme)];
  }
}
