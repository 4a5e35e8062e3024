import { expect, test } from "vitest";
import { context } from "../../../src/chat/commands/command-context.js";
import { answer, fakeChat, result, tool, user } from "../fake-chat.js";

const MESSAGES = [user("x".repeat(4000)), answer("y".repeat(8000)), result("z".repeat(20_000))];

test("shares out what was measured, and says what is free", async () => {
  const fake = await fakeChat({
    messages: MESSAGES,
    state: { contextTokens: 50_000, contextWindow: 200_000, model: "sonnet" },
    control: { system: "s".repeat(40_000), tools: [tool("bash", "execute")] },
  });
  await fake.run(context);
  const [text = ""] = fake.printed;
  expect(text.split("\n").slice(0, 7)).toEqual([
    "```text",
    "██▓▒▒▒▒▒▒░░░░░░░░░░░░░░░░░░░░░░░",
    "█ instructions    10k    5 %",
    "▓ tools            22    0 %",
    "▒ conversation    40k   20 %",
    "░ free           150k   75 %",
    "```",
  ]);
  expect(text).toContain("50k tokens by the last answer; how they are shared out is an estimate");
  expect(text).toContain("keep your own words (about 1.0k)");
  expect(text).toContain("part of about 7.0k");
});

test("before the first answer all of it is an estimate; without a window nothing is free", async () => {
  const fake = await fakeChat({ messages: MESSAGES });
  await fake.run(context);
  const [text = ""] = fake.printed;
  expect(text).toContain("Nothing was sent yet: these are estimates");
  expect(text).toContain("is not known here");
  expect(text).not.toContain("free");
  expect(text).toContain("▒ conversation   8.0k  100 %");
});

test("a tool that is switched off takes no room", async () => {
  const off = await fakeChat({ control: { tools: [tool("bash", "execute")], toolsOff: new Set(["bash"]) } });
  await off.run(context);
  expect(off.printed[0]).toContain("▓ tools             0");
});

test("parts never come to more than was measured", async () => {
  const fake = await fakeChat({
    state: { contextTokens: 100, contextWindow: 1000 },
    control: { system: "s".repeat(4000) },
  });
  await fake.run(context);
  expect(fake.printed[0]).toContain("█ instructions    100   10 %");
});
