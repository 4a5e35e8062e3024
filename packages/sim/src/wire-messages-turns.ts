import { isObject, type JsonObject, objectsOf, textOf } from "./json-check.js";
import type { ThinkingMemory } from "./wire-messages-memory.js";
import type { ModelTraits } from "./wire-messages-models.js";
import { type BrokenRule, refused } from "./wire-messages-refusal.js";

/** One side's blocks in a row: the service joins messages of one role. */
export interface Side {
  readonly role: "user" | "assistant";
  /** Number of its first message. */
  readonly index: number;
  readonly blocks: readonly { readonly at: string; readonly block: JsonObject }[];
}

/** Messages as the service reads them. Those of the role `system` belong to no side. */
export function joinSides(messages: readonly JsonObject[]): readonly Side[] {
  const sides: { role: Side["role"]; index: number; blocks: { at: string; block: JsonObject }[] }[] = [];
  for (const [index, message] of messages.entries()) {
    const { role, content } = message;
    if (role !== "user" && role !== "assistant") continue;
    const blocks = (typeof content === "string" ? textBlocks(content) : objectsOf(content)).map((block, place) => ({
      at: `messages.${index}.content.${place}`,
      block,
    }));
    const last = sides.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else sides.push({ role, index, blocks });
  }
  return sides;
}

function textBlocks(text: string): readonly JsonObject[] {
  return text === "" ? [] : [{ type: "text", text }];
}

interface TurnsContext {
  readonly traits: ModelTraits | undefined;
  /** `thinking.type` is `enabled`: then an open call must have its thinking before it. */
  readonly budgeted: boolean;
  readonly memory: ThinkingMemory | undefined;
}

/**
 * What the service refuses in the order of messages: calls and results that do not meet, an end that is no question.
 * Source: Messages API reference, reports of the service's words, read 2026-11-21.
 */
export function findBrokenTurns(sides: readonly Side[], context: TurnsContext): BrokenRule | undefined {
  if (sides[0]?.role === "assistant") return refused('messages: first message must use the "user" role');
  const ids = sides.flatMap(idsOf);
  if (new Set(ids).size < ids.length) return refused("messages: `tool_use` ids must be unique");
  for (const [index, side] of sides.entries()) {
    const broken =
      side.role === "assistant" ? findOpenCall(side, sides[index + 1]) : findLooseResult(side, sides[index - 1]);
    if (broken !== undefined) return broken;
  }
  return (
    findBrokenEnd(sides.at(-1), context.traits) ?? (context.budgeted ? findLostThinking(sides, context) : undefined)
  );
}

/** Every call is answered in the next message, before anything else in it. */
function findOpenCall(side: Side, next: Side | undefined): BrokenRule | undefined {
  const ids = idsOf(side);
  const blocks = next?.blocks ?? [];
  const end = blocks.findIndex(({ block }) => block["type"] !== "tool_result");
  const answered = new Set(
    (end === -1 ? blocks : blocks.slice(0, end)).map(({ block }) => textOf(block["tool_use_id"])),
  );
  const open = ids.filter((id) => !answered.has(id));
  if (open.length === 0) return undefined;
  return refused(
    `messages.${side.index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ` +
      `${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}

function findLooseResult(side: Side, before: Side | undefined): BrokenRule | undefined {
  const calls = before === undefined ? [] : idsOf(before);
  const seen = new Set<string>();
  for (const { at, block } of side.blocks) {
    if (block["type"] !== "tool_result") continue;
    const id = textOf(block["tool_use_id"]);
    if (!calls.includes(id)) {
      return refused(
        `${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have ` +
          "a corresponding `tool_use` block in the previous message.",
      );
    }
    if (seen.has(id)) {
      return refused(
        `${at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
      );
    }
    seen.add(id);
  }
  return undefined;
}

function idsOf(side: Side): readonly string[] {
  return side.blocks.flatMap(({ block }) => (block["type"] === "tool_use" ? [textOf(block["id"])] : []));
}

/** The beginning of an answer at the end, where the model takes that at all. A paused answer ends in a tool's call. */
function findBrokenEnd(side: Side | undefined, traits: ModelTraits | undefined): BrokenRule | undefined {
  if (side?.role !== "assistant") return undefined;
  const last = side.blocks.at(-1)?.block;
  if (last !== undefined && last["type"] !== "text" && last["type"] !== "thinking") return undefined;
  if (traits?.prefill === false) {
    return refused(
      "This model does not support assistant message prefill. The conversation must end with a user message.",
    );
  }
  if (last === undefined || last["type"] !== "text") return undefined;
  return /\s$/.test(textOf(last["text"]))
    ? refused("messages: final assistant content cannot end with trailing whitespace")
    : undefined;
}

/**
 * While calls are answered, the thinking that led to them stays. What the simulator knows of that is its own answers:
 * a call that it made without thinking needs none.
 */
function findLostThinking(sides: readonly Side[], { memory }: TurnsContext): BrokenRule | undefined {
  for (let index = sides.length - 1; index > 0; index -= 2) {
    const results = sides[index]?.blocks.some(({ block }) => block["type"] === "tool_result");
    const answer = sides[index - 1];
    if (results !== true || answer === undefined) return undefined;
    const signatures = new Set(answer.blocks.map(({ block }) => block["signature"]));
    const lost = idsOf(answer).some((id) => {
      const signature = memory?.before(id);
      return signature !== undefined && !signatures.has(signature);
    });
    if (!lost) continue;
    const first = answer.blocks[0];
    const found = isObject(first?.block) ? textOf(first.block["type"]) : "nothing";
    return refused(
      `${first?.at ?? "messages"}.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${found}\`. When ` +
        "`thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost " +
        "set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To " +
        "avoid this requirement, disable `thinking`.",
    );
  }
  return undefined;
}
