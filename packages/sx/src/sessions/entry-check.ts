/** Whether JSON from a session file is what our types say. Only what other code relies on is looked at. */

type Fields = Readonly<Record<string, unknown>>;

const TOKENS = ["inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens", "reasoningTokens"];

/** A list of blocks that a user message may hold; with `type` only blocks of that one. */
export function isUserContent(value: unknown, type?: "tool_result"): boolean {
  return isList(value, (block) => {
    if (type !== undefined && block["type"] !== type) return false;
    switch (block["type"]) {
      case "text":
      case "image":
        return isShown(block);
      case "tool_result":
        return hold(block, "string", "toolUseId") && isList(block["content"], isShown);
      default:
        return false;
    }
  });
}

/** A list of blocks that an answer may hold. */
export function isAssistantContent(value: unknown): boolean {
  return isList(value, (block) => {
    if (block["opaque"] !== undefined && !isFields(block["opaque"])) return false;
    switch (block["type"]) {
      case "text":
      case "thinking":
        return hold(block, "string", "text");
      case "tool_use":
        return (
          hold(block, "string", "id", "name") &&
          mayHold(block, "string", "inputError", "rawInput") &&
          isFields(block["input"])
        );
      default:
        return false;
    }
  });
}

/** A list of messages. */
export function isMessages(value: unknown): boolean {
  return isList(value, ({ role, content }) =>
    role === "user" ? isUserContent(content) : role === "assistant" && isAssistantContent(content),
  );
}

/** How a call ended. */
export function isOutcome(value: unknown): boolean {
  if (!isFields(value) || !hold(value, "string", "status") || !mayHold(value, "number", "durationMs", "exitCode")) {
    return false;
  }
  const isHunk = (hunk: Fields): boolean =>
    hold(hunk, "number", "oldStart", "oldLines", "newStart", "newLines") &&
    Array.isArray(hunk["lines"]) &&
    hunk["lines"].every((line) => typeof line === "string");
  return value["diff"] === undefined || isList(value["diff"], isHunk);
}

/** Token counts. */
export function isUsage(value: unknown): boolean {
  return isFields(value) && hold(value, "number", ...TOKENS);
}

/** A whole number from 0. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Whether every one of the named fields is there, and of that type. */
export function hold(fields: Fields, type: "string" | "number" | "boolean", ...names: readonly string[]): boolean {
  return names.every((name) => typeof fields[name] === type);
}

/** The same for fields that may be absent. */
export function mayHold(fields: Fields, type: "string" | "number", ...names: readonly string[]): boolean {
  return names.every((name) => fields[name] === undefined || typeof fields[name] === type);
}

function isShown(block: Fields): boolean {
  if (block["type"] === "text") return hold(block, "string", "text");
  return block["type"] === "image" && hold(block, "string", "mediaType", "data");
}

function isList(value: unknown, isGood: (item: Fields) => boolean): boolean {
  return Array.isArray(value) && value.every((item: unknown) => isFields(item) && isGood(item));
}

/** An object, and no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
