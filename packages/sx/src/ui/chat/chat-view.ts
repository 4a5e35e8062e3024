import type { ToolLoopEvent, ToolUseBlock } from "@scorpiox/sxnet";
import type { TurnEnd } from "../../agent.js";
import type { ChatState, NoteLevel } from "../../chat/slash-command.js";
import type { KnownSecrets } from "../../known-secrets.js";
import type { Entry } from "../../sessions/entry.js";
import type { SxTool } from "../../tools/tool-context.js";
import type { Key } from "../keys/key.js";
import type { CursorCell, Size } from "../screen/live-region.js";
import type { Theme } from "../theme.js";
import type { Dialog, DialogAnswer } from "./dialog.js";

export type { Dialog, DialogAnswer } from "./dialog.js";

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
  /** False: nothing turns. */
  readonly animate: boolean;
  readonly showThinking: "folded" | "shown" | "hidden";
}

/** One line of the list of tasks. */
export interface TodoItem {
  readonly text: string;
  readonly status: "pending" | "active" | "done";
}

/**
 * Everything between what happens in a chat and the rows on the screen, without the editor. Pure: no streams, no timers;
 * whoever owns it asks for a frame after each change, and while `needsTicks` up to four times a second.
 */
export interface ChatViewMethods {
  /** Batches of `agent.turn`, in order. */
  show(events: readonly ToolLoopEvent[]): void;
  /** What a running call has printed since the last call; only its end is shown while it runs. */
  showProgress(call: ToolUseBlock, text: string): void;
  /** A prompt that was sent. */
  user(text: string, about?: { readonly images?: number; readonly queued?: boolean }): void;
  /** One line about the program. */
  note(text: string, level: NoteLevel): void;
  /** The program's own text. */
  print(markdown: string): void;
  /** A resumed session: the last turns in full, older ones as a line each. */
  replay(entries: readonly Entry[]): void;
  setStatus(state: ChatState): void;
  /** After `/tools`, `/cd`. */
  setSurroundings(change: { readonly tools?: readonly SxTool[]; readonly cwd?: string }): void;
  setShowThinking(how: ChatViewOptions["showThinking"]): void;
  /** `sinceMs` by `nowMs`. */
  setBusy(busy: { readonly sinceMs: number } | undefined): void;
  setQueue(messages: readonly string[]): void;
  setTodo(items: readonly TodoItem[]): void;
  /** Replaces the editor's rows: the owner draws no editor until `closeDialog`. An open one is replaced. */
  openDialog(dialog: Dialog): void;
  closeDialog(): void;
  readonly hasDialog: boolean;
  /** Keys while a dialog is open. The answer is given once; the owner then closes the dialog. */
  handleDialogKey(key: Key): DialogAnswer | undefined;
  /** A paste while a dialog is open: it goes into its text, and never answers. */
  handleDialogPaste(text: string): void;
  /**
   * Ctrl+O. While a call runs or a thought is thought: more of it, or less again. Else the last finished one is printed
   * in full, once, below; pressed again, the one before it.
   */
  toggleDetails(): void;
  /** How the turn ended. Nothing stays open. */
  finishTurn(end: TurnEnd): void;
  /** Rows that are finished since the last call; each is handed out once. */
  takeFinished(size: Size): readonly string[];
  /** What may still change. The owner appends the editor's rows, if no dialog is open. */
  live(size: Size): { readonly rows: readonly string[]; readonly cursor?: CursorCell | undefined };
  /** True while a spinner turns or a clock counts. */
  readonly needsTicks: boolean;
}
