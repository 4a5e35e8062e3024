import { describe, expect, it } from "vitest";
import { TimeLimit } from "../../../src/credentials/ssh/time-limit.js";
import { expectNothingLeft } from "../../leaks.js";

const tooLate = (): Error => new Error("too late");
const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });

describe("TimeLimit", () => {
  it("aborts with its error when the time is over", async () => {
    const limit = new TimeLimit(5, tooLate);
    expect(await aborted(limit.signal)).toEqual(tooLate());
    limit.end();
  });

  it("aborts with the outer signal's reason", async () => {
    const outer = new AbortController();
    const limit = new TimeLimit(60_000, tooLate, outer.signal);
    outer.abort(new Error("enough"));
    expect(limit.signal.reason).toEqual(new Error("enough"));
    limit.end();
    const late = new TimeLimit(60_000, tooLate, outer.signal);
    expect(late.signal.aborted).toBe(true);
    late.end();
  });

  it("leaves nothing behind, also when it ends inside an uncounted wait", async () => {
    const { signal } = new AbortController();
    await expectNothingLeft(signal, async () => {
      const limit = new TimeLimit(60_000, tooLate, signal);
      await limit.uncounted(async () => limit.end());
      expect(limit.signal.aborted).toBe(false);
    });
  });

  it("stands still while something uncounted goes on, and runs again afterwards", async () => {
    const limit = new TimeLimit(40, tooLate);
    await limit.uncounted(async () => {
      await limit.uncounted(async () => undefined);
      await new Promise((resolve) => setTimeout(resolve, 80));
      expect(limit.signal.aborted).toBe(false);
    });
    expect(await aborted(limit.signal)).toEqual(tooLate());
    limit.end();
  });
});
