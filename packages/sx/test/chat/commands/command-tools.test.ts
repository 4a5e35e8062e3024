import { expect, test } from "vitest";
import { tools } from "../../../src/chat/commands/command-tools.js";
import { fakeChat, tool } from "../fake-chat.js";

const TOOLS = [tool("bash", "execute"), tool("edit", "write"), tool("read", "read")];

test("switches a tool that is named", async () => {
  const fake = await fakeChat({ control: { tools: TOOLS } });
  await fake.run(tools, "bash off");
  await fake.run(tools, "bash");
  expect(fake.calls).toEqual([
    ["switchTool", "bash", false],
    ["switchTool", "bash", true],
  ]);
  expect(fake.notes).toEqual(["info: bash: off", "info: bash: on"]);
});

test("lists them with their state until the person is done", async () => {
  const fake = await fakeChat({ control: { tools: TOOLS }, picks: ["edit", "read", undefined] });
  await fake.run(tools);
  expect(fake.calls).toEqual([
    ["switchTool", "edit", false],
    ["switchTool", "read", false],
  ]);
  expect(fake.questions.at(-1)).toBe(
    "Tools, for this session\n● bash | on · runs programs\n○ edit | off · changes files\n○ read | off · reads",
  );
});

test.each([
  ["bsh off", 'there is no tool "bsh"; did you mean bash'],
  ["bash maybe", '"maybe" is neither on nor off'],
])("refuses %s", async (argument, message) => {
  const fake = await fakeChat({ control: { tools: TOOLS } });
  await expect(fake.run(tools, argument)).rejects.toThrow(message);
  expect(fake.calls).toEqual([]);
});
