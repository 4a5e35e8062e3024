import type { Delivery } from "./script.js";
import type { Frame, HttpAnswer, RawRequest, SeenRequest } from "./wire.js";

/** Where answers come from: a script or a recording. */
export interface Player {
  /** The answer to request number `n`, which counts from 1. */
  play(request: RawRequest, n: number): Playing;
  /** Answers that no request has asked for yet. */
  remaining(): number;
  /** One line about them; `undefined` when there are none. */
  left(): string | undefined;
}

export interface Playing {
  readonly answer: Answer;
  /** The request in neutral words, when it could be read. */
  readonly seen?: SeenRequest;
  /** The turn that was meant, as messages name it. */
  readonly turn?: string;
  /** Why the request is not the one that was expected. */
  readonly problem?: string;
}

/** An answer and the way in which it travels. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: readonly Frame[];
  readonly delivery: Delivery;
}

/** An answer that simply goes out whole. */
export function plainAnswer(answer: HttpAnswer): Answer {
  return { status: answer.status, headers: answer.headers, frames: [{ text: answer.body, delayMs: 0 }], delivery: {} };
}
