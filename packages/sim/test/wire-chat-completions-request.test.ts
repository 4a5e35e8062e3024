import { expect, it } from "vitest";
import { ask, CALL, calls, chatBody, RESULT } from "./chat-client.js";
import { withSim } from "./messages-client.js";

const OK = { turns: [{ reply: [{ text: "ok" }] }] };

it("reads a request in neutral words", async () => {
  await withSim(OK, async (sim) => {
    const url = "data:image/png;base64,iVBORw0KGgo=";
    const odd = { ...CALL, id: "call_2", function: { name: "read", arguments: "not json" } };
    const messages = [
      { role: "system", content: "You are" },
      { role: "developer", content: [{ type: "text", text: "a test." }] },
      {
        role: "user",
        content: [
          { type: "text", text: "fix it" },
          { type: "image_url", image_url: { url } },
        ],
      },
      { ...calls(CALL, odd), content: "Looking.", reasoning_content: "hm" },
      RESULT,
      { ...RESULT, tool_call_id: "call_2", content: [{ type: "text", text: "no file" }] },
      { role: "user", content: "go on" },
    ];
    await ask(sim, chatBody("", { messages }));
    expect(sim.problems()).toEqual([]);
    expect(sim.requests[0]).toMatchObject({
      wire: "chat-completions",
      model: "gpt-4.1-mini",
      system: "You are\n\na test.",
      tools: [{ name: "bash" }],
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
            { type: "thinking", text: "hm" },
            { type: "text", text: "Looking." },
            { type: "tool_use", id: "call_1", name: "bash", input: { command: "ls" } },
            { type: "tool_use", id: "call_2", name: "read", input: {}, rawInput: "not json" },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", toolUseId: "call_1", content: [{ type: "text", text: "done" }] },
            { type: "tool_result", toolUseId: "call_2", content: [{ type: "text", text: "no file" }] },
            { type: "text", text: "go on" },
          ],
        },
      ],
      toolResults: [
        { toolUseId: "call_1", name: "bash", text: "done" },
        { toolUseId: "call_2", name: "read", text: "no file" },
      ],
    });
    expect(sim.requests[0]?.toolResults[0]).not.toHaveProperty("isError");
  });
});

it("refuses what the script does not expect in the service's form", async () => {
  await withSim({ turns: [{ expect: { lastUserText: "x" }, reply: [{ text: "ok" }] }] }, async (sim) => {
    const got = await ask(sim, chatBody("hi"));
    expect(JSON.parse(got.body)).toMatchObject({
      error: { type: "invalid_request_error", message: expect.stringContaining('wanted "x"; got "hi"') },
    });
  });
});
