import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeCodexAuth, type Sim, type SimOptions, startSim } from "../src/index.js";
import { closedOrigin, codexBody, joinDeltas, post, rawPost, send, userItem } from "./client.js";

let folder: string;
const sims: Sim[] = [];
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sim-record-"));
});
afterEach(async () => {
  await Promise.all(sims.splice(0).map((sim) => sim.close()));
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  await rm(folder, { recursive: true, force: true });
});

async function start(options: SimOptions): Promise<Sim> {
  const sim = await startSim(options);
  sims.push(sim);
  return sim;
}

async function serveUpstream(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ACCESS = fakeCodexAuth(2_000_000_000_000).tokens.access_token;
const HEADERS = {
  authorization: `Bearer ${ACCESS}`,
  cookie: "__cf_bm=cookie-value-1234",
  "chatgpt-account-id": "account-5678",
  "x-api-key": "opaque-key-9012",
  "session-id": "session-abcd",
};

/** A session of two requests, the second with a tool's result. */
const FIRST = codexBody("look around 2026-11-20", {
  instructions: "Known here: cookie-value-1234 account-5678 opaque-key-9012.",
});
const SECOND = codexBody("", {
  input: [
    userItem("look around 2026-11-20"),
    { type: "function_call", call_id: "call_1", name: "bash", arguments: "{}" },
    { type: "function_call_output", call_id: "call_1", output: "three files" },
  ],
});

async function record(
  extra: { secrets?: readonly string[] } = {},
): Promise<{ path: string; bodies: readonly string[] }> {
  const upstream = await start({
    script: {
      turns: [
        {
          reply: [{ thinking: "hm" }, { tool_use: { name: "bash", id: "call_1" } }],
          headers: { "set-cookie": "a=b-secret-c" },
        },
        { reply: [{ text: "Grüße 😀" }], chunkBytes: 7 },
      ],
    },
  });
  const path = join(folder, "run.jsonl");
  const sim = await start({ record: { path, upstream: upstream.url, ...extra } });
  const bodies = [(await post(sim, FIRST, HEADERS)).body, (await post(sim, SECOND, HEADERS)).body];
  expect(upstream.problems()).toEqual([]);
  expect(sim.problems()).toEqual([]);
  await sim.close();
  return { path, bodies };
}

describe("a recording", () => {
  it("passes answers on unchanged and plays the same bytes again", async () => {
    const { path, bodies } = await record();
    expect(joinDeltas(bodies[1] ?? "", "response.output_text.delta")).toBe("Grüße 😀");
    const sim = await start({ replay: path });
    expect((await post(sim, FIRST)).body).toBe(bodies[0]);
    expect(sim.problems()).toEqual([
      "1 of the recorded requests did not come; exchange 2, POST /backend-api/codex/responses, is next",
    ]);
    expect((await post(sim, SECOND)).body).toBe(bodies[1]);
    expect(sim.problems()).toEqual([]);
    expect(sim.requests.map((seen) => seen.toolResults.length)).toEqual([0, 1]);
  });

  it("is played in the pieces in which it came", async () => {
    const { path } = await record();
    const sim = await start({ replay: path });
    await post(sim, FIRST);
    const raw = await rawPost(sim, SECOND);
    const sizes = [...raw.text.matchAll(/\r\n([0-9a-f]+)\r\n/g)].map((match) => Number.parseInt(match[1] ?? "", 16));
    const recorded = JSON.parse((await readFile(path, "utf8")).split("\n")[2] ?? "") as {
      answer: { pieces: number[][] };
    };
    expect(recorded.answer.pieces.length).toBeGreaterThan(10);
    expect(sizes.slice(0, -1)).toEqual(recorded.answer.pieces.map(([bytes]) => bytes));
  });

  it("holds no secret", async () => {
    const { path } = await record({ secrets: ["three files"] });
    const text = await readFile(path, "utf8");
    for (const secret of [
      ACCESS,
      "cookie-value-1234",
      "account-5678",
      "opaque-key-9012",
      "session-abcd",
      "b-secret-c",
      "three files",
    ]) {
      expect(text).not.toContain(secret);
    }
    expect(text).toContain('"output":"[redacted]"');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    // What was removed matches anything.
    const sim = await start({ replay: path });
    await post(sim, FIRST);
    expect((await post(sim, SECOND)).status).toBe(200);
  });

  it("plays to a request of another day and another session", async () => {
    const { path } = await record();
    const sim = await start({ replay: path });
    const other = {
      ...FIRST,
      input: [userItem("look around 2027-01-31")],
      prompt_cache_key: "another",
      client_metadata: { a: "b" },
    };
    expect((await post(sim, other, { "session-id": "other" })).status).toBe(200);
  });

  it("refuses any other request and says where it differs", async () => {
    const { path } = await record();
    const sim = await start({ replay: path });
    await post(sim, FIRST);
    const input = [
      ...(SECOND["input"] as unknown[]).slice(0, 2),
      { type: "function_call_output", call_id: "call_1", output: "no files" },
    ];
    const got = await post(sim, { ...SECOND, input });
    expect(got.status).toBe(400);
    const problem = 'request 2 is not the recorded exchange 2: at input[2].output wanted "three files"; got "no files"';
    expect((JSON.parse(got.body) as { error: { message: string } }).error.message).toBe(`scorpiox-sim: ${problem}`);
    expect(sim.violations).toEqual([problem]);
    const lost = await send(`${sim.url}/elsewhere`, { method: "GET", headers: {} });
    expect(lost.status).toBe(400);
    expect(sim.violations[1]).toBe(
      "request 3: the recording has no GET /elsewhere left; next is POST /backend-api/codex/responses",
    );
  });

  it("refuses to write over a file", async () => {
    const path = join(folder, "taken");
    await writeFile(path, "mine");
    await expect(start({ record: { path, upstream: "https://model.invalid" } })).rejects.toThrow("it exists already");
    expect(await readFile(path, "utf8")).toBe("mine");
  });
});

describe("faults of the service", () => {
  it("records an answer that breaks off, and breaks off as well", async () => {
    const url = await serveUpstream((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: {}\n\n", () => response.socket?.destroySoon());
    });
    const path = join(folder, "run.jsonl");
    const sim = await start({ record: { path, upstream: url } });
    expect(await post(sim, FIRST)).toMatchObject({ body: "data: {}\n\n", end: "ECONNRESET" });
    await sim.close();
    const player = await start({ replay: path });
    expect(await post(player, FIRST)).toMatchObject({ body: "data: {}\n\n", end: "ECONNRESET" });
  });

  it("reads on when the client leaves at the last event, and holds the line when that never ended", async () => {
    let finish = (): void => undefined;
    const url = await serveUpstream((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: last\n\n");
      finish = () => response.end("data: after\n\n");
    });
    const path = join(folder, "run.jsonl");
    const sim = await start({ record: { path, upstream: url } });
    await rawPost(sim, FIRST, (text) => text.includes("last"));
    // Long enough for a recorder that would not wait.
    await new Promise((resolve) => setTimeout(resolve, 40));
    finish();
    const second = rawPost(sim, FIRST, (text) => text.includes("last"));
    await second;
    await sim.close();
    const lines = (await readFile(path, "utf8")).trim().split("\n").slice(1);
    const answers = lines.map((line) => (JSON.parse(line) as { answer: { body: string; end: string } }).answer);
    expect(answers.map(({ body, end }) => ({ body, end }))).toEqual([
      { body: "data: last\n\ndata: after\n\n", end: "complete" },
      { body: "data: last\n\n", end: "open" },
    ]);
    const player = await start({ replay: path });
    expect(await post(player, FIRST)).toMatchObject({ end: "complete" });
    const held = rawPost(player, FIRST).then(() => "ended");
    expect(await Promise.race([held, new Promise((resolve) => setTimeout(resolve, 60))])).toBeUndefined();
  });

  it("says that the service cannot be reached", async () => {
    const upstream = await closedOrigin();
    const sim = await start({ record: { path: join(folder, "run.jsonl"), upstream } });
    const got = await post(sim, FIRST);
    expect(got.status).toBe(502);
    expect(sim.violations.join()).toContain(`request 1: ${upstream} did not answer: `);
  });

  it("does not record what it cannot search for secrets", async () => {
    const url = await serveUpstream((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end("packed");
    });
    const path = join(folder, "run.jsonl");
    const sim = await start({ record: { path, upstream: url } });
    await post(sim, FIRST);
    await sim.close();
    expect(sim.violations.join()).toContain("request 1 was not recorded: the answer is compressed (gzip)");
    expect((await readFile(path, "utf8")).trim().split("\n")).toHaveLength(1);
  });

  it("keeps bytes that are no text", async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
    const url = await serveUpstream((_request, response) => response.end(bytes));
    const path = join(folder, "run.jsonl");
    const sim = await start({ record: { path, upstream: url } });
    await post(sim, FIRST);
    await sim.close();
    const player = await start({ replay: path });
    expect((await post(player, FIRST)).body).toBe(bytes.toString("utf8"));
    expect(await readFile(path, "utf8")).toContain(bytes.toString("base64"));
  });
});

