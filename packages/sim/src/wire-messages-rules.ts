import { isObject, type JsonObject, textOf } from "./json-check.js";
import { betasOf, hasNewVersion, isOfficial } from "./wire-messages-access.js";
import { type BlockPlace, findBrokenBlock, findBrokenText } from "./wire-messages-blocks.js";
import { findBrokenCaching } from "./wire-messages-cache.js";
import type { ThinkingMemory } from "./wire-messages-memory.js";
import { type ModelTraits, traitsOf } from "./wire-messages-models.js";
import { type BrokenRule, extra, missing, refused } from "./wire-messages-refusal.js";
import { findBrokenThinkingConfig, thinkingOf } from "./wire-messages-thinking.js";
import { findBrokenTools } from "./wire-messages-tools.js";
import { findBrokenTurns, joinSides } from "./wire-messages-turns.js";
import type { RawRequest } from "./wire.js";

/** What both an answer and a count take. */
const SHARED_FIELDS = [
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "cache_control",
  "speed",
  "user_profile_id",
  "workspace_id",
  "context_management",
  "mcp_servers",
  "output_format",
];

/** Source: `MessageCreateParams` of `@anthropic-ai/sdk` 1.11.0, beta included, read 2026-11-21. */
const ANSWER_FIELDS = new Set([
  ...SHARED_FIELDS,
  "max_tokens",
  "stream",
  "stop_sequences",
  "metadata",
  "service_tier",
  "container",
  "diagnostics",
  "inference_geo",
  "billing_policy",
  "compaction",
  "fallback_credit_token",
  "fallbacks",
  "thread",
  "temperature",
  "top_p",
  "top_k",
]);
const COUNT_FIELDS = new Set(SHARED_FIELDS);

export interface RulesContext {
  /** What is asked for: an answer, or how many tokens the prompt has. */
  readonly purpose: "answer" | "count";
  readonly memory: ThinkingMemory | undefined;
}

/**
 * What the service refuses in a body, in words like its own. A request that passes here is still no proof that the real
 * service takes it.
 * @returns the first broken rule
 */
export function findBrokenRule(raw: RawRequest, body: JsonObject, context: RulesContext): BrokenRule | undefined {
  const { purpose, memory } = context;
  const model = textOf(body["model"]);
  const messages = body["messages"];
  const traits = traitsOf(model);
  const newVersion = hasNewVersion(raw);
  const known = purpose === "answer" ? ANSWER_FIELDS : COUNT_FIELDS;
  // A server that imitates the format has fields of its own.
  const odd = isOfficial(raw) ? Object.keys(body).find((name) => !known.has(name)) : undefined;
  if (odd !== undefined) return extra(odd.slice(0, 100));
  if (model === "") return missing("model");
  const brokenLimit = purpose === "answer" ? findBrokenLimit(body["max_tokens"]) : undefined;
  if (brokenLimit !== undefined) return brokenLimit;
  if (messages === undefined) return missing("messages");
  if (!Array.isArray(messages)) return refused("messages: Input should be a valid list");
  if (messages.length === 0) return refused("messages: at least one message is required");
  return (
    findBrokenStops(body["stop_sequences"]) ??
    findBrokenTools(body) ??
    findBrokenThinkingConfig(body, {
      traits,
      newVersion,
      interleaved: betasOf(raw).some((beta) => beta.startsWith("interleaved-thinking-")),
    }) ??
    findBrokenCaching(body) ??
    findBrokenSystem(body["system"]) ??
    findBrokenMessages(messages, { model, traits, newVersion }) ??
    findBrokenTurns(joinSides(messages), { traits, memory, budgeted: thinkingOf(body)["type"] === "enabled" })
  );
}

function findBrokenLimit(max: unknown): BrokenRule | undefined {
  if (max === undefined) return missing("max_tokens");
  if (typeof max !== "number" || !Number.isInteger(max)) return refused("max_tokens: Input should be a valid integer");
  return max < 1 ? refused("max_tokens: Input should be greater than or equal to 1") : undefined;
}

function findBrokenStops(stops: unknown): BrokenRule | undefined {
  if (stops === undefined || stops === null) return undefined;
  if (!Array.isArray(stops)) return refused("stop_sequences: Input should be a valid list");
  return stops.some((stop) => textOf(stop).trim() === "")
    ? refused("stop_sequences: each stop sequence must contain non-whitespace")
    : undefined;
}

function findBrokenSystem(system: unknown): BrokenRule | undefined {
  if (system === undefined || typeof system === "string") return undefined;
  if (!Array.isArray(system)) return refused("system: Input should be a valid list");
  for (const [index, block] of system.entries()) {
    const at = `system.${index}`;
    if (!isObject(block) || block["type"] !== "text") return refused(`${at}.type: Input should be 'text'`);
    const broken = findBrokenText(block["text"], at, "system");
    if (broken !== undefined) return broken;
  }
  return undefined;
}

interface MessagesContext {
  readonly model: string;
  readonly traits: ModelTraits | undefined;
  readonly newVersion: boolean;
}

function findBrokenMessages(messages: readonly unknown[], context: MessagesContext): BrokenRule | undefined {
  const { model, newVersion } = context;
  const latest = messages.findLastIndex((message) => isObject(message) && message["role"] === "assistant");
  for (const [index, message] of messages.entries()) {
    const at = `messages.${index}`;
    if (!isObject(message)) return refused(`${at}: Input should be a valid dictionary`);
    const { role, content } = message;
    // Newer models take instructions in mid-conversation; which ones do is not known well enough to refuse it.
    if (role !== "user" && role !== "assistant" && !(role === "system" && context.traits?.prefill !== true)) {
      return role === "system"
        ? refused(
            'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
          )
        : refused(`${at}.role: Input should be 'user' or 'assistant'`);
    }
    if (typeof content !== "string" && !Array.isArray(content)) {
      return content === undefined ? missing(`${at}.content`) : refused(`${at}.content: Input should be a valid list`);
    }
    if (content.length === 0) {
      if (role === "assistant" && index === messages.length - 1) continue;
      return refused(`${at}: all messages must have non-empty content except for the optional final assistant message`);
    }
    const place = { role, model, newVersion, latest: index === latest } as const;
    const broken =
      typeof content === "string"
        ? findBrokenText(content, at, "messages")
        : findBrokenBlocks(content, `${at}.content`, place);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

function findBrokenBlocks(
  blocks: readonly unknown[],
  at: string,
  place: Omit<BlockPlace, "at">,
): BrokenRule | undefined {
  for (const [index, block] of blocks.entries()) {
    const broken = findBrokenBlock(block, { ...place, at: `${at}.${index}` });
    if (broken !== undefined) return broken;
  }
  return undefined;
}
