import { isObject, type JsonObject, objectsOf } from "./json-check.js";
import { findBrokenMark } from "./wire-messages-blocks.js";
import { type BrokenRule, refused } from "./wire-messages-refusal.js";

/** Source: prompt caching guide, and reports of "Found 5.", read 2026-11-21. */
const MAX_MARKS = 4;

interface Marked {
  readonly at: string;
  readonly block: JsonObject;
}

/** The first mark of the prompt cache that the service refuses, in the order tools, system, messages. */
export function findBrokenCaching(body: JsonObject): BrokenRule | undefined {
  const marked = blocksOf(body).filter(({ block }) => isMark(block["cache_control"]));
  for (const { at, block } of marked) {
    const broken = findBrokenMark(block, at);
    if (broken !== undefined) return broken;
  }
  const count = marked.length + (isMark(body["cache_control"]) ? 1 : 0);
  if (count > MAX_MARKS) {
    return refused(`A maximum of ${MAX_MARKS} blocks with cache_control may be provided. Found ${count}.`);
  }
  return findLateTtl(marked);
}

/** How long what this request marks is kept. */
export function cacheTtlOf(body: JsonObject): "5m" | "1h" {
  const marks = [body["cache_control"], ...blocksOf(body).map(({ block }) => block["cache_control"])];
  return marks.some((mark) => isObject(mark) && mark["ttl"] === "1h") ? "1h" : "5m";
}

function findLateTtl(marked: readonly Marked[]): BrokenRule | undefined {
  let short = false;
  for (const { at, block } of marked) {
    const { cache_control: mark } = block;
    const long = isObject(mark) && mark["ttl"] === "1h";
    if (long && short) {
      return refused(
        `${at}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. ` +
          "Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
      );
    }
    short ||= !long;
  }
  return undefined;
}

/** Everything that can carry a mark, and what only looks as if it could. */
function blocksOf(body: JsonObject): readonly Marked[] {
  const messages = objectsOf(body["messages"]).flatMap((message, index) =>
    listBlocks(message["content"], `messages.${index}.content`),
  );
  return [
    ...listBlocks(body["tools"], "tools"),
    ...listBlocks(body["system"], "system"),
    ...messages.flatMap((marked) => [
      ...(marked.block["type"] === "tool_result" ? listBlocks(marked.block["content"], `${marked.at}.content`) : []),
      marked,
    ]),
  ];
}

function listBlocks(value: unknown, at: string): readonly Marked[] {
  return Array.isArray(value)
    ? value.flatMap((block, index) => (isObject(block) ? [{ at: `${at}.${index}`, block }] : []))
    : [];
}

function isMark(value: unknown): boolean {
  return value !== undefined && value !== null;
}
