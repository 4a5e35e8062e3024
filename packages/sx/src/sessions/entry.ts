import type {
  AssistantBlock,
  Message,
  StopReason,
  ToolResultBlock,
  ToolStatus,
  Usage,
  UserBlock,
} from "@scorpiox/sxnet";
import type { LineHunk } from "../files/line-hunks.js";
import {
  hold,
  isAssistantContent,
  isCount,
  isFields,
  isMessages,
  isOutcome,
  isUsage,
  isUserContent,
  mayHold,
} from "./entry-check.js";

/**
 * A session is a file of lines, each one entry as a JSON object: what happened, in the order in which it happened.
 * Nothing is ever changed in it: going back, and what a compaction replaced, are entries of their own.
 */

/** The version of the format. It rises when a reader of before would misunderstand; new kinds and fields do not. */
const SESSION_VERSION = 1;

/** The first line. */
export interface HeaderEntry {
  readonly kind: "header";
  readonly id: string;
  /** Real path of the working folder. */
  readonly cwd: string;
  /** The name of the folder that this session lies in. */
  readonly project: string;
  /** Program and version that began the file. */
  readonly program: string;
  /** First line of the first prompt. */
  readonly title: string;
  readonly provider: string;
  readonly model: string;
  /** Where a fork comes from, and the last entry that it took over. */
  readonly parent?: { readonly id: string; readonly n: number };
}

/** How one call ended, and what only a display needs of it. */
export interface CallOutcome {
  readonly status: ToolStatus;
  readonly durationMs?: number;
  readonly exitCode?: number;
  readonly truncated?: boolean;
  readonly diff?: readonly LineHunk[];
}

/** What one prompt came to. */
export interface TurnEndEntry {
  readonly kind: "turn_end";
  readonly status: "success" | "error" | "cancelled";
  readonly failure?: { readonly code: string; readonly message: string };
  /** Answers of the model to this prompt. */
  readonly turns: number;
  readonly usage: Usage;
  /** Absent where no price is known. */
  readonly costUsd?: number;
  readonly provider: string;
  readonly model: string;
  /** Messages of the conversation by then: the list of sessions reads it here. */
  readonly messages: number;
  /** Present when somebody gave the session a title of its own. */
  readonly title?: string;
}

/** What an entry says besides its version, number and time. */
export type EntryBody =
  | HeaderEntry
  | { readonly kind: "user"; readonly content: readonly UserBlock[] }
  | {
      readonly kind: "assistant";
      readonly content: readonly AssistantBlock[];
      readonly provider: string;
      readonly model: string;
      readonly stopReason?: StopReason;
      readonly usage?: Usage;
      /** True for what had arrived of an answer that broke off. */
      readonly partial?: boolean;
    }
  /** The result of one call of the answer before it; `call` counts that answer's calls from 0. */
  | {
      readonly kind: "tool_result";
      readonly call: number;
      readonly result: ToolResultBlock;
      readonly outcome: CallOutcome;
    }
  | TurnEndEntry
  | { readonly kind: "model"; readonly provider: string; readonly model: string; readonly effort?: string }
  | { readonly kind: "mode"; readonly mode: string }
  /** A call that was put to a person. */
  | {
      readonly kind: "approval";
      readonly toolId: string;
      readonly toolName: string;
      readonly allowed: boolean;
      /** The rule that the answer made, if it made one. */
      readonly rule?: string;
    }
  /** The messages up to entry `upTo` are sent as `messages` from now on; they stay in the file. */
  | { readonly kind: "compaction"; readonly upTo: number; readonly messages: readonly Message[] }
  /** Takes the compaction of entry `of` back: what it replaced is sent again. */
  | { readonly kind: "compaction_undo"; readonly of: number }
  /** The conversation is again what it was after entry `to`. */
  | { readonly kind: "rewind"; readonly to: number; readonly reason?: string }
  /** `title` is what the session is called from now on. */
  | { readonly kind: "note"; readonly title?: string; readonly text?: string }
  /** Data of another part of the program, which alone knows what it means. */
  | { readonly kind: "mark"; readonly name: string; readonly data: unknown }
  /** The program left the session; a missing one means that it was killed. */
  | { readonly kind: "end" };

