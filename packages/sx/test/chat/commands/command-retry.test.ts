import { expect, test } from "vitest";
import { retry } from "../../../src/chat/commands/command-retry.js";
import { fakeChat } from "../fake-chat.js";

test("asks again", async () => {
  const fake = await fakeChat();
  await fake.run(retry);
  expect(fake.calls).toEqual([["retry"]]);
});
