import type { Message, ToolResultBlock } from "@scorpiox/sxnet";
import { describe, expect, test } from "vitest";
import { Conversation, titleOf } from "../../src/sessions/conversation.js";
import type { Entry, EntryBody } from "../../src/sessions/entry.js";

const user = (text: string): EntryBody => ({ kind: "user", content: [{ type: "text", text }] });
const says = (text: string): EntryBody => ({
  kind: "assistant",
  content: [{ type: "text", text }],
  provider: "codex",
  model: "m",
});
const calls = (...ids: string[]): EntryBody => ({
  kind: "assistant",
  content: ids.map((id) => ({ type: "tool_use" as const, id, name: "bash", input: {} })),
  provider: "codex",
  model: "m",
});
const result = (call: number, id: string, text: string): EntryBody => ({
  kind: "tool_result",
  call,
  result: { type: "tool_result", toolUseId: id, content: [{ type: "text", text }] },
  outcome: { status: "ok" },
});

/** Entries numbered from 0; `undefined` stands for a line that was lost. */
function conversation(...bodies: (EntryBody | undefined)[]): Conversation {
  return new Conversation(
    bodies.flatMap((body, n): Entry[] => (body === undefined ? [] : [{ ...body, n, timeMs: n * 1000 }])),
  );
}

/** The messages in short: texts, calls by their ids, results as `id=text`. */
function short(messages: readonly Message[]): string[] {
  return messages.map(({ role, content }) => {
    const parts = content.map((block) => {
      if (block.type === "text" || block.type === "thinking") return block.text;
      if (block.type === "tool_use") return `call ${block.id}`;
      return block.type === "tool_result" ? `${block.toolUseId}=${textOf(block)}` : block.type;
    });
    return `${role}: ${parts.join(", ")}`;
  });
}

function textOf({ content }: ToolResultBlock): string {
  const [first] = content;
  const text = first?.type === "text" ? first.text : "";
  return text.startsWith("interrupted") ? "interrupted" : text;
}

const compaction = (upTo: number, text: string): EntryBody => ({
  kind: "compaction",
  upTo,
  messages: [{ role: "user", content: [{ type: "text", text }] }],
});

describe("messages", () => {
  test.each([
    { name: "a prompt without an answer", bodies: [user("a")], want: ["user: a"] },
    { name: "question and answer", bodies: [user("a"), says("b")], want: ["user: a", "assistant: b"] },
    {
      name: "results in the order of the calls, whatever ended first",
      bodies: [user("a"), calls("x", "y"), result(1, "y", "2"), result(0, "x", "1"), says("b")],
      want: ["user: a", "assistant: call x, call y", "user: x=1, y=2", "assistant: b"],
    },
    {
      name: "calls of one id are told apart",
      bodies: [user("a"), calls("x", "x"), result(1, "x", "2"), result(0, "x", "1")],
      want: ["user: a", "assistant: call x, call x", "user: x=1, x=2"],
    },
    {
      name: "a call without a result is closed",
      bodies: [user("a"), calls("x", "y"), result(0, "x", "1")],
      want: ["user: a", "assistant: call x, call y", "user: x=1, y=interrupted"],
    },
    {
      name: "the same in the middle",
      bodies: [user("a"), calls("x"), user("b")],
      want: ["user: a", "assistant: call x", "user: x=interrupted", "user: b"],
    },
    {
      name: "a result whose answer was on a damaged line",
      bodies: [user("a"), undefined, result(0, "x", "1"), says("b")],
      want: ["user: a", "assistant: b"],
    },
    {
      name: "a result that came twice",
      bodies: [user("a"), calls("x"), result(0, "x", "1"), result(0, "x", "2")],
      want: ["user: a", "assistant: call x", "user: x=1"],
    },
    { name: "an empty answer", bodies: [user("a"), calls(), user("b")], want: ["user: a", "user: b"] },
    {
      name: "going back",
      bodies: [user("a"), says("b"), user("c"), says("d"), { kind: "rewind", to: 1 }, user("e")],
      want: ["user: a", "assistant: b", "user: e"],
    },
    {
      name: "going back twice",
      bodies: [user("a"), user("b"), { kind: "rewind", to: 0 }, user("c"), { kind: "rewind", to: 1 }],
      want: ["user: a", "user: b"],
    },
    {
      name: "going back to a line that was lost",
      bodies: [user("a"), undefined, user("c"), { kind: "rewind", to: 1 }],
      want: ["user: a"],
    },
    { name: "going back to before everything", bodies: [undefined, user("a"), { kind: "rewind", to: 0 }], want: [] },
    {
      name: "a compaction",
      bodies: [user("a"), says("b"), user("c"), compaction(1, "S"), says("d")],
      want: ["user: S", "user: c", "assistant: d"],
    },
    {
      name: "a compaction that is taken back",
      bodies: [user("a"), says("b"), user("c"), compaction(1, "S"), says("d"), { kind: "compaction_undo", of: 3 }],
      want: ["user: a", "assistant: b", "user: c", "assistant: d"],
    },
    {
      name: "two compactions, taken back one after the other",
      bodies: [
        user("a"),
        says("b"),
        compaction(1, "S"),
        user("c"),
        says("d"),
        compaction(4, "T"),
        user("e"),
        { kind: "compaction_undo", of: 5 },
        { kind: "compaction_undo", of: 2 },
      ],
      want: ["user: a", "assistant: b", "user: c", "assistant: d", "user: e"],
    },
    {
      name: "only the outer one can be taken back first",
      bodies: [user("a"), compaction(0, "S"), user("b"), compaction(2, "T"), { kind: "compaction_undo", of: 1 }],
      want: ["user: T"],
    },
    {
      name: "going back to before a compaction",
      bodies: [user("a"), says("b"), compaction(1, "S"), user("c"), { kind: "rewind", to: 1 }],
      want: ["user: a", "assistant: b"],
    },
  ] satisfies { name: string; bodies: (EntryBody | undefined)[]; want: string[] }[])("$name", ({ bodies, want }) => {
    expect(short(conversation(...bodies).messages())).toEqual(want);
  });
});

test("what a compaction replaced can still be seen, and what was taken back cannot", () => {
  const one = conversation(user("a"), says("b"), compaction(1, "S"), user("c"), { kind: "rewind", to: 2 });
  expect(one.shown().map(({ kind }) => kind)).toEqual(["user", "assistant", "compaction"]);
});

test("title, cost and usage", () => {
  const usage = { inputTokens: 1, cacheReadTokens: 2, cacheWriteTokens: 3, outputTokens: 4, reasoningTokens: 0 };
  const end: EntryBody = {
    kind: "turn_end",
    status: "success",
    turns: 1,
    usage,
    provider: "p",
    model: "m",
    messages: 2,
  };
  const one = conversation(
    user("a"),
    { ...end, costUsd: 0.5 },
    { kind: "note", title: "called" },
    { ...end, costUsd: 1 },
  );
  expect(titleOf(one)).toBe("called");
  expect(one.costUsd).toBe(1.5);
  expect(one.usage.outputTokens).toBe(8);
});
