import { expect, it } from "vitest";
import { plainAnswer } from "../src/player.js";
import { startServer } from "../src/server.js";
import { jsonAnswer } from "../src/wire.js";
import { post } from "./client.js";

it("tells an answer that HTTP cannot carry as a problem, and goes on", async () => {
  const violations: string[] = [];
  const problems: (string | undefined)[] = [];
  let header = "\ud800";
  const player = {
    play: () => ({ answer: plainAnswer(jsonAnswer(200, {}, { "x-odd": header })) }),
    remaining: () => 0,
    left: () => undefined,
  };
  const server = await startServer({
    source: { player },
    port: 0,
    maxRequestBytes: 1000,
    now: () => 0,
    onRequest: () => undefined,
    onViolation: (message) => void violations.push(message),
    onRow: ({ problem }) => void problems.push(problem),
  });
  try {
    const url = `http://127.0.0.1:${server.port}`;
    await expect(post({ url }, {})).rejects.toThrow();
    header = "plain";
    expect((await post({ url }, {})).status).toBe(200);
    expect(violations).toEqual([expect.stringContaining("cannot be sent")]);
    expect(problems).toEqual([expect.stringContaining("cannot be sent"), undefined]);
  } finally {
    await server.close();
  }
});
