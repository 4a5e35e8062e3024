import { expect, it } from "vitest";
import { ask, assistant, CALL, messagesBody, RESULT, TOOL, user, withSim } from "./messages-client.js";

const OK = { turns: [{ reply: [{ text: "ok" }] }] };
const PNG = { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } };

it("reads a request in neutral words", async () => {
  await withSim(OK, async (sim) => {
    const messages = [
      user({ type: "text", text: "fix it" }, PNG),
      assistant({ type: "text", text: "Looking." }, CALL),
      assistant({ ...CALL, id: "toolu_2", name: "read", input: { path: "a" } }),
      user(RESULT),
      user(
        { ...RESULT, tool_use_id: "toolu_2", is_error: true, content: [{ type: "text", text: "no file" }] },
        { type: "text", text: "go on" },
      ),
    ];
    const system = [
      { type: "text", text: "You are" },
      { type: "text", text: "a test." },
    ];
    const tools = [TOOL, { type: "web_search_20250305", name: "web_search" }];
    await ask(sim, messagesBody("", { system, tools, messages }));
    expect(sim.requests[0]).toMatchObject({
      wire: "messages",
      model: "claude-haiku-4-5-20251001",
      system: "You are\na test.",
      tools: [{ name: "bash" }, { name: "web_search" }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "fix it" },
            { type: "image", mediaType: "image/png", data: "iVBORw0KGgo=" },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Looking." },
            { type: "tool_use", id: "toolu_1", name: "bash", input: {} },
            { type: "tool_use", id: "toolu_2", name: "read", input: { path: "a" } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", toolUseId: "toolu_1", content: [{ type: "text", text: "done" }], isError: false },
            { type: "tool_result", toolUseId: "toolu_2", content: [{ type: "text", text: "no file" }], isError: true },
            { type: "text", text: "go on" },
          ],
        },
      ],
      toolResults: [
        { toolUseId: "toolu_1", name: "bash", text: "done", isError: false },
        { toolUseId: "toolu_2", name: "read", text: "no file", isError: true },
      ],
    });
  });
});

it("has no new results once the model has gone on", async () => {
  await withSim(OK, async (sim) => {
    const messages = [
      user({ type: "text", text: "a" }),
      assistant(CALL),
      user(RESULT),
      assistant({ type: "text", text: "b" }),
    ];
    await ask(sim, messagesBody("", { messages: [...messages, user({ type: "text", text: "c" })] }));
    expect(sim.requests[0]?.toolResults).toEqual([]);
  });
});

it("compares what a script expects, errors included", async () => {
  const script = { turns: [{ expect: { toolResults: [{ isError: true }] }, reply: [{ text: "ok" }] }] };
  await withSim(script, async (sim) => {
    const messages = [user({ type: "text", text: "a" }), assistant(CALL), user(RESULT)];
    const got = await ask(sim, messagesBody("", { messages }));
    expect(got).toMatchObject({
      status: 400,
      body: expect.stringContaining("toolResults[0].isError: wanted true; got false"),
    });
    expect(JSON.parse(got.body)).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
  });
});
