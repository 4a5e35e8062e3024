import type { AssistantBlock, ToolLoopEvent, ToolUseBlock } from "@scorpiox/sxnet";
import type { NoteLevel } from "../../chat/slash-command.js";
import { describeCompaction, isCompactionReport } from "../../compaction/describe-compaction.js";
import type { SxTool } from "../../tools/tool-context.js";
import { AnswerPart } from "./answer-part.js";
import { CallDraftPart, type CallOptions, CallPart } from "./call-part.js";
import type { DetailsStack } from "./details.js";
import { LimitWarnings } from "./limit-words.js";
import { notePart } from "./note-part.js";
import type { Paper } from "./part.js";
import { promptPart } from "./prompt-part.js";
import { hanging, span, wrapText } from "./rows.js";
import type { SafeText } from "./safe-text.js";
import type { Places } from "./short-path.js";
import { elapsedWords, waitWords } from "./spinner.js";
import { ThinkingPart } from "./thinking-part.js";
import type { Transcript } from "./transcript.js";

export interface TurnViewOptions {
  readonly transcript: Transcript;
  readonly details: DetailsStack;
  readonly safe: SafeText;
  readonly nowMs: () => number;
  /** Unix epoch, for the moments that services name; absent: they are not told. */
  readonly epochMs: (() => number) | undefined;
  readonly animate: boolean;
}

/** What may change between two events. */
export interface TurnSettings {
  readonly tools: readonly SxTool[];
  readonly places: Places;
  readonly showThinking: "folded" | "shown" | "hidden";
}

/** Characters of an answer that are about one token; good enough for a figure that says so. */
const CHARS_A_TOKEN = 4;

/** Turns events into parts of the transcript. */
export class TurnView {
  readonly #options: TurnViewOptions;
  readonly #limits = new LimitWarnings();
  #settings: TurnSettings;
  /** Blocks of the answer that is being written, by their index. */
  #blocks = new Map<number, AnswerPart | CallDraftPart | ThinkingPart>();
  #thinking: ThinkingPart | undefined;
  #calls = new Map<ToolUseBlock, CallPart>();
  #routed: string | undefined;
  #isOpen = false;
  #doneTokens = 0;
  #writtenChars = 0;

  constructor(options: TurnViewOptions, settings: TurnSettings) {
    this.#options = options;
    this.#settings = settings;
  }

  set settings(settings: TurnSettings) {
    this.#settings = settings;
  }

  get settings(): TurnSettings {
    return this.#settings;
  }

  /** Tokens written since `begin`, those of the open answer estimated. */
  get outputTokens(): number {
    return this.#doneTokens + Math.ceil(this.#writtenChars / CHARS_A_TOKEN);
  }

  /** True while a call runs or a thought is thought: what toggles is live. */
  get hasClock(): boolean {
    return this.#calls.size > 0 || this.#thinking?.isUnderWay === true;
  }

  /** A turn begins: its tokens are counted from 0. */
  begin(): void {
    this.#doneTokens = 0;
    this.#writtenChars = 0;
  }

  /** More of what is live, or less again. */
  toggle(): void {
    this.#isOpen = !this.#isOpen;
  }

  progress(call: ToolUseBlock, text: string): void {
    this.#calls.get(call)?.progress(text);
  }

  show(event: ToolLoopEvent): void {
    switch (event.type) {
      case "step_start":
        this.#endBlocks();
        break;
      case "block_start":
        this.#startBlock(event.index, event.block);
        break;
      case "text_delta": {
        const part = this.#blocks.get(event.index) ?? this.#startBlock(event.index, { type: "text", text: "" });
        this.#writtenChars += event.text.length;
        if (part instanceof AnswerPart || part instanceof ThinkingPart) part.push(event.text);
        break;
      }
      case "thinking_delta": {
        const part = this.#blocks.get(event.index) ?? this.#startBlock(event.index, { type: "thinking", text: "" });
        this.#writtenChars += event.text.length;
        if (part instanceof ThinkingPart) part.push(event.text);
        break;
      }
      case "tool_input_delta": {
        const part = this.#blocks.get(event.index);
        this.#writtenChars += event.json.length;
        if (part instanceof CallDraftPart) part.push(event.json);
        break;
      }
      case "block_end":
        this.#endBlock(event.index);
        break;
      case "tool_start":
        this.#endBlocks();
        this.#startCall(event.call);
        break;
      case "tool_end": {
        this.#endBlocks();
        const part = this.#calls.get(event.call) ?? this.#startCall(event.call);
        part.end({ output: event.output, durationMs: event.durationMs });
        this.#calls.delete(event.call);
        this.#options.details.add((paper) => part.details(paper));
        break;
      }
      case "user_input": {
        this.#endBlocks();
        const images = event.content.filter(({ type }) => type === "image").length;
        const text = event.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n\n");
        this.#options.transcript.add(promptPart(text, { images }, this.#options.safe));
        break;
      }
      case "retry":
        this.#note(`${event.error.message}; trying again in ${waitWords(event.delayMs)}`, "warning");
        break;
      case "answer_discarded":
        this.#endBlocks();
        this.#writtenChars = 0;
        this.#note(
          `the answer broke off (${event.error.message}); asking again in ${waitWords(event.delayMs)}`,
          "warning",
        );
        break;
      case "route":
        this.#route(event);
        break;
      case "messages_revised": {
        const { note } = event.revision;
        if (isCompactionReport(note)) this.#note(describeCompaction(note), "warning");
        break;
      }
      case "limits":
        for (const line of this.#limits.warn(event.limits, this.#options.epochMs?.())) this.#note(line, "warning");
        break;
      case "step_end":
        this.#endBlocks();
        this.#doneTokens += event.usage.outputTokens;
        this.#writtenChars = 0;
        break;
      case "done":
        break;
    }
  }

