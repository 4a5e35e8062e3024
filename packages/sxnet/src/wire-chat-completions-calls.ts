import { type CallInput, cutInput, parseInput } from "./call-input.js";
import type { Opaque, StreamEvent, ToolUseBlock } from "./types.js";
import type { ChatCallOpaque } from "./wire-chat-completions-opaque.js";
import { type Fields, fieldsOf, numberOf, textOf } from "./unknown-value.js";

/**
 * The calls of one answer, out of their deltas. Servers number them from 0, from 1, all with 0, or not at all; they name
 * a call once, twice, or in every delta; they give it one id, none, or the id of another call.
 * Source: recorded streams of fifteen services, read 2026-11-20.
 */

interface OpenCall {
  /** As the server says it; empty where it says none. */
  told: string;
  name: string;
  /** The arguments so far. */
  raw: string;
  extra: unknown;
  /** Of the block, once it has begun: not before its name is known. */
  block: { readonly index: number; readonly id: string } | undefined;
}

export class ChatCalls {
  readonly #nextIndex: () => number;
  readonly #answerId: () => string;
  readonly #all: OpenCall[] = [];
  readonly #numbered = new Map<number, OpenCall>();
  readonly #ids = new Set<string>();

  /** `answerId`: the service's name for this answer, so that ids made here differ from those of other answers. */
  constructor(nextIndex: () => number, answerId: () => string) {
    this.#nextIndex = nextIndex;
    this.#answerId = answerId;
  }

  get count(): number {
    return this.#all.length;
  }

  /** One entry of `tool_calls`. */
  take(delta: Fields): readonly StreamEvent[] {
    const said = fieldsOf(delta["function"]);
    const id = textOf(delta["id"]) ?? "";
    const name = textOf(said["name"]) ?? "";
    const piece = argumentsOf(said["arguments"]);
    const number = numberOf(delta["index"]);
    let call = number === undefined ? this.#continued(id, name, piece) : this.#at(number, id, name);
    if (call === undefined) {
      call = { told: id, name: "", raw: "", extra: undefined, block: undefined };
      this.#all.push(call);
      if (number !== undefined) this.#numbered.set(number, call);
    }
    if (call.told === "") call.told = id;
    if (call.name === "") call.name = name;
    if (delta["extra_content"] !== undefined && delta["extra_content"] !== null) call.extra = delta["extra_content"];
    return this.#grow(call, piece);
  }

  /**
   * The finished calls, in their order; `undefined` when one has no name. `cut`: the answer was ended before the model
   * was done, so arguments that are not whole were cut off.
   */
  end(cut: boolean, opaque: (data: ChatCallOpaque) => Opaque): readonly StreamEvent[] | undefined {
    const events: StreamEvent[] = [];
    for (const call of this.#all) {
      if (call.block === undefined) return undefined;
      const { index, id } = call.block;
      const block: ToolUseBlock = {
        type: "tool_use",
        id,
        name: call.name,
        ...inputOf(call.raw, cut),
        ...(call.extra === undefined ? {} : { opaque: opaque({ kind: "chat_call", extra_content: call.extra }) }),
      };
      events.push({ type: "block_end", index, block });
    }
    return events;
  }

  /** A number stands for one call, unless a name comes with another id: some servers number all calls with 0. */
  #at(number: number, id: string, name: string): OpenCall | undefined {
    const known = this.#numbered.get(number);
    const another = known !== undefined && name !== "" && id !== "" && known.told !== "" && id !== known.told;
    return another ? undefined : known;
  }

  /** Without numbers a new id begins a call, and a delta without one goes on with the last. */
  #continued(id: string, name: string, piece: string): OpenCall | undefined {
    const last = this.#all.at(-1);
    if (last === undefined) return undefined;
    // A second whole call, whose id is that of the one before or missing.
    const again = name !== "" && piece !== "" && isWhole(last.raw);
    if (id === "") return again || (name !== "" && last.name !== "" && name !== last.name) ? undefined : last;
    if (id === last.told) return again ? undefined : last;
    return name === "" ? this.#all.find(({ told }) => told === id) : undefined;
  }

  #grow(call: OpenCall, piece: string): readonly StreamEvent[] {
    call.raw += piece;
    if (call.block !== undefined) {
      return piece === "" ? [] : [{ type: "tool_input_delta", index: call.block.index, json: piece }];
    }
    if (call.name === "") return [];
    const index = this.#nextIndex();
    const id = this.#uniqueId(call.told);
    call.block = { index, id };
    const events: StreamEvent[] = [
      { type: "block_start", index, block: { type: "tool_use", id, name: call.name, input: {} } },
    ];
    if (call.raw !== "") events.push({ type: "tool_input_delta", index, json: call.raw });
    return events;
  }

  /** Every conversation with one id for two calls is refused, so later ones get a number. */
  #uniqueId(told: string): string {
    const base = told === "" ? `call_${this.#answerId()}${this.#ids.size}` : told;
    let id = base;
    for (let n = 2; this.#ids.has(id); n += 1) id = `${base}_${n}`;
    this.#ids.add(id);
    return id;
  }
}

/** Some servers send an object where JSON text is due. */
function argumentsOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : "";
}

function inputOf(raw: string, cut: boolean): CallInput {
  if (!cut) return parseInput(raw);
  return isWhole(raw) ? parseInput(raw) : cutInput(raw);
}

function isWhole(raw: string): boolean {
  if (!raw.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(raw);
    return true;
  } catch {
    // Not whole yet: that is the answer.
    return false;
  }
}
