import type { ImageLimits, Tool, ToolOutput, ToolRunContext } from "@scorpiox/sxnet";
import type { UndoStore } from "../undo/undo-store.js";
import type { TodoList } from "./todo-list.js";
import type { AskUser } from "./ask-user.js";
import type { ShellJobs } from "../shell/shell-jobs.js";

/** What the provider takes of an image; `undefined` where it does not tell. */
export type ReadImageLimits = () => Promise<ImageLimits | undefined>;

/** Bounds that tests make small; everyone else leaves them alone. */
export interface ToolLimits {
  /** Output kept from the start of a command, in bytes. */
  readonly headBytes: number;
  /** Output kept from the end of a command, in bytes. */
  readonly tailBytes: number;
  /** Most bytes of one command's output that go to its file in the scratch folder. */
  readonly spillBytes: number;
  /** Time limit of a command when the model names none. */
  readonly timeoutMs: number;
  /** Longest time limit that the model may name. */
  readonly maxTimeoutMs: number;
  /** Between TERM and KILL. */
  readonly killGraceMs: number;
  /** How long output is still read after the shell has ended while something else holds its pipe. */
  readonly drainMs: number;
  /** Silence that ends that reading earlier. */
  readonly quietMs: number;
}

/** What every tool of one run shares. It is made once; only `jobs` changes. */
export interface ToolContext {
  /** Absolute real path of the folder that sx works in. */
  readonly workspace: string;
  /** What children see: the reduced environment of `buildToolEnvironment`, never the process's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute: what `~` means. */
  readonly home: string;
  /** Absolute files and folders that hold credentials, beside the usual ones; no file tool opens them. */
  readonly credentialPaths: readonly string[];
  /** What commands left running; whoever made the context ends it. */
  readonly jobs: ShellJobs;
  /**
   * The 0700 folder for large results of this run, as an absolute path; made on first use. Its owner removes it.
   * Rejects when no folder can be made.
   */
  readonly scratch: () => Promise<string>;
  readonly limits?: Partial<ToolLimits>;
  /** Keeps what the tools do to files, to take it back. Absent: nothing is kept. */
  readonly undo?: UndoStore | undefined;
  /** The list of tasks; absent where nobody looks at it. */
  readonly todo?: TodoList | undefined;
  /** Puts questions of the model to the person. Absent where nobody can be asked. */
  readonly askUser?: AskUser | undefined;
  /** Told what a running command prints: of much output only the ends. Must not throw. */
  readonly onOutput?: ((toolUseId: string, text: string) => void) | undefined;
}

/** The most that a tool can do; approval rules start from it. */
export type SxAccess = "read" | "write" | "execute";

/** A tool of sx: a library tool that always runs here and can say what a call is about before it runs. */
export interface SxTool extends Tool {
  readonly access: SxAccess;
  readonly run: (input: Readonly<Record<string, unknown>>, context: ToolRunContext) => Promise<ToolOutput | string>;
  /** Absolute paths that a call would change, as far as the input tells. */
  writes?(input: Readonly<Record<string, unknown>>): readonly string[];
  /** One line for people: what this call is about. Not yet safe for a terminal: it quotes the model. */
  summary(input: Readonly<Record<string, unknown>>): string;
}
