import { expect, test } from "vitest";
import { limits } from "../../../src/chat/commands/command-limits.js";
import { models } from "../../../src/chat/commands/command-models.js";
import { openSim } from "../../harness.js";
import { fakeChat } from "../fake-chat.js";

test("/models lists what a service answers, and a word narrows it down", async () => {
  const sim = await openSim({ turns: [] });
  const fake = await fakeChat({ env: sim.env });
  await fake.run(models);
  const [text = ""] = fake.printed;
  expect(text).toContain("**codex**");
  expect(text).toMatch(/^- `[^`]+`/m);
  await fake.run(models, "no-such-model-anywhere");
  expect(fake.printed[1]).not.toMatch(/^- /m);
  expect(fake.printed[1]).toContain("none");
});

test("/models tells the tables where nothing is set up", async () => {
  const fake = await fakeChat();
  await fake.run(models, "opus");
  expect(fake.printed[0]).toContain("`not set up`");
  expect(fake.printed[0]).toMatch(/- `claude-opus-[^`]+` · /);
});

test("/limits tells the windows of each service, or why there are none", async () => {
  const sim = await openSim({ turns: [] });
  const fake = await fakeChat({ env: sim.env });
  await fake.run(limits);
  expect(fake.printed[0]).toContain("codex");
});

test("/limits says when nobody could be asked", async () => {
  const fake = await fakeChat();
  await fake.run(limits);
  expect(fake.notes).toEqual(["warning: no provider is set up; scorpiox-config does that"]);
});
