import type { Io } from "@scorpiox/sxutil";
import type { ChatViewMethods, Dialog, DialogAnswer } from "../ui/chat/chat-view.js";
import type { CompletionSources } from "../ui/editor/completion.js";
import { Editor, type EditorEvent } from "../ui/editor/editor.js";
import type { EditorTheme } from "../ui/editor/editor-view.js";
import { fitCells } from "../ui/cell-width.js";
import { type InputEvent, isDarkColor, type Key } from "../ui/keys/key.js";
import { ASK_BACKGROUND, ERASE_BELOW } from "../ui/screen/escape-codes.js";
import type { CursorCell, Size } from "../ui/screen/live-region.js";
import { Screen, type View } from "../ui/screen/screen.js";
import { Terminal } from "../ui/screen/terminal.js";
import { Keyboard } from "./keyboard.js";

/** A spinner turns and a clock counts four times a second. */
const TICK_MS = 250;
const TYPED_AHEAD_MS = 50;

export interface FrontOptions {
  readonly io: Io;
  readonly theme: EditorTheme;
  /** The status row until there is a view. */
  readonly firstRow: string;
  readonly completion: Pick<CompletionSources, "commands"> & Partial<Pick<CompletionSources, "files">>;
  readonly isImage: (path: string) => boolean;
}

interface Question {
  readonly dialog: Dialog;
  readonly answer: (answer: DialogAnswer | undefined) => void;
}

/** Who decides what keys mean for the conversation. */
export interface FrontOwner {
  /** A key before the editor has it; true: it was used. */
  takeKey(key: Key): boolean;
  handle(event: EditorEvent): void;
}

/**
 * What a person has before them: the terminal, the editor, and the view once it is loaded. It takes keys from the first
 * moment; what they ask for waits for the owner.
 */
export class Front implements View {
  readonly terminal: Terminal;
  readonly editor: Editor;
  /** The terminal's own background, once it has told. */
  background: "dark" | "light" | "unknown" = "unknown";
  /** Settles when the terminal is gone. */
  readonly closed: Promise<void>;
  readonly #screen: Screen;
  readonly #keyboard: Keyboard;
  readonly #firstRow: string;
  readonly #early: EditorEvent[] = [];
  #view: ChatViewMethods | undefined;
  #owner: FrontOwner | undefined;
  #onClosed: () => void = () => undefined;
  #ticks: NodeJS.Timeout | undefined;
  #hasEnded = false;
  /** Dialogs that wait for their turn; the first is shown. */
  readonly #dialogs: Question[] = [];