describe("a recording of the generateContent format", () => {
  const KEY = "opaque-goog-key-1234";
  const contents = [{ role: "user", parts: [{ text: `my key is ${KEY}` }] }];
  const path = "/v1beta/models/gemini-3.6-flash:streamGenerateContent";

  async function recordGemini(headers: Record<string, string>, query: string): Promise<[string, readonly string[]]> {
    const upstream = await start({ script: { turns: [{ reply: [{ thinking: "hm" }, { text: "Grüße 😀" }] }] } });
    const file = join(folder, "gemini.jsonl");
    const sim = await start({ record: { path: file, upstream: upstream.url } });
    const request = { method: "POST", headers, body: JSON.stringify({ contents }) };
    const answer = await send(`${sim.url}${path}?alt=sse${query}`, request);
    const models = await send(`${sim.url}/v1beta/models?pageSize=1${query}`, { method: "GET", headers });
    const stored = { model: "models/gemini-3.6-flash", contents: [{ parts: [{ text: "long ".repeat(2000) }] }] };
    const entry = await send(`${sim.url}/v1beta/cachedContents?x=1${query}`, {
      method: "POST",
      headers,
      body: JSON.stringify({ ...stored, displayName: "session-1" }),
    });
    expect(upstream.problems()).toEqual([]);
    await sim.close();
    return [file, [answer.body, models.body, entry.body]];
  }

  it.each<[string, Record<string, string>, string]>([
    ["header", { "x-goog-api-key": KEY }, ""],
    ["query", {}, `&key=${KEY}`],
  ])("holds no key of the %s, and plays everything again", async (_name, headers, query) => {
    const [file, bodies] = await recordGemini(headers, query);
    const text = await readFile(file, "utf8");
    expect(text).not.toContain(KEY);
    expect(text).toContain("my key is [redacted]");
    const sim = await start({ replay: file });
    const body = JSON.stringify({ contents: [{ role: "user", parts: [{ text: "my key is another" }] }] });
    const other = { "x-goog-api-key": "another" };
    const answer = await send(`${sim.url}${path}?alt=sse`, { method: "POST", headers: other, body });
    expect(answer).toMatchObject({ body: bodies[0], headers: { "content-type": "text/event-stream" } });
    expect(sim.requests[0]).toMatchObject({ wire: "generate-content", model: "gemini-3.6-flash" });
    const models = await send(`${sim.url}/v1beta/models`, { method: "GET", headers: other });
    expect(models.body).toBe(bodies[1]);
    const stored = { model: "models/gemini-3.6-flash", contents: [{ parts: [{ text: "long ".repeat(2000) }] }] };
    const entry = await send(`${sim.url}/v1beta/cachedContents`, {
      method: "POST",
      headers: other,
      body: JSON.stringify({ ...stored, displayName: "session-2" }),
    });
    expect(entry.body).toBe(bodies[2]);
    expect(sim.problems()).toEqual([]);
  });

  it("plays a request that names a recorded prefix", async () => {
    const upstream = await start({ script: { turns: [{ reply: [{ text: "ok" }] }] } });
    const file = join(folder, "gemini.jsonl");
    const recorder = await start({ record: { path: file, upstream: upstream.url } });
    const ask = async (sim: Sim, to: string, body: unknown): Promise<string> =>
      (
        await send(`${sim.url}${to}`, {
          method: "POST",
          headers: { "x-goog-api-key": KEY },
          body: JSON.stringify(body),
        })
      ).body;
    const use = async (sim: Sim): Promise<string> => {
      const stored = { model: "models/gemini-3.6-flash", contents: [{ parts: [{ text: "long ".repeat(2000) }] }] };
      const { name } = JSON.parse(await ask(sim, "/v1beta/cachedContents", stored)) as { name: string };
      return ask(sim, `${path}?alt=sse`, { contents: [{ parts: [{ text: "now" }] }], cachedContent: name });
    };
    const answer = await use(recorder);
    expect(answer).toContain('"cachedContentTokenCount"');
    await recorder.close();
    const player = await start({ replay: file });
    expect(await use(player)).toBe(answer);
    expect(player.problems()).toEqual([]);
    expect(player.requests[0]?.messages).toEqual([{ role: "user", content: [{ type: "text", text: "now" }] }]);
    expect(await ask(player, `${path}?alt=sse`, { contents: [{ parts: [{ text: "then" }] }] })).toContain(
      '"status": "INVALID_ARGUMENT"',
    );
  });
});
