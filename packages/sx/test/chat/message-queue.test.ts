import { expect, test } from "vitest";
import { MessageQueue, type QueuedMessage } from "../../src/chat/message-queue.js";

const message = (text: string, when: QueuedMessage["when"] = "steer", content?: QueuedMessage["content"]) => ({
  text,
  shown: text,
  when,
  content: content ?? Promise.resolve([{ type: "text", text } as const]),
});
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what steers goes out in order, up to the first that waits", async () => {
  let changes = 0;
  const queue = new MessageQueue(() => (changes += 1));
  for (const one of [message("a"), message("b"), message("c", "later"), message("d")]) queue.add(one);
  await settled();
  expect(queue.takeSteering().map(({ text }) => text)).toEqual(["a", "b"]);
  expect(queue.takeSteering()).toEqual([]);
  expect(queue.shown).toEqual(["~ c", "d"]);
  expect(queue.takeFirst()?.text).toBe("c");
  expect(queue.takeSteering().map(({ text }) => text)).toEqual(["d"]);
  expect(changes).toBe(7);
});

test("what is not read yet does not go out, and neither does what stands behind it", async () => {
  const queue = new MessageQueue(() => undefined);
  let read: (content: Awaited<QueuedMessage["content"]>) => void = () => undefined;
  queue.add(message("image", "steer", new Promise((resolve) => (read = resolve))));
  queue.add(message("behind"));
  await settled();
  expect(queue.takeSteering()).toEqual([]);
  read([{ type: "text", text: "image" }]);
  await settled();
  expect(queue.takeSteering()).toHaveLength(2);
});

test("the last one comes back, and all can be forgotten", async () => {
  const queue = new MessageQueue(() => undefined);
  queue.add(message("a"));
  queue.add(message("bad", "steer", Promise.reject(new Error("no such image"))));
  await settled();
  expect(queue.takeSteering().map(({ text }) => text)).toEqual(["a"]);
  expect(queue.takeLast()?.text).toBe("bad");
  queue.add(message("c"));
  expect(queue.clear()).toBe(1);
  expect(queue.clear()).toBe(0);
});
