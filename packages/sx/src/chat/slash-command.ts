import type { Effort, Limits, Message, Provider, Usage } from "@scorpiox/sxnet";
import type { Configuration, Io } from "@scorpiox/sxutil";
import type { ApprovalMode } from "../args.js";
import type { KnownSecrets } from "../known-secrets.js";
import type { Session } from "../sessions/session.js";
import type { SxTool } from "../tools/tool-context.js";
import type { UndoAction } from "../undo/undo-plan.js";

/** One thing that a person can say to the program itself: `/name argument`. One file each, one line in `slash-commands.ts`. */
export interface SlashCommand {
  readonly name: string;
  /** A few words for the list that `/` opens. */
  readonly summary: string;
  /** What may follow, as help shows it: `[model]`, `<path>`. Absent: nothing. */
  readonly argument?: string;
  /** Other names. */
  readonly aliases?: readonly string[];
  /** Changes what a running turn stands on: refused while one runs, and says so. */
  readonly changesState: boolean;
  /** Words that may stand in the argument's place, for the list. */
  complete?(chat: ChatControl, typed: string): Promise<readonly Choice[]>;
  /** A thrown Failure or ProviderError is shown as one line. */
  run(chat: ChatControl, argument: string): Promise<void>;
}

export interface Choice {
  readonly value: string;
  /** Shown in place of the value. */
  readonly label?: string;
  /** Shown dimmed beside it. */
  readonly detail?: string;
}

/** What taking changes back would do to one file. */
export interface UndoStep {
  /** Absolute. */
  readonly file: string;
  /** `none`: nothing can be done, and `conflict` says why. */
  readonly action: UndoAction;
  /** In a few words, why it is not simply done: somebody else changed the file since, or there is no copy. */
  readonly conflict?: string | undefined;
}

/** A file that this session changed. */
export interface ChangedFile {
  /** Absolute. */
  readonly file: string;
  /** What it held before the session's first change; `undefined`: it was not there. */
  readonly before: Uint8Array | undefined;
  /** False: it was changed without a copy, for example by a command, and `before` says nothing. */
  readonly hasCopy: boolean;
}

export type NoteLevel = "info" | "success" | "warning" | "error";

/** What a slash command may see and do of a running chat. */
export interface ChatControl {
  readonly io: Io;
  /** Real path of the working folder. */
  readonly cwd: string;
  readonly configuration: Configuration;
  readonly provider: Provider;
  /** All that this session has, also those that are switched off. */
  readonly tools: readonly SxTool[];
  /** Every command of the program itself, in the order of the list. */
  readonly commands: readonly Pick<SlashCommand, "name" | "summary" | "argument">[];
  /** Names of the tools that the model is not offered at the moment. */
  readonly toolsOff: ReadonlySet<string>;
  /** The instructions that stand before the conversation. */
  readonly system: string | undefined;
  readonly secrets: KnownSecrets;
  /** Absent with `--no-session`. */
  readonly session: Session | undefined;
  readonly messages: readonly Message[];
  readonly state: ChatState;

  /** One line about the program, in the transcript. */
  note(text: string, level?: NoteLevel): void;
  /** Text that may be markdown, in the transcript; not part of the conversation. */
  print(markdown: string): void;
  /** A list to choose from, with search as one types; `undefined` when the person cancels. */
  pick(title: string, choices: readonly Choice[], options?: { readonly current?: string }): Promise<string | undefined>;
  /** Yes or no; no when the person cancels. */
  confirm(question: string): Promise<boolean>;
  /** Hands the terminal to a program until it ends. */
  lend<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Puts text into the editor, as if it had been typed. */
  fill(text: string): void;
  /** Sends a prompt, as if it had been typed and sent. */
  send(text: string): void;

  setModel(model: string): Promise<void>;
  /** Builds the new provider first; when that fails, the old one stays and the error is thrown. */
  setProvider(name: string, model?: string): Promise<void>;
  setEffort(effort: Effort | undefined): void;
  setApprovalMode(mode: ApprovalMode): void;
  /** Reads the configuration again, with a profile laid over it or none, and rebuilds the provider; else all stays as it was. */
  reconfigure(change: { readonly profile?: string | undefined }): Promise<void>;
  /** For this session, from the next turn on. */
  switchTool(name: string, isOn: boolean): void;
  setCwd(path: string): Promise<void>;
  /** An empty conversation in a session of its own. */
  startOver(): Promise<void>;
  /** Goes on with another session; shows its conversation again. */
  resume(sessionId: string): Promise<void>;
  /** The same conversation in a new session; the old one stays as it is. */
  fork(): Promise<void>;
  /** Takes the conversation back to the messages before this one (an index into `messages`). */
  rewind(messageIndex: number): Promise<void>;
  /** Replaces older parts of the conversation by a summary; `focus` tells the model what matters. */
  compact(focus?: string): Promise<void>;
  /** Takes the last compaction back: the conversation is what it was, and what was said since. */
  uncompact(): Promise<void>;
  /** What undoing would do: to the last turn's file changes, to all since a message, or to the last undo. Changes nothing. */
  planUndo(of?: { readonly sinceMessage: number } | { readonly redo: true }): Promise<readonly UndoStep[]>;
  /** Does these steps of the last plan, all or none; a conflict among them is overridden. */
  undo(steps: readonly UndoStep[]): Promise<void>;
  /** Every file that this session changed, in the order of the first change. */
  changedFiles(): Promise<readonly ChangedFile[]>;
  /** Asks again what was asked last. */
  retry(): Promise<void>;
  leave(): void;
}

/** What the status line shows, and commands report. */
export interface ChatState {
  readonly model: string;
  readonly providerName: string;
  /** Who really answered last, from the router. */
  readonly route: { readonly provider: string; readonly model: string } | undefined;
  readonly effort: Effort | undefined;
  readonly approvalMode: ApprovalMode;
  readonly branch: string | undefined;
  /** Tokens of the last request and answer, and the window they must fit; `undefined` where not known. */
  readonly contextTokens: number | undefined;
  readonly contextWindow: number | undefined;
  readonly usage: Usage;
  /** `undefined`: not known, which is not 0. */
  readonly costUsd: number | undefined;
  readonly limits: Limits | undefined;
  readonly profile: string | undefined;
  readonly isBusy: boolean;
}
