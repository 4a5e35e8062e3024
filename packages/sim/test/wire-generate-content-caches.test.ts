import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Sim, startSim } from "../src/index.js";
import { ask, chunksOf, generate, type Json, said, SECOND } from "./generate-content-client.js";

let sim: Sim;
let nowMs = 0;

beforeEach(async () => {
  nowMs = Date.parse("2026-11-20T12:00:00.250Z");
  const turns = [{ times: "any", reply: [{ text: "ok" }] } as const];
  sim = await startSim({ script: { turns }, now: () => nowMs });
});
afterEach(() => sim.close());

const PATH = "/v1beta/cachedContents";
/** About 1,500 tokens: enough for Flash, too few for Pro. */
const LONG = "handbook ".repeat(667);

interface Entry {
  readonly name: string;
  readonly expireTime: string;
  readonly updateTime: string;
  readonly usageMetadata: { readonly totalTokenCount: number };
}

function cacheOf(extra: Json = {}): Json {
  return {
    model: `models/${SECOND}`,
    contents: [said(LONG)],
    systemInstruction: { parts: [{ text: "Answer from the handbook." }] },
    tools: [{ functionDeclarations: [{ name: "read" }] }],
    ...extra,
  };
}

async function create(extra: Json = {}): Promise<Entry> {
  const got = await ask(sim, "POST", PATH, cacheOf(extra));
  expect(got.status).toBe(200);
  return JSON.parse(got.body) as Entry;
}

async function use(name: string, extra: Json = {}, model = SECOND): Promise<{ status: number; body: string }> {
  return generate(sim, { contents: [said("and now?")], cachedContent: name, ...extra }, { model });
}

describe("a stored prefix", () => {
  it("is made, found, listed, kept longer and removed", async () => {
    const entry = await create({ ttl: "300s", displayName: "handbook" });
    expect(entry).toEqual({
      name: expect.stringMatching(/^cachedContents\/[a-z0-9]+$/),
      model: `models/${SECOND}`,
      createTime: "2026-11-20T12:00:00.250000Z",
      updateTime: "2026-11-20T12:00:00.250000Z",
      expireTime: "2026-11-20T12:05:00.250000Z",
      displayName: "handbook",
      usageMetadata: { totalTokenCount: expect.any(Number) },
    });
    expect(JSON.parse((await ask(sim, "GET", `/v1beta/${entry.name}`)).body)).toEqual(entry);
    const second = await create();
    const page = JSON.parse((await ask(sim, "GET", `${PATH}?pageSize=1`)).body) as { nextPageToken: string };
    expect(page).toEqual({ cachedContents: [entry], nextPageToken: "1" });
    const rest = await ask(sim, "GET", `${PATH}?pageToken=${page.nextPageToken}`);
    expect(JSON.parse(rest.body)).toEqual({ cachedContents: [second] });
    nowMs += 1000;
    const patched = await ask(sim, "PATCH", `/v1beta/${entry.name}?updateMask=ttl`, { ttl: "600.5s" });
    expect(JSON.parse(patched.body)).toEqual({
      ...entry,
      updateTime: "2026-11-20T12:00:01.250000Z",
      expireTime: "2026-11-20T12:10:01.750000Z",
    });
    expect(await ask(sim, "DELETE", `/v1beta/${entry.name}`)).toMatchObject({ status: 200, body: "{}\n" });
    expect((await ask(sim, "GET", `/v1beta/${entry.name}`)).status).toBe(404);
    expect((await use(entry.name)).status).toBe(403);
    expect(sim.violations).toEqual([]);
  });

  it("lives an hour, or until the time that was given", async () => {
    expect((await create()).expireTime).toBe("2026-11-20T13:00:00.250000Z");
    const { expireTime } = await create({ expireTime: "2026-11-20T12:00:10Z" });
    expect(expireTime).toBe("2026-11-20T12:00:10.000000Z");
    expect((await ask(sim, "GET", PATH)).body).toContain("12:00:10");
    nowMs += 3_600_000;
    expect((await ask(sim, "GET", PATH)).body).toBe("{}\n");
  });

  it("stands before the request that names it, and is counted", async () => {
    const { name, usageMetadata } = await create();
    const got = await use(name);
    expect(sim.requests[0]).toMatchObject({
      system: "Answer from the handbook.",
      tools: [{ name: "read" }],
      messages: [{ role: "user", content: [{ text: LONG }, { text: "and now?" }] }],
    });
    const usage = chunksOf(got.body).at(-1)?.usageMetadata;
    const cached = usageMetadata.totalTokenCount;
    expect(usage).toMatchObject({
      cachedContentTokenCount: cached,
      cacheTokensDetails: [{ modality: "TEXT", tokenCount: cached }],
    });
    expect(usage?.["promptTokenCount"]).toBeGreaterThan(cached);
    expect(usage?.["promptTokenCount"]).toBeLessThan(cached + 100);
    const counted = await generate(
      sim,
      { generateContentRequest: { contents: [said("and now?")], cachedContent: name } },
      { model: SECOND, method: ":countTokens" },
    );
    expect(JSON.parse(counted.body)).toMatchObject({
      totalTokens: usage?.["promptTokenCount"],
      cachedContentTokenCount: cached,
    });
  });

  it("holds calls whose responses the request brings", async () => {
    const calls = { role: "model", parts: [{ functionCall: { name: "read", args: {} } }] };
    const { name } = await create({ contents: [said(LONG), calls] });
    const response = { functionResponse: { name: "read", response: { output: "x" } } };
    expect((await use(name)).body).toContain("equal to the number of function call parts");
    expect((await use(name, { contents: [{ role: "user", parts: [response] }] })).status).toBe(200);
    expect(sim.requests[0]?.toolResults).toMatchObject([{ name: "read", text: "x" }]);
  });
});

