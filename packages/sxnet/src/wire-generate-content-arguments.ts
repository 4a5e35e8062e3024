import type { ToolUseBlock } from "./types.js";
import { type Fields, fieldsOf } from "./unknown-value.js";

type CallInput = Pick<ToolUseBlock, "input" | "inputError" | "rawInput">;

const MAX_DEPTH = 64;

/**
 * Arguments of a call that come in pieces, each a value and the JSON path where it goes: `$.edits[0].text`. Text goes on
 * in the next piece of the same path when its piece says so.
 * Source: `PartialArg` of the official client 2.32.0, recorded streams, read 2026-11-20.
 */
export class PiecewiseArguments {
  readonly #input: Record<string, unknown> = {};
  /** The path whose text goes on. */
  #open: string | undefined;
  #broken = false;

  add(pieces: readonly unknown[]): void {
    for (const piece of pieces) this.#broken ||= !this.#set(fieldsOf(piece));
  }

  /** `cut`: the call ended before its last piece. */
  read(cut: boolean): CallInput {
    if (!cut && !this.#broken) return { input: this.#input };
    const inputError = cut ? "the arguments were cut off" : "the pieces of the arguments do not fit together";
    return { input: {}, inputError, rawInput: JSON.stringify(this.#input) };
  }

  /** False: the piece goes nowhere. */
  #set(piece: Fields): boolean {
    const path = piece["jsonPath"];
    const steps = typeof path === "string" ? parsePath(path) : undefined;
    if (typeof path !== "string" || steps === undefined) return false;
    const place = findPlace(this.#input, steps);
    if (place === undefined) return false;
    const value = valueOf(piece);
    if (value === undefined) return false;
    const before = place.read();
    const isMore = this.#open === path && typeof before === "string" && typeof value === "string";
    place.write(isMore ? before + value : value);
    this.#open = piece["willContinue"] === true ? path : undefined;
    return true;
  }
}

function valueOf(piece: Fields): unknown {
  const { stringValue, numberValue, boolValue } = piece;
  if (typeof stringValue === "string") return stringValue;
  if (typeof numberValue === "number") return numberValue;
  if (typeof boolValue === "boolean") return boolValue;
  return "nullValue" in piece ? null : undefined;
}

/** `$.a.b[0]['c d']` as its steps. */
function parsePath(path: string): readonly (string | number)[] | undefined {
  const step = /\.([^.[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;
  const steps: (string | number)[] = [];
  if (!path.startsWith("$")) return undefined;
  step.lastIndex = 1;
  while (step.lastIndex < path.length) {
    const found = step.exec(path);
    if (found === null || steps.length >= MAX_DEPTH) return undefined;
    const [, name, index, single, double] = found;
    steps.push(index === undefined ? (name ?? (single ?? double ?? "").replace(/\\(.)/g, "$1")) : Number(index));
  }
  return steps.length === 0 ? undefined : steps;
}

interface Place {
  read(): unknown;
  write(value: unknown): void;
}

/** Makes what lies on the way. A list grows one by one: an index far beyond its end is not from a model. */
function findPlace(root: Record<string, unknown>, steps: readonly (string | number)[]): Place | undefined {
  let at: unknown = root;
  for (const [depth, step] of steps.entries()) {
    const container = at;
    const next = steps[depth + 1];
    if (typeof container !== "object" || container === null) return undefined;
    if (typeof step === "number" ? !Array.isArray(container) || step > container.length : Array.isArray(container)) {
      return undefined;
    }
    const read = (): unknown => (Object.hasOwn(container, step) ? (container as Fields)[step] : undefined);
    const write = (value: unknown): void => {
      Object.defineProperty(container, step, { value, enumerable: true, configurable: true, writable: true });
    };
    if (next === undefined) return { read, write };
    if (read() === undefined) write(typeof next === "number" ? [] : {});
    at = read();
  }
  return undefined;
}
