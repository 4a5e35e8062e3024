import {
  anyJson,
  type Check,
  dictionary,
  flag,
  isObject,
  list,
  object,
  number,
  oneOf,
  text,
  whole,
} from "./json-check.js";
import { type Answer, plainAnswer } from "./player.js";
import { type HttpAnswer, jsonAnswer } from "./wire.js";

/**
 * Something that goes wrong with one answer. Those that stand in place of the answer leave the request undone unless
 * `commit` says otherwise; those that change or slow down the answer come after the work is done.
 */
export type Fault = FaultScope &
  (
    | {
        /** An error in place of the answer. */
        readonly kind: "status";
        readonly status: number;
        /** Becomes `{"error": {"code", "message", …}}`. */
        readonly code?: string;
        /** Text as it is, other JSON as JSON; wins over `code`. */
        readonly body?: unknown;
        /** Seconds, or a date in the form of HTTP. */
        readonly retryAfter?: number | string;
      }
    /** The connection is reset before the first byte of the answer. */
    | { readonly kind: "drop" }
    /** Nothing comes, or nothing after so many bytes of the body, and the connection stays open. */
    | { readonly kind: "stall"; readonly afterBytes?: number }
    /** The answer breaks off. */
    | { readonly kind: "cut"; readonly afterBytes: number }
    | { readonly kind: "slow"; readonly bytesPerSecond: number }
    /** A page of a proxy in place of the answer. Default status 200. */
    | { readonly kind: "html"; readonly status?: number }
    /** Bytes that are not JSON, called JSON, with status 200. */
    | { readonly kind: "garbage" }
    /** Status 200 without a body. */
    | { readonly kind: "empty" }
    /** JSON of that size. Default 2 MiB. */
    | { readonly kind: "oversize"; readonly bytes?: number }
    | { readonly kind: "redirect"; readonly location: string; readonly status?: number }
    /** Fields are left out of the answer. Without `refresh_token` nothing rotates: the old one stays good. */
    | { readonly kind: "omit"; readonly fields: readonly string[] }
    /** Fields are laid over the answer. */
    | { readonly kind: "set"; readonly fields: Readonly<Record<string, unknown>> }
    /** The new tokens are for this account. */
    | { readonly kind: "account"; readonly accountId: string }
    /** The new access token's life is over before it arrives. */
    | { readonly kind: "expired" }
  );

interface FaultScope {
  /** Which requests it befalls; default: those that fetch or refresh tokens. */
  readonly on?: string;
  /** How many of them, in a row. Default 1. */
  readonly times?: number | "any";
  /** The request does its work all the same: a refresh token in it is used up. */
  readonly commit?: boolean;
}

export type FaultKind = Fault["kind"];

const SCOPE: Readonly<Record<string, Check>> = {
  kind: () => undefined,
  times: (value, at) => {
    if (value !== "any") whole(1, 1_000_000)(value, at);
  },
  commit: flag,
};

const MAX_BODY_BYTES = 1024 * 1024 * 1024;
const bytes = whole(0, MAX_BODY_BYTES);
const status = whole(200, 599);
const names = list(text(200, 1), 20);

/** The fields of each kind, and those that it needs. */
const KINDS: Readonly<
  Record<FaultKind, { readonly fields: Readonly<Record<string, Check>>; readonly needs?: readonly string[] }>
> = {
  status: {
    fields: {
      status,
      code: text(200),
      body: anyJson(50),
      retryAfter: (value, at) => (typeof value === "string" ? text(200)(value, at) : number(0, 1e9)(value, at)),
    },
    needs: ["status"],
  },
  drop: { fields: {} },
  stall: { fields: { afterBytes: bytes } },
  cut: { fields: { afterBytes: bytes }, needs: ["afterBytes"] },
  slow: { fields: { bytesPerSecond: whole(1, 1e9) }, needs: ["bytesPerSecond"] },
  html: { fields: { status } },
  garbage: { fields: {} },
  empty: { fields: {} },
  oversize: { fields: { bytes } },
  redirect: { fields: { location: text(8192, 1), status: whole(300, 399) }, needs: ["location"] },
  omit: { fields: { fields: names }, needs: ["fields"] },
  set: { fields: { fields: dictionary(text(200), anyJson(50)) }, needs: ["fields"] },
  account: { fields: { accountId: text(200, 1) }, needs: ["accountId"] },
  expired: { fields: {} },
};

export const FAULT_KINDS: readonly string[] = Object.keys(KINDS);

/**
 * Reads a fault that came as JSON.
 * @param targets what `on` may name
 * @throws CheckError
 */
export function parseFault(value: unknown, targets: readonly string[]): Fault {
  const kind = isObject(value) ? value["kind"] : undefined;
  oneOf(FAULT_KINDS)(kind, "fault.kind");
  const { fields, needs = [] } = KINDS[kind as FaultKind];
  object({ ...SCOPE, on: oneOf(targets), ...fields }, needs)(value, "fault");
  return value as Fault;
}

