import type { AssistantBlock, Message } from "@scorpiox/sxnet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildCompacted, chooseKept, GO_ON } from "../../src/compaction/choose-kept.js";
import { dropOutputs } from "../../src/compaction/drop-outputs.js";
import { estimateAll } from "../../src/compaction/estimate.js";

const said = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });
const answer = (text: string): Message => ({ role: "assistant", content: [{ type: "text", text }] });
let ids = 0;
function step(outputs: readonly string[]): readonly Message[] {
  const calls = outputs.map((): AssistantBlock => ({
    type: "tool_use",
    id: `c${(ids += 1)}`,
    name: "bash",
    input: { command: "x" },
  }));
  const results = calls.map((call, index) => ({
    type: "tool_result" as const,
    toolUseId: call.type === "tool_use" ? call.id : "",
    content: [{ type: "text" as const, text: outputs[index] ?? "" }],
  }));
  return [
    { role: "assistant", content: calls },
    { role: "user", content: results },
  ];
}

/** Every call answered in the very next message, and nothing else answered. */
function expectPairs(messages: readonly Message[]): void {
  for (const [index, message] of messages.entries()) {
    const results = message.content.flatMap((block) => (block.type === "tool_result" ? [block.toolUseId] : []));
    const before = messages[index - 1];
    const asked = (before?.content ?? []).flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
    expect(results).toEqual(asked);
  }
  expect(messages[0]?.role).toBe("user");
}

const words = (messages: readonly Message[]): readonly string[] =>
  messages
    .filter(({ role }) => role === "user")
    .flatMap(({ content }) => content.flatMap((block) => (block.type === "text" ? [block.text] : [])))
    .filter((text) => text !== GO_ON);

const turns = fc.array(
  fc.record({
    prompt: fc.string({ minLength: 1, maxLength: 200 }),
    steps: fc.array(fc.array(fc.string({ maxLength: 400 }), { minLength: 1, maxLength: 3 }), { maxLength: 4 }),
    interjection: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    answer: fc.string({ minLength: 1, maxLength: 100 }),
  }),
  { minLength: 1, maxLength: 5 },
);

test("the person's words survive any number of compactions, in order, and no result is orphaned", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(turns, fc.nat(400), fc.nat(400)), { minLength: 1, maxLength: 4 }), (rounds) => {
      let messages: readonly Message[] = [];
      for (const [more, recent, drop] of rounds) {
        for (const turn of more) {
          messages = messages.concat(said(turn.prompt), ...turn.steps.map(step));
          if (turn.steps.length > 0 && turn.interjection !== undefined)
            messages = messages.concat(said(turn.interjection));
          messages = messages.concat(answer(turn.answer));
        }
        const before = words(messages);
        const kept = chooseKept(messages, recent);
        if (kept !== undefined) messages = buildCompacted(kept, "what was done");
        messages = dropOutputs(messages, drop).messages;
        expect(words(messages)).toEqual(before);
        expectPairs(messages);
      }
    }),
    { numRuns: 300 },
  );
});

describe("the cut", () => {
  const conversation = [
    said("a"),
    ...step(["1".repeat(4_000)]),
    ...step(["2".repeat(4_000)]),
    answer("done"),
    said("b"),
  ];

  test.each([
    { recent: 0, from: 5 },
    { recent: 500, from: 5 },
    { recent: 1_200, from: 3 },
    { recent: 2_200, from: 1 },
  ])("with room for $recent tokens it is before message $from", ({ recent, from }) => {
    const kept = chooseKept(conversation, recent);
    expect(kept?.recent ?? conversation.slice(1)).toEqual(conversation.slice(from));
  });

  test("the end stays the same objects, so that nothing is serialised again", () => {
    const kept = chooseKept(conversation, 1_200);
    const made = buildCompacted(kept!, "s");
    expect(made.slice(-4).every((message, index) => message === conversation[index + 3])).toBe(true);
    expect(estimateAll(made)).toBeLessThan(estimateAll(conversation));
  });

  test("words alone have nothing to become shorter", () => {
    expect(chooseKept([said("a"), said("b"), answer("c"), said("d")], 0)).toBeUndefined();
    expect(chooseKept([], 0)).toBeUndefined();
  });

  test("an image that is summarised leaves a note, its message's text stays", () => {
    const image = { type: "image" as const, mediaType: "image/png", data: "AAAA" };
    const first: Message = { role: "user", content: [image, { type: "text", text: "look" }] };
    const kept = chooseKept([first, answer("x"), said("y"), answer("z")], 0);
    expect(kept?.said[0]?.content).toEqual([
      { type: "text", text: "[an image (image/png) was here]" },
      { type: "text", text: "look" },
    ]);
  });
});

describe("outputs that are left out", () => {
  test("the oldest first, as many as needed, never the last answer's", () => {
    const messages = [
      said("a"),
      ...step(["1".repeat(4_000)]),
      ...step(["2".repeat(4_000)]),
      ...step(["3".repeat(4_000)]),
    ];
    const text = (at: number) => JSON.stringify(dropOutputs(messages, 900).messages[at]);
    expect([text(2).includes("left out"), text(4).includes("left out")]).toEqual([true, false]);
    const all = dropOutputs(messages, Number.POSITIVE_INFINITY);
    expect(all.dropped).toBe(2);
    expect(JSON.stringify(all.messages.at(-1))).toContain("3333");
  });
});