  /** Whatever is open has ended: nothing turns after this. */
  end(): void {
    this.#endBlocks();
    for (const part of this.#calls.values()) part.end({ output: { content: [], status: "cancelled" } });
    this.#calls.clear();
    this.#isOpen = false;
  }

  /** Said once, and again when somebody else answers. */
  #route({ provider, model, reason }: Extract<ToolLoopEvent, { type: "route" }>): void {
    const route = `${provider} ${model}`;
    if (route === this.#routed) return;
    this.#routed = route;
    this.#note(`${route} answers: ${reason}`, "info");
  }

  #startBlock(index: number, block: AssistantBlock): AnswerPart | CallDraftPart | ThinkingPart {
    const part = this.#partFor(block);
    this.#blocks.set(index, part);
    return part;
  }

  #partFor(block: AssistantBlock): AnswerPart | CallDraftPart | ThinkingPart {
    const { transcript, safe, nowMs } = this.#options;
    switch (block.type) {
      case "thinking": {
        // Thoughts that follow one another are one.
        if (this.#thinking !== undefined && transcript.last === this.#thinking && !this.#thinking.isDone) {
          return this.#thinking;
        }
        const part = new ThinkingPart({ safe, how: this.#settings.showThinking, nowMs, isOpen: () => this.#isOpen });
        this.#thinking = part;
        transcript.add(part);
        if (block.text !== "") part.push(block.text);
        return part;
      }
      case "text": {
        this.#endThinking();
        const part = new AnswerPart(safe);
        transcript.add(part);
        if (block.text !== "") part.push(block.text);
        return part;
      }
      case "tool_use": {
        this.#endThinking();
        const part = new CallDraftPart(block.name, this.#callOptions(block.name));
        transcript.add(part);
        return part;
      }
    }
  }

  #endBlock(index: number): void {
    const part = this.#blocks.get(index);
    this.#blocks.delete(index);
    if (part instanceof ThinkingPart) part.pause();
    else part?.end();
  }

  #endBlocks(): void {
    for (const part of this.#blocks.values()) if (!(part instanceof ThinkingPart)) part.end();
    this.#blocks.clear();
    this.#endThinking();
  }

  #endThinking(): void {
    const part = this.#thinking;
    if (part === undefined) return;
    this.#thinking = undefined;
    part.end();
    const { text, durationMs } = part;
    if (text === "") return;
    const head = `thought for ${elapsedWords(Math.max(1_000, durationMs))}`;
    this.#options.details.add(({ columns, theme }: Paper) => [
      ...wrapText(head, ["dim"], { columns, theme }),
      ...wrapText(text, ["dim"], { columns, theme, lead: hanging(span("  ")) }),
    ]);
  }

  #startCall(call: ToolUseBlock): CallPart {
    const part = new CallPart(call, this.#callOptions(call.name));
    this.#calls.set(call, part);
    this.#options.transcript.add(part);
    return part;
  }

  #callOptions(name: string): CallOptions {
    const { safe, nowMs, animate } = this.#options;
    const { tools, places } = this.#settings;
    const tool = tools.find((each) => each.name === name);
    return { safe, tool, places, nowMs, animate, isOpen: () => this.#isOpen };
  }

  #note(text: string, level: NoteLevel): void {
    this.#options.transcript.add(notePart(text.replaceAll("\n", " "), level, this.#options.safe));
  }
}
