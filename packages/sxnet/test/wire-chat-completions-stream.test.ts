import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { PartialAnswer } from "../src/partial-answer.js";
import type { StreamEvent, ToolUseBlock } from "../src/types.js";
import { createChatMapper } from "../src/wire-chat-completions-stream.js";
import { joinDetails } from "../src/wire-chat-completions-opaque.js";

const mapper = () => createChatMapper({ provider: "openai", model: "m1" });
const frame = (event: unknown, name?: string) => ({
  event: name,
  data: typeof event === "string" ? event : JSON.stringify(event),
});
const chunk = (delta: object, finish_reason: string | null = null, rest: object = {}) => ({
  choices: [{ index: 0, delta, finish_reason }],
  ...rest,
});
const call = (fields: object, name?: string, args?: string) => ({
  ...fields,
  function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) },
});

/** The events of these chunks and the end of the body. */
function map(...chunks: readonly unknown[]): readonly StreamEvent[] {
  const { map: read, end } = mapper();
  return [...chunks.flatMap((each) => [...read(frame(each))]), ...(end?.() ?? [])];
}

function callsOf(events: readonly StreamEvent[]): readonly ToolUseBlock[] {
  return events.flatMap((event) =>
    event.type === "block_end" && event.block.type === "tool_use" ? [event.block] : [],
  );
}

