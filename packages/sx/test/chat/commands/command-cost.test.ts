import { NO_USAGE } from "@scorpiox/sxnet";
import { expect, test } from "vitest";
import { cost } from "../../../src/chat/commands/command-cost.js";
import { makePlace } from "../../harness.js";
import { fakeChat, keptSession } from "../fake-chat.js";

test("tells tokens and price by model, also of what was said before resuming", async () => {
  const place = await makePlace();
  const session = await keptSession(place, { prompt: "hi", models: ["claude-opus-4-8", "made-up", "made-up"] });
  const fake = await fakeChat({ place, control: { session } });
  await fake.run(cost);
  const [text = ""] = fake.printed;
  expect(text).toMatch(/- `anthropic claude-opus-4-8` 1 answer · 1\.0M in \(0 cached\), 100k out · \\\$\d+\.\d\d/);
  expect(text).toContain("- `codex made-up` 2 answers · 2.0M in (0 cached), 200k out · price not known");
  // One unknown price makes the sum unknown: it is not 0.
  expect(text).toContain("Together 3.0M in (0 cached), 300k out · price not known");
  await session.close();
});

test("takes the configured price", async () => {
  const place = await makePlace();
  const session = await keptSession(place, { prompt: "hi", models: ["made-up"] });
  const fake = await fakeChat({ place, env: { PRICE_INPUT: "2", PRICE_OUTPUT: "10" }, control: { session } });
  await fake.run(cost);
  expect(fake.printed[0]).toContain("Together 1.0M in (0 cached), 100k out · \\$3.00");
  await session.close();
});

test("leaves out what a copy took over: its session has paid for it", async () => {
  const place = await makePlace();
  const session = await keptSession(place, { prompt: "hi", models: ["made-up"] });
  await session.close();
  const { openSession } = await import("../../../src/sessions/open-session.js");
  const { sessionsFolder } = await import("../../../src/sessions/session-folder.js");
  const folder = sessionsFolder({}, place.home);
  const store = { folder, cwd: place.project, now: Date.now, warn: () => undefined, fork: true, keeps: true };
  const copy = await openSession(session.id, store);
  copy.begin({ provider: "codex", model: "other", approvalMode: "ask", mask: (text) => text });
  await copy.append({ kind: "user", content: [{ type: "text", text: "on" }] });
  await copy.append({ kind: "assistant", content: [{ type: "text", text: "yes" }], provider: "codex", model: "other" });
  const fake = await fakeChat({ place, control: { session: copy } });
  await fake.run(cost);
  expect(fake.printed[0]).toContain("codex other");
  expect(fake.printed[0]).not.toContain("made-up");
  await copy.close();
});

test("without a kept session it tells what this chat has counted", async () => {
  const usage = { ...NO_USAGE, inputTokens: 1200, cacheReadTokens: 300, outputTokens: 40 };
  const fake = await fakeChat({ state: { usage, costUsd: 0.0123 } });
  await fake.run(cost);
  expect(fake.printed).toEqual(["Since the start of this chat: 1.5k in (300 cached), 40 out · \\$0.0123"]);
});
