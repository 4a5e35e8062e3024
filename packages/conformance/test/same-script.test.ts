import type { FailureName, Script, Turn } from "@scorpiox/sim";
import {
  type AssistantBlock,
  type ChatRequest,
  NO_USAGE,
  ProviderError,
  type StreamEvent,
  type ToolDefinition,
  type TurnResult,
} from "@scorpiox/sxnet";
import { describe, expect, it } from "vitest";
import { ONE_EACH, openSim, type Way } from "./every-provider.js";

/**
 * The same script through every provider: the simulator says it in the words of each service, and what comes out is the
 * same. What a wire format cannot carry is listed here by name, and nowhere else is there a difference.
 */

const TOOLS: readonly ToolDefinition[] = ["read", "list"].map((name) => ({
  name,
  description: `${name} something`,
  inputSchema: { type: "object", properties: { path: { type: "string" } }, additionalProperties: false },
}));

interface Outcome {
  readonly events: readonly StreamEvent[];
  readonly result: TurnResult | undefined;
  readonly error: ProviderError | undefined;
}

async function play(way: Way, turn: Turn): Promise<Outcome> {
  const script: Script = { turns: [turn] };
  const { open } = await openSim(script);
  const request: ChatRequest = {
    model: way.model,
    system: "You are a test.",
    messages: [{ role: "user", content: [{ type: "text", text: "Go." }] }],
    tools: TOOLS,
    thinking: { effort: "low" },
  };
  const reading = (await open(way)).stream(request);
  const events: StreamEvent[] = [];
  try {
    for await (const event of reading) events.push(event);
    return { events, result: await reading.result(), error: undefined };
  } catch (error) {
    if (!ProviderError.is(error)) throw error;
    return { events, result: undefined, error };
  }
}

/** A block without what its service wants back. */
function bare(block: AssistantBlock): unknown {
  return Object.fromEntries(Object.entries(block).filter(([name]) => name !== "opaque"));
}

interface Grown {
  readonly type: string;
  grew: string;
  became?: unknown;
}

/** What the events say, however the pieces are cut and the blocks interleave: each block as it grew, and the end. */
function told(events: readonly StreamEvent[]): readonly unknown[] {
  const blocks = new Map<number, Grown>();
  const others: unknown[] = [];
  const grow = (index: number, piece: string): void => {
    const block = blocks.get(index);
    if (block === undefined) throw new Error(`${index} grows before it begins`);
    block.grew += piece;
  };
  for (const event of events) {
    if (event.type === "block_start") blocks.set(event.index, { type: event.block.type, grew: "" });
    else if (event.type === "text_delta" || event.type === "thinking_delta") grow(event.index, event.text);
    else if (event.type === "tool_input_delta") grow(event.index, event.json);
    else if (event.type === "block_end") Object.assign(blocks.get(event.index) ?? {}, { became: bare(event.block) });
    else others.push(event.type === "done" ? `done: ${event.stopReason}` : event);
  }
  return [...blocks.values(), ...others];
}

const WAYS = ONE_EACH.map((way) => [way.name, way] as const);
const USAGE = { inputTokens: 100, cacheReadTokens: 20, cacheWriteTokens: 7, outputTokens: 50, reasoningTokens: 10 };

describe("thinking, text and two calls", () => {
  const calls = [
    { type: "tool_use", id: "call_one", name: "read", input: { path: "a/ü 😀.txt", deep: [1, { null: null }] } },
    { type: "tool_use", id: "call_two", name: "list", input: {} },
  ];
  const turn: Turn = {
    reply: [
      { thinking: "Both at once. Ünd 😀." },
      { text: "Let me look.\n\n" },
      ...calls.map(({ id, name, input }) => ({ tool_use: { id, name, input } })),
    ],
    usage: USAGE,
    deltas: 3,
  };

  it.each(WAYS)("through %s", async (_name, way) => {
    const { events, result } = await play(way, turn);
    const blocks = [
      { type: "thinking", text: "Both at once. Ünd 😀." },
      { type: "text", text: "Let me look.\n\n" },
      ...calls,
    ];
    expect(result?.message.content.map(bare)).toEqual(blocks);
    expect(result?.stopReason).toBe("tool_use");
    // A call without arguments has none of its text in this format.
    const isMessages = ["claude_code", "anthropic", "router"].includes(way.provider);
    const nothing = isMessages ? "" : "{}";
    const grew = ["Both at once. Ünd 😀.", "Let me look.\n\n", JSON.stringify(calls[0]?.input), nothing];
    expect(told(events)).toEqual([
      ...blocks.map((became, at) => ({ type: became.type, grew: grew[at], became })),
      "done: tool_use",
    ]);
    // generateContent does not count what was written to a cache: it is a plain part of the prompt there.
    const uncounted = way.provider === "gemini" ? { inputTokens: 107, cacheWriteTokens: 0 } : {};
    expect(result?.usage).toEqual({ ...USAGE, ...uncounted });
    expect(result?.rawUsage).toBeTypeOf("object");
  });
});

