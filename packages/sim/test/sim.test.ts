import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fakeCodexAuth, type Sim, type SimEvent, type SimOptions, startSim } from "../src/index.js";
import { AUTHORIZATION, codexBody, eventsOf, joinDeltas, post, send, userItem } from "./client.js";

const open: Sim[] = [];
async function start(options: SimOptions): Promise<Sim> {
  const sim = await startSim(options);
  open.push(sim);
  return sim;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((sim) => sim.close()));
});

describe("a scripted answer", () => {
  it("streams thinking, text and calls in the order of the script", async () => {
    const sim = await start({
      seed: "t",
      script: {
        turns: [
          {
            reply: [
              { thinking: "Let me look." },
              { text: "Reading." },
              { tool_use: { name: "read", input: { path: "a.txt" } } },
              { tool_use: { name: "read", input: { path: "b.txt" }, id: "call_mine" } },
            ],
          },
        ],
      },
    });
    const got = await post(sim, codexBody("hi"));
    expect(got).toMatchObject({ status: 200, end: "complete" });
    expect(joinDeltas(got.body, "response.reasoning_summary_text.delta")).toBe("Let me look.");
    expect(joinDeltas(got.body, "response.output_text.delta")).toBe("Reading.");
    const events = eventsOf(got.body);
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_event, index) => index));
    expect(events.at(-1)).toMatchObject({
      type: "response.completed",
      response: {
        status: "completed",
        output: [
          { type: "reasoning" },
          { type: "message", phase: "commentary" },
          { type: "function_call", name: "read", arguments: '{"path":"a.txt"}' },
          { type: "function_call", call_id: "call_mine", arguments: '{"path":"b.txt"}' },
        ],
      },
    });
    expect(sim.remainingTurns()).toBe(0);
    expect(sim.problems()).toEqual([]);
  });

  it("reads a request back in neutral words", async () => {
    const sim = await start({ script: { turns: [{ reply: [{ text: "ok" }] }] } });
    const input = [
      userItem("fix it"),
      { type: "function_call", call_id: "c1", name: "bash", arguments: '{"command":"ls"}' },
      { type: "function_call_output", call_id: "c1", output: "a\nb" },
    ];
    const tools = [{ type: "function", name: "bash", description: "", strict: false, parameters: { type: "object" } }];
    await post(sim, codexBody("", { input, tools }));
    expect(sim.requests[0]).toMatchObject({
      n: 1,
      wire: "responses",
      model: "gpt-5.5",
      system: "You are a test.",
      tools: [{ name: "bash" }],
      messages: [
        { role: "user", content: [{ type: "text", text: "fix it" }] },
        { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "bash", input: { command: "ls" } }] },
        {
          role: "user",
          content: [{ type: "tool_result", toolUseId: "c1", content: [{ type: "text", text: "a\nb" }] }],
        },
      ],
      toolResults: [{ toolUseId: "c1", name: "bash", text: "a\nb" }],
    });
  });
});

const OK = { turns: [{ times: "any", reply: [{ text: "ok" }] }] } as const;

