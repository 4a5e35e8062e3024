import { expect, test } from "vitest";
import { resume } from "../../../src/chat/commands/command-resume.js";
import { makePlace } from "../../harness.js";
import { fakeChat, keptSession } from "../fake-chat.js";

test("offers the other sessions of this folder with title, age, size and the last prompt", async () => {
  const place = await makePlace();
  const old = await keptSession(place, { prompt: "mend the parser", models: ["gpt"] });
  await old.append({ kind: "user", content: [{ type: "text", text: "and now\nits tests" }] });
  const now = await keptSession(place, { prompt: "today", models: ["gpt"] });
  const fake = await fakeChat({ place, picks: [old.id], control: { session: now } });
  await fake.run(resume);
  expect(fake.calls).toEqual([["resume", old.id]]);
  const [list = ""] = fake.questions;
  expect(list).toMatch(/^Resume\nmend the parser \| \d+ s ago · 3 messages · \d+ KB · and now.*its tests$/);
  expect((await resume.complete?.(fake.chat, ""))?.map(({ value }) => value)).toEqual([old.id.slice(0, 8)]);
  await Promise.all([old.close(), now.close()]);
});

test("takes the beginning of an id, and not the one that is open", async () => {
  const place = await makePlace();
  const session = await keptSession(place, { prompt: "today", models: [] });
  const fake = await fakeChat({ place, control: { session } });
  await fake.run(resume, session.id.slice(0, 6));
  expect(fake.calls).toEqual([]);
  await fake.run(resume, "ffff0000");
  expect(fake.calls).toEqual([["resume", "ffff0000"]]);
  await session.close();
});

test("says when there is nothing to choose from", async () => {
  const fake = await fakeChat();
  await fake.run(resume);
  expect(fake.questions).toEqual([]);
  expect(fake.notes[0]).toContain("there is no other session of this folder");
});
