import type { ToolLoopEvent, ToolUseBlock } from "@scorpiox/sxnet";
import type { TurnEnd } from "../../agent.js";
import type { ChatState, NoteLevel } from "../../chat/slash-command.js";
import type { KnownSecrets } from "../../known-secrets.js";
import type { Entry } from "../../sessions/entry.js";
import type { SxTool } from "../../tools/tool-context.js";
import { usageLine } from "../../usage-line.js";
import { type Key, keyId } from "../keys/key.js";
import type { CursorCell, Size } from "../screen/live-region.js";
import type { Theme } from "../theme.js";
import { AnswerPart } from "./answer-part.js";
import { DetailsStack } from "./details.js";
import type { Dialog, DialogAnswer } from "./dialog.js";
import { DialogArea } from "./dialog-area.js";
import { failureLine } from "./failure-advice.js";
import { queueRows, todoRows } from "./list-rows.js";
import { notePart } from "./note-part.js";
import { FinishedPart, type Paper } from "./part.js";
import { type PromptAbout, promptPart } from "./prompt-part.js";
import { replayParts } from "./replay-parts.js";
import { textColumns } from "./rows.js";
import { SafeText } from "./safe-text.js";
import { statusRow } from "./status-row.js";
import type { TodoItem } from "./todo-item.js";
import { Transcript } from "./transcript.js";
import { TurnView } from "./turn-view.js";

export type { Dialog, DialogAnswer } from "./dialog.js";
export type { TodoItem } from "./todo-item.js";

export interface ChatViewOptions {
  readonly theme: Theme;
  /** Hidden in everything that is shown. */
  readonly secrets: KnownSecrets;
  readonly tools: readonly SxTool[];
  /** Absolute: shown as `~`. */
  readonly home: string;
  /** Real path of the working folder. */
  readonly cwd: string;
  /** Milliseconds that only go forward; the same clock as `setBusy`. */
  nowMs(): number;
  /** Unix epoch; absent: the view does not say when a limit opens again. */
  epochMs?(): number;
  /** False: nothing turns. */
  readonly animate: boolean;
  readonly showThinking: "folded" | "shown" | "hidden";
}

/** What a view's owner knows of it. */
export type ChatViewMethods = Pick<ChatView, keyof ChatView>;

/**
 * Everything between what happens in a chat and the rows on the screen, without the editor. Pure: no streams, no timers;
 * whoever owns it asks for a frame after each change, and while `needsTicks` up to four times a second.
 */
export class ChatView {
  readonly #options: ChatViewOptions;
  readonly #safe: SafeText;
  readonly #transcript = new Transcript();
  readonly #details = new DetailsStack();
  readonly #turn: TurnView;
  #state: ChatState | undefined;
  #busy: { readonly sinceMs: number } | undefined;
  #queue: readonly string[] = [];
  #todo: readonly TodoItem[] = [];
  #dialog: DialogArea | undefined;

