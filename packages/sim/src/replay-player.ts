import { parseBody } from "./json-check.js";
import { firstDifference } from "./json-difference.js";
import { type Answer, plainAnswer, type Player, type Playing } from "./player.js";
import type { Exchange } from "./recording.js";
import { createScrubber } from "./scrub.js";
import { withoutVolatile } from "./volatile.js";
import { type Frame, jsonAnswer, type RawRequest, type SeenRequest } from "./wire.js";
import { findWire } from "./wires.js";

export interface ReplayOptions {
  /** Pieces come as far apart as they did. Default: at once. */
  readonly realtime: boolean;
}

/**
 * Answers with recorded bytes. A request is compared with the first recorded one of its method and path that has not
 * been asked for yet: the body, without secrets and without what differs from run to run.
 */
export function createReplayPlayer(exchanges: readonly Exchange[], options: ReplayOptions): Player {
  return new ReplayPlayer(exchanges, options);
}

class ReplayPlayer implements Player {
  readonly #waiting: Exchange[];
  readonly #options: ReplayOptions;
  readonly #scrubber = createScrubber([]);

  constructor(exchanges: readonly Exchange[], options: ReplayOptions) {
    this.#waiting = [...exchanges];
    this.#options = options;
  }

  play(raw: RawRequest, n: number): Playing {
    const seen = readSeen(raw, n);
    const told = seen === undefined ? {} : { seen };
    const exchange = this.#waiting.find(({ request }) => request.method === raw.method && request.path === raw.path);
    if (exchange === undefined) {
      const next = this.#waiting[0]?.request;
      const left = next === undefined ? "all of it was asked for" : `next is ${next.method} ${next.path}`;
      const problem = `request ${n}: the recording has no ${raw.method} ${raw.path} left; ${left}`;
      return { ...told, problem, answer: refuse(raw, problem) };
    }
    const turn = `exchange ${exchange.n}`;
    this.#scrubber.learn(raw);
    const got = parseBody(this.#scrubber.text(raw.body));
    const found = firstDifference(withoutVolatile(exchange.request.body), withoutVolatile(got));
    if (found !== undefined) {
      const at = found.path === "" ? "the body" : found.path;
      const problem = `request ${n} is not the recorded ${turn}: at ${at} wanted ${found.wanted}; got ${found.got}`;
      return { ...told, turn, problem, answer: refuse(raw, problem) };
    }
    this.#waiting.splice(this.#waiting.indexOf(exchange), 1);
    return { ...told, turn, answer: this.#answer(exchange) };
  }

  remaining(): number {
    return this.#waiting.length;
  }

  left(): string | undefined {
    const next = this.#waiting[0];
    if (next === undefined) return undefined;
    const count = `${this.#waiting.length} of the recorded requests did not come`;
    return `${count}; exchange ${next.n}, ${next.request.method} ${next.request.path}, is next`;
  }

  #answer({ answer }: Exchange): Answer {
    const bytes = Buffer.from(answer.body, answer.encoding);
    return {
      status: answer.status,
      headers: answer.headers,
      frames: this.#frames(bytes, answer.pieces),
      delivery: {
        ...(answer.end === "cut" ? { cutAfterBytes: bytes.length } : {}),
        ...(answer.end === "open" ? { keepOpen: true } : {}),
      },
    };
  }

  /** In the recorded pieces; whatever they do not cover goes out as one more. */
  #frames(bytes: Buffer, pieces: Exchange["answer"]["pieces"]): readonly Frame[] {
    const frames: Frame[] = [];
    let start = 0;
    let beforeMs = 0;
    for (const [length = 0, ms = 0] of pieces) {
      const delayMs = this.#options.realtime ? Math.max(0, ms - beforeMs) : 0;
      frames.push({ text: "", bytes: bytes.subarray(start, start + length), delayMs });
      start += length;
      beforeMs = ms;
    }
    if (start < bytes.length) frames.push({ text: "", bytes: bytes.subarray(start), delayMs: 0 });
    return frames;
  }
}

function readSeen(raw: RawRequest, n: number): SeenRequest | undefined {
  const wire = findWire(raw.method, raw.path);
  const reading = wire?.read(raw);
  return wire !== undefined && reading?.ok === true ? { ...raw, ...reading.request, n, wire: wire.name } : undefined;
}

function refuse(raw: RawRequest, problem: string): Answer {
  const message = `scorpiox-sim: ${problem}`;
  const wire = findWire(raw.method, raw.path);
  return plainAnswer(wire?.badRequest(message) ?? jsonAnswer(400, { error: { message } }));
}
