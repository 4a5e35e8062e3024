import type { Limits, StopReason, Usage } from "@scorpiox/sxnet";

/**
 * A script: what the simulated model says, turn by turn, in the words of no particular service. This is the shape of
 * the JSON file; `parseScript` checks it.
 */
export interface Script {
  /** Answered in order, one for each request. */
  readonly turns: readonly Turn[];
}

/** One request and its answer. A turn has a `reply`, an `error`, or a `status`. */
export interface Turn extends Delivery {
  /** Shown in messages beside the number. */
  readonly name?: string;
  /** How many requests in a row this turn answers; `any`: all that still come, none included. Default 1. */
  readonly times?: number | "any";
  readonly expect?: Expectation;
  readonly reply?: readonly ReplyPart[];
  /** Default: an estimate from the number of characters. `null`: the service sends none. */
  readonly usage?: Partial<Usage> | null;
  /** Default `tool_use` when the reply calls a tool, else `end_turn`. */
  readonly stopReason?: StopReason;
  /** An error inside the stream, after the reply. */
  readonly error?: StreamError;
  readonly limits?: ScriptLimits;
  /** An HTTP status instead of a stream: a number, or a failure by name as the service would word it. */
  readonly status?: number | FailureName;
  /** Added to the answer's headers, or put in their place. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of an HTTP status: text as it is, anything else as JSON. */
  readonly body?: unknown;
}

export type ReplyPart = TextPart | ThinkingPart | ToolUsePart | RawPart;

/** How a part is cut up; the same fields on the turn are the defaults of its parts. */
export interface Pacing {
  /** Characters in one delta. Default 16. */
  readonly deltas?: number;
  /** Pause before each delta, in milliseconds. */
  readonly delayMs?: number;
}

export interface TextPart extends Pacing {
  readonly text: string;
}

export interface ThinkingPart extends Pacing {
  readonly thinking: string;
}

export interface ToolUsePart extends Pacing {
  readonly tool_use: {
    readonly name: string;
    readonly input?: Readonly<Record<string, unknown>>;
    /** The arguments as text, sent as they are: cut off, or no JSON at all. */
    readonly rawInput?: string;
    /** Default: one that no other call has. */
    readonly id?: string;
  };
}

/** Bytes of the stream itself, for what no service should send. */
export interface RawPart {
  readonly raw: string;
}

export interface StreamError {
  readonly code: string;
  readonly message: string;
  /** The kind of event that carries it. Default `failed`. */
  readonly event?: "failed" | "error";
}

/** Rate-limit windows, told in the headers and in the stream. */
export interface ScriptLimits extends Omit<Limits, "windows"> {
  readonly windows: readonly ScriptWindow[];
}

export type ScriptWindow = Limits["windows"][number] & {
  /** In place of `resetsAtMs`: counted from the moment of the answer. */
  readonly resetsInSeconds?: number;
};

/** How the answer's bytes travel, and how they fail to. Bytes are counted in the body, headers excluded. */
export interface Delivery extends Pacing {
  /** Pause before the status line, in milliseconds. */
  readonly headDelayMs?: number;
  /** The connection is closed after that many bytes, without the proper end of the body. */
  readonly cutAfterBytes?: number;
  /** The cut is a reset (RST). Without `cutAfterBytes`: before any byte of the answer, headers included. */
  readonly reset?: boolean;
  /** After that many bytes nothing more comes, and the connection stays open. */
  readonly stallAfterBytes?: number;
  /** Bytes per second. */
  readonly slow?: number;
  /** Each write to the socket has that many bytes. */
  readonly chunkBytes?: number;
  /** Stream lines end in CR LF. */
  readonly crlf?: boolean;
  /** After the last event the connection stays open. */
  readonly keepOpen?: boolean;
}

/** A plain string is the whole text. */
export type TextMatch = string | TextConditions;

/** All that are given must hold. */
export interface TextConditions {
  readonly equals?: string;
  readonly contains?: string | readonly string[];
  /** A regular expression in JavaScript's notation, with the `u` flag. */
  readonly matches?: string;
}

/** What the request must be like. */
export interface Expectation {
  readonly model?: TextMatch;
  readonly system?: TextMatch;
  /** The newest thing the user said. */
  readonly lastUserText?: TextMatch;
  /** Names of tools that must be offered, others may be. */
  readonly tools?: readonly string[];
  /** The results that came with this request, in order: as many as there are. `[]`: none. */
  readonly toolResults?: readonly ToolResultMatch[];
  /** By header name, in any case. */
  readonly headers?: Readonly<Record<string, TextMatch>>;
  /** Searched in the body as it came. */
  readonly bodyContains?: string | readonly string[];
}

export interface ToolResultMatch extends TextConditions {
  readonly name?: string;
  /** Compared where the wire format says it; the Responses format does not. */
  readonly isError?: boolean;
}

/** Failures by name. Each wire format words them as its service does. */
export const FAILURE_NAMES = [
  "unauthorized",
  "forbidden",
  "edge_block",
  "rate_limited",
  "usage_limit",
  "quota_exhausted",
  "model_unavailable",
  "context_too_long",
  "request_too_large",
  "invalid_request",
  "overloaded",
  "server_error",
] as const;

export type FailureName = (typeof FAILURE_NAMES)[number];