describe("what is refused", () => {
  it.each<[string, Json]>([
    ["systemInstruction", { systemInstruction: { parts: [{ text: "x" }] } }],
    ["tools", { tools: [{ functionDeclarations: [{ name: "f" }] }] }],
    ["toolConfig", { toolConfig: { functionCallingConfig: { mode: "AUTO" } } }],
  ])("%s beside a prefix", async (_name, extra) => {
    const { name } = await create();
    const got = await use(name, extra);
    expect(got.status).toBe(400);
    expect(got.body).toContain("CachedContent can not be used with GenerateContent request setting system_instruction");
    expect(sim.violations).toHaveLength(1);
  });

  it("another model", async () => {
    const { name } = await create();
    const got = await use(name, {}, "gemini-2.5-pro");
    expect(got.status).toBe(400);
    expect(got.body).toContain(
      "Model used by GenerateContent request (models/gemini-2.5-pro) and CachedContent (models/gemini-2.5-flash) has to be the same.",
    );
    expect(sim.violations).toHaveLength(1);
  });

  it("a prefix that is over, which is nobody's fault", async () => {
    const { name } = await create({ ttl: "60s" });
    nowMs += 59_999;
    expect((await use(name)).status).toBe(200);
    nowMs += 1;
    const got = await use(name);
    expect(JSON.parse(got.body)).toEqual({
      error: { code: 403, message: "CachedContent not found (or permission denied)", status: "PERMISSION_DENIED" },
    });
    expect((await ask(sim, "PATCH", `/v1beta/${name}`, { ttl: "60s" })).status).toBe(404);
    expect(sim.violations).toEqual([]);
  });

  it("the prefix of another key", async () => {
    const { name } = await create();
    const headers = { "x-goog-api-key": "other" };
    const body = { contents: [said("x")], cachedContent: name };
    expect((await generate(sim, body, { model: SECOND, headers })).status).toBe(403);
    expect((await ask(sim, "DELETE", `/v1beta/${name}`, undefined, headers)).status).toBe(403);
    expect((await ask(sim, "GET", PATH, undefined, headers)).body).toBe("{}\n");
    expect((await use(name)).status).toBe(200);
    expect((await ask(sim, "GET", PATH, undefined, {})).status).toBe(403);
  });

  it.each([
    [SECOND, "handbook ".repeat(300), 1024],
    ["gemini-2.5-pro", LONG, 4096],
  ])("a prefix that is too small for %s", async (model, text, minimum) => {
    const got = await ask(sim, "POST", PATH, { model: `models/${model}`, contents: [said(text)] });
    expect(got.status).toBe(400);
    const { error } = JSON.parse(got.body) as { error: { message: string } };
    const [, total] = /^Cached content is too small\. total_token_count=(\d+), /.exec(error.message) ?? [];
    expect(Number(total)).toBeGreaterThan(500);
    expect(error.message).toContain(`min_total_token_count=${minimum}`);
    expect(sim.violations).toEqual([]);
  });

  it("takes a prefix from the minimum on", async () => {
    const base = { model: `models/${SECOND}` };
    const text = (chars: number): Json => ({ ...base, contents: [said("x".repeat(chars))] });
    const tokens = async (body: Json): Promise<number> =>
      (JSON.parse((await ask(sim, "POST", PATH, body)).body) as Entry).usageMetadata.totalTokenCount;
    const over = (await tokens(text(8000))) - 2000;
    expect(await tokens(text((1024 - over) * 4))).toBe(1024);
    expect((await ask(sim, "POST", PATH, text((1023 - over) * 4))).status).toBe(400);
  });

  it.each<[string, Json, string]>([
    [
      "a duration without its unit",
      { ttl: "300" },
      "Invalid value at 'ttl' (type.googleapis.com/google.protobuf.Duration)",
    ],
    ["a time that is none", { expireTime: "soon" }, "google.protobuf.Timestamp"],
    ["a time that is past", { expireTime: "2020-01-01T00:00:00Z" }, "in the future"],
    ["both", { ttl: "5s", expireTime: "2030-01-01T00:00:00Z" }, "oneof field 'expiration' is already set"],
    ["a model without its prefix", { model: SECOND }, "unexpected model name format"],
    ["a field that is none", { ttlSeconds: 5 }, 'Unknown name "ttlSeconds": Cannot find field.'],
    ["bad contents", { contents: [{ role: "system", parts: [{ text: "x" }] }] }, "Please use a valid role"],
    ["a bad tool", { tools: [{ functionDeclarations: [{ name: "1" }] }] }, "Invalid function name"],
  ])("%s", async (_name, extra, message) => {
    const got = await ask(sim, "POST", PATH, cacheOf(extra));
    expect(got.status).toBe(400);
    expect((JSON.parse(got.body) as { error: { message: string } }).error.message).toContain(message);
    expect(sim.violations).toHaveLength(1);
  });

  it("any change but of the end", async () => {
    const { name } = await create();
    const got = await ask(sim, "PATCH", `/v1beta/${name}`, { displayName: "other" });
    expect(got.status).toBe(400);
    expect(sim.violations).toHaveLength(1);
  });
});

it("belongs to one simulator", async () => {
  const { name } = await create();
  const other = await startSim({ script: { turns: [] }, now: () => nowMs });
  try {
    expect((await ask(other, "GET", `/v1beta/${name}`)).status).toBe(403);
    const body = { contents: [said("x")], cachedContent: name };
    expect((await generate(other, body, { model: SECOND })).status).toBe(403);
  } finally {
    await other.close();
  }
});
