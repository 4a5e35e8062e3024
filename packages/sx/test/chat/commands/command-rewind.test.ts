import { expect, test } from "vitest";
import { rewind } from "../../../src/chat/commands/command-rewind.js";
import type { UndoStep } from "../../../src/chat/slash-command.js";
import { answer, fakeChat, result, user } from "../fake-chat.js";

const MESSAGES = [user("first"), answer("one"), result("output"), answer("two"), user("second\nline"), answer("three")];
const STEP: UndoStep = { file: "/elsewhere/a.ts", action: "restore" };

const sit = (picks: readonly (string | undefined)[], plan: readonly UndoStep[], confirms: readonly boolean[] = []) =>
  fakeChat({ messages: MESSAGES, picks, confirms, control: { planUndo: () => Promise.resolve(plan) } });

test("offers prompts, the last one first, and no results of calls", async () => {
  const fake = await sit([undefined], []);
  await fake.run(rewind);
  expect(fake.questions[0]).toMatch(/^Go back to before\nsecond.*line \| 2 messages back\nfirst \| 6 messages back$/);
  expect(fake.calls).toEqual([]);
});

test("takes the conversation back and the prompt into the editor", async () => {
  const fake = await sit(["4"], []);
  await fake.run(rewind);
  expect(fake.calls).toEqual([
    ["rewind", 4],
    ["fill", "second\nline"],
  ]);
});

test("files too, when the person wants that; files first", async () => {
  const fake = await sit(["0", "both"], [STEP], [true]);
  await fake.run(rewind);
  expect(fake.calls).toEqual([
    ["undo", [STEP]],
    ["rewind", 0],
    ["fill", "first"],
  ]);
});

test("the conversation only leaves files alone", async () => {
  const fake = await sit(["0", "conversation"], [STEP]);
  await fake.run(rewind);
  expect(fake.calls.map(([name]) => name)).toEqual(["rewind", "fill"]);
});

test.each([
  ["at the question what to take back", ["0", undefined], []],
  ["at the question about files", ["0", "both"], [false]],
])("a person who steps back %s changes nothing", async (_name, picks, confirms) => {
  const fake = await sit(picks, [STEP], confirms);
  await fake.run(rewind);
  expect(fake.calls).toEqual([]);
});

test("a failed undo leaves the conversation", async () => {
  const fake = await fakeChat({
    messages: MESSAGES,
    picks: ["0", "both"],
    confirms: [true],
    control: { planUndo: () => Promise.resolve([STEP]), undo: () => Promise.reject(new Error("full disk")) },
  });
  await expect(fake.run(rewind)).rejects.toThrow("full disk");
  expect(fake.calls).toEqual([]);
});
