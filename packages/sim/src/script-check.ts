import { ExitCode, Failure } from "@scorpiox/sxutil";
import {
  anyJson,
  type Check,
  CheckError,
  dictionary,
  either,
  flag,
  isObject,
  type JsonObject,
  list,
  number,
  object,
  oneOf,
  text,
  whole,
} from "./json-check.js";
import { FAILURE_NAMES, type Script } from "./script.js";

/** A script or a recording that cannot be used: exit code 42. The message names the file, the turn and the field. */
export class ScriptError extends Failure {
  override readonly name = "ScriptError";

  constructor(message: string, options?: { cause?: unknown }) {
    super("bad_script", ExitCode.badInput, message, options);
  }
}

const MAX_TURNS = 10_000;
const MAX_TIMES = 1_000_000;
const MAX_TEXT = 64 * 1024 * 1024;
const MAX_DELAY_MS = 3_600_000;
const MAX_BYTES = Number.MAX_SAFE_INTEGER;
const MAX_DEPTH = 64;
const STOP_REASONS = ["end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal", "context_full", "pause"];

const isText = (value: unknown): boolean => typeof value === "string";
const isNumber = (value: unknown): boolean => typeof value === "number";
const isList = (value: unknown): boolean => Array.isArray(value);

const words = text(MAX_TEXT);
const count = whole(0, MAX_BYTES);
const strings = either(
  [
    { when: isText, check: words },
    { when: isList, check: list(words, 1000) },
  ],
  "text or a list of texts",
);

const pattern: Check = (value, at) => {
  text(10_000)(value, at);
  try {
    void new RegExp(value as string, "u");
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    throw new CheckError(`${at} is not a regular expression: ${why}`);
  }
};

// Names as HTTP allows them; values without line breaks, which `node:http` would refuse in the middle of an answer.
const headerName: Check = (value, at) => {
  if (typeof value !== "string" || !/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}$/.test(value)) {
    throw new CheckError(`${at} is not a header name`);
  }
};
const headerValue: Check = (value, at) => {
  text(16_384)(value, at);
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value as string))
    throw new CheckError(`${at} has characters that no header may have`);
};

const conditions = { equals: words, contains: strings, matches: pattern };
const textMatch = either(
  [
    { when: isText, check: words },
    { when: isObject, check: object(conditions) },
  ],
  'text, or an object with "equals", "contains" or "matches"',
);

const pacing = { deltas: whole(1, 1_000_000), delayMs: number(0, MAX_DELAY_MS) };

const toolUse: Check = (value, at) => {
  object(
    {
      name: text(256, 1),
      input: either([{ when: isObject, check: anyJson(MAX_DEPTH) }], "an object"),
      rawInput: words,
      id: text(256, 1),
    },
    ["name"],
  )(value, at);
  const fields = value as JsonObject;
  if (Object.hasOwn(fields, "input") && Object.hasOwn(fields, "rawInput")) {
    throw new CheckError(`${at} has both "input" and "rawInput"; choose one`);
  }
};

const PARTS: Readonly<Record<string, Check>> = {
  text: object({ text: words, ...pacing }),
  thinking: object({ thinking: words, ...pacing }),
  tool_use: object({ tool_use: toolUse, ...pacing }),
  raw: object({ raw: words }),
};

const part: Check = (value, at) => {
  const kinds = isObject(value) ? Object.keys(PARTS).filter((kind) => Object.hasOwn(value, kind)) : [];
  const check = kinds.length === 1 ? PARTS[kinds[0] ?? ""] : undefined;
  if (check === undefined) throw new CheckError(`${at} must be an object with one of ${Object.keys(PARTS).join(", ")}`);
  check(value, at);
};

const limits = object(
  {
    windows: list(
      object(
        {
          name: text(64, 1),
          usedPercent: number(0, 1000),
          windowMinutes: whole(1, 10_000_000),
          resetsAtMs: count,
          resetsInSeconds: count,
        },
        ["name", "usedPercent"],
      ),
      8,
    ),
    plan: text(64),
    credits: object({ unlimited: flag, balance: text(64) }, ["unlimited"]),
  },
  ["windows"],
);

