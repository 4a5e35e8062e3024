import {
  type Content,
  FinishReason,
  GoogleGenAI,
  type GenerateContentResponse,
  ThinkingLevel,
  Type,
} from "@google/genai";
import { type Script, type Sim, startSim } from "@scorpiox/sim";
import { afterEach, describe, expect, it } from "vitest";

/** The official client reads what the simulator renders, and the simulator reads what the official client sends. */

const sims: Sim[] = [];
afterEach(async () => {
  await Promise.all(sims.splice(0).map((sim) => sim.close()));
});

const MODEL = "gemini-3.6-flash";
const CONFIG = {
  systemInstruction: "You are a test.",
  thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW },
  tools: [
    {
      functionDeclarations: [
        {
          name: "read",
          description: "reads a file",
          parameters: { type: Type.OBJECT, properties: { path: { type: Type.STRING } }, required: ["path"] },
        },
      ],
    },
  ],
};

async function open(script: Script): Promise<{ sim: Sim; client: GoogleGenAI }> {
  const sim = await startSim({ script });
  sims.push(sim);
  const { GEMINI_BASE_URL: baseUrl = "", GEMINI_API_KEY: apiKey = "" } = sim.env;
  return { sim, client: new GoogleGenAI({ apiKey, httpOptions: { baseUrl, retryOptions: { attempts: 1 } } }) };
}

async function collect(stream: AsyncGenerator<GenerateContentResponse>): Promise<readonly GenerateContentResponse[]> {
  const responses: GenerateContentResponse[] = [];
  for await (const response of stream) responses.push(response);
  return responses;
}

function partsOf(responses: readonly GenerateContentResponse[]): NonNullable<Content["parts"]> {
  return responses.flatMap((response) => response.candidates?.[0]?.content?.parts ?? []);
}

const turns: Script["turns"] = [
  {
    expect: { system: "You are a test.", tools: ["read"], lastUserText: "which version?" },
    reply: [
      { thinking: "It is in package.json, <I> think." },
      { text: "Let me look: ß😀" },
      { tool_use: { name: "read", input: { path: "package.json" } } },
      { tool_use: { name: "read", input: { path: "README.md" } } },
    ],
    usage: { inputTokens: 100, cacheReadTokens: 20, outputTokens: 30, reasoningTokens: 10 },
  },
  {
    expect: {
      toolResults: [
        { name: "read", equals: "1.2.3" },
        { name: "read", isError: true, contains: "no file" },
      ],
    },
    reply: [{ text: "It is 1.2.3" }],
  },
  { expect: { toolResults: [], lastUserText: "thanks" }, reply: [{ text: "bye" }] },
];

