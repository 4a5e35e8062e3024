import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Sim, type SimOptions, startSim } from "../src/index.js";
import { ask as askChat, CALL as CHAT_CALL, calls, chatBody, RESULT as CHAT_RESULT } from "./chat-client.js";
import type { Got } from "./client.js";
import { ask as askMessages, assistant, CALL, type Json, messagesBody, RESULT, user } from "./messages-client.js";

let folder: string;
const sims: Sim[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sim-formats-"));
});
afterEach(async () => {
  await Promise.all(sims.splice(0).map((sim) => sim.close()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: SimOptions): Promise<Sim> {
  const sim = await startSim(options);
  sims.push(sim);
  return sim;
}

const KEY = "opaque-key-9012";
const TOKEN = "sk-ant-oat01-abcdefghijklmnopqrstuvwxyz0123456789";
const QUESTION = `look around; the key is ${KEY} or ${TOKEN}`;
const MESSAGES_BODY = messagesBody(QUESTION, { metadata: { user_id: "user-one" } });
const CHAT_BODY = chatBody(QUESTION, { prompt_cache_key: "one", user: "me" });

interface Format {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ask: (sim: Sim, body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Got>;
  readonly first: Json;
  readonly second: Json;
  /** The first request of another run. */
  readonly again: Json;
  readonly limitHeader: string;
  readonly wire: string;
}

const FORMATS: readonly Format[] = [
  {
    name: "Messages",
    wire: "messages",
    headers: { "x-api-key": KEY, "anthropic-version": "2023-06-01" },
    ask: askMessages,
    first: MESSAGES_BODY,
    second: {
      ...MESSAGES_BODY,
      messages: [{ role: "user", content: QUESTION }, assistant(CALL), user(RESULT)],
    },
    again: { ...MESSAGES_BODY, metadata: { user_id: "user-two" } },
    limitHeader: "anthropic-ratelimit-unified-5h-utilization",
  },
  {
    name: "Messages with a login",
    wire: "messages",
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "anthropic-version": "2023-06-01",
      "anthropic-beta": "oauth-2025-04-20",
    },
    ask: askMessages,
    first: MESSAGES_BODY,
    second: { ...MESSAGES_BODY, stream: false },
    again: MESSAGES_BODY,
    limitHeader: "anthropic-ratelimit-unified-5h-reset",
  },
  {
    name: "Chat Completions",
    wire: "chat-completions",
    headers: { authorization: `Bearer ${KEY}` },
    ask: askChat,
    first: CHAT_BODY,
    second: {
      ...CHAT_BODY,
      messages: [{ role: "user", content: QUESTION }, calls(CHAT_CALL), CHAT_RESULT],
    },
    again: { ...CHAT_BODY, prompt_cache_key: "two", user: "you" },
    limitHeader: "x-ratelimit-remaining-requests",
  },
];

describe.each([...FORMATS])("a recording of $name", ({ ask, headers, first, second, again, limitHeader, wire }) => {
  const record = async (): Promise<{ path: string; bodies: readonly string[] }> => {
    const windows = [{ name: "primary", usedPercent: 10, resetsInSeconds: 60 }];
    const upstream = await start({
      script: {
        turns: [
          { reply: [{ thinking: "hm" }, { text: "Grüße 😀" }], limits: { windows } },
          { reply: [{ text: "done" }] },
        ],
      },
    });
    const path = join(folder, "run.jsonl");
    const sim = await start({ record: { path, upstream: upstream.url } });
    const bodies = [(await ask(sim, first, headers)).body, (await ask(sim, second, headers)).body];
    expect(upstream.problems()).toEqual([]);
    await sim.close();
    return { path, bodies };
  };

  it("holds no credential and every header of limits", async () => {
    const { path } = await record();
    const text = await readFile(path, "utf8");
    const used = headers["x-api-key"] ?? (headers["authorization"] ?? "").replace("Bearer ", "");
    expect(text).not.toContain(used);
    expect(text).not.toContain(TOKEN);
    expect(text).toContain(`"${limitHeader}":`);
  });

  it("plays the same bytes again, to another run as well", async () => {
    const { path, bodies } = await record();
    const sim = await start({ replay: path });
    expect((await ask(sim, again, headers)).body).toBe(bodies[0]);
    expect((await ask(sim, second, headers)).body).toBe(bodies[1]);
    expect(sim.problems()).toEqual([]);
    expect(sim.requests.map((seen) => seen.wire)).toEqual([wire, wire]);
  });

  it("refuses any other request in the words of the service", async () => {
    const { path } = await record();
    const sim = await start({ replay: path });
    const got = await ask(sim, { ...first, model: "another" }, headers);
    expect(got.status).toBe(400);
    expect(JSON.parse(got.body)).toMatchObject({
      error: { type: "invalid_request_error", message: expect.stringContaining("at model wanted") },
    });
  });
});

it("plays to a request with the thinking of the real service", async () => {
  const path = join(folder, "run.jsonl");
  const thinking = { type: "thinking", thinking: "hm", signature: "RXFvQkNrWUlDeGdD" };
  const body = messagesBody("", {
    messages: [user({ type: "text", text: "hi" }), assistant(thinking, CALL), user(RESULT)],
  });
  const head = { type: "recording", v: 1, upstream: "https://api.anthropic.com" };
  const exchange = {
    type: "exchange",
    n: 1,
    request: { method: "POST", path: "/v1/messages", headers: {}, body },
    answer: { status: 200, headers: {}, encoding: "utf8", body: "recorded", pieces: [], end: "complete" },
  };
  await writeFile(path, [head, exchange].map((line) => JSON.stringify(line)).join("\n"));
  const sim = await start({ replay: path });
  expect(await askMessages(sim, body)).toMatchObject({ status: 200, body: "recorded" });
  expect(sim.problems()).toEqual([]);
});