const usage = either(
  [
    { when: (value) => value === null, check: () => undefined },
    {
      when: isObject,
      check: object({
        inputTokens: count,
        cacheReadTokens: count,
        cacheWriteTokens: count,
        outputTokens: count,
        reasoningTokens: count,
      }),
    },
  ],
  "an object or null",
);

const expectation = object({
  model: textMatch,
  system: textMatch,
  lastUserText: textMatch,
  tools: list(text(256, 1), 1000),
  toolResults: list(object({ name: text(256, 1), isError: flag, ...conditions }), 1000),
  headers: dictionary(headerName, textMatch),
  bodyContains: strings,
});

const status = either(
  [
    { when: isText, check: oneOf(FAILURE_NAMES) },
    { when: isNumber, check: whole(200, 599) },
  ],
  `a number from 200 to 599 or one of ${FAILURE_NAMES.join(", ")}`,
);

const times = either(
  [
    { when: isNumber, check: whole(1, MAX_TIMES) },
    { when: isText, check: oneOf(["any"]) },
  ],
  `a whole number from 1 to ${MAX_TIMES}, or "any"`,
);

const turnFields = object({
  name: text(200),
  times,
  expect: expectation,
  reply: list(part, 10_000),
  usage,
  stopReason: oneOf(STOP_REASONS),
  error: object({ code: text(200), message: words, event: oneOf(["failed", "error"]) }, ["code", "message"]),
  limits,
  status,
  headers: dictionary(headerName, headerValue),
  body: anyJson(MAX_DEPTH),
  ...pacing,
  headDelayMs: number(0, MAX_DELAY_MS),
  cutAfterBytes: count,
  reset: flag,
  stallAfterBytes: count,
  slow: whole(1, 1_000_000_000),
  chunkBytes: whole(1, 1_000_000),
  crlf: flag,
  keepOpen: flag,
});

const turn: Check = (value, at) => {
  turnFields(value, at);
  const fields = value as JsonObject;
  const has = (name: string): boolean => Object.hasOwn(fields, name);
  if (has("status")) {
    const odd = ["reply", "usage", "stopReason", "error"].find(has);
    if (odd !== undefined) throw new CheckError(`${at} has both "status" and "${odd}"; a status has no stream`);
  } else if (has("body")) {
    throw new CheckError(`${at} has "body" without "status"; what a stream says goes into "reply"`);
  } else if (!has("reply") && !has("error") && fields["reset"] !== true) {
    throw new CheckError(`${at} has no answer; give it "reply", "error" or "status"`);
  }
  if (has("cutAfterBytes") && has("stallAfterBytes")) {
    throw new CheckError(`${at} has both "cutAfterBytes" and "stallAfterBytes"; choose one`);
  }
};

/**
 * Checks a script that was read as JSON or built in a program.
 * @param source what to call it in messages, for example its path
 * @throws ScriptError that names the turn (from 1) and the field
 */
export function parseScript(value: unknown, source: string): Script {
  try {
    if (!isObject(value) || !Array.isArray(value["turns"]))
      throw new CheckError('it must be an object with a list "turns"');
    const odd = Object.keys(value).find((name) => name !== "turns");
    if (odd !== undefined) throw new CheckError(`it has the unknown field ${JSON.stringify(odd)}; known is turns`);
    const turns: readonly unknown[] = value["turns"];
    if (turns.length > MAX_TURNS)
      throw new CheckError(`it has ${turns.length} turns; at most ${MAX_TURNS} are allowed`);
    for (const [index, entry] of turns.entries()) {
      turn(entry, `turn ${index + 1}`);
      if ((entry as JsonObject)["times"] === "any" && index < turns.length - 1) {
        throw new CheckError(`turn ${index + 1}.times is "any"; only the last turn can answer all that still comes`);
      }
    }
    return value as unknown as Script;
  } catch (error) {
    if (error instanceof CheckError) throw new ScriptError(`script ${source}: ${error.message}`);
    throw error;
  }
}

/** @throws ScriptError when the text is not JSON or not a script. */
export function parseScriptText(content: string, source: string): Script {
  let value: unknown;
  try {
    value = JSON.parse(content.startsWith("\uFEFF") ? content.slice(1) : content);
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    throw new ScriptError(`script ${source} is not JSON: ${why.replaceAll(/\s+/g, " ").slice(0, 200)}`, {
      cause: error,
    });
  }
  return parseScript(value, source);
}
