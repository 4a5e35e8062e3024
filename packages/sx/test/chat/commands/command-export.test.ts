import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportSession } from "../../../src/chat/commands/command-export.js";
import { makePlace } from "../../harness.js";
import { answer, fakeChat, keptSession, user } from "../fake-chat.js";

const MESSAGES = [user("What is it?"), answer("It is **that**.")];

test.each([
  ["talk.md", "talk.md", /^# /],
  ["html", "sx-session.html", /^<!doctype html>/],
  ["talk.html", "talk.html", /^<!doctype html>/],
  ["markdown notes.txt", "notes.txt", /^# /],
  ["", "sx-session.md", /^# /],
])("%j writes %s", async (argument, name, start) => {
  const fake = await fakeChat({ messages: MESSAGES });
  await fake.run(exportSession, argument);
  const path = join(fake.place.project, name);
  const text = await readFile(path, "utf8");
  expect(text).toMatch(start);
  expect(text).toContain("What is it?");
  expect(text).toContain("that");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("writes what the session's file holds", async () => {
  const place = await makePlace();
  const session = await keptSession(place, { prompt: "kept words", models: ["gpt-x"] });
  const fake = await fakeChat({ place, messages: MESSAGES, control: { session } });
  await fake.run(exportSession, "out.md");
  const text = await readFile(join(place.project, "out.md"), "utf8");
  expect(text).toContain("kept words");
  expect(text).toContain("codex gpt-x");
  await session.close();
});

test.each([
  [false, "mine"],
  [true, "# "],
])("asks before it overwrites: %s", async (yes, start) => {
  const fake = await fakeChat({ messages: MESSAGES, confirms: [yes] });
  const path = join(fake.place.project, "talk.md");
  await writeFile(path, "mine");
  await fake.run(exportSession, "talk.md");
  expect(fake.questions[0]).toContain("talk.md exists. Overwrite it?");
  expect((await readFile(path, "utf8")).startsWith(start)).toBe(true);
});

test("a path that leads out must be spelled out", async () => {
  const fake = await fakeChat({ messages: MESSAGES });
  await expect(fake.run(exportSession, "../talk.md")).rejects.toThrow("give an absolute path");
  await fake.run(exportSession, "~/talk.md");
  expect(await readFile(join(fake.place.home, "talk.md"), "utf8")).toContain("What is it?");
});

test("hides secrets, and tells of a folder that is not there", async () => {
  const fake = await fakeChat({
    messages: [user("the key is sk-ant-verysecretvalue1234")],
    env: { ANTHROPIC_API_KEY: "sk-ant-verysecretvalue1234" },
  });
  await fake.run(exportSession, "a.md");
  expect(await readFile(join(fake.place.project, "a.md"), "utf8")).not.toContain("verysecret");
  await expect(fake.run(exportSession, "no/such/a.md")).rejects.toThrow("cannot be written (ENOENT)");
});
