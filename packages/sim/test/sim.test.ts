import { afterEach, describe, expect, it } from "vitest";
import { type Sim, type SimOptions, startSim } from "../src/index.js";
import { codexBody, eventsOf, joinDeltas, post, userItem } from "./client.js";

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