function failureOf(work: () => unknown): ProviderError {
  try {
    work();
  } catch (error) {
    if (ProviderError.is(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

const FIELDS =
  "choices delta message finish_reason index id type function name arguments content reasoning reasoning_content reasoning_details text thinking summary data usage error code object detail tool_calls function_call refusal x_groq metadata raw extra_content prompt_tokens_details";
const WORDS = [
  "stop",
  "length",
  "tool_calls",
  "error",
  "content_filter",
  "text",
  "reasoning.text",
  "<think>",
  "</think>",
  "{}",
  '{"a"',
];

describe("createChatMapper", () => {
  it("meets any JSON with events in order or a ProviderError, nothing else", () => {
    const names = FIELDS.split(" ");
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, depthSize: "small" },
        fc.constantFrom<unknown>(null, true, 0, 1, -1, 2 ** 40, 0.5, "", ...WORDS),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names, "__proto__"), tie("value"), { maxKeys: 6 }),
      ),
    }));
    const delta = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 });
    const choice = fc.record({ delta, finish_reason: fc.constantFrom(null, ...WORDS) }, { requiredKeys: [] });
    const event = fc.oneof(
      fc.record({ choices: fc.array(choice, { maxLength: 2 }), usage: value }, { requiredKeys: ["choices"] }),
      fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 5 }),
      fc.constant("[DONE]"),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const { map: read, end } = mapper();
        const partial = new PartialAnswer();
        const open = new Set<number>();
        let ended = false;
        const take = (batch: readonly StreamEvent[]): void => {
          for (const each of batch) {
            expect(ended).toBe(false);
            partial.add(each);
            if (each.type === "block_start") open.add(each.index);
            else if (each.type === "block_end") expect(open.delete(each.index)).toBe(true);
            else if (each.type === "done") ended = true;
            else expect("index" in each && open.has(each.index)).toBe(true);
          }
        };
        try {
          for (const each of events) take(read(frame(each)));
          take(end?.() ?? []);
        } catch (error) {
          if (!ProviderError.is(error)) throw error;
          expect(error.message).not.toContain("undefined");
        }
        expect(ended && open.size > 0).toBe(false);
        partial.message();
      }),
      { numRuns: 3000 },
    );
  });

  it("gives nothing more after the end", () => {
    const { map: read, end } = mapper();
    const events = [chunk({ content: "a" }), chunk({}, "stop"), "[DONE]", chunk({ content: "late" }), "[DONE]"].flatMap(
      (each) => [...read(frame(each))],
    );
    expect(events.at(-1)?.type).toBe("done");
    expect(events.filter(({ type }) => type === "done")).toHaveLength(1);
    expect(end?.()).toEqual([]);
  });

  it("waits for the counts that follow the reason", () => {
    const { map: read } = mapper();
    expect(read(frame(chunk({ content: "a" }, "stop"))).map(({ type }) => type)).not.toContain("done");
  });

  it.each([
    ["nothing", []],
    ["text alone", [chunk({ content: "a" })]],
    ["counts without a reason", [chunk({ content: "a" }), { choices: [], usage: { prompt_tokens: 1 } }]],
    ["a call without a reason", [chunk({ tool_calls: [call({ index: 0, id: "c" }, "f", "{}")] })]],
  ])("takes a body that merely stops for no answer: %s", (_name, chunks) => {
    const events = map(...chunks);
    expect(events.some(({ type }) => type === "done")).toBe(false);
    expect(callsOf(events)).toEqual([]);
  });

  it("lets an error that follows the reason win", () => {
    const events = () =>
      map(chunk({ content: "a" }), chunk({}, "length"), chunk({}, null, { error: { message: "no" } }));
    expect(failureOf(events).message).toBe("openai failed: no");
  });

  it.each([
    ["error", "server_error"],
    ["network_error", "server_error"],
    ["abort", "server_error"],
    ["insufficient_system_resource", "overloaded"],
  ])("takes the reason %s for a failure", (reason, code) => {
    expect(failureOf(() => map(chunk({ content: "a" }, reason)))).toMatchObject({ code, retryable: true });
  });

  it.each([
    ["stop", "end_turn"],
    ["length", "max_tokens"],
    ["max_tokens", "max_tokens"],
    ["content_filter", "refusal"],
    ["sensitive", "refusal"],
    ["model_length", "context_full"],
    ["model_context_window_exceeded", "context_full"],
    ["stop_sequence", "stop_sequence"],
    ["eos", "end_turn"],
    ["constructor", "end_turn"],
  ])("reads the reason %s as %s", (reason, stopReason) => {
    expect(map(chunk({ content: "a" }, reason)).at(-1)).toMatchObject({ stopReason, rawStopReason: reason });
  });

  it("says a reason that came twice once", () => {
    expect(map(chunk({ content: "a" }, "stop"), chunk({ content: "" }, "stop"), "[DONE]").at(-1)).toMatchObject({
      rawStopReason: "stop",
    });
  });

  it("keeps the last counts that say something", () => {
    const counted = (n: number) => chunk({ content: "a" }, null, { usage: { prompt_tokens: 1, completion_tokens: n } });
    const events = map(counted(1), counted(2), chunk({}, "stop", { usage: null }), "[DONE]");
    expect(events.at(-1)).toMatchObject({ usage: { outputTokens: 2 }, rawUsage: { completion_tokens: 2 } });
  });

  it("starts over with text after reasoning in the middle of it", () => {
    const ends = map(
      chunk({ reasoning: "a" }),
      chunk({ content: "b" }),
      chunk({ reasoning: "c" }),
      chunk({ content: "d" }, "stop"),
    ).flatMap((event) => (event.type === "block_end" && "text" in event.block ? [event.block.text] : []));
    expect(ends).toEqual(["a", "b", "c", "d"]);
  });

  it("reads tags only where no field told of reasoning", () => {
    const texts = (...chunks: readonly unknown[]) =>
      map(...chunks, chunk({}, "stop")).flatMap((event) =>
        event.type === "block_end" && event.block.type === "text" ? [event.block.text] : [],
      );
    expect(texts(chunk({ content: "<think>a</think>b" }))).toEqual(["b"]);
    expect(texts(chunk({ reasoning: "x" }), chunk({ content: "<think>a</think>b" }))).toEqual(["<think>a</think>b"]);
    expect(texts(chunk({ content: " <thi" }))).toEqual([" <thi"]);
  });

  describe("calls", () => {
    const read = (...deltas: readonly object[]) =>
      callsOf(map(...deltas.map((delta) => chunk({ tool_calls: [delta] })), chunk({}, "tool_calls"))).map(
        ({ id, name, input, rawInput }) => [id, name, rawInput ?? input],
      );

    it.each<[name: string, deltas: readonly object[], calls: readonly unknown[]]>([
      [
        "one number, pieces",
        [
          call({ index: 0, id: "a" }, "f", ""),
          call({ index: 0 }, undefined, '{"x"'),
          call({ index: 0 }, undefined, ":1}"),
        ],
        [["a", "f", { x: 1 }]],
      ],
      [
        "numbers out of order",
        [call({ index: 3, id: "a" }, "f", "{}"), call({ index: 1, id: "b" }, "g", "{}")],
        [
          ["a", "f", {}],
          ["b", "g", {}],
        ],
      ],
      [
        "another id in each piece, named once",
        [call({ index: 0, id: "a" }, "f", '{"x"'), call({ index: 0, id: "b" }, undefined, ":1}")],
        [["a", "f", { x: 1 }]],
      ],
      [
        "the same id under two numbers",
        [call({ index: 0, id: "a" }, "f", "{}"), call({ index: 1, id: "a" }, "f", "{}")],
        [
          ["a", "f", {}],
          ["a_2", "f", {}],
        ],
      ],
      [
        "no numbers, pieces by id",
        [call({ id: "a" }, "f", '{"x"'), call({ id: "b" }, "g", "{}"), call({ id: "a" }, undefined, ":1}")],
        [
          ["a", "f", { x: 1 }],
          ["b", "g", {}],
        ],
      ],
      [
        "no numbers, no ids, whole calls",
        [call({}, "f", "{}"), call({}, "f", "{}"), call({}, "g", "{}")],
        [
          ["call_0", "f", {}],
          ["call_1", "f", {}],
          ["call_2", "g", {}],
        ],
      ],
      [
        "no numbers, the name again without arguments",
        [call({ id: "a" }, "f", "{}"), call({ id: "a" }, "f", "")],
        [["a", "f", {}]],
      ],
      [
        "no numbers, no id, another name before any arguments",
        [call({ id: "a" }, "f"), call({}, "g", "{}")],
        [
          ["a", "f", {}],
          ["call_1", "g", {}],
        ],
      ],
      [
        "an id that comes late",
        [call({ index: 0 }, undefined, "{"), call({ index: 0, id: "a" }, "f", "}")],
        [["a", "f", {}]],
      ],
    ])("are told apart: %s", (_name, deltas, calls) => {
      expect(read(...deltas)).toEqual(calls);
    });

    it("show every piece of their arguments", () => {
      const events = map(
        chunk({ tool_calls: [call({ index: 0, id: "a" }, undefined, '{"x')] }),
        chunk({ tool_calls: [call({ index: 0 }, "f", '":')] }),
        chunk({ tool_calls: [call({ index: 0 }, undefined, "1}")] }, "tool_calls"),
      );
      expect(events.map((event) => (event.type === "tool_input_delta" ? event.json : "")).join("")).toBe('{"x":1}');
    });

    it("made up here are named after their answer", () => {
      const ids = ["chatcmpl-123", "chatcmpl-456"].map((id) => {
        const events = map(chunk({ tool_calls: [call({}, "f", "{}")] }, "stop", { id }));
        return callsOf(events)[0]?.id;
      });
      expect(ids).toEqual(["call_chatcmpl123_0", "call_chatcmpl456_0"]);
    });
  });
});

