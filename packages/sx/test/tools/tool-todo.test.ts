import { describe, expect, test } from "vitest";
import type { Message } from "@scorpiox/sxnet";
import { readTodoList, TodoList } from "../../src/tools/todo-list.js";
import { linesOf, makePlace, openSim, runSx } from "../harness.js";

const tasks = [
  { text: "look", status: "done" },
  { text: "mend it", status: "active" },
] as const;

describe("the list of tasks", () => {
  const calling = (input: Record<string, unknown>, isError = false): readonly Message[] => [
    { role: "assistant", content: [{ type: "tool_use", id: "1", name: "todo", input }] },
    { role: "user", content: [{ type: "tool_result", toolUseId: "1", content: [], isError }] },
  ];

  test("is found again in a conversation, and in what a compaction kept of it", () => {
    const list = new TodoList();
    list.replace(tasks);
    const kept: Message = {
      role: "assistant",
      content: [{ type: "text", text: `summary\n\n${list.asText()}\n\nmore` }],
    };
    expect(readTodoList(calling({ tasks }))).toEqual(tasks);
    expect(readTodoList([kept])).toEqual(tasks);
    expect(readTodoList([kept, ...calling({ tasks: [] })])).toEqual([]);
    expect(readTodoList([kept, ...calling({ tasks: [] }, true)])).toEqual(tasks);
    expect(readTodoList(calling({ tasks: [{ text: 1 }, null, "x"] }))).toEqual([]);
  });

  test("is a call as any other in stream-json", async () => {
    const place = await makePlace();
    const sim = await openSim({
      turns: [
        { reply: [{ tool_use: { name: "todo", input: { tasks } } }] },
        { expect: { toolResults: [{ contains: "1 of 2 done; now: mend it" }] }, reply: [{ text: "ok" }] },
      ],
    });
    const { stdout } = await runSx(["-p", "q", "--json"], { place, env: sim.env, stdin: "" });
    expect(sim.violations).toEqual([]);
    expect(linesOf(stdout).find(({ type }) => type === "tool_use")).toMatchObject({
      tool_name: "todo",
      parameters: { tasks },
    });
  });
});