  constructor({ io, theme, firstRow, completion, isImage }: FrontOptions) {
    const nowMs = (): number => performance.now();
    this.#firstRow = firstRow;
    this.closed = new Promise((resolve) => (this.#onClosed = resolve));
    this.terminal = new Terminal(io);
    this.#screen = new Screen(this.terminal, this, nowMs);
    this.editor = new Editor({
      theme,
      isImage,
      completion: { ...completion, defer: setImmediate, onChange: () => this.changed(), nowMs },
    });
    this.#keyboard = new Keyboard((events) => this.#input(events));
  }

  /** Takes the terminal and draws the prompt. Whoever begins also ends. */
  begin(): void {
    // Nobody is fast enough for the first bytes after so short a time to be keys of a prompt that was seen.
    const untilMs = performance.now() + TYPED_AHEAD_MS;
    let isFirst = true;
    this.terminal.begin({
      onBytes: (bytes) => {
        this.#keyboard.push(bytes, isFirst && performance.now() < untilMs);
        isFirst = false;
      },
      onResize: (size) => this.#screen.resized(size),
      onEnd: () => this.#onClosed(),
    });
    // What was typed before stands on this row already.
    this.terminal.write(`\r${ERASE_BELOW}`);
    this.#screen.paintNow();
    this.terminal.write(ASK_BACKGROUND);
  }

  /** From now on there is a conversation; what was asked for before it comes first. */
  attach(view: ChatViewMethods, owner: FrontOwner): void {
    this.#view = view;
    this.#owner = owner;
    for (const event of this.#early.splice(0)) owner.handle(event);
    this.changed();
  }

  /** Whoever decides while there is no conversation yet; it gets no event twice. */
  attachEarly(owner: FrontOwner): void {
    this.#owner = owner;
  }

  /** Keeps what a person asked for until there is somebody to do it. */
  keep(event: EditorEvent): void {
    this.#early.push(event);
  }

  /** Gives the terminal back; what is finished stays on the screen. Later calls do nothing. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#ticks);
    this.#keyboard.dispose();
    this.editor.close();
    for (const { answer } of this.#dialogs.splice(0)) answer(undefined);
    this.#screen.end();
    this.terminal.end();
  }

  /** Something other than a key has changed what is shown. */
  changed(): void {
    if (this.#hasEnded) return;
    this.#screen.changed();
    if (this.#ticks === undefined && this.#view?.needsTicks === true) {
      this.#ticks = setInterval(() => this.#tick(), TICK_MS);
    }
  }

  lend<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#screen.lend(work);
  }

  async suspend(): Promise<void> {
    await this.#screen.suspend();
  }

  redraw(): void {
    this.#screen.redraw();
  }

  /** Puts a question in the place of the editor, after those before it. `undefined`: taken away by the signal or the end. */
  ask(dialog: Dialog, signal?: AbortSignal): Promise<DialogAnswer | undefined> {
    return new Promise((resolve) => {
      if (this.#hasEnded || signal?.aborted === true) {
        resolve(undefined);
        return;
      }
      const leave = (): void => this.#answer(entry, undefined);
      const entry: Question = {
        dialog,
        answer: (answer: DialogAnswer | undefined) => {
          signal?.removeEventListener("abort", leave);
          resolve(answer);
        },
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#dialogs.push(entry);
      if (this.#dialogs.length === 1) this.#view?.openDialog(dialog);
      this.changed();
    });
  }

  takeFinished(size: Size): readonly string[] {
    return this.#view?.takeFinished(size) ?? [];
  }

  live(size: Size): { readonly rows: readonly string[]; readonly cursor?: CursorCell | undefined } {
    const view = this.#view;
    const above = view?.live(size) ?? { rows: [fitCells(this.#firstRow, size.columns)] };
    if (view?.hasDialog === true) return above;
    const { rows, cursorRow, cursorColumn, listRows } = this.editor.rows(
      size.columns,
      Math.max(1, Math.min(10, Math.floor(size.rows / 2))),
    );
    // The list stands above the text: below the cursor nothing is safe from a terminal that wraps anew.
    const text = rows.slice(0, rows.length - listRows);
    const all = [...above.rows, ...rows.slice(rows.length - listRows), ...text];
    return { rows: all, cursor: { row: all.length - text.length + cursorRow, column: cursorColumn } };
  }

  #input(events: readonly InputEvent[]): void {
    for (const event of events) {
      if (this.#hasEnded) return;
      if (event.type === "color" && event.of === "background") this.background = isDarkColor(event) ? "dark" : "light";
      if (event.type !== "key" && event.type !== "paste") continue;
      if (this.#view?.hasDialog === true) this.#dialogInput(this.#view, event);
      else if (event.type === "paste" || this.#owner?.takeKey(event.key) !== true) {
        for (const asked of this.editor.handle(event)) {
          if (this.#owner === undefined) this.keep(asked);
          else this.#owner.handle(asked);
        }
      }
    }
    if (!this.#hasEnded) this.#screen.paintNow();
  }

  #dialogInput(view: ChatViewMethods, event: Extract<InputEvent, { type: "key" | "paste" }>): void {
    if (event.type === "paste") {
      view.handleDialogPaste(event.text);
      return;
    }
    const answer = view.handleDialogKey(event.key);
    const [entry] = this.#dialogs;
    if (answer !== undefined && entry !== undefined) this.#answer(entry, answer);
  }

  #answer(entry: Question, answer: DialogAnswer | undefined): void {
    const at = this.#dialogs.indexOf(entry);
    if (at === -1) return;
    this.#dialogs.splice(at, 1);
    if (at === 0) {
      const [next] = this.#dialogs;
      if (next === undefined) this.#view?.closeDialog();
      else this.#view?.openDialog(next.dialog);
    }
    entry.answer(answer);
    this.changed();
  }

  #tick(): void {
    if (this.#view?.needsTicks !== true) {
      clearInterval(this.#ticks);
      this.#ticks = undefined;
    }
    this.#screen.changed();
  }
}
