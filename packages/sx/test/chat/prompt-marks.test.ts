import type { Message } from "@scorpiox/sxnet";
import { expect, test } from "vitest";
import { PromptMarks } from "../../src/chat/prompt-marks.js";
import { buildCompacted, chooseKept } from "../../src/compaction/choose-kept.js";
import { answer, result, user } from "./fake-chat.js";

const image: Message = {
  role: "user",
  content: [
    { type: "text", text: "what is this" },
    { type: "image", mediaType: "image/png", data: "" },
  ],
};

/** A conversation of four prompts, two of them the same, and the marks that its turns made. */
function conversation() {
  const messages = [
    user("one"),
    answer("1"),
    image,
    result("r"),
    answer("2"),
    user("one"),
    answer("3"),
    user("four"),
    answer("4"),
  ];
  const marks = new PromptMarks();
  for (const [at, n] of [
    [0, -1],
    [2, 10],
    [5, 20],
    [7, 30],
  ] as const) {
    const message = messages[at];
    if (message?.role === "user") marks.add(at, n, message.content);
  }
  return { messages, marks };
}

test("prompts are found in the messages and in the session", () => {
  const { marks } = conversation();
  expect(marks.at(2)).toMatchObject({ beforeN: 10 });
  expect(marks.at(3)).toBeUndefined();
  expect(marks.last).toMatchObject({ index: 7 });
  expect(marks.entryOf(0)).toBe(-1);
  expect(marks.entryOf(7)).toBe(21);
  marks.cut(5);
  expect(marks.last).toMatchObject({ index: 2 });
});

test("a compaction moves every prompt, and none is lost", () => {
  const { messages, marks } = conversation();
  const kept = chooseKept(messages, 1);
  if (kept === undefined) throw new Error("nothing to cut");
  const after = buildCompacted(kept, "the summary");
  marks.compacted(after, 40);
  const moved = after.flatMap((_, index) => marks.at(index)?.beforeN ?? []);
  expect(moved).toEqual([-1, 10, 20, 30]);
  expect(marks.isBeforeCompaction(20)).toBe(true);
  expect(marks.isBeforeCompaction(41)).toBe(false);
  marks.compacted(messages, -1);
  expect(marks.at(5)).toMatchObject({ beforeN: 20 });
});
