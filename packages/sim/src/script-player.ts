import { findDifferences, lastUserText, nameOfTurn } from "./expect.js";
import { type Answer, plainAnswer, type Player, type Playing } from "./player.js";
import type { Script, Turn } from "./script.js";
import {
  jsonAnswer,
  type Opening,
  type RawRequest,
  type RenderContext,
  type SeenRequest,
  type Wire,
  type WireMeans,
} from "./wire.js";
import { type OpenWires, openWires } from "./wires.js";

/** Longest tool result that a template puts into a reply. */
const MAX_FILL_CHARS = 100_000;
const STREAM: Opening = { status: 200, contentType: "text/event-stream" };

/** Answers requests with the turns of a script, in order. */
export function createScriptPlayer(script: Script, options: WireMeans): Player {
  return new ScriptPlayer(script, options);
}

class ScriptPlayer implements Player {
  readonly #turns: readonly Turn[];
  readonly #options: WireMeans;
  readonly #wires: OpenWires;
  /** The turn that is asked for next, and how often it has answered. */
  #next = 0;
  #played = 0;

  constructor(script: Script, options: WireMeans) {
    this.#turns = script.turns;
    this.#options = options;
    this.#wires = openWires(options);
  }

  play(raw: RawRequest, n: number): Playing {
    const wire = this.#wires.find(raw.method, raw.path);
    if (wire === undefined) {
      const side = this.#wires.answerSideRoute(raw);
      if (side !== undefined) {
        const answer = plainAnswer(side);
        return side.problem === undefined ? { answer } : { answer, problem: `request ${n}: ${side.problem}` };
      }
      const problem = `request ${n}: no wire format knows ${raw.method} ${raw.path}`;
      return { problem, answer: plainAnswer(jsonAnswer(404, { error: { message: `scorpiox-sim: ${problem}` } })) };
    }
    const encoding = raw.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") {
      const problem = `request ${n}: a body with content-encoding ${encoding} is not read here; send it as it is`;
      return { problem, answer: plainAnswer({ ...wire.badRequest(`scorpiox-sim: ${problem}`), status: 415 }) };
    }
    const reading = wire.read(raw);
    if (!reading.ok) {
      const answer = plainAnswer(reading.refusal);
      if (reading.reason === undefined) return { answer };
      return { problem: `request ${n} would be refused by the service: ${reading.reason}`, answer };
    }
    const seen: SeenRequest = { ...raw, ...reading.request, n, wire: wire.name };
    return { seen, ...this.#takeTurn(wire, seen, reading.notes) };
  }

  #takeTurn(wire: Wire, seen: SeenRequest, notes: unknown): Playing {
    const turn = this.#turns[this.#next];
    if (turn === undefined) {
      const problem = `request ${seen.n}: no turn left, the script has ${this.#turns.length}`;
      return { problem, answer: plainAnswer(wire.badRequest(`scorpiox-sim: ${problem}`)) };
    }
    const name = nameOfTurn(this.#next + 1, turn.name);
    const differences = findDifferences(turn.expect ?? {}, seen);
    if (differences.length > 0) {
      const problem = `request ${seen.n} is not what ${name} expects: ${differences.join("; ")}`;
      return { turn: name, problem, answer: plainAnswer(wire.badRequest(`scorpiox-sim: ${problem}`)) };
    }
    this.#played += 1;
    const step = this.#played;
    if (turn.times !== "any" && step >= (turn.times ?? 1)) {
      this.#next += 1;
      this.#played = 0;
    }
    return { turn: name, answer: this.#answer(wire, turn, this.#context(seen, step, notes)) };
  }

  remaining(): number {
    const counts = this.#turns.slice(this.#next).map((turn) => (turn.times === "any" ? 0 : (turn.times ?? 1)));
    return Math.max(0, counts.reduce((sum, count) => sum + count, 0) - this.#played * Math.sign(counts[0] ?? 0));
  }

  left(): string | undefined {
    const count = this.remaining();
    if (count === 0) return undefined;
    const next = nameOfTurn(this.#next + 1, this.#turns[this.#next]?.name);
    const answers = count === 1 ? "1 answer of the script was" : `${count} answers of the script were`;
    return `${answers} not asked for; ${next} is next`;
  }

  #answer(wire: Wire, turn: Turn, context: RenderContext): Answer {
    const headers = lowerCased(turn.headers ?? {});
    const limits = turn.limits === undefined ? {} : wire.headers(turn, context);
    if (turn.status === undefined) {
      const { status, contentType } = wire.opening?.(turn, context) ?? STREAM;
      return {
        status,
        headers: {
          "content-type": contentType,
          "cache-control": "no-cache",
          ...wire.headers(turn, context),
          ...headers,
        },
        frames: wire.render(turn, context),
        delivery: turn,
      };
    }
    const failure =
      typeof turn.status === "string"
        ? wire.failure(turn.status, context)
        : { ...wire.badRequest(`status ${turn.status}`, turn.status), status: turn.status };
    const body =
      turn.body === undefined ? failure.body : typeof turn.body === "string" ? turn.body : JSON.stringify(turn.body);
    return {
      status: failure.status,
      headers: { ...failure.headers, ...limits, ...headers },
      frames: [{ text: body, delayMs: 0 }],
      delivery: turn,
    };
  }

  #context(seen: SeenRequest, step: number, notes: unknown): RenderContext {
    const values: Readonly<Record<string, () => string>> = {
      lastToolResult: () => seen.toolResults.at(-1)?.text ?? "",
      lastUserText: () => lastUserText(seen),
      step: () => String(step),
    };
    return {
      nowMs: this.#options.now(),
      model: seen.model,
      notes,
      request: seen,
      requestChars: seen.body.length,
      id: this.#options.id,
      fill: (text) =>
        text.includes("{{")
          ? text.replaceAll(/\{\{(lastToolResult|lastUserText|step)\}\}/g, (_whole, name: string) =>
              (values[name]?.() ?? "").slice(0, MAX_FILL_CHARS),
            )
          : text,
    };
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
