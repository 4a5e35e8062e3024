import { afterEach, describe, expect, it } from "vitest";
import { type Sim, startSim, type Turn } from "../src/index.js";
import { codexBody, eventsOf, joinDeltas, post, rawPost } from "./client.js";

const open: Sim[] = [];
async function serve(...turns: readonly Turn[]): Promise<Sim> {
  const sim = await startSim({ script: { turns }, seed: "t" });
  open.push(sim);
  return sim;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((sim) => sim.close()));
});

const TEXT = "The quick brown fox. Größe 😀😀 ends here.";
const REPLY = [{ text: TEXT, deltas: 5 }];

/** Body bytes of a chunked answer as they came over the wire, and whether the last chunk was there. */
function unchunk(raw: string): { body: Buffer; ended: boolean } {
  let bytes: Buffer = Buffer.from(raw, "latin1");
  bytes = bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
  const parts: Buffer[] = [];
  for (;;) {
    const end = bytes.indexOf("\r\n");
    if (end === -1) return { body: Buffer.concat(parts), ended: false };
    const size = Number.parseInt(bytes.subarray(0, end).toString("latin1"), 16);
    if (Number.isNaN(size)) throw new Error(`no chunk at ${bytes.subarray(0, 40).toString("latin1")}`);
    if (size === 0) return { body: Buffer.concat(parts), ended: true };
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    bytes = bytes.subarray(end + 2 + size + 2);
  }
}

describe("faults, seen from a raw connection", () => {
  it("cuts the body after so many bytes, with a FIN and without its end", async () => {
    const sim = await serve({ reply: REPLY, cutAfterBytes: 400 });
    const raw = await rawPost(sim, codexBody("x"));
    expect(raw.end).toBe("end");
    const { body, ended } = unchunk(raw.text);
    expect({ bytes: body.length, ended }).toEqual({ bytes: 400, ended: false });
  });

  it("cuts before the first byte of the body, after the headers", async () => {
    const sim = await serve({ reply: REPLY, cutAfterBytes: 0 });
    const raw = await rawPost(sim, codexBody("x"));
    expect(raw.text).toContain("HTTP/1.1 200");
    expect(unchunk(raw.text)).toMatchObject({ ended: false });
    expect(raw.end).toBe("end");
  });

  it("cuts at once, not after the pauses of what is left", async () => {
    const sim = await serve({ reply: [{ text: "ab" }, { text: "never", delayMs: 600_000 }], cutAfterBytes: 100 });
    expect(unchunk((await rawPost(sim, codexBody("x"))).text).body.length).toBe(100);
  });

  it("resets after so many bytes", async () => {
    const sim = await serve({ reply: REPLY, cutAfterBytes: 300, reset: true });
    const raw = await rawPost(sim, codexBody("x"));
    expect(raw.end).toBe("ECONNRESET");
    expect(unchunk(raw.text).body.length).toBe(300);
  });

  it("resets instead of answering", async () => {
    const sim = await serve({ reset: true });
    expect(await rawPost(sim, codexBody("x"))).toMatchObject({ text: "", end: "ECONNRESET" });
    expect(sim.problems()).toEqual([]);
  });

  it("stalls after so many bytes and keeps the connection", async () => {
    const sim = await serve({ reply: REPLY, stallAfterBytes: 500 });
    let ended = false;
    const reading = rawPost(sim, codexBody("x")).finally(() => (ended = true));
    const got = await rawPostSeen(sim, reading);
    expect(ended).toBe(false);
    await sim.close();
    expect(unchunk((await reading).text).body.length).toBe(500);
    expect(got).toBe(1);
  });

  it("keeps the connection open after the last event", async () => {
    const sim = await serve({ reply: REPLY, keepOpen: true });
    const raw = await rawPost(sim, codexBody("x"), (text) => text.includes("response.completed\ndata"));
    expect(raw.end).toBe("left");
    expect(unchunk(raw.text).ended).toBe(false);
  });

  it("writes pieces of so many bytes, cutting characters in two, and loses none", async () => {
    const sim = await serve({ reply: REPLY, chunkBytes: 1 });
    const raw = await rawPost(sim, codexBody("x"));
    const { body } = unchunk(raw.text);
    expect(joinDeltas(body.toString("utf8"), "response.output_text.delta")).toBe(TEXT);
    // Each byte is a chunk of its own: "1", line end, the byte, line end.
    expect(raw.text.slice(raw.text.indexOf("\r\n\r\n") + 4)).toMatch(/^1\r\ne\r\n1\r\nv\r\n/);
  });

  it("ends lines in CR LF", async () => {
    const sim = await serve({ reply: REPLY, crlf: true });
    const { body } = await post(sim, codexBody("x"));
    expect(body.replaceAll("\r\n", "")).not.toContain("\n");
    expect(body).toContain("\r\n\r\n");
    expect(joinDeltas(body, "response.output_text.delta")).toBe(TEXT);
  });

  it("is as slow as asked", async () => {
    const sim = await serve({ reply: REPLY, slow: 20_000 });
    const started = performance.now();
    const { body, end } = await post(sim, codexBody("x"));
    // Only a lower bound: a busy machine is slower still.
    expect(performance.now() - started).toBeGreaterThan((Buffer.byteLength(body) / 20_000) * 1000 * 0.8);
    expect(end).toBe("complete");
  });

  it("waits before the status and between deltas", async () => {
    const sim = await serve({ headDelayMs: 30, reply: [{ text: "abcd", deltas: 1, delayMs: 15 }] });
    const started = performance.now();
    const raw = await rawPost(sim, codexBody("x"));
    expect(performance.now() - started).toBeGreaterThan(85);
    expect(joinDeltas(unchunk(raw.text).body.toString("utf8"), "response.output_text.delta")).toBe("abcd");
  });

  it("sends raw bytes of the script as they are", async () => {
    const sim = await serve({ reply: [{ raw: ": a comment\n\ndata: {broken\n\n" }, { text: "ok" }] });
    expect((await post(sim, codexBody("x"))).body).toContain("\n\n: a comment\n\ndata: {broken\n\nevent: ");
  });

  it("puts faults on HTTP errors too", async () => {
    const sim = await serve({ status: 500, body: "a long explanation", cutAfterBytes: 6 });
    const got = await post(sim, codexBody("x"));
    expect(got).toMatchObject({ status: 500, body: "a long", end: "ECONNRESET" });
  });

  it("leaves nothing running when the client goes away in the middle", async () => {
    // The test runner's own timers come and go: there must be no more of anything than before.
    const before = busyResources();
    const sim = await serve({ reply: [{ text: "a".repeat(200), deltas: 1, delayMs: 5 }] });
    await rawPost(sim, codexBody("x"), (text) => text.includes("output_text.delta"));
    expect(busyResources()).toContain("TCPServerWrap");
    await sim.close();
    const left = [...busyResources()];
    for (const name of before) if (left.includes(name)) left.splice(left.indexOf(name), 1);
    expect(left).toEqual([]);
  });
});