describe("why an answer ends", () => {
  /** No word for a stop sequence, and for a context that is full only an error. */
  const fewer = { stop_sequence: "end_turn", context_full: "context_too_long" };
  const CANNOT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "codex, classic": fewer,
    "codex, lite": fewer,
    "openai, responses": fewer,
    // No word for a pause.
    "openai, chat": { ...fewer, pause: "end_turn" },
    // Its word for a pause is one for a limit that was reached.
    gemini: { ...fewer, pause: "max_tokens" },
  };
  const REASONS = ["end_turn", "max_tokens", "stop_sequence", "refusal", "pause", "context_full"] as const;

  it.each(WAYS)("through %s", async (name, way) => {
    const ends: Record<string, string | undefined> = {};
    for (const stopReason of REASONS) {
      const { result, error } = await play(way, { reply: [{ text: "So far" }], stopReason });
      ends[stopReason] = result?.stopReason ?? error?.code;
      const content = result?.message.content ?? error?.partial?.content ?? [];
      expect(content.map((block) => (block.type === "text" ? block.text : block.type)).join("")).toMatch(/^So far/);
    }
    expect(ends).toEqual({ ...Object.fromEntries(REASONS.map((reason) => [reason, reason])), ...CANNOT[name] });
  });
});

describe("a call that cannot be run", () => {
  it.each([
    ["cut off", "max_tokens", "the arguments were cut off"],
    ["no JSON", "tool_use", "the arguments are not valid JSON"],
  ] as const)("because it is %s", async (_why, stopReason, inputError) => {
    const rawInput = '{"path":"a';
    for (const way of ONE_EACH) {
      const call = { id: "call_one", name: "read", rawInput };
      const { result, error } = await play(way, { reply: [{ text: "Now." }, { tool_use: call }], stopReason });
      const said = { type: "text", text: "Now." };
      if (way.provider !== "gemini") {
        expect(result?.stopReason, way.name).toBe(stopReason);
        expect(result?.message.content.map(bare), way.name).toEqual([
          said,
          { type: "tool_use", id: "call_one", name: "read", input: {}, inputError, rawInput },
        ]);
        continue;
      }
      // Its calls come whole or not at all. One that it could not read itself is an answer to ask for again.
      expect((result?.message ?? error?.partial)?.content.map(bare)).toEqual([said]);
      expect(result?.stopReason ?? error?.code).toBe(stopReason === "max_tokens" ? "max_tokens" : "stream_incomplete");
    }
  });
});

describe("an error before the answer", () => {
  const CODES: Readonly<Record<FailureName, string>> = {
    unauthorized: "auth_rejected",
    forbidden: "forbidden",
    edge_block: "forbidden",
    rate_limited: "rate_limited",
    usage_limit: "usage_limit",
    quota_exhausted: "quota_exhausted",
    model_unavailable: "model_unavailable",
    context_too_long: "context_too_long",
    request_too_large: "request_too_large",
    invalid_request: "invalid_request",
    overloaded: "overloaded",
    server_error: "server_error",
  };
  /** What a plan calls a window that is used up, is a sum of money, a day's quota, or a rate with a long wait. */
  const OTHERS: Readonly<Record<string, Partial<Record<FailureName, string>>>> = {
    anthropic: { usage_limit: "quota_exhausted" },
    gemini: { usage_limit: "quota_exhausted" },
    "openai, chat": { usage_limit: "rate_limited" },
    "router service": { usage_limit: "quota_exhausted" },
  };

  it.each(WAYS)("has the same code through %s", async (name, way) => {
    const codes: Record<string, string | undefined> = {};
    for (const status of Object.keys(CODES) as FailureName[]) {
      // Asked once more where a login may be renewed.
      const { error, events } = await play(way, { status, times: "any" });
      codes[status] = error?.code;
      expect(error?.message).toMatch(/^\w+ answered \d+/);
      expect(error?.partial?.content ?? []).toEqual([]);
      expect(events.filter(({ type }) => type !== "limits")).toEqual([]);
    }
    expect(codes).toEqual({ ...CODES, ...OTHERS[name] });
  });
});

