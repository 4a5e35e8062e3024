import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { PartialAnswer } from "../src/partial-answer.js";
import type { StreamEvent } from "../src/types.js";
import { createMessagesMapper } from "../src/wire-messages-stream.js";
import { mergeMessagesUsage, readMessagesUsage } from "../src/wire-messages-usage.js";

const mapper = () => createMessagesMapper({ provider: "p", model: "m" });

function map(...events: readonly object[]): readonly StreamEvent[] {
  const read = mapper();
  return events.flatMap((event) => [...read({ event: undefined, data: JSON.stringify(event) })]);
}

const FIELDS =
  "type index message content_block delta usage stop_reason content text thinking signature partial_json input id name citation data error code caller";
const TYPES = [
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
  "ping",
  "error",
  "text",
  "thinking",
  "redacted_thinking",
  "tool_use",
  "server_tool_use",
  "text_delta",
  "thinking_delta",
  "signature_delta",
  "input_json_delta",
  "citations_delta",
  "compaction_delta",
  "max_tokens",
  "",
];

describe("createMessagesMapper", () => {
  it("meets any JSON with events in order or a ProviderError, nothing else", () => {
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, depthSize: "small" },
        fc.constantFrom<unknown>(null, true, 0, 1, -1, 2 ** 40, 0.5, "", "text", "{}", ...TYPES),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...FIELDS.split(" "), "__proto__"), tie("value"), { maxKeys: 6 }),
      ),
    }));
    const part = fc.dictionary(fc.constantFrom(...FIELDS.split(" ")), value, { maxKeys: 5 });
    const frame = fc
      .tuple(
        fc.constantFrom(...TYPES),
        fc.dictionary(fc.constantFrom(...FIELDS.split(" ")), value, { maxKeys: 6 }),
        fc.constantFrom(0, 1, 2),
        fc.tuple(fc.constantFrom(...TYPES), part),
        fc.constantFrom("content_block", "delta", "message", "nothing"),
      )
      .map(([type, fields, index, [inner, rest], name]) => ({
        ...fields,
        index,
        [name]: { ...rest, type: inner },
        type,
      }));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 14 }), (frames) => {
        const read = mapper();
        const partial = new PartialAnswer();
        const open = new Set<number>();
        let ended = false;
        try {
          for (const each of frames) {
            for (const event of read({ event: undefined, data: JSON.stringify(each) })) {
              expect(ended).toBe(false);
              partial.add(event);
              if (event.type === "block_start") open.add(event.index);
              else if (event.type === "block_end") expect(open.delete(event.index)).toBe(true);
              else if (event.type === "done") ended = true;
              else expect("index" in event && open.has(event.index)).toBe(true);
            }
          }
        } catch (error) {
          if (!ProviderError.is(error)) throw error;
          expect(error.message).not.toContain("undefined");
        }
        expect(ended && open.size > 0).toBe(false);
        partial.message();
      }),
      { numRuns: 2000 },
    );
  });

  it("holds a call back until it is known not to be cut", () => {
    const start = { type: "content_block_start", index: 0, content_block: { type: "tool_use", id: "c", name: "f" } };
    const input = {
      type: "content_block_delta",
      index: 0,
      delta: { type: "input_json_delta", partial_json: '{"a":1}' },
    };
    const stop = { type: "content_block_stop", index: 0 };
    const next = { type: "content_block_start", index: 1, content_block: { type: "text" } };
    const types = (...events: readonly object[]) => map(...events).map(({ type }) => type);
    expect(types(start, input, stop)).not.toContain("block_end");
    expect(types(start, input, stop, next)).toContain("block_end");
    expect(types(start, input, stop, { type: "message_delta", delta: { stop_reason: "tool_use" } })).toContain(
      "block_end",
    );
    expect(types(start, input, stop, { type: "message_stop" })).toContain("block_end");
  });

  it("takes what names no block for the latest one", () => {
    const begin = (index: number) => ({ type: "content_block_start", index, content_block: { type: "text" } });
    const piece = { type: "content_block_delta", delta: { type: "text_delta", text: "b" } };
    const events = map(begin(0), { type: "content_block_stop", index: 0 }, begin(1), piece, {
      type: "content_block_stop",
    });
    expect(events.at(-1)).toEqual({ type: "block_end", index: 1, block: { type: "text", text: "b" } });
  });

  it("gives nothing more after the end", () => {
    const end = { type: "message_stop" };
    expect(map(end, { type: "message_start", message: {} }, end, { type: "error" }).map(({ type }) => type)).toEqual([
      "done",
    ]);
  });

  it.each([
    ["max_tokens", "max_tokens"],
    ["length", "max_tokens"],
    ["stop", "end_turn"],
    ["tool_calls", "end_turn"],
    ["tool_use", "end_turn"],
    ["content_filter", "refusal"],
    ["pause_turn", "pause"],
    ["constructor", "end_turn"],
  ])("ends with %s as %s where nothing was called", (word, stopReason) => {
    expect(map({ type: "message_delta", delta: { stop_reason: word } }, { type: "message_stop" })).toMatchObject([
      { type: "done", stopReason, rawStopReason: word },
    ]);
  });
});

describe("usage", () => {
  it("takes what is there, adds nothing, resets nothing", () => {
    const first = mergeMessagesUsage(undefined, { input_tokens: 5, cache_read_input_tokens: 2, output_tokens: 1 });
    const last = mergeMessagesUsage(first, { output_tokens: 9, input_tokens: null, speed: null });
    expect(last).toEqual({ input_tokens: 5, cache_read_input_tokens: 2, output_tokens: 9, speed: null });
    for (const none of [undefined, null, "x", [1]]) expect(mergeMessagesUsage(last, none)).toBe(last);
  });

  it("counts writes by their total, else by their parts", () => {
    const cache_creation = { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 };
    expect(readMessagesUsage({ cache_creation }).cacheWriteTokens).toBe(7);
    expect(readMessagesUsage({ cache_creation, cache_creation_input_tokens: 7 }).cacheWriteTokens).toBe(7);
    expect(readMessagesUsage({ cache_creation_input_tokens: -1, output_tokens: "9" })).toEqual({
      inputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 0,
      reasoningTokens: 0,
    });
  });
});
