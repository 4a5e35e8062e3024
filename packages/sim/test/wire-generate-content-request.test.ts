import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sim, startSim } from "../src/index.js";
import {
  answerOf,
  call,
  CALL,
  chunksOf,
  fromModel,
  fromUser,
  generate,
  geminiBody,
  type Json,
  type Part,
  partsOf,
  RESPONSE,
  said,
  SKIP,
  THIRD,
  turns,
  withSim,
} from "./generate-content-client.js";

let sim: Sim;
beforeAll(async () => {
  sim = await startSim({ script: { turns: [{ times: "any", reply: [{ text: "ok" }] }] } });
});
afterAll(() => sim.close());

describe("signatures that come back", () => {
  /** The parts of a first answer, to be sent back. */
  async function first(model: string): Promise<readonly Part[]> {
    const reply = [{ text: "ok" }, { tool_use: { name: "bash" } }];
    return partsOf(chunksOf((await answerOf({ reply }, { model })).body)).filter((part) => part.text !== "");
  }

  it("are good on their own part and for their own model", async () => {
    const parts = await first(THIRD);
    expect((await generate(sim, turns(said("hi"), fromModel(...parts), fromUser(RESPONSE)))).status).toBe(200);
    const [said0, called] = parts;
    const other = "gemini-3.1-pro-preview";
    const moved = [{ ...said0, thoughtSignature: called?.thoughtSignature }, CALL];
    const renamed = { ...called, functionCall: { name: "other", args: {} } };
    for (const [sent, to] of [
      [parts, other],
      [moved, THIRD],
      [[renamed], THIRD],
    ] as const) {
      const got = await generate(sim, turns(said("hi"), fromModel(...sent), fromUser(RESPONSE)), { model: to });
      expect(got).toMatchObject({ status: 400 });
      expect(got.body).toContain("Corrupted thought signature.");
    }
  });

  it("may stand on an empty text, as they came", async () => {
    const parts = partsOf(chunksOf((await answerOf({ reply: [{ text: "ok" }] })).body));
    expect(parts.at(-1)).toMatchObject({ text: "", thoughtSignature: expect.any(String) });
    expect((await generate(sim, turns(said("hi"), fromModel(...parts), said("and?")))).status).toBe(200);
  });
});

describe("what is read", () => {
  it("is the request in neutral words", async () => {
    await withSim({ turns: [{ reply: [{ text: "ok" }] }] }, async (own) => {
      const image = { inlineData: { mimeType: "image/png", data: "iVBORw0K" } };
      const got = await generate(
        own,
        geminiBody("", {
          contents: [
            fromUser({ text: "look" }, image),
            fromModel({ text: "hm", thought: true }, { text: "ok" }, { ...call("a"), ...SKIP }, call("b"), call("a")),
            fromUser(
              { functionResponse: { name: "b", response: { error: "no file" } } },
              { functionResponse: { name: "a", response: { output: "first" }, parts: [image] } },
              { functionResponse: { name: "a", response: { lines: 3 } } },
            ),
          ],
          tools: [{ functionDeclarations: [{ name: "a" }, { name: "b" }] }, { googleSearch: {} }],
        }),
      );
      expect(got.status).toBe(200);
      const block = { type: "image", mediaType: "image/png", data: "iVBORw0K" };
      expect(own.requests[0]).toMatchObject({
        wire: "generate-content",
        model: THIRD,
        system: "You are a test.",
        tools: [{ name: "a" }, { name: "b" }, { name: "googleSearch" }],
        messages: [
          { role: "user", content: [{ type: "text", text: "look" }, block] },
          {
            role: "assistant",
            content: [
              { type: "thinking", text: "hm" },
              { type: "text", text: "ok" },
              { type: "tool_use", id: "call_1", name: "a" },
              { type: "tool_use", id: "call_2", name: "b" },
              { type: "tool_use", id: "call_3", name: "a" },
            ],
          },
          {
            role: "user",
            content: [
              { toolUseId: "call_2", isError: true },
              { toolUseId: "call_1", content: [{ type: "text", text: "first" }, block] },
              { toolUseId: "call_3" },
            ],
          },
        ],
        toolResults: [
          { toolUseId: "call_2", name: "b", text: "no file", isError: true },
          { toolUseId: "call_1", name: "a", text: "first", isError: false },
          { toolUseId: "call_3", name: "a", text: '{"lines":3}', isError: false },
        ],
      });
    });
  });

  it("matches responses by their ids where there are any", async () => {
    await withSim({ turns: [{ reply: [{ text: "ok" }] }] }, async (own) => {
      const respond = (id: string, output: string): Json => ({
        functionResponse: { id, name: "bash", response: { output } },
      });
      const calls = fromModel({ ...call("bash", { id: "x" }), ...SKIP }, call("bash", { id: "y" }));
      await generate(own, turns(said("hi"), calls, fromUser(respond("y", "second"), respond("x", "first"))));
      expect(own.requests[0]?.toolResults).toMatchObject([
        { toolUseId: "y", text: "second" },
        { toolUseId: "x", text: "first" },
      ]);
    });
  });

  it("takes the results of the newest turn only", async () => {
    const body = turns(said("hi"), fromModel(CALL), fromUser(RESPONSE), fromModel({ text: "ok" }), said("and?"));
    await withSim({ turns: [{ expect: { toolResults: [], lastUserText: "and?" }, reply: [] }] }, async (own) => {
      expect((await generate(own, body)).status).toBe(200);
    });
  });
});
