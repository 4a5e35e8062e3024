import { expect, test } from "vitest";
import { compact } from "../../../src/chat/commands/command-compact.js";
import { answer, fakeChat, user } from "../fake-chat.js";

test.each([
  ["", [["compact"]]],
  ["the parser", [["compact", "the parser"]]],
])("passes on what matters: %s", async (argument, calls) => {
  const fake = await fakeChat({ messages: [user("a"), answer("b")] });
  await fake.run(compact, argument);
  expect(fake.calls).toEqual(calls);
});

test("does nothing to an empty conversation", async () => {
  const fake = await fakeChat();
  await fake.run(compact);
  expect(fake.calls).toEqual([]);
  expect(fake.notes).toEqual(["info: there is nothing to compact yet"]);
});
