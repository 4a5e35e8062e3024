import { describe, expect, it } from "vitest";
import { ProviderError } from "../src/errors.js";
import { runTools } from "../src/run-tools.js";
import type { Tool } from "../src/tool.js";
import type { RunToolsOptions, ToolLoopEvent } from "../src/tool-loop.js";
import type { ChatRequest, JsonSchema, Message } from "../src/types.js";
import { type Answer, answering, callItem, codexAt, itemsAnswer, QUICK, textAnswer } from "./answering.js";

const ASK: Message = { role: "user", content: [{ type: "text", text: "Go" }] };
const REQUEST: Omit<ChatRequest, "tools"> = { model: "gpt-5.5", messages: [ASK] };
const SCHEMA = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } as const;
const BOUND = { ...REQUEST, responseSchema: { schema: SCHEMA } };

const look: Tool = {
  name: "look",
  description: "",
  inputSchema: { type: "object" },
  run: () => Promise.resolve("seen"),
};
const CALL: Answer = { body: itemsAnswer([callItem("c1", "look", {})]) };
const says = (text: string): Answer => ({ body: textAnswer(text) });

async function start(answers: readonly Answer[], request = REQUEST, options: Partial<RunToolsOptions> = {}) {
  const server = await answering(...answers);
  const provider = await codexAt(server, { retry: { maxRetries: 0 } });
  const run = runTools(provider, request, { tools: [look], retry: QUICK, ...options });
  const bodies = () => server.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  return { run, bodies };
}

async function drain(source: AsyncIterable<ToolLoopEvent>): Promise<ToolLoopEvent[]> {
  const events: ToolLoopEvent[] = [];
  for await (const event of source) events.push(event);
  return events;
}

describe("toolChoice", () => {
  it.each<{ choice: NonNullable<ChatRequest["toolChoice"]>; sent: unknown; later: unknown }>([
    { choice: "required", sent: "required", later: "auto" },
    { choice: { name: "look" }, sent: { type: "function", name: "look" }, later: "auto" },
    { choice: "none", sent: "none", later: "none" },
    { choice: "auto", sent: "auto", later: "auto" },
  ])("$choice holds for the first answer, $later for the next ones", async ({ choice, sent, later }) => {
    const { run, bodies } = await start([CALL, CALL, says("Done.")], { ...REQUEST, toolChoice: choice });
    expect(await run.result()).toMatchObject({ ended: "answered", steps: 3 });
    expect(bodies().map((body) => body["tool_choice"])).toEqual([sent, later, later]);
  });

  it("is still forced when the first answer was cut", async () => {
    const cut: Answer = { body: textAnswer("I").split('data: {"type":"response.completed"')[0] ?? "" };
    const { run, bodies } = await start([cut, CALL, says("Done.")], { ...REQUEST, toolChoice: "required" });
    await run.result();
    expect(bodies().map((body) => body["tool_choice"])).toEqual(["required", "required", "auto"]);
  });
});

it("parallelTools: false goes along with every request", async () => {
  const { run, bodies } = await start([CALL, says("Done.")], { ...REQUEST, parallelTools: false });
  await run.result();
  expect(bodies().map((body) => body["parallel_tool_calls"])).toEqual([false, false]);
});