describe("the request log", () => {
  it("has one row for each request, without credentials", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sim-log-"));
    try {
      const log = join(folder, "log.jsonl");
      const events: SimEvent[] = [];
      const sim = await start({
        script: OK,
        log,
        now: () => 1_800_000_000_000,
        onEvent: (event) => events.push(event),
      });
      const good = await post(sim, codexBody("hi"), { "x-secret-thing": "hidden-value" });
      await post(sim, codexBody("hi", { store: true }));
      await send(`${sim.url}/nowhere?key=hidden-value`, { method: "GET", headers: {} });
      await sim.close();
      const text = await readFile(log, "utf8");
      const rows = text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(rows).toMatchObject([
        {
          n: 1,
          at: "2027-01-15T08:00:00.000Z",
          method: "POST",
          path: "/backend-api/codex/responses",
          status: 200,
          bytesIn: JSON.stringify(codexBody("hi")).length,
          bytesOut: good.body.length,
          ms: 0,
          model: "gpt-5.5",
          turn: "turn 1",
          headers: { authorization: "[masked]", "x-secret-thing": "[masked]", version: "0.169.0" },
        },
        { n: 2, status: 400, problem: "request 2 would be refused by the service: Store must be set to false" },
        { n: 3, status: 404, path: "/nowhere" },
      ]);
      expect(text).not.toContain(AUTHORIZATION.slice(7));
      expect(text).not.toContain("hidden-value");
      expect(events.map((event) => event.type)).toEqual(["request", "violation", "request", "violation", "request"]);
      expect((await stat(log)).mode & 0o777).toBe(0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("what a client needs", () => {
  it("is in the environment, with a credential that lasts, and goes away at the end", async () => {
    const sim = await start({ script: OK });
    expect(sim.env).toMatchObject({
      PROVIDER: "codex",
      CODEX_BASE_URL: `${sim.url}/backend-api/codex`,
      CODEX_TOKEN_SOURCE: "local",
      OPENAI_BASE_URL: `${sim.url}/v1`,
      ANTHROPIC_API_URL: `${sim.url}/v1/messages`,
      CLAUDE_CODE_API_URL: `${sim.url}/v1/messages`,
    });
    // Which format a provider speaks is its user's choice, and which one a router speaks is not known.
    expect(Object.keys(sim.env)).not.toContain("OPENAI_API");
    expect(Object.keys(sim.env)).not.toContain("ROUTER_URL");
    const path = sim.env["CODEX_CREDENTIALS_FILE"] ?? "";
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    const auth = JSON.parse(await readFile(path, "utf8")) as ReturnType<typeof fakeCodexAuth>;
    expect(auth).toEqual(fakeCodexAuth(expiryOf(auth.tokens.access_token)));
    expect(expiryOf(auth.tokens.access_token)).toBeGreaterThan(Date.now() + 9 * 365 * 24 * 3_600_000);
    await sim.close();
    await sim.close();
    await expect(stat(dirname(path))).rejects.toThrow("ENOENT");
  });

  it("has the model list that fits the client's version", async () => {
    const sim = await start({ script: OK });
    const list = async (query: string): Promise<readonly string[]> => {
      const url = `${sim.url}/backend-api/codex/models${query}`;
      const got = await send(url, { method: "GET", headers: { authorization: AUTHORIZATION } });
      return (JSON.parse(got.body) as { models: { slug: string }[] }).models.map(({ slug }) => slug);
    };
    expect(await list("")).toContain("gpt-6-sol");
    expect(await list("?client_version=0.144.6")).toEqual(["gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna", "gpt-5.5"]);
    const bare = await send(`${sim.url}/backend-api/codex/models`, { method: "GET", headers: {} });
    expect(bare.status).toBe(401);
    expect(sim.problems()).toEqual([]);
  });
});

describe("limits", () => {
  it("refuses a body that is too large, and goes on", async () => {
    const sim = await start({ script: OK, maxRequestBytes: 2000 });
    expect(await post(sim, codexBody("x".repeat(4_000_000)))).toMatchObject({ status: 413 });
    expect(await post(sim, codexBody("hi"))).toMatchObject({ status: 200 });
    expect(sim.violations).toEqual(["a request is larger than 2000 bytes"]);
  });

  it("does not take half a request for a wrong one", async () => {
    let told = (_event: SimEvent): void => undefined;
    const row = new Promise<SimEvent>((resolve) => (told = resolve));
    const sim = await start({ script: OK, onEvent: (event) => told(event) });
    const socket = connect(sim.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(`POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"mod`, () => socket.destroy());
    expect(await row).toMatchObject({ type: "request", row: { status: 0, bytesIn: 5 } });
    expect(sim.problems()).toEqual([]);
  });

  // Linux alone has the whole of 127.0.0.0/8 without set-up, so that a second address can be tried.
  it.skipIf(process.platform !== "linux")("listens on one address alone", async () => {
    const sim = await start({ script: OK });
    expect(sim.url).toBe(`http://127.0.0.1:${sim.port}`);
    await expect(post({ url: `http://127.0.0.2:${sim.port}` }, codexBody("hi"))).rejects.toThrow("ECONNREFUSED");
  });

  it("says that a port is taken, and leaves nothing behind", async () => {
    const sim = await start({ script: OK });
    await expect(start({ script: OK, port: sim.port })).rejects.toThrow("EADDRINUSE");
  });

  it("wants one source of answers", async () => {
    await expect(start({})).rejects.toThrow("choose one of script, replay and record");
    await expect(start({ script: OK, replay: "x" })).rejects.toThrow("choose one of script, replay and record");
  });
});

function expiryOf(accessToken: string): number {
  const claims: unknown = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString("utf8"));
  return (claims as { exp: number }).exp * 1000;
}