export type Entry = EntryBody & {
  /** Counts from 0 and never repeats within a file; other entries point at it. */
  readonly n: number;
  /** Unix epoch. */
  readonly timeMs: number;
};

/** An entry as one line with its LF. U+2028 and U+2029, at which some readers end a line, are escaped. */
export function formatEntry(n: number, timeMs: number, body: EntryBody): string {
  const { kind, ...fields } = body;
  const line = JSON.stringify({ v: SESSION_VERSION, n, time: new Date(timeMs).toISOString(), kind, ...fields });
  return `${line.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")}\n`;
}

export type ParsedLine =
  | { readonly type: "entry"; readonly entry: Entry }
  /** Of a format that is newer than this program. */
  | { readonly type: "newer"; readonly version: number }
  /** Well formed, of a kind that this program does not know. */
  | { readonly type: "unknown"; readonly n: number }
  | { readonly type: "broken" };

/** Reads one line, without its LF. Never throws: what makes no sense is `broken`. */
export function parseLine(text: string): ParsedLine {
  const value = parseObject(text);
  if (value === undefined) return { type: "broken" };
  const { v, n, time, ...fields } = value;
  if (typeof v !== "number") return { type: "broken" };
  if (v > SESSION_VERSION) return { type: "newer", version: v };
  const timeMs = typeof time === "string" ? Date.parse(time) : Number.NaN;
  if (!isCount(n) || !Number.isFinite(timeMs) || typeof fields["kind"] !== "string") return { type: "broken" };
  const check = Object.hasOwn(CHECKS, fields["kind"]) ? CHECKS[fields["kind"] as EntryBody["kind"]] : undefined;
  if (check === undefined) return { type: "unknown", n };
  return check(fields)
    ? { type: "entry", entry: { ...(fields as unknown as EntryBody), n, timeMs } }
    : { type: "broken" };
}

/** The object of a line. A line that swallowed a fragment or zero bytes before it, after a power cut, is found in it. */
function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const starts = [0, text.lastIndexOf('{"v":')];
  for (const start of new Set(starts)) {
    if (start < 0) continue;
    try {
      const value: unknown = JSON.parse(text.slice(start));
      if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
    } catch {
      // Cut, padded or foreign: the next start may be the whole one.
    }
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** What must hold for the rest of the program to use an entry; a disk or a hand may have changed it. */
const CHECKS: Readonly<Record<EntryBody["kind"], (fields: Fields) => boolean>> = {
  header: (entry) =>
    hold(entry, "string", "id", "cwd", "project", "program", "title", "provider", "model") &&
    (entry["parent"] === undefined || (isFields(entry["parent"]) && hold(entry["parent"], "string", "id"))),
  user: (entry) => isUserContent(entry["content"]),
  assistant: (entry) => isAssistantContent(entry["content"]) && hold(entry, "string", "provider", "model"),
  tool_result: (entry) =>
    isCount(entry["call"]) && isUserContent([entry["result"]], "tool_result") && isOutcome(entry["outcome"]),
  turn_end: (entry) =>
    hold(entry, "string", "status", "provider", "model") &&
    isUsage(entry["usage"]) &&
    isCount(entry["messages"]) &&
    mayHold(entry, "number", "costUsd") &&
    mayHold(entry, "string", "title") &&
    (entry["failure"] === undefined || (isFields(entry["failure"]) && hold(entry["failure"], "string", "message"))),
  model: (entry) => hold(entry, "string", "provider", "model"),
  mode: (entry) => hold(entry, "string", "mode"),
  approval: (entry) => hold(entry, "string", "toolId", "toolName") && hold(entry, "boolean", "allowed"),
  compaction: (entry) => isCount(entry["upTo"]) && isMessages(entry["messages"]),
  compaction_undo: (entry) => isCount(entry["of"]),
  rewind: (entry) => isCount(entry["to"]),
  note: (entry) => mayHold(entry, "string", "title", "text"),
  mark: (entry) => hold(entry, "string", "name"),
  end: () => true,
};
