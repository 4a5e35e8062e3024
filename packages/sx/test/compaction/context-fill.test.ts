import { type Message, NO_USAGE } from "@scorpiox/sxnet";
import { expect, test } from "vitest";
import { ContextFill } from "../../src/compaction/context-fill.js";

const text = (characters: number): Message => ({
  role: "user",
  content: [{ type: "text", text: "x".repeat(characters) }],
});

test("what was counted is counted, what came since is estimated, and the next estimates are corrected by it", () => {
  const fill = new ContextFill(100);
  const messages = [text(3_984), text(384)];
  expect(fill.tokens(messages)).toBe(100 + 1_000 + 100);
  fill.answered({ ...NO_USAGE, inputTokens: 200, cacheReadTokens: 2_000, outputTokens: 50 }, messages);
  // Twice of what was guessed for the 1,100 tokens before the answer.
  expect(fill.tokens(messages)).toBe(2_250);
  expect(fill.tokens([...messages, text(384)])).toBe(2_450);
  fill.replaced();
  expect(fill.tokens([text(384)])).toBe(400);
});

test("a service that counts nothing leaves the estimate", () => {
  const fill = new ContextFill(0);
  fill.answered(NO_USAGE, [text(384)]);
  expect(fill.tokens([text(384)])).toBe(100);
});
