import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { orAbort } from "../src/or-abort.js";

const reason = new Error("enough");
const never = new Promise<never>(() => undefined);

it("settles as the work does, and leaves no listener", async () => {
  const { signal } = new AbortController();
  expect(await orAbort(Promise.resolve(1), signal)).toBe(1);
  await expect(orAbort(Promise.reject(reason), signal)).rejects.toBe(reason);
  expect(await orAbort(Promise.resolve(1), undefined)).toBe(1);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

it("rejects with the signal's reason, before or during the work, whatever that does later", async () => {
  await expect(orAbort(never, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<never>((_resolve, reject) => (fail = reject));
  const waiting = orAbort(work, controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  fail(new Error("too late"));
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
});
