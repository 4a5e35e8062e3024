import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cd } from "../../../src/chat/commands/command-cd.js";
import { fakeChat } from "../fake-chat.js";

test.each(["sub", "./sub", "~/there"])("goes to %s", async (argument) => {
  const fake = await fakeChat();
  const path = argument.startsWith("~") ? join(fake.place.home, "there") : join(fake.place.project, "sub");
  await mkdir(path);
  await fake.run(cd, argument);
  expect(fake.calls).toEqual([["setCwd", path]]);
});

test.each(["", "nowhere"])("stays when there is no folder %j", async (argument) => {
  const fake = await fakeChat();
  await expect(fake.run(cd, argument)).rejects.toThrow();
  expect(fake.calls).toEqual([]);
});

test("completes folders", async () => {
  const fake = await fakeChat();
  await mkdir(join(fake.place.project, "src", "ui"), { recursive: true });
  await mkdir(join(fake.place.project, ".git"));
  expect(await cd.complete?.(fake.chat, "s")).toEqual([{ value: "src/" }]);
  expect(await cd.complete?.(fake.chat, "src/")).toEqual([{ value: "src/ui/" }]);
  expect(await cd.complete?.(fake.chat, "nowhere/")).toEqual([]);
});
