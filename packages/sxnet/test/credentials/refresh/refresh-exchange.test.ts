import { createServer } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { codexOauth } from "../../../src/credentials/oauth-codex.js";
import { exchangeRefreshToken } from "../../../src/credentials/refresh/refresh-exchange.js";
import { type Loopback, serve, serveRaw } from "../../loopback.js";

const LIMITS = { requestMs: 400, budgetMs: 2_000, connectMs: 400 };
const GOOD = JSON.stringify({ access_token: "t2", refresh_token: "r2" });

function exchange({ origin }: Pick<Loopback, "origin">, now = Date.now) {
  const request = codexOauth.buildRefresh(`${origin}/oauth/token`, "r1", {}, "scorpiox_code");
  return exchangeRefreshToken(codexOauth, request, { now, random: () => 0.1, limits: LIMITS });
}

describe("exchangeRefreshToken", () => {
  it("gives what the authority grants, and how far the clocks are apart", async () => {
    const bodies: string[] = [];
    const server = await serve(async (request, response) => {
      for await (const chunk of request) bodies.push(String(chunk));
      response.setHeader("date", new Date("2026-11-21T01:00:00Z").toUTCString());
      response.end(GOOD);
    });
    const answered = await exchange(server, () => Date.parse("2026-11-21T00:00:00Z"));
    expect(answered).toEqual({
      answer: { kind: "granted", tokens: { accessToken: "t2", refreshToken: "r2" } },
      skewMs: 3_600_000,
    });
    expect(bodies).toHaveLength(1);
  });

  it.each([429, 500, 502, 503, 504, 408])("asks again after %i, with a new connection", async (status) => {
    let calls = 0;
    const server = await serve((_request, response) => {
      calls += 1;
      response.statusCode = calls < 3 ? status : 200;
      response.end(calls < 3 ? "{}" : GOOD);
    });
    expect((await exchange(server)).answer.kind).toBe("granted");
    expect([calls, server.connections.length]).toEqual([3, 3]);
  });

  it.each([400, 401, 403, 404, 302])("does not ask again after %i", async (status) => {
    let calls = 0;
    const server = await serve((_request, response) => {
      calls += 1;
      response.statusCode = status;
      response.end("{}");
    });
    expect(["failed", "refused"]).toContain((await exchange(server)).answer.kind);
    expect(calls).toBe(1);
  });

  it("does not wait for longer than its budget, and tells for how long others should", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(429, { "retry-after": "60" });
      response.end();
    });
    expect((await exchange(server)).answer).toMatchObject({ kind: "failed", reason: "limited", retryAfterMs: 60_000 });
    expect(server.connections).toHaveLength(1);
  });

  it.each([
    ["a closed connection", (socket: { destroy(): void }) => socket.destroy()],
    ["silence", () => undefined],
    [
      "half an answer",
      (socket: { end(text: string): void }) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"),
    ],
    [
      "a web page",
      (socket: { end(text: string): void }) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n<>"),
    ],
    ["no HTTP", (socket: { end(text: string): void }) => socket.end("SSH-2.0-x\r\n\r\n")],
  ] as const)("sends the token once more after %s, and no more", async (_name, talk) => {
    let calls = 0;
    const server = await serveRaw((socket) => {
      calls += 1;
      (talk as (one: unknown) => void)(socket);
    });
    expect((await exchange(server)).answer.kind).toBe("unclear");
    expect(calls).toBe(2);
  });

  it("takes the second answer when the first was lost", async () => {
    let calls = 0;
    const server = await serve((request, response) => {
      calls += 1;
      if (calls === 1) request.socket.destroy();
      else response.end(GOOD);
    });
    expect((await exchange(server)).answer.kind).toBe("granted");
  });

  it("never asks a third time, whatever comes after a lost answer", async () => {
    let calls = 0;
    const server = await serve((request, response) => {
      calls += 1;
      if (calls === 1) request.socket.destroy();
      else response.writeHead(503).end();
    });
    expect((await exchange(server)).answer).toMatchObject({ kind: "failed" });
    expect(calls).toBe(2);
  });

  it("asks again and again within the budget while nobody listens", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as { readonly port: number };
    closed.close();
    await once(closed, "close");
    const { answer } = await exchange({ origin: `http://127.0.0.1:${port}` });
    expect(answer).toMatchObject({ kind: "failed", reason: "network", again: true });
    expect(answer.kind === "failed" && answer.what).toContain("refused");
  });
});