describe("a client that leaves", () => {
  it("ends its answer, whatever is left of it", async () => {
    let over = (): void => undefined;
    const accounted = new Promise<void>((resolve) => (over = resolve));
    const turn: Turn = {
      reply: [
        { text: "ab", deltas: 1 },
        { text: "never", delayMs: 600_000 },
      ],
    };
    const sim = await startSim({ script: { turns: [turn] }, onEvent: over });
    open.push(sim);
    await rawPost(sim, codexBody("x"), (text) => text.includes("output_text.delta"));
    await accounted;
  });
});

describe("long answers", () => {
  it("keeps the pace of a slow reader and of 20,000 deltas", async () => {
    const text = "x".repeat(400_000);
    const sim = await serve({ reply: [{ text, deltas: 20 }] });
    const { body, end } = await post(sim, codexBody("x"));
    expect(end).toBe("complete");
    expect(eventsOf(body).filter((event) => event["type"] === "response.output_text.delta")).toHaveLength(20_000);
    expect(joinDeltas(body, "response.output_text.delta")).toBe(text);
  });
});

function busyResources(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout" || name.startsWith("TCP"));
}

/** Waits until the simulator has read the request that is being answered. */
async function rawPostSeen(sim: Sim, reading: Promise<unknown>): Promise<number> {
  for (let turn = 0; turn < 1000 && sim.requests.length === 0; turn += 1) {
    await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 2))]);
  }
  // One more moment for an end that must not come.
  await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 30))]);
  return sim.requests.length;
}