  constructor(options: ChatViewOptions) {
    const { secrets, tools, home, cwd, animate, showThinking } = options;
    this.#options = options;
    this.#safe = new SafeText(secrets);
    this.#turn = new TurnView(
      {
        transcript: this.#transcript,
        details: this.#details,
        safe: this.#safe,
        nowMs: () => options.nowMs(),
        epochMs: options.epochMs === undefined ? undefined : () => options.epochMs?.() ?? 0,
        animate,
      },
      { tools, places: { home, cwd }, showThinking },
    );
  }

  /** Batches of `agent.turn`, in order. */
  show(events: readonly ToolLoopEvent[]): void {
    for (const event of events) this.#turn.show(event);
  }

  /** What a running call has printed since the last time; only its end is shown, and only while it runs. */
  showProgress(call: ToolUseBlock, text: string): void {
    this.#turn.progress(call, text);
  }

  /** A prompt that was sent. */
  user(text: string, about: PromptAbout = {}): void {
    this.#transcript.add(promptPart(text, about, this.#safe));
  }

  /** One line about the program. */
  note(text: string, level: NoteLevel): void {
    this.#transcript.add(notePart(text, level, this.#safe));
  }

  /** The program's own text. */
  print(markdown: string): void {
    const part = new AnswerPart(this.#safe);
    part.push(markdown);
    part.end();
    this.#transcript.add(part);
  }

  /** A resumed session: the last turns in full, older ones as a line each. */
  replay(entries: readonly Entry[]): void {
    const { nowMs, animate } = this.#options;
    const { tools, places, showThinking } = this.#turn.settings;
    const parts = replayParts(entries, {
      safe: this.#safe,
      tools,
      places,
      nowMs,
      animate,
      isOpen: () => false,
      showThinking: showThinking === "shown",
    });
    for (const part of parts) this.#transcript.add(part);
  }

  setStatus(state: ChatState): void {
    this.#state = state;
  }

  /** Other tools, another folder: for what comes from now on. */
  setSurroundings(change: { readonly tools?: readonly SxTool[]; readonly cwd?: string }): void {
    const { settings } = this.#turn;
    const { tools = settings.tools, cwd = settings.places.cwd } = change;
    this.#turn.settings = { ...settings, tools, places: { ...settings.places, cwd } };
  }

  /** For thoughts that come from now on. */
  setShowThinking(showThinking: ChatViewOptions["showThinking"]): void {
    this.#turn.settings = { ...this.#turn.settings, showThinking };
  }

  /** `sinceMs` by `nowMs`. */
  setBusy(busy: { readonly sinceMs: number } | undefined): void {
    if (busy !== undefined && this.#busy === undefined) this.#turn.begin();
    this.#busy = busy;
  }

  setQueue(messages: readonly string[]): void {
    this.#queue = messages;
  }

  setTodo(items: readonly TodoItem[]): void {
    this.#todo = items;
  }

  /** Replaces the editor's rows: the owner draws no editor until `closeDialog`. An open one is replaced. */
  openDialog(dialog: Dialog): void {
    const { nowMs } = this.#options;
    const { home } = this.#turn.settings.places;
    this.#dialog = new DialogArea(dialog, { safe: this.#safe, home, nowMs: () => nowMs() });
  }

  closeDialog(): void {
    this.#dialog = undefined;
  }

  get hasDialog(): boolean {
    return this.#dialog !== undefined;
  }

  /**
   * Keys while a dialog is open. The answer is given once; the owner then closes the dialog. Keys that come before it is
   * on the screen, or so soon that they were meant for something else, are swallowed.
   */
  handleDialogKey(key: Key): DialogAnswer | undefined {
    if (keyId(key) !== "ctrl+o") return this.#dialog?.handle(key);
    this.toggleDetails();
    return undefined;
  }

  /** A paste while a dialog is open: it goes into its text, and never answers. */
  handleDialogPaste(text: string): void {
    this.#dialog?.paste(text);
  }

  /**
   * Ctrl+O. In a question: what is folded of it. While a call runs or a thought is thought: more of it, or less again.
   * Else the last finished one is printed in full, once, below; pressed again, the one before it.
   */
  toggleDetails(): void {
    if (this.#dialog !== undefined) this.#dialog.unfold();
    else if (this.#turn.hasClock) this.#turn.toggle();
    else {
      const details = this.#details.take();
      if (details === undefined) this.note("nothing more to show", "info");
      else this.#transcript.add(new FinishedPart("text", details));
    }
  }

  /** How the turn ended. Nothing stays open. */
  finishTurn(end: TurnEnd): void {
    this.#turn.end();
    this.#busy = undefined;
    const { failure } = end;
    if (failure?.code === "cancelled") this.note("stopped", "warning");
    else if (failure !== undefined) this.note(failureLine(failure), "error");
    if (end.takenBack) this.note("what was refused is taken back: the conversation goes on without it", "warning");
    if (end.turns > 0) this.note(usageLine(end), "info");
  }

  /** Rows that are finished since the last call; each is handed out once. */
  takeFinished(size: Size): readonly string[] {
    const paper = this.#paper(size);
    const subject = this.#dialog?.takeSubject(paper, size);
    if (subject !== undefined) this.#transcript.add(new FinishedPart("text", () => subject));
    return this.#transcript.take(paper);
  }

  /** What may still change. The owner appends the editor's rows, if no dialog is open. */
  live(size: Size): { readonly rows: readonly string[]; readonly cursor?: CursorCell | undefined } {
    const paper = this.#paper(size);
    const parts = this.#transcript.live(paper);
    const gap = parts.length > 0 || this.#transcript.hasHistory ? [""] : [];
    const { places } = this.#turn.settings;
    const status = statusRow(this.#state, this.#activity(), places, this.#safe, paper);
    const lists =
      this.#dialog === undefined
        ? [...queueRows(this.#queue, this.#safe, paper), ...todoRows(this.#todo, this.#safe, paper)]
        : [];
    const above = [...parts, ...gap, ...lists, ...(status === "" ? [] : [status])];
    if (this.#dialog === undefined) return { rows: above };
    const { rows, cursor } = this.#dialog.render(paper, size);
    return {
      rows: [...above, ...rows],
      cursor: cursor === undefined ? undefined : { ...cursor, row: cursor.row + above.length },
    };
  }

  /** True while a spinner turns or a clock counts. While the person is asked, nothing does. */
  get needsTicks(): boolean {
    return this.#dialog === undefined && (this.#busy !== undefined || this.#turn.hasClock);
  }

  #activity(): Parameters<typeof statusRow>[1] {
    const isWaiting = this.#dialog !== undefined;
    if (this.#busy === undefined) return undefined;
    return {
      elapsedMs: this.#options.nowMs() - this.#busy.sinceMs,
      outputTokens: this.#turn.outputTokens,
      animate: this.#options.animate,
      isWaiting,
    };
  }

  #paper(size: Size): Paper {
    return { columns: textColumns(size), theme: this.#options.theme };
  }
}
