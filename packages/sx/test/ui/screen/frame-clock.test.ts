import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FrameClock } from "../../../src/ui/screen/frame-clock.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open() {
  let paints = 0;
  const clock = new FrameClock({ paint: () => void (paints += 1), nowMs: () => Date.now() });
  return { clock, paints: () => paints };
}

it("paints once for all that comes within a frame, and keeps no timer at rest", () => {
  const { clock, paints } = open();
  for (let delta = 0; delta < 100; delta += 1) clock.request();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(0);
  expect(paints()).toBe(1);
  for (let delta = 0; delta < 1000; delta += 1) {
    clock.request();
    vi.advanceTimersByTime(1);
  }
  expect(paints()).toBeLessThanOrEqual(32);
  vi.advanceTimersByTime(1000);
  expect(vi.getTimerCount()).toBe(0);
});

it("paints at once when asked to, and then not a second time", () => {
  const { clock, paints } = open();
  clock.request();
  clock.now();
  expect(paints()).toBe(1);
  vi.advanceTimersByTime(1000);
  expect(paints()).toBe(1);
  clock.request();
  clock.stop();
  vi.advanceTimersByTime(1000);
  expect(paints()).toBe(1);
});