/** Faults that wait for their requests; the oldest that fits is taken. */
export class FaultQueue {
  readonly #defaultTarget: string;
  #waiting: { readonly fault: Fault; left: number }[] = [];

  constructor(defaultTarget: string) {
    this.#defaultTarget = defaultTarget;
  }

  add(fault: Fault): void {
    const { times = 1 } = fault;
    this.#waiting.push({ fault, left: times === "any" ? Number.POSITIVE_INFINITY : times });
  }

  clear(): void {
    this.#waiting = [];
  }

  take(target: string): Fault | undefined {
    const entry = this.#waiting.find(({ fault }) => (fault.on ?? this.#defaultTarget) === target);
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.#waiting = this.#waiting.filter((other) => other !== entry);
    return entry.fault;
  }
}

/** Whether the request does its work under this fault. */
export function doesWork(fault: Fault): boolean {
  switch (fault.kind) {
    case "cut":
    case "slow":
    case "omit":
    case "set":
    case "account":
    case "expired":
      return true;
    case "status":
    case "drop":
    case "stall":
    case "html":
    case "garbage":
    case "empty":
    case "oversize":
    case "redirect":
      // Half an answer can only be sent where there is one.
      return fault.commit ?? (fault.kind === "stall" && fault.afterBytes !== undefined);
  }
}

/** What goes out in place of `good`, the answer that the request would have had; `undefined` when it was left undone. */
export function faultyAnswer(fault: Fault, good: HttpAnswer | undefined): Answer {
  const answer = good ?? jsonAnswer(200, {});
  const plain = plainAnswer(answer);
  switch (fault.kind) {
    case "status":
      return plainAnswer(statusAnswer(fault));
    case "drop":
      return { ...plain, delivery: { reset: true } };
    case "stall":
      return {
        ...plain,
        delivery:
          fault.afterBytes === undefined
            ? { headDelayMs: Number.POSITIVE_INFINITY }
            : { stallAfterBytes: fault.afterBytes },
      };
    case "cut":
      return { ...plain, delivery: { cutAfterBytes: fault.afterBytes } };
    case "slow":
      return { ...plain, delivery: { slow: fault.bytesPerSecond } };
    case "html":
      return plainAnswer({
        status: fault.status ?? 200,
        headers: { "content-type": "text/html; charset=utf-8" },
        body: "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head><body><p>Welcome.</p></body></html>\n",
      });
    case "garbage":
      return { ...plain, status: 200, headers: JSON_TYPE, frames: [{ text: "", bytes: garbage(), delayMs: 0 }] };
    case "empty":
      return plainAnswer({ status: 200, headers: { "content-length": "0" }, body: "" });
    case "oversize":
      return { ...plain, status: 200, headers: JSON_TYPE, frames: paddedJson(fault.bytes ?? 2 * 1024 * 1024) };
    case "redirect":
      return plainAnswer({ status: fault.status ?? 302, headers: { location: fault.location }, body: "" });
    case "omit":
    case "set":
      return plainAnswer(answer.status < 300 ? withFields(answer, fault) : answer);
    case "account":
    case "expired":
      return plain;
  }
}

const JSON_TYPE = { "content-type": "application/json" };

/** Not UTF-8, not JSON, and no end of a line. */
function garbage(): Uint8Array {
  return Uint8Array.from({ length: 512 }, (_value, index) => (index * 73 + 0x81) % 256);
}

function statusAnswer(fault: Extract<Fault, { kind: "status" }>): HttpAnswer {
  const headers = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
  if (typeof fault.body === "string") {
    return {
      status: fault.status,
      headers: { "content-type": "text/plain; charset=utf-8", ...headers },
      body: fault.body,
    };
  }
  const { code = "simulated" } = fault;
  const body = fault.body ?? {
    error: { message: `the simulator answers ${fault.status} here`, type: "invalid_request_error", param: null, code },
  };
  return jsonAnswer(fault.status, body, headers);
}

function withFields(answer: HttpAnswer, fault: Extract<Fault, { kind: "omit" | "set" }>): HttpAnswer {
  const given: unknown = JSON.parse(answer.body);
  const fields = isObject(given) ? given : {};
  const changed =
    fault.kind === "set"
      ? { ...fields, ...fault.fields }
      : Object.fromEntries(Object.entries(fields).filter(([name]) => !fault.fields.includes(name)));
  return { ...answer, body: JSON.stringify(changed) };
}

/** Good JSON that is long. In pieces, so that a client can leave in the middle of it. */
function paddedJson(size: number): Answer["frames"] {
  const [open, close] = ['{"padding":"', '"}'];
  const piece = "x".repeat(64 * 1024);
  const length = Math.max(0, size - open.length - close.length);
  const whole = Array.from({ length: Math.floor(length / piece.length) }, () => piece);
  return [open, ...whole, piece.slice(0, length % piece.length), close].map((text) => ({ text, delayMs: 0 }));
}