describe("the official client", () => {
  it("reads a stream, and its history comes back whole", async () => {
    const { sim, client } = await open({ turns });
    const contents: Content[] = [{ role: "user", parts: [{ text: "which version?" }] }];
    const first = await collect(await client.models.generateContentStream({ model: MODEL, contents, config: CONFIG }));
    const parts = partsOf(first);
    const join = (thought: boolean): string =>
      parts
        .filter((part) => (part.thought ?? false) === thought)
        .map((part) => part.text ?? "")
        .join("");
    expect(join(true)).toBe("It is in package.json, <I> think.");
    expect(join(false)).toBe("Let me look: ß😀");
    const calls = first.flatMap((response) => response.functionCalls ?? []);
    expect(calls).toMatchObject([{ args: { path: "package.json" } }, { args: { path: "README.md" } }]);
    const last = first.at(-1);
    expect(last?.candidates?.[0]?.finishReason).toBe(FinishReason.STOP);
    expect(last?.usageMetadata).toMatchObject({
      promptTokenCount: 120,
      cachedContentTokenCount: 20,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 10,
      totalTokenCount: 150,
    });
    expect(last).toMatchObject({ modelVersion: MODEL, responseId: expect.any(String) });

    const responses = [{ output: "1.2.3" }, { error: "no file" }];
    contents.push(
      // A part of empty text that carries nothing is not history.
      { role: "model", parts: parts.filter((part) => part.text !== "" || part.thoughtSignature !== undefined) },
      {
        role: "user",
        parts: calls.map(({ id = "", name = "" }, index) => ({
          functionResponse: { id, name, response: responses[index] ?? {} },
        })),
      },
    );
    const second = await collect(await client.models.generateContentStream({ model: MODEL, contents, config: CONFIG }));
    contents.push({ role: "model", parts: partsOf(second) }, { role: "user", parts: [{ text: "thanks" }] });
    const third = await client.models.generateContent({ model: MODEL, contents, config: CONFIG });
    expect(third.text).toBe("bye");
    expect(sim.problems()).toEqual([]);
    // Every id came back as it was given.
    expect(sim.requests[1]?.toolResults.map((result) => result.toolUseId)).toEqual(calls.map((call) => call.id));
  });

  it("keeps a chat of its own", async () => {
    const { sim, client } = await open({ turns: [{ reply: [{ text: "one" }] }, { reply: [{ text: "two" }] }] });
    const chat = client.chats.create({ model: "gemini-2.5-flash" });
    expect((await chat.sendMessage({ message: "a" })).text).toBe("one");
    const stream = await chat.sendMessageStream({ message: "b" });
    expect((await collect(stream)).map((response) => response.text).join("")).toBe("two");
    expect(sim.requests[1]?.messages).toHaveLength(3);
    expect(sim.problems()).toEqual([]);
  });

  it("sees an error with its status and its words", async () => {
    const { client } = await open({ turns: [{ status: "rate_limited" }, { status: "unauthorized" }] });
    const request = { model: MODEL, contents: "hi" };
    const first = await client.models.generateContentStream(request).catch((error: unknown) => error);
    expect(first).toMatchObject({ name: "ApiError", status: 429, message: expect.stringContaining("RetryInfo") });
    const second = await client.models.generateContent(request).catch((error: unknown) => error);
    expect(second).toMatchObject({ status: 400, message: expect.stringContaining("API key not valid") });
  });

  // Of bare JSON after good events it only says that something is left over.
  it.each([
    ["error", /Incomplete JSON segment|no more today/],
    ["failed", /no more today/],
  ] as const)("fails at an error inside a stream: %s", async (event, message) => {
    const error = { code: "UNAVAILABLE", message: "no more today", event };
    const { client } = await open({ turns: [{ reply: [{ text: "first" }], error }] });
    const stream = await client.models.generateContentStream({ model: MODEL, contents: "hi" });
    expect((await stream.next()).value).toMatchObject({ text: "first" });
    await expect(collect(stream)).rejects.toThrow(message);
  });

  it("counts, lists, and stores a prefix", async () => {
    const { sim, client } = await open({ turns: [{ reply: [{ text: "ok" }] }] });
    const contents = "handbook ".repeat(1000);
    const { totalTokens = 0 } = await client.models.countTokens({ model: MODEL, contents });
    expect(totalTokens).toBeGreaterThan(2000);
    const names: (string | undefined)[] = [];
    for await (const model of await client.models.list({ config: { pageSize: 3 } })) names.push(model.name);
    expect(names).toContain(`models/${MODEL}`);
    expect(names.length).toBeGreaterThan(3);

    const made = await client.caches.create({ model: MODEL, config: { contents, ttl: "300s", displayName: "book" } });
    expect(made.usageMetadata?.totalTokenCount).toBe(totalTokens);
    const name = made.name ?? "";
    expect(await client.caches.get({ name })).toMatchObject({ name, displayName: "book" });
    const answer = await client.models.generateContent({
      model: MODEL,
      contents: "and?",
      config: { cachedContent: name },
    });
    expect(answer.usageMetadata?.cachedContentTokenCount).toBe(totalTokens);
    const longer = await client.caches.update({ name, config: { ttl: "600s" } });
    expect(Date.parse(longer.expireTime ?? "") - Date.parse(longer.updateTime ?? "")).toBe(600_000);
    const listed: (string | undefined)[] = [];
    for await (const entry of await client.caches.list()) listed.push(entry.name);
    expect(listed).toEqual([name]);
    await client.caches.delete({ name });
    expect(await client.caches.get({ name }).catch((error: unknown) => error)).toMatchObject({ status: 404 });
    expect(sim.problems()).toEqual([]);
  });
});
