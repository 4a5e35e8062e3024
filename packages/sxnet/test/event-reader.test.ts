import { describe, expect, it } from "vitest";
import { EventReader } from "../src/event-reader.js";

/** Batches of numbers, and the sum or the error at their end; notes when it was ended from outside. */
function reader(batches: readonly (readonly number[])[], failure?: Error) {
  const state = { started: 0, left: 0 };
  async function* run(): AsyncGenerator<readonly number[], number, void> {
    state.started += 1;
    let ended = false;
    try {
      yield* batches;
      ended = true;
    } finally {
      if (!ended) state.left += 1;
    }
    if (failure !== undefined) throw failure;
    return batches.flat().reduce((sum, each) => sum + each, 0);
  }
  return { state, reader: new EventReader(run()) };
}

async function take(source: AsyncIterable<number>): Promise<number[]> {
  const taken: number[] = [];
  for await (const each of source) taken.push(each);
  return taken;
}

describe("EventReader", () => {
  it.each([
    [[], 0],
    [[[1], [2, 3], []], 6],
  ])("gives every event of every batch, then the result: %j", async (batches, sum) => {
    const { reader: read } = reader(batches);
    expect(await take(read)).toEqual(batches.flat());
    expect(await read.result()).toBe(sum);
    expect(await read.result()).toBe(sum);
  });

  it("reads itself when only the result is wanted, once", async () => {
    const { reader: read, state } = reader([[1], [2]]);
    expect(await Promise.all([read.result(), read.result()])).toEqual([3, 3]);
    expect(state.started).toBe(1);
  });

  it("starts nothing before somebody reads", async () => {
    const { state } = reader([[1]]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.started).toBe(0);
  });

  it("tells the loop and the result the same error", async () => {
    const failure = new Error("broke");
    const { reader: read } = reader([[1]], failure);
    const whole = read.result();
    await expect(take(read)).rejects.toBe(failure);
    await expect(whole).rejects.toBe(failure);
    await expect(read.result()).rejects.toBe(failure);
  });

  it("ends the source when the reader leaves, and says so to whoever waits for the result", async () => {
    const { reader: read, state } = reader([[1, 2], [3]]);
    const whole = read.result();
    for await (const each of read) if (each === 1) break;
    expect(state.left).toBe(1);
    await expect(whole).rejects.toMatchObject({ name: "AbortError" });
  });

  it("settles also for a reader who leaves before the first event", async () => {
    const { reader: read, state } = reader([[1]]);
    const iterator = read[Symbol.asyncIterator]();
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(state.started).toBe(0);
    await expect(read.result()).rejects.toMatchObject({ name: "AbortError" });
  });

  it("has the result for a reader who leaves when it is known", async () => {
    async function* run(): AsyncGenerator<readonly number[], number, void> {
      yield [1];
      return 7;
    }
    const read = new EventReader(run(), () => 7);
    for await (const each of read) if (each === 1) break;
    expect(await read.result()).toBe(7);
  });

  it("is read once", async () => {
    const { reader: read } = reader([[1]]);
    await take(read);
    expect(() => read[Symbol.asyncIterator]()).toThrow("already read");
    expect(() => read.takeBatches()).toThrow(TypeError);
  });

  it("does not take one event more than its reader asked for", async () => {
    let made = 0;
    async function* run(): AsyncGenerator<readonly number[], void, void> {
      for (;;) yield [(made += 1)];
    }
    for await (const each of new EventReader(run())) if (each === 3) break;
    expect(made).toBe(3);
  });
});
