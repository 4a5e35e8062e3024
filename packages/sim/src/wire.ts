import type { Message } from "@scorpiox/sxnet";
import type { FailureName, Turn } from "./script.js";

/**
 * What a wire format must do for the simulator: read requests, and say turns in its own words. `Notes` is what it keeps
 * of a request beyond the neutral words, for the answer.
 */
export interface Wire<Notes = unknown> {
  readonly name: string;
  matches(method: string, path: string): boolean;
  /** Reads a request as the service would, or refuses it as the service would. */
  read(request: RawRequest): Reading<Notes>;
  /** The body of a good answer. */
  render(turn: Turn, context: RenderContext<Notes>): readonly Frame[];
  /** Headers of a good answer, beside the content type. */
  headers(turn: Turn, context: RenderContext<Notes>): Readonly<Record<string, string>>;
  /** How a good answer opens. Absent: always status 200 and `text/event-stream`. */
  opening?(turn: Turn, context: RenderContext<Notes>): Opening;
  failure(name: FailureName, context: FailureContext<Notes>): HttpAnswer;
  /**
   * How the service says that a request is wrong; used for requests that the script did not expect. A format whose
   * bodies repeat the HTTP status says `status` there; default 400.
   */
  badRequest(message: string, status?: number): HttpAnswer;
  /** Keys that point a provider of this wire format at the simulator. `origin` has no slash at its end. */
  env(origin: string): WireEnv;
  /** Other requests of the same service that need no script, for example its model list. */
  readonly side?: readonly SideRoute[];
  /** The format with a memory of its own, for one simulator. Absent where no request depends on an earlier one. */
  open?(means: WireMeans): Wire<Notes>;
}

/** What a format that remembers may use of its simulator. */
export interface WireMeans {
  /** Wall clock in Unix milliseconds. */
  readonly now: () => number;
  /** As in `RenderContext`. */
  readonly id: (prefix: string) => string;
}

export interface Opening {
  readonly status: number;
  readonly contentType: string;
}

export interface WireEnv {
  /** Where to send requests. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Made-up keys; left out where real ones must pass through to an upstream. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface SideRoute {
  /** Names of headers are in lower case. They tell services apart that use the same path. */
  matches(method: string, path: string, headers: Readonly<Record<string, string>>): boolean;
  answer(request: RawRequest): SideAnswer;
}

export interface SideAnswer extends HttpAnswer {
  /** One line for people: what no correct client would have asked. */
  readonly problem?: string;
}

/** A request as it came. */
export interface RawRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Reading<Notes = unknown> =
  | { readonly ok: true; readonly request: NeutralRequest; readonly notes?: Notes }
  | {
      readonly ok: false;
      readonly refusal: HttpAnswer;
      /** One line for people: which rule was broken. Absent where a correct client may be refused so. */
      readonly reason?: string;
    };

/** A request in the words of no particular service. */
export interface NeutralRequest {
  readonly model: string;
  readonly system: string;
  readonly tools: readonly OfferedTool[];
  readonly messages: readonly Message[];
  /** Results of the calls of the last answer; empty when the request has none after it. */
  readonly toolResults: readonly SeenToolResult[];
}

export interface OfferedTool {
  readonly name: string;
  /** Where the wire format groups tools: what a call must give back. */
  readonly namespace?: string;
}

export interface SeenToolResult {
  readonly toolUseId: string;
  /** Empty when the call is not in the request. */
  readonly name: string;
  readonly text: string;
  /** Absent where the wire format does not say it. */
  readonly isError?: boolean;
}

/** A request that reached the script, as tests look at it. */
export interface SeenRequest extends NeutralRequest, RawRequest {
  /** Counts from 1. */
  readonly n: number;
  readonly wire: string;
}

/** A stretch of a body; consecutive ones without a delay may travel together. */
export interface Frame {
  readonly text: string;
  /** In place of `text`: bytes that are written by themselves, as they are. */
  readonly bytes?: Uint8Array;
  /** Pause before it, in milliseconds. */
  readonly delayMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface FailureContext<Notes = unknown> {
  readonly nowMs: number;
  readonly model: string;
  /** What `read` kept; absent where the request was not read. */
  readonly notes?: Notes | undefined;
}

export interface RenderContext<Notes = unknown> extends FailureContext<Notes> {
  readonly request: NeutralRequest;
  /** Length of the request body in characters, from which missing usage is estimated. */
  readonly requestChars: number;
  /** An id that no other item of this simulator has; `prefix` as the service has it, for example `msg`. */
  readonly id: (prefix: string) => string;
  /** Fills in `{{…}}` of a reply's text. */
  readonly fill: (text: string) => string;
}

export function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}