describe("joinDetails", () => {
  const text = (value: string, index = 0, rest: object = {}) => ({
    type: "reasoning.text",
    text: value,
    index,
    ...rest,
  });

  it.each<[name: string, pieces: readonly unknown[], parts: readonly unknown[]]>([
    ["pieces of one part", [text("a"), text("b"), text("c")], [text("abc")]],
    [
      "the signature of its last piece",
      [text("a"), { type: "reasoning.text", index: 0, signature: "s" }],
      [text("a", 0, { signature: "s" })],
    ],
    ["parts by index", [text("a", 0), text("b", 1)], [text("a", 0), text("b", 1)]],
    [
      "summaries",
      [
        { type: "reasoning.summary", summary: "a" },
        { type: "reasoning.summary", summary: "b" },
      ],
      [{ type: "reasoning.summary", summary: "ab" }],
    ],
    [
      "sealed parts as they come",
      [
        { type: "reasoning.encrypted", data: "x" },
        { type: "reasoning.encrypted", data: "y" },
      ],
      [
        { type: "reasoning.encrypted", data: "x" },
        { type: "reasoning.encrypted", data: "y" },
      ],
    ],
    [
      "another kind between",
      [text("a"), { type: "reasoning.encrypted", data: "x", index: 0 }, text("b")],
      [text("a"), { type: "reasoning.encrypted", data: "x", index: 0 }, text("b")],
    ],
    [
      "nothing over what was said",
      [text("a", 0, { format: "f" }), text("b", 0, { format: null })],
      [text("ab", 0, { format: "f" })],
    ],
  ])("keeps %s", (_name, pieces, parts) => {
    expect(joinDetails(pieces)).toEqual(parts);
    expect(joinDetails(joinDetails(pieces))).toEqual(parts);
  });
});
