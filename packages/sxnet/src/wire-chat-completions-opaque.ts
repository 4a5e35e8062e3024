import { type Fields, fieldsOf, listOf, textOf } from "./unknown-value.js";

/**
 * What blocks of this wire carry back to the service: where reasoning stood, the parts that it wants to see unchanged,
 * and what came with a call.
 */

/** The field that reasoning came in, which is the one that it goes back in; `tags`: inside the text. */
export type ReasoningField = "reasoning_content" | "reasoning" | "content" | "tags";

export interface ChatReasoningOpaque {
  readonly kind: "chat_reasoning";
  /** Absent where only `details` say something. */
  readonly field?: ReasoningField | undefined;
  /** `reasoning_details`, whole parts. */
  readonly details?: readonly unknown[] | undefined;
}

export interface ChatCallOpaque {
  readonly kind: "chat_call";
  /** Opaque to us; a vendor's signatures travel in it. */
  readonly extra_content: unknown;
}

const FIELDS: readonly string[] = ["reasoning_content", "reasoning", "content", "tags"] satisfies ReasoningField[];

/** Opaque data of another wire format of the same provider is not ours. */
export function readReasoningOpaque(data: unknown): ChatReasoningOpaque | undefined {
  const { kind, field, details } = fieldsOf(data);
  if (kind !== "chat_reasoning") return undefined;
  const known = FIELDS.find((name): name is ReasoningField => name === field);
  return { kind, field: known, details: listOf(details) };
}

export function readCallOpaque(data: unknown): ChatCallOpaque | undefined {
  const { kind, extra_content } = fieldsOf(data);
  return kind === "chat_call" ? { kind, extra_content } : undefined;
}

/**
 * Pieces of `reasoning_details` as whole parts: readable ones that follow each other at one index are one part, whose
 * signature comes with its last piece. Sealed ones are whole as they come.
 * Source: OpenRouter documentation "Reasoning tokens", recorded streams of OpenRouter and Avian, read 2026-11-20.
 */
export function joinDetails(pieces: readonly unknown[]): readonly unknown[] {
  const parts: Record<string, unknown>[] = [];
  for (const piece of pieces) {
    const next = fieldsOf(piece);
    const last = parts.at(-1);
    if (last !== undefined && isSamePart(last, next)) append(last, next);
    else parts.push({ ...next });
  }
  return parts;
}

function isSamePart(last: Fields, next: Fields): boolean {
  const { type } = next;
  const readable = type === "reasoning.text" || type === "reasoning.summary";
  const { id } = next;
  const sameId = id === undefined || id === null || id === last["id"];
  return readable && type === last["type"] && next["index"] === last["index"] && sameId;
}

/** Readable text grows, the rest is what was said last. */
function append(part: Record<string, unknown>, piece: Fields): void {
  for (const [name, value] of Object.entries(piece)) {
    const grows = (name === "text" || name === "summary") && typeof value === "string";
    if (grows) part[name] = `${textOf(part[name]) ?? ""}${value}`;
    else if (value !== null && value !== undefined && name !== "__proto__") part[name] = value;
  }
}