describe("an answer that fails half-way", () => {
  it.each(WAYS)("by an error in it, through %s", async (_name, way) => {
    for (const event of ["failed", "error"] as const) {
      for (const [word, code] of [
        ["server_error", "server_error"],
        ["server_is_overloaded", "overloaded"],
        ["rate_limit_exceeded", "rate_limited"],
      ] as const) {
        const { error } = await play(way, {
          reply: [{ thinking: "Hm." }, { text: "First half" }],
          error: { code: word, message: "no more today", event },
        });
        expect(error?.code).toBe(code);
        expect(error?.message).toContain("no more today");
        expect(error?.partial?.content.map(bare)).toEqual([
          { type: "thinking", text: "Hm." },
          { type: "text", text: "First half" },
        ]);
      }
    }
  });

  it.each(WAYS)("by a cut connection, through %s", async (_name, way) => {
    const text = "word ".repeat(4000);
    const { error, result } = await play(way, { reply: [{ text }], deltas: 20, cutAfterBytes: 20_000 });
    expect(result).toBeUndefined();
    expect(error?.code).toBe("network");
    const [block] = error?.partial?.content ?? [];
    expect(block?.type === "text" && block.text.length > 500 && text.startsWith(block.text)).toBe(true);
  });
});

describe("limits", () => {
  const windows = [
    { name: "primary", usedPercent: 50, windowMinutes: 300, resetsInSeconds: 600 },
    { name: "secondary", usedPercent: 25, windowMinutes: 10_080, resetsInSeconds: 6000 },
  ];
  /** What each service calls them. Not told: by Gemini, by the simulator's public Responses API, by routers. */
  const NAMES: Readonly<Record<string, readonly string[]>> = {
    "codex, classic": ["primary", "secondary"],
    "codex, lite": ["primary", "secondary"],
    claude_code: ["5h", "7d"],
    anthropic: ["5h", "7d"],
    "openai, chat": ["requests", "tokens"],
  };

  it.each(WAYS)("through %s", async (name, way) => {
    const { events } = await play(way, { reply: [{ text: "x" }], limits: { windows, plan: "plus" } });
    const limits = events.flatMap((event) => (event.type === "limits" ? [event.limits] : []));
    // Codex tells them in the headers, and again in the stream.
    expect(limits).toHaveLength(way.provider === "codex" ? 2 : NAMES[name] === undefined ? 0 : 1);
    for (const { windows: seen } of limits) {
      expect(seen.map((window) => window.name)).toEqual(NAMES[name]);
      expect(seen.map(({ usedPercent }) => usedPercent)).toEqual([50, 25]);
      const [first = 0, second = 0] = seen.map(({ resetsAtMs }) => resetsAtMs);
      expect(Math.round((second - first) / 1000)).toBe(5400);
      // Windows of counts have no length that is told.
      const minutes = name === "openai, chat" ? [undefined, undefined] : [300, 10_080];
      expect(seen.map(({ windowMinutes }) => windowMinutes)).toEqual(minutes);
    }
    expect(limits.every(({ plan }) => plan === (way.provider === "codex" ? "plus" : undefined))).toBe(true);
  });
});

it.each(WAYS)("an answer without counts is one, through %s", async (_name, way) => {
  const { result } = await play(way, { reply: [{ text: "x" }], usage: null });
  expect(result?.usage).toEqual(NO_USAGE);
  expect(result?.rawUsage).toBeNull();
});
