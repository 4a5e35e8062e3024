import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Countdown } from "../src/countdown.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function start(isLive: boolean, columns: number | undefined) {
  const stream = Object.assign(new PassThrough(), columns === undefined ? {} : { columns });
  const countdown = new Countdown(stream, isLive);
  countdown.start("waiting for the code to be typed", 61_000);
  return { countdown, read: () => String(stream.read() ?? "") };
}

describe("Countdown", () => {
  it("writes one line anew each second, and takes it away", () => {
    const { countdown, read } = start(true, 80);
    expect(read()).toBe("\r1:01 left, waiting for the code to be typed\u001b[K");
    vi.advanceTimersByTime(2_000);
    expect(read()).toContain("\r0:59 left, waiting");
    countdown.say("the network is down; trying again");
    expect(read()).toBe("\r0:59 left, the network is down; trying again\u001b[K");
    countdown.stop();
    countdown.stop();
    expect(read()).toBe("\r\u001b[K");
    vi.advanceTimersByTime(5_000);
    expect(read()).toBe("");
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [20, "1:01 left, waiting "],
    [0, "1:01 left, waiting for the code to be typed"],
    [undefined, "1:01 left, waiting for the code to be typed"],
  ])("stays in one line of %s columns", (columns, line) => {
    const { countdown, read } = start(true, columns);
    expect(read()).toBe(`\r${line}\u001b[K`);
    countdown.stop();
  });

  it("shows nothing without a terminal", () => {
    const { countdown, read } = start(false, 80);
    countdown.say("x");
    vi.advanceTimersByTime(5_000);
    countdown.stop();
    expect(read()).toBe("");
  });
});
