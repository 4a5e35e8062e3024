import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { PartialAnswer } from "../src/partial-answer.js";
import type { StreamEvent } from "../src/types.js";
import { createResponsesMapper } from "../src/wire-responses-stream.js";

const mapper = () => createResponsesMapper({ provider: "codex", model: "gpt-5.5" });

function map(...events: readonly object[]): readonly StreamEvent[] {
  const read = mapper();
  return events.flatMap((event) => [...read({ event: undefined, data: JSON.stringify(event) })]);
}

const FIELDS =
  "type output_index item delta arguments response error code message status id call_id name content summary";
const TYPES = [
  "response.output_text.delta",
  "response.refusal.delta",
  "response.reasoning_summary_text.delta",
  "response.reasoning_text.delta",
  "response.function_call_arguments.delta",
  "response.function_call_arguments.done",
  "response.custom_tool_call_input.delta",
  "response.output_item.added",
  "response.output_item.done",
  "response.completed",
  "response.incomplete",
  "response.failed",
  "error",
  "message",
  "reasoning",
  "function_call",
  "custom_tool_call",
  "",
];

describe("createResponsesMapper", () => {
  it("meets any JSON with events in order or a ProviderError, nothing else", () => {
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, depthSize: "small" },
        fc.constantFrom<unknown>(null, true, 0, 1, -1, 2 ** 40, 0.5, "", "text", ...TYPES),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...FIELDS.split(" "), "__proto__"), tie("value"), { maxKeys: 6 }),
      ),
    }));
    const frame = fc
      .tuple(fc.constantFrom(...TYPES), fc.dictionary(fc.constantFrom(...FIELDS.split(" ")), value, { maxKeys: 8 }))
      .map(([type, fields]) => ({ ...fields, type }));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
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

  it("gives each call of an answer an id of its own", () => {
    const call = (output_index: number, call_id?: string) => ({
      type: "response.output_item.done",
      output_index,
      item: { type: "function_call", name: "f", arguments: "{}", ...(call_id === undefined ? {} : { call_id }) },
    });
    const ids = map(call(0, "same"), call(1, "same"), call(2), call(3, "same"), call(4, "same_2")).flatMap((event) =>
      event.type === "block_end" && event.block.type === "tool_use" ? [event.block.id] : [],
    );
    expect(ids).toEqual(["same", "same_2", "call_2", "same_3", "same_2_2"]);
  });

  it("gives nothing more after the end", () => {
    const end = { type: "response.completed", response: { status: "completed" } };
    const late = { type: "response.output_text.delta", output_index: 5, delta: "late" };
    expect(map(end, late, end, { type: "error", message: "late" }).map(({ type }) => type)).toEqual(["done"]);
  });

  it("begins a paragraph with each part of a summary, however the parts are told", () => {
    const delta = (summary_index: number, piece: string) => ({
      type: "response.reasoning_summary_text.delta",
      output_index: 0,
      summary_index,
      delta: piece,
    });
    const texts = map(delta(0, "a"), delta(0, "b"), delta(2, "c"), delta(2, "d")).flatMap((event) =>
      event.type === "thinking_delta" ? [event.text] : [],
    );
    expect(texts).toEqual(["a", "b", "\n\nc", "d"]);
  });

  it("shows raw reasoning where there is no summary", () => {
    const item = { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "raw" }] };
    expect(map({ type: "response.output_item.done", output_index: 0, item }).at(-1)).toMatchObject({
      block: { type: "thinking", text: "raw" },
    });
  });

  it.each([
    ["call_id", { call_id: "c", id: "i" }, "c"],
    ["the item's id without one", { id: "i" }, "i"],
    ["its place without any", {}, "call_0"],
  ])("names a call by %s", (_name, ids, id) => {
    const item = { type: "function_call", name: "f", arguments: "{}", ...ids };
    expect(map({ type: "response.output_item.done", output_index: 0, item }).at(-1)).toMatchObject({ block: { id } });
  });

  it("subtracts what caches served and stored from the input, never below zero", () => {
    const usage = { input_tokens: 5, input_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 } };
    expect(map({ type: "response.completed", response: { usage } })).toMatchObject([
      { type: "done", usage: { inputTokens: 0, cacheReadTokens: 4, cacheWriteTokens: 3 }, rawUsage: usage },
    ]);
  });

  it.each([[-1], [-5.5], [1e308], [7.5], ["9"], [null]])("counts whole tokens, whatever comes: %j", (count) => {
    const usage = {
      input_tokens: count,
      input_tokens_details: { cached_tokens: count, cache_write_tokens: count },
      output_tokens: count,
      output_tokens_details: { reasoning_tokens: count },
    };
    const done = map({ type: "response.completed", response: { usage } }).at(-1);
    const counts = done?.type === "done" ? Object.values(done.usage) : [];
    expect(counts).toHaveLength(5);
    expect(counts.every((tokens) => Number.isSafeInteger(tokens) && tokens >= 0)).toBe(true);
  });
});