describe("responseSchema", () => {
  it("holds for the answer that calls nothing", async () => {
    const { run, bodies } = await start(
      [
        {
          body: itemsAnswer([
            { type: "message", role: "assistant", content: [{ type: "output_text", text: "I look." }] },
            callItem("c1", "look", {}),
          ]),
        },
        says('{"n":1}'),
      ],
      BOUND,
    );
    expect(await run.result()).toMatchObject({ ended: "answered", steps: 2, output: { n: 1 } });
    for (const body of bodies()) expect(body["text"]).toMatchObject({ format: { type: "json_schema" } });
  });

  it("gives no output where nothing was bound, or calls are handed back", async () => {
    expect(await (await start([says('{"n":1}')])).run.result()).not.toHaveProperty("output");
    const { run } = await start([CALL], BOUND, { tools: [{ name: "look", description: "", inputSchema: {} }] });
    const result = await run.result();
    expect(result.ended).toBe("handed_back");
    expect(result).not.toHaveProperty("output");
  });

  it("tells the model once what does not fit, outside of the conversation", async () => {
    const { run, bodies } = await start([CALL, says('{"n":"one"}'), says('{"n":1}')], BOUND);
    const events = await drain(run);
    const result = await run.result();
    expect(events.find(({ type }) => type === "answer_discarded")).toMatchObject({
      attempt: 1,
      delayMs: 0,
      error: { code: "schema_mismatch" },
      partial: { role: "assistant", content: [{ type: "text", text: '{"n":"one"}' }] },
      usage: { inputTokens: 10, outputTokens: 5 },
    });
    const sent = JSON.stringify(bodies()[2]?.["input"]);
    expect(sent).toContain('{\\"n\\":\\"one\\"}');
    expect(sent).toContain("This answer does not fit the JSON Schema that it is bound to: n: ");
    expect(result).toMatchObject({ output: { n: 1 }, steps: 2 });
    // Three answers were paid for, and two are in the conversation.
    expect(result.usage).toMatchObject({ inputTokens: 30, outputTokens: 15 });
    expect(result.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
    expect(JSON.stringify(result.messages)).not.toContain("does not fit");
  });

  it.each([
    { maxCorrected: undefined, requests: 2 },
    { maxCorrected: 0, requests: 1 },
    { maxCorrected: 3, requests: 4 },
  ])("gives up after $maxCorrected corrections, with what came last", async ({ maxCorrected, requests }) => {
    const { run, bodies } = await start([says("no")], BOUND, { maxCorrected });
    const error: unknown = await run.result().catch((thrown: unknown) => thrown);
    expect(ProviderError.is(error) && [error.code, error.partial?.content]).toEqual([
      "schema_mismatch",
      [{ type: "text", text: "no" }],
    ]);
    expect(bodies()).toHaveLength(requests);
    expect(run.messages).toEqual([ASK]);
  });

  it("asks again as before when the answer was empty", async () => {
    const { run, bodies } = await start(
      [{ body: itemsAnswer([{ type: "reasoning", summary: [{ text: "hm" }] }]) }, says('{"n":1}')],
      BOUND,
    );
    expect(await run.result()).toMatchObject({ output: { n: 1 } });
    expect(bodies()[1]?.["input"]).toEqual(bodies()[0]?.["input"]);
  });

  it("does not spend the tries of cut answers", async () => {
    const cut: Answer = { body: textAnswer("I").split('data: {"type":"response.completed"')[0] ?? "" };
    const { run } = await start([cut, says("no"), cut, says('{"n":1}')], BOUND);
    expect(await run.result()).toMatchObject({ output: { n: 1 } });
  });
});

describe("a tool's schema from anywhere", () => {
  const hostile: readonly (readonly [name: string, inputSchema: JsonSchema, says: string])[] = [
    ["a loop of references", { $ref: "#" }, "refers to itself without end"],
    ["a pattern without end", { properties: { a: { pattern: "^(a+)+$" } } }, "takes more than 1 s"],
    ["nesting without end", JSON.parse(`${'{"not":'.repeat(50_000)}{}${"}".repeat(50_000)}`) as JsonSchema, "deep"],
  ];
  it.each(hostile)("cannot hang a call: %s", async (_name, inputSchema, why) => {
    const input = { a: `${"a".repeat(60)}b` };
    // The service never sees such a schema here: only the check of the call is at stake.
    const server = await answering({ body: itemsAnswer([callItem("c1", "look", input)]) }, says("Done."));
    const provider = await codexAt(server);
    const plain: typeof provider = {
      ...provider,
      stream: (request, options) => provider.stream({ ...request, tools: [{ ...look }] }, options),
    };
    const result = await runTools(plain, REQUEST, { tools: [{ ...look, inputSchema }] }).result();
    expect(JSON.stringify(result.messages[2])).toContain(why);
    expect(result.messages[2]?.content[0]).toMatchObject({ type: "tool_result", isError: true });
  });
});
