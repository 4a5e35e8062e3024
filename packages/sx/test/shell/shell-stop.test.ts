import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { waitForStop, within } from "../../src/shell/shell-stop.js";

const LONG_MS = 600_000;

test("the signal stops, and only the first reason counts", async () => {
  const controller = new AbortController();
  const stop = waitForStop(controller.signal, LONG_MS);
  expect(stop.reason).toBeUndefined();
  controller.abort();
  expect(await stop.stopped).toBe("cancelled");
  expect(stop.reason).toBe("cancelled");
  stop.dispose();
});

test("a signal that was aborted before", async () => {
  const stop = waitForStop(AbortSignal.abort(), LONG_MS);
  expect(await stop.stopped).toBe("cancelled");
  stop.dispose();
});

test("the time limit stops", async () => {
  const stop = waitForStop(new AbortController().signal, 1);
  expect(await stop.stopped).toBe("timed_out");
  stop.dispose();
});

test("disposal leaves neither timer nor listener", async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  const { signal } = new AbortController();
  const stop = waitForStop(signal, LONG_MS);
  expect(timers()).toBe(before + 1);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  stop.dispose();
  expect(timers()).toBe(before);
  expect(getEventListeners(signal, "abort")).toEqual([]);
  await within(LONG_MS, Promise.resolve());
  await within(LONG_MS, Promise.reject(new Error("not ours to report")));
  await within(1, new Promise(() => {}));
  expect(timers()).toBe(before);
});
